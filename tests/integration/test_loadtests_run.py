"""Whole runs on a real Kafka: what a user gets, and what he gets when something goes wrong."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from broker import Broker

pytestmark = [pytest.mark.integration, pytest.mark.timeout(180)]

SCENARIO = """
name: trial
seed: 7
seconds: {seconds}
warmup_seconds: 1
drain_seconds_max: 40
topic: {{partitions: {partitions}}}
load:
  shape: {{kind: constant, rate: {rate}}}
  event_bytes: 150
worker:
  session_timeout_seconds: 6
  heartbeat_interval_seconds: 1
scaler: {{kind: fixed, replicas: {replicas}}}
slo: {{produced_ratio_min: 0.9}}
"""


def write_scenario(
    folder: Path, *, seconds: int = 5, partitions: int = 4, rate: int = 4_000, replicas: int = 2, more: str = ""
) -> Path:
    """A small scenario file; `more` is appended as further YAML."""
    path = folder / "trial.yaml"
    text = SCENARIO.format(seconds=seconds, partitions=partitions, rate=rate, replicas=replicas)
    path.write_text(text + more, encoding="utf-8")
    return path


def weir(
    *arguments: object, folder: Path, dishonest: bool = False, seconds_max: float = 150
) -> subprocess.CompletedProcess[str]:
    """Run the command as a user would, in `folder`; `dishonest` workers drop some of their events."""
    command = [sys.executable, "-m", "weir", *map(str, arguments)]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent / "dropping")} if dishonest else None
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=seconds_max, check=False
    )


def run(
    scenario: Path, kafka: Broker, *more: object, dishonest: bool = False
) -> tuple[subprocess.CompletedProcess[str], Path]:
    """`weir loadtest run` on the session's broker."""
    out = scenario.parent / "run"
    arguments = ("loadtest", "run", scenario, "--kafka", kafka.bootstrap_servers, "--out", out, *more)
    return weir(*arguments, folder=scenario.parent, dishonest=dishonest), out


def document(out: Path, name: str) -> Any:
    """One of the JSON files of a run directory."""
    return json.loads((out / name).read_text(encoding="utf-8"))


@pytest.fixture
def started(tmp_path: Path, kafka: Broker) -> Iterator["Started"]:
    """A run in the background, for tests that disturb it."""
    begun = Started(tmp_path, kafka)
    yield begun
    begun.close()


