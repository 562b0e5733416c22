"""The real compose.yaml, brought up under a project name of the test's own, on free ports, and taken down again."""

import json
import os
import subprocess
import time
import urllib.parse
import urllib.request
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

ROOT = Path(__file__).parents[2]
UP_SECONDS_MAX = 120
PORTS = {f"WEIR_{name}_PORT": "0" for name in ("API", "PROMETHEUS", "GRAFANA", "REPORTS")}
Answer = TypeVar("Answer")
NO_GRAFANA = ("--scale", "grafana=0")
"""Its image cannot be had everywhere that these tests run; its boards are tested by their queries."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """One project.  Methods raise AssertionError with what the command said."""

    profiles: Sequence[str] = ()
    project: str = field(default_factory=lambda: f"weirtest{uuid.uuid4().hex[:6]}")

    def compose(self, *arguments: str, check: bool = True, seconds: float = 180) -> str:
        """What `docker compose …` wrote to its standard output."""
        profiles = [part for name in self.profiles for part in ("--profile", name)]
        done = subprocess.run(
            ["docker", "compose", "--project-name", self.project, *profiles, *arguments],
            cwd=ROOT, env={**os.environ, **PORTS}, capture_output=True, text=True, timeout=seconds, check=False,
        )  # fmt: skip
        assert done.returncode == 0 or not check, f"{arguments}: {done.stdout[-2000:]}\n{done.stderr[-4000:]}"
        return done.stdout

    def up(self) -> float:
        """Everything runs and is healthy; how many seconds that took."""
        begin = time.monotonic()
        self.compose(
            "up", "--detach", "--no-build", "--pull", "never", *NO_GRAFANA, seconds=UP_SECONDS_MAX + 60
        )  # fmt: skip
        self.wait(self.healthy, UP_SECONDS_MAX)
        return time.monotonic() - begin

    def down(self, *, volumes: bool = False) -> None:
        """As a user does it."""
        self.compose("down", *(["--volumes"] if volumes else []))

    def destroy(self) -> None:
        """Whatever a failed test has left."""
        self.compose("--profile", "*", "down", "--volumes", "--remove-orphans", "--timeout", "5", check=False)
        for container in self.containers():
            subprocess.run(["docker", "rm", "--force", "--volumes", container], capture_output=True, check=False)
        self.compose("down", "--volumes", check=False)

    def states(self) -> Mapping[str, str]:
        """Service to its state, `running/healthy` or `exited/0` for example; workers are left out."""
        rows = [json.loads(line) for line in self.compose("ps", "--all", "--format", "json").splitlines()]
        return {
            row["Service"]: f"{row['State']}/{row['Health'] or row['ExitCode']}"
            for row in rows
            if row["Service"] != "worker"
        }

    def healthy(self) -> bool:
        """Whether each long-lived service is healthy, and each one-shot has done its work."""
        return set(self.states().values()) <= {"running/healthy", "exited/0"}

    def url(self, service: str, port: int) -> str:
        """Where this machine reaches a published port."""
        return f"http://{self.compose('port', service, str(port)).strip()}"

    def api(self, path: str) -> Any:
        """An answer of the autoscaler's API."""
        return get(f"{self.url('autoscaler', 8080)}/api/v1/{path}")

    def query(self, expression: str) -> list[Any]:
        """What Prometheus answers to an instant query."""
        quoted = urllib.parse.quote(expression)
        result: list[Any] = get(f"{self.url('prometheus', 9090)}/api/v1/query?query={quoted}")["data"]["result"]
        return result

    def containers(self, service: str | None = None) -> list[str]:
        """Ids of the project's containers, workers among them."""
        labels = [f"label=com.docker.compose.project={self.project}"]
        labels += [f"label=com.docker.compose.service={service}"] if service else []
        filters = [part for label in labels for part in ("--filter", label)]
        listed = subprocess.run(
            ["docker", "ps", "--all", "--quiet", "--no-trunc", *filters], capture_output=True, text=True, check=True
        )
        return listed.stdout.split()

    def inspect(self, *containers: str) -> list[Any]:
        """What the engine tells of those that are still there; a worker may have gone since it was listed."""
        done = subprocess.run(["docker", "inspect", *containers], capture_output=True, text=True, check=False)
        assert all("No such object" in line for line in done.stderr.splitlines() if line), done.stderr
        inspected: list[Any] = json.loads(done.stdout)
        return inspected

    def load_test(self, name: str, *, load_seconds: float = 10) -> Any:
        """The summary of a small run beside the stack, with workers of its own, as the reports' page has it."""
        said = self.compose(
            "run", "--rm", "-T", "loadtest", "run", "scenarios/smoke.yaml", "--backend", "docker",
            "--set", "load.shape.rate=500", "--set", f"seconds={load_seconds:g}", "--out", f"runs/{name}",
            check=False, seconds=300,
        )  # fmt: skip
        assert f"runs/{name}/report.html" in said, said
        return get(f"{self.url('reports', 8081)}/{name}/summary.json")

    @staticmethod
    def wait(holds: Callable[[], Answer], seconds: float = 90) -> Answer:
        """In real time, for an answer that is not no; a question that cannot be answered yet is none."""
        limit = time.monotonic() + seconds
        while True:
            try:
                if answer := holds():
                    return answer
                why = "it never held"
            except (OSError, AssertionError, LookupError) as error:
                why = repr(error)
            assert time.monotonic() < limit, f"waited {seconds:g} s in vain: {why}"
            time.sleep(1)


def get(url: str) -> Any:
    """The JSON at that address."""
    with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310  # ours
        return json.load(answer)
