"""`weir autoscale` on the session's broker: what it starts, what it tells, and what is left when it ends, however."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import orjson
import psutil
import pytest

from autoscaler.journal import read_journal
from broker import Broker
from contract.kafka import KafkaSettings
from tests.integration.test_autoscaler_live import FIXED_POLICY, LAG_POLICY
from tests.integration.test_loadtests_run import all_gone, weir
from tests.workers import Audit, Topic, eventually

pytestmark = [pytest.mark.integration, pytest.mark.timeout(120)]

PARTITIONS = 4
PATIENCE_SECONDS = 40.0
WORKER = """
handler: {name: wait, service_micros: 300}
commit_interval_seconds: 0.3
session_timeout_seconds: 6
heartbeat_interval_seconds: 0.5
back_off: {base_seconds: 1}
"""


@pytest.fixture
async def topic(kafka: Broker) -> Topic:
    """Topics and a group of the test's own."""
    return await Topic(KafkaSettings(bootstrap_servers=kafka.bootstrap_servers), partitions=PARTITIONS).create()


class Autoscaler:
    """A `weir autoscale` that runs."""

    def __init__(self, process: subprocess.Popen[bytes], log: Path) -> None:
        self.process, self.log = process, log

    @property
    def said(self) -> str:
        """Everything so far."""
        return self.log.read_text(encoding="utf-8")

    @property
    def workers(self) -> list[int]:
        """Process ids of its children."""
        return [child.pid for child in psutil.Process(self.process.pid).children()]

    async def until(self, holds: Callable[[], object]) -> None:
        """Wait until something is so."""
        limit = time.monotonic() + PATIENCE_SECONDS
        while not holds():
            assert self.process.poll() is None, self.said
            assert time.monotonic() < limit, self.said
            await asyncio.sleep(0.02)

    async def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal and wait for the exit code."""
        self.process.send_signal(number)
        return await asyncio.to_thread(self.process.wait, PATIENCE_SECONDS)


@contextmanager
def autoscaling(
    folder: Path, topic: Topic, policy: str, *more: str, worker: str = WORKER, words: str = "text"
) -> Iterator[Autoscaler]:
    """`weir autoscale` for this topic, in `folder`; killed in the end if it still runs."""
    (folder / "policy.yaml").write_text(policy, encoding="utf-8")
    (folder / "worker.yaml").write_text(worker, encoding="utf-8")
    options = ["--scaler", "policy.yaml", "--worker", "worker.yaml", "--topic", topic.name]
    options += ["--group", f"group-{topic.name}", "--kafka", topic.kafka.bootstrap_servers, "--api", "127.0.0.1:0"]
    log = folder / "said.txt"
    with log.open("wb") as sink:
        process = subprocess.Popen(
            [sys.executable, "-m", "weir", "autoscale", *options, *more],
            cwd=folder,
            env={**os.environ, "WEIR_WORKER_LEDGER_TOPIC": topic.ledger, "WEIR_LOG_FORMAT": words},
            stdout=sink,
            stderr=subprocess.STDOUT,
        )
    try:
        yield Autoscaler(process, log)
    finally:
        process.kill()
        process.wait()


def files(folder: Path) -> set[str]:
    """What there is in it."""
    return {path.name for path in folder.iterdir()}


async def _all_committed(topic: Topic) -> bool:
    return await topic.committed() == await topic.ends()


async def test_it_scales_and_drains(tmp_path: Path, topic: Topic) -> None:
    """By the lag up to its maximum; SIGTERM lets the workers commit and leave, and then ends with 0."""
    await topic.fill(6_000)
    with autoscaling(tmp_path, topic, LAG_POLICY, "--journal", "decisions.jsonl") as autoscaler:
        await autoscaler.until(lambda: autoscaler.said.count(" ready  ") >= 4)
        workers = autoscaler.workers
        assert len(workers) == 4
        assert "cluster setting sync_period_seconds is 1 (Kubernetes: 15)" in autoscaler.said
        assert "1 → 4" in autoscaler.said
        assert await autoscaler.end() == 0, autoscaler.said
        assert all_gone(workers, within_seconds=1)
    audit = Audit.of(await topic.entries(), PARTITIONS)
    assert audit.missing(await topic.committed()) == 0
    assert max(tick.desired for tick in read_journal(tmp_path / "decisions.jsonl")) == 4
    assert weir("explain", "decisions.jsonl", folder=tmp_path).returncode == 0


async def test_where_nobody_looks_it_tells_in_json(tmp_path: Path, topic: Topic) -> None:
    """Every line, those of the start and the end as well; so do its workers, on standard error."""
    await topic.fill(6_000)
    with autoscaling(tmp_path, topic, LAG_POLICY, words="auto") as autoscaler:
        await autoscaler.until(lambda: autoscaler.said.count('"event":"ready"') >= 4)
        assert await autoscaler.end() == 0, autoscaler.said
    lines = [orjson.loads(line) for line in autoscaler.said.splitlines()]
    assert {(line["service"], line["group"]) for line in lines} == {("autoscaler", f"group-{topic.name}")}
    scales = [(line["from_replicas"], line["to_replicas"]) for line in lines if line["event"] == "scale"]
    assert scales[0] == (1, 4)
    logs = sorted((tmp_path / "weir-workers" / "logs").glob("*.log"))
    told = [orjson.loads(line) for log in logs for line in log.read_text(encoding="utf-8").splitlines()]
    assert {line["worker"] for line in told} == {f"worker-{number}" for number in range(1, 5)}
    assert {"assigned", "ready", "stopped"} <= {line["event"] for line in told}


async def test_a_dry_run_touches_nothing(tmp_path: Path, topic: Topic) -> None:
    """It says what it would do, and starts no process."""
    await topic.fill(1_000)
    with autoscaling(tmp_path, topic, FIXED_POLICY.format(name="three", replicas=3), "--dry-run") as autoscaler:
        await autoscaler.until(lambda: autoscaler.said.count("0 → 3: fixed: always 3") >= 2)
        assert autoscaler.workers == []
        assert await autoscaler.end() == 0, autoscaler.said
    assert "a dry run" in autoscaler.said
    assert files(tmp_path) == {"policy.yaml", "worker.yaml", "said.txt"}
    assert set((await topic.committed()).values()) == {0}


async def test_killed_in_mid_scale_it_loses_nothing_and_leaves_nobody(tmp_path: Path, topic: Topic) -> None:
    """SIGKILL while workers are being started: they end too, a successor takes over, every event is processed."""
    slow_start = WORKER + "init: {wait_seconds: 1}\n"
    await topic.fill(5_000)
    with autoscaling(tmp_path, topic, LAG_POLICY, worker=slow_start) as autoscaler:
        await autoscaler.until(lambda: len(autoscaler.workers) >= 3)
        workers = autoscaler.workers
        await autoscaler.end(signal.SIGKILL)
        assert all_gone(workers, within_seconds=10)
    await topic.fill(1_000, first=5_000)
    with autoscaling(tmp_path, topic, LAG_POLICY, worker=slow_start) as autoscaler:
        await eventually(lambda: _all_committed(topic))
        workers = autoscaler.workers
        assert await autoscaler.end() == 0, autoscaler.said
        assert all_gone(workers, within_seconds=1)
    audit = Audit.of(await topic.entries(), PARTITIONS)
    assert audit.missing(await topic.ends()) == 0


async def test_killed_while_workers_consume_it_loses_nothing(tmp_path: Path, topic: Topic) -> None:
    """What they had processed and not committed is processed again, no more than a commit interval holds."""
    await topic.fill(6_000)
    with autoscaling(tmp_path, topic, FIXED_POLICY.format(name="two", replicas=2)) as autoscaler:
        await eventually(lambda: _some_committed(topic))
        workers = autoscaler.workers
        await autoscaler.end(signal.SIGKILL)
        assert all_gone(workers, within_seconds=10)
    with autoscaling(tmp_path, topic, FIXED_POLICY.format(name="two", replicas=2)) as autoscaler:
        await eventually(lambda: _all_committed(topic))
        assert await autoscaler.end() == 0, autoscaler.said
    audit = Audit.of(await topic.entries(), PARTITIONS)
    assert audit.missing(await topic.ends()) == 0
    assert audit.repeated < 6_000, "a small part of all"


async def _some_committed(topic: Topic) -> bool:
    return sum((await topic.committed()).values()) > 1_000


@pytest.mark.parametrize(
    ("worker", "kinds"),
    [
        pytest.param(
            "init: {wait_seconds: 30}\n"
            "probes: {startup: {period_seconds: 0.5, failure_threshold: 2}}\n"
            "grace_seconds: 1\nback_off: {base_seconds: 1}\n",
            ["probe-kill", "exit", "back-off"],
            id="a startup probe that is shorter than the initialisation",
        ),
        pytest.param(
            "init: {memory_mib: 400, wait_seconds: 30}\n"
            "resources: {limits: {memory: 200Mi}}\nback_off: {base_seconds: 1}\n",
            ["oom-kill", "back-off"],
            id="a memory limit below what it needs",
        ),
    ],
)
async def test_workers_that_never_come_up(tmp_path: Path, topic: Topic, worker: str, kinds: list[str]) -> None:
    """They are killed, started again, and back off, each told by its name in Kubernetes."""
    with autoscaling(tmp_path, topic, FIXED_POLICY.format(name="one", replicas=1), worker=worker) as autoscaler:
        await autoscaler.until(lambda: autoscaler.said.count("CrashLoopBackOff") >= 2)
        lines = [line.split() for line in autoscaler.said.splitlines()]
        told = [words[1] for words in lines if len(words) > 1 and words[1] in {*kinds, "launch"}]
        assert await autoscaler.end() == 0, autoscaler.said
    first = [kind for kind in told if kind != "launch"][: len(kinds) - 1]
    assert first == kinds[:-1], "the first restart follows at once"
    assert kinds[-1] in told
    assert "restart 1" in autoscaler.said
    assert ("OOMKilled" in autoscaler.said) == ("oom-kill" in kinds)