class Started:
    """A `weir loadtest run` that has been started; `load_begun` waits for the first event."""

    def __init__(self, folder: Path, kafka: Broker) -> None:
        self.folder, self.out, self._kafka = folder, folder / "run", kafka
        self._process: subprocess.Popen[str] | None = None

    def start(self, *options: str, **scenario: Any) -> None:
        """Begin."""
        path = write_scenario(self.folder, **scenario)
        arguments = ["loadtest", "run", path, "--kafka", self._kafka.bootstrap_servers, "--out", self.out]
        arguments += options
        self._process = subprocess.Popen(
            [sys.executable, "-m", "weir", *map(str, arguments)],
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    @property
    def process(self) -> "subprocess.Popen[str]":
        """The run."""
        assert self._process is not None
        return self._process

    def load_begun(self, seconds: float = 2.0) -> None:
        """Wait for the event in the records, then let `seconds` of load pass."""
        limit = time.monotonic() + 90
        while not (self.out / "events.jsonl").exists():
            assert self.process.poll() is None, self.process.communicate()[0]
            assert time.monotonic() < limit, "the load did not begin"
            time.sleep(0.2)
        time.sleep(seconds)

    def children(self, module: str) -> list[int]:
        """Process ids of this run's producers or workers."""
        assert self.process.poll() is None, self.process.communicate()[0]
        children = psutil.Process(self.process.pid).children()
        # Never `ps`: it cuts what it tells of a process to the width of a terminal.
        return [child.pid for child in children if f"-m {module}" in " ".join(child.cmdline())]

    def finish(self) -> str:
        """Wait for the end; what it printed."""
        return self.process.communicate(timeout=120)[0]

    def close(self) -> None:
        """Leave nothing behind, also when the test failed."""
        if self._process and self._process.poll() is None:
            self._process.kill()
            self._process.communicate()


def all_gone(pids: list[int], within_seconds: float) -> bool:
    """Whether all of these processes have ended, or end in time."""
    limit = time.monotonic() + within_seconds
    while any(Path(f"/proc/{pid}").exists() for pid in pids):
        if time.monotonic() > limit:
            return False
        time.sleep(0.1)
    return True


@pytest.mark.parametrize(
    ("partitions", "replicas"),
    [
        pytest.param(4, 2, id="two workers share four partitions"),
        pytest.param(7, 3, id="a partition count that does not divide"),
    ],
)
def test_every_planned_event_is_processed_once(tmp_path: Path, kafka: Broker, partitions: int, replicas: int) -> None:
    """A run ends with a clean ledger over exactly rate x seconds events, exit code 0, and all its files."""
    result, out = run(write_scenario(tmp_path, partitions=partitions, replicas=replicas), kafka)
    assert result.returncode == 0, result.stdout + result.stderr
    ledger = document(out, "ledger.json")
    assert (ledger["planned"], ledger["acknowledged"], ledger["processed"]) == (20_000, 20_000, 20_000)
    assert (ledger["lost"], ledger["repeated"], ledger["out_of_order"], ledger["unread"]) == (0, 0, 0, 0)
    assert len(ledger["partitions"]) == partitions
    names = {"run.json", "samples.parquet", "events.jsonl", "ledger.jsonl", "summary.json", "report.html"}
    assert names <= {path.name for path in out.iterdir()}


def test_a_killed_worker_loses_nothing(started: Started) -> None:
    """SIGKILL of a worker in mid-run: another takes its place, nothing is lost, repeats are bounded and counted."""
    started.start(seconds=14, replicas=2)
    started.load_begun()
    os.kill(started.children("processor")[0], signal.SIGKILL)
    printed = started.finish()
    ledger = document(started.out, "ledger.json")
    assert started.process.returncode == 0, printed
    assert ledger["lost"] == 0
    assert ledger["unread"] == 0
    assert (
        ledger["repeated"] <= 3 * 4_000
    )  # at most what is processed between two commits, with room for a slow machine
    events = [json.loads(line) for line in (started.out / "events.jsonl").read_text().splitlines()]
    told = [event["kind"] for event in events if event["kind"] in {"exit", "launch"}]
    assert told == ["exit", "launch"], "it died, and was started again"


def test_ctrl_c_ends_the_load_and_still_audits(started: Started) -> None:
    """The first Ctrl-C stops the load; what was sent is drained and audited; exit code 130; no process is left."""
    started.start(seconds=60)
    started.load_begun()
    mine = started.children("processor") + started.children("producer")
    started.process.send_signal(signal.SIGINT)
    printed = started.finish()
    ledger = document(started.out, "ledger.json")
    assert started.process.returncode == 130, printed
    assert 0 < ledger["processed"] == ledger["acknowledged"] < 60 * 4_000
    assert ledger["lost"] == 0
    assert all_gone(mine, within_seconds=1)


def test_a_killed_run_leaves_no_process(started: Started) -> None:
    """SIGKILL of the run itself takes producer and workers along."""
    started.start(seconds=60)
    started.load_begun()
    mine = started.children("processor") + started.children("producer")
    started.process.kill()
    started.process.communicate()
    assert all_gone(mine, within_seconds=20)


def test_events_dropped_on_purpose_fail_the_run(tmp_path: Path, kafka: Broker) -> None:
    """Workers that commit past events which they never processed are found out: ledger failed, exit code 1."""
    result, out = run(write_scenario(tmp_path), kafka, dishonest=True)
    assert result.returncode == 1, result.stdout + result.stderr
    assert document(out, "ledger.json")["lost"] > 0
    assert "lost" in result.stdout


def test_a_missed_slo_is_exit_code_3(tmp_path: Path, kafka: Broker) -> None:
    """An SLO that cannot hold ends with 3 and is named."""
    result, _ = run(write_scenario(tmp_path), kafka, "--set", "slo.end_to_end_p50_seconds_max=0.000001")
    assert result.returncode == 3, result.stdout + result.stderr
    assert "end_to_end_p50" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        pytest.param(
            ["--set", "load.shape.rate=fast"], ["load.shape", "rate", "'fast'"], id="a rate that is no number"
        ),
        pytest.param(["--set", "topic.partitions=0"], ["topic.partitions"], id="no partitions"),
        pytest.param(
            ["--set", "workers=3"],
            ["workers", "there is no such field; did you mean worker?"],
            id="a field that does not exist",
        ),
        pytest.param(["--set", "seconds"], ["path.to.field=value"], id="an override without a value"),
    ],
)
def test_bad_input_names_the_field(tmp_path: Path, arguments: list[str], words: list[str]) -> None:
    """Bad input ends with 2 before anything is started, and the message names the field."""
    result = weir("loadtest", "run", write_scenario(tmp_path), *arguments, folder=tmp_path)
    assert result.returncode == 2
    assert all(word in result.stderr for word in words), result.stderr
    assert "Traceback" not in result.stderr
    assert not (tmp_path / "runs").exists()


def test_an_unreachable_kafka_is_one_clear_message(tmp_path: Path) -> None:
    """A wrong address says so, names it, and ends with 2."""
    result = weir("loadtest", "run", write_scenario(tmp_path), "--kafka", "127.0.0.1:9", folder=tmp_path)
    assert result.returncode == 2
    assert "127.0.0.1:9" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_run_with_its_own_kafka(tmp_path: Path) -> None:
    """Without --kafka the embedded broker is started and gone afterwards, its data too."""
    scenario = write_scenario(tmp_path)
    result = weir("loadtest", "run", scenario, "--out", tmp_path / "run", folder=tmp_path)
    assert result.returncode == 0, result.stdout + result.stderr
    assert document(tmp_path / "run", "run.json")["kafka"]["version"] == "4.3.1"
    assert not (tmp_path / "run" / "kafka").exists()
    assert document(tmp_path / "run", "summary.json")["costs"]["broker"]["rss_bytes_max"] > 0
