"""`weir autoscale` from the outside, without a Kafka: what it refuses, and what its workers are told."""

import asyncio
import importlib
import os
import signal
import sys
from pathlib import Path

import pytest

from autoscaler.backends.docker import Engine
from autoscaler.backends.docker.site import Site
from autoscaler.commands.autoscale import Orders, farewell, surroundings
from autoscaler.releases import Releases
from autoscaler.rollout.document import to_document
from autoscaler.scaler import read_scaler
from autoscaler.telling import Teller
from autoscaler.worker_file import read_worker
from contract.kafka import KafkaSettings
from contract.scenario import FixedScaler, WorkerSpec
from contract.worker import WorkerSettings
from tests.controllers import Lease
from weir.cli import main

POLICY = "apiVersion: weir/v1\nkind: FixedPolicy\nmetadata: {name: two}\nspec: {replicas: 2}\n"
NO_KAFKA = "127.0.0.1:9"


def write(folder: Path, name: str, text: str) -> str:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return str(path)


def weir(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    """Exit code and what was said on stderr."""
    monkeypatch.setattr(sys, "argv", ["weir", "autoscale", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    assert isinstance(ended.value.code, int)
    return ended.value.code, capsys.readouterr().err


@pytest.mark.parametrize("more", [pytest.param([], id="in earnest"), pytest.param(["--dry-run"], id="in a dry run")])
def test_without_kafka_there_is_one_message(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], more: list[str]
) -> None:
    """It names the address; no worker was started, and there is not even a folder for them."""
    policy = write(tmp_path, "policy.yaml", POLICY)
    monkeypatch.chdir(tmp_path)
    code, said = weir(monkeypatch, capsys, "--scaler", policy, "--kafka", NO_KAFKA, *more)
    assert code == 2
    assert said.startswith("weir: ")
    assert NO_KAFKA in said
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [tmp_path / "policy.yaml"]
    assert not (tmp_path / "weir-workers").exists()


@pytest.mark.parametrize(
    ("files", "arguments", "words"),
    [
        pytest.param(
            {"policy.yaml": "kind: Deployment\n"},
            [],
            ["expected one policy", "Deployment"],
            id="a file without a policy",
        ),
        pytest.param({}, [], ["cannot read the policy", "policy.yaml"], id="no such policy"),
        pytest.param(
            {"policy.yaml": POLICY},
            ["--leave-workers"],
            ["processes end with their autoscaler"],
            id="processes that are to be left",
        ),
        pytest.param(
            {"policy.yaml": POLICY},
            ["--shadow", "keda-lag"],
            ["keda-lag is no file", "loadtests/policies/keda-lag.yaml"],
            id="a policy that ships with Weir",
        ),
        pytest.param(
            {"policy.yaml": POLICY.replace("replicas: 2", "replicas: many")},
            [],
            ["policy.yaml", "spec.replicas"],
            id="a policy with a fault",
        ),
        pytest.param(
            {"policy.yaml": POLICY, "worker.yaml": "handler: {name: count, costs: 3}\n"},
            ["--worker", "worker.yaml"],
            ["worker.yaml", "handler.costs"],
            id="a worker with a field that does not exist",
        ),
        pytest.param(
            {"policy.yaml": POLICY, "worker.yaml": "[1, 2"},
            ["--worker", "worker.yaml"],
            ["worker.yaml", "cannot read"],
            id="a worker that is not YAML",
        ),
        pytest.param(
            {"policy.yaml": POLICY, "worker.yaml": "- 1\n"},
            ["--worker", "worker.yaml"],
            ["worker.yaml"],
            id="a worker that is a list",
        ),
        pytest.param({"policy.yaml": POLICY}, ["--worker", "no.yaml"], ["no.yaml", "cannot read"], id="no such worker"),
        pytest.param(
            {"policy.yaml": POLICY}, ["--cluster", "tolerance"], ["--cluster", "KEY=VALUE"], id="half a setting"
        ),
        pytest.param({"policy.yaml": POLICY}, ["--metric", "a=b"], ["--metric", "total_lag"], id="an unknown signal"),
        pytest.param(
            {"policy.yaml": POLICY}, ["--shadow", "policy.yaml"], ["two policies are called two"], id="its own shadow"
        ),
        pytest.param(
            {"policy.yaml": POLICY},
            ["--journal", "no/such/folder/decisions.jsonl"],
            ["no/such/folder/decisions.jsonl"],
            id="a journal in a folder that does not exist",
        ),
    ],
)
def test_what_cannot_be_used_is_refused_before_kafka_is_asked(  # noqa: PLR0917  # pytest passes them by name
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    files: dict[str, str],
    arguments: list[str],
    words: list[str],
) -> None:
    """Each row: files, further options, and what the message has; exit code 2, no traceback."""
    for name, text in files.items():
        write(tmp_path, name, text)
    monkeypatch.chdir(tmp_path)
    code, said = weir(monkeypatch, capsys, "--scaler", "policy.yaml", "--kafka", NO_KAFKA, *arguments)
    assert code == 2
    assert all(word in said for word in words), said
    assert NO_KAFKA not in said


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("handler: {name: burn, cpu_micros: 50}\n", id="the section alone"),
        pytest.param(
            "name: mine\nseconds: 5\nworker: {handler: {name: burn, cpu_micros: 50}}\n", id="as part of a scenario"
        ),
    ],
)
def test_a_worker_is_read(tmp_path: Path, text: str) -> None:
    """Each row: a file, of which the handler is known."""
    assert read_worker(Path(write(tmp_path, "worker.yaml", text))).handler.cpu_micros == 50


@pytest.mark.parametrize("text", [pytest.param("", id="an empty file"), pytest.param(None, id="no file")])
def test_a_worker_may_be_left_out(tmp_path: Path, text: str | None) -> None:
    path = None if text is None else Path(write(tmp_path, "worker.yaml", text))
    assert read_worker(path) == WorkerSpec()


def orders_of(worker: WorkerSpec, settings: WorkerSettings) -> Orders:
    return Orders(
        kafka=KafkaSettings(bootstrap_servers="broker1:9092"),
        scaler=read_scaler(FixedScaler(replicas=1)),
        cpu_window_seconds=15.0,
        worker=worker,
        settings=settings,
        folder=Path("unused"),
        journal=None,
        dry_run=False,
    )


def told(worker: WorkerSpec, settings: WorkerSettings) -> dict[str, str]:
    """The environment of worker-7."""
    return dict(surroundings(orders_of(worker, settings)).template.environment("worker-7"))


def releases_with(image: str) -> Releases:
    """Those of an autoscaler that was started with `--image`."""
    site = Site(engine=Engine("unix:///nowhere"), image=image, image_id="sha256:1", network="shop_default")
    return surroundings(orders_of(WorkerSpec(), WorkerSettings()), site).releases


@pytest.mark.parametrize(
    ("before", "after", "revisions"),
    [
        pytest.param("weir:1", "weir:1", ["weir:1"], id="the same image goes on where it was"),
        pytest.param("weir:1", "weir:2", ["weir:1", "weir:2"], id="another image is rolled out"),
    ],
)
def test_a_restart_with_an_image_is_a_rollout_if_it_is_another_one(
    before: str, after: str, revisions: list[str]
) -> None:
    kept = to_document(releases_with(before).rollout)
    releases = releases_with(after)
    releases.resume(kept, now=1.0)
    assert [revision.image for revision in releases.rollout.revisions] == revisions
    assert releases.template(releases.rollout.current.name).image == after


def test_a_worker_is_told_who_it_is_and_where_kafka_is() -> None:
    found = told(WorkerSpec(), WorkerSettings(topic="orders", group="billing"))
    assert found["WEIR_WORKER_WORKER_ID"] == "worker-7"
    assert (found["WEIR_WORKER_TOPIC"], found["WEIR_WORKER_GROUP"]) == ("orders", "billing")
    assert found["WEIR_KAFKA_BOOTSTRAP_SERVERS"] == "broker1:9092"


def test_the_file_wins_over_the_environment_where_it_says_something() -> None:
    """What it leaves out stays as the environment has it."""
    settings = WorkerSettings(commit_interval_seconds=3.0, session_timeout_seconds=20.0, ledger_topic="ledger")
    found = told(WorkerSpec(commit_interval_seconds=0.5), settings)
    assert found["WEIR_WORKER_COMMIT_INTERVAL_SECONDS"] == "0.5"
    assert found["WEIR_WORKER_SESSION_TIMEOUT_SECONDS"] == "20.0"
    assert found["WEIR_WORKER_LEDGER_TOPIC"] == "ledger"


@pytest.mark.parametrize(
    ("option", "value"),
    [
        pytest.param("--replicas", "2000", id="more workers than there may be"),
        pytest.param("--cpu-window-seconds", "inf", id="a mean without an end"),
        pytest.param("--cpu-window-seconds", "nan", id="no number"),
    ],
)
def test_bounds_of_options_are_told_as_such(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], option: str, value: str
) -> None:
    code, said = weir(monkeypatch, capsys, "--scaler", "any.yaml", option, value)
    assert (code, f"Invalid value for '{option}'" in said) == (2, True)


@pytest.mark.parametrize(
    ("why", "adoptable", "leave", "said"),
    [
        pytest.param(None, True, False, "stopping the workers …", id="the leader ends its containers"),
        pytest.param(None, True, True, "leaving the workers to the next autoscaler …", id="or leaves them"),
        pytest.param("a leads", True, False, "leaving the workers alone: a leads", id="another leader's are its own"),
        pytest.param("a leads", False, False, "stopping the workers …", id="processes are nobody else's"),
    ],
)
def test_what_becomes_of_the_workers_is_told_in_the_end(
    why: str | None, adoptable: bool, leave: bool, said: str
) -> None:
    lease = Lease()
    lease.why = why
    assert farewell(lease, adoptable=adoptable, leave=leave) == said


def test_a_second_ctrl_c_ends_it_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """An engine that hangs may keep it for minutes, and nobody should need SIGKILL, which leaves things behind."""

    async def stubborn(_orders: Orders, _teller: Teller, stop: asyncio.Event) -> None:
        os.kill(os.getpid(), signal.SIGINT)
        await stop.wait()
        os.kill(os.getpid(), signal.SIGINT)
        await asyncio.sleep(10)

    monkeypatch.setattr(importlib.import_module("autoscaler.commands.autoscale"), "_autoscale", stubborn)
    policy = write(tmp_path, "policy.yaml", POLICY)
    code, _ = weir(monkeypatch, capsys, "--scaler", policy, "--api", "none")
    assert code == 130
