"""Rolling updates of real workers under load: how long they take, and that nothing is lost."""

import asyncio
import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from broker import Broker
from contract.kafka import KafkaSettings
from contract.record import RunDirectory
from tests.integration.test_autoscaler_command import WORKER, autoscaling
from tests.integration.test_autoscaler_live import FIXED_POLICY
from tests.integration.test_loadtests_run import document, weir
from tests.workers import Audit, Topic, eventually

pytestmark = [pytest.mark.integration, pytest.mark.timeout(180)]

SCENARIO = """
name: update
seed: 7
seconds: {seconds}
warmup_seconds: 1
drain_seconds_max: 40
topic: {{partitions: 10}}
load: {{shape: {{kind: constant, rate: 1000}}, event_bytes: 150}}
worker:
  handler: {{name: wait, service_micros: 1000}}
  commit_interval_seconds: 0.3
  session_timeout_seconds: 6
  heartbeat_interval_seconds: 0.5
  back_off: {{base_seconds: 1, max_seconds: 3}}
  grace_seconds: 10
rollout: {{progress_deadline_seconds: {deadline_seconds}}}
scaler: {{kind: fixed, replicas: 5}}
faults: {faults}
"""
STARTED = re.compile(r"(\S+) s after its launch")


def play(folder: Path, kafka: Broker, **given: Any) -> tuple[Path, list[tuple[str, str, str]]]:
    """A run in which nothing is lost; its directory, and what happened by kind, subject and detail."""
    scenario, out = folder / "update.yaml", folder / "run"
    scenario.write_text(SCENARIO.format(**({"deadline_seconds": 60} | given)), encoding="utf-8")
    result = weir("loadtest", "run", scenario, "--kafka", kafka.bootstrap_servers, "--out", out, folder=folder)
    assert result.returncode == 0, result.stdout + result.stderr
    ledger = document(out, "ledger.json")
    assert ledger["acknowledged"] > 0
    assert (ledger["lost"], ledger["unread"], ledger["dead_lettered"]) == (0, 0, 0)
    return out, [(one.kind, one.subject, one.detail) for one in RunDirectory.open(out).events()]


def test_five_workers_are_replaced_under_load(tmp_path: Path, kafka: Broker) -> None:
    """Side by side, in less than the five would need one after the other, and told the new settings."""
    faults = json.dumps([{"kind": "rollout", "at_seconds": 3, "worker": {"batch_events_max": 777}}])
    out, told = play(tmp_path, kafka, seconds=45, faults=faults)
    lines = [detail for kind, subject, detail in told if (kind, subject) == ("rollout", "revision 2")]
    assert lines[0] == "begins: from revision 1, up to 2 more and 1 fewer at a time"
    assert lines[-1].startswith("complete after "), lines
    seconds = float(lines[-1].removeprefix("complete after ").removesuffix(" s"))
    ready = {subject: STARTED.match(detail) for kind, subject, detail in reversed(told) if kind == "ready"}
    starts = [float(found[1]) for number in range(6, 11) if (found := ready[f"worker-{number}"])]
    assert seconds < 4 * max(starts), (lines, starts)  # two waves are two starts and what ends between them
    gone = [subject for kind, subject, _ in told if kind == "gone"]
    assert sorted(gone) == [f"worker-{number}" for number in range(1, 6)]
    assert not [kind for kind, _, _ in told if kind in {"exit", "probe-kill", "grace-kill"}], "nobody was killed"
    assert document(out, "ledger.json")["repeated"] >= 0


def test_a_version_that_does_not_start_stalls_and_is_undone(tmp_path: Path, kafka: Broker) -> None:
    """It says so early, with the worker's own words; the old workers serve all the time."""
    broken = {"kind": "rollout", "at_seconds": 2, "worker": {"handler": {"name": "no_such_module:handle"}}}
    faults = json.dumps([broken, {"kind": "rollout", "at_seconds": 27, "undo": True}])
    out, told = play(tmp_path, kafka, seconds=40, faults=faults, deadline_seconds=18)
    bad = [detail for kind, subject, detail in told if (kind, subject) == ("rollout", "revision 2")]
    assert [line.split(":")[0] for line in bad] == ["begins", "failing", "stalled"]
    assert "CrashLoopBackOff" in bad[1]
    assert "no_such_module" in bad[1]
    assert bad[2].endswith("4 workers are available")
    good = [detail for kind, subject, detail in told if (kind, subject) == ("rollout", "revision 1")]
    assert good[-1].startswith("undone after"), good
    samples = [sample for sample in RunDirectory.open(out).samples() if 2 < sample.at_seconds < 40]
    assert min(sample.workers_ready for sample in samples) >= 3, "four serve, also while they rebalance"


async def test_a_group_of_ones_own_is_updated_and_put_back_from_the_command_line(tmp_path: Path, kafka: Broker) -> None:
    """Under load all the while: a good version, one that stalls, and the way back; every event once or more."""
    topic = await Topic(KafkaSettings(bootstrap_servers=kafka.bootstrap_servers), partitions=4).create()
    (tmp_path / "good.yaml").write_text(WORKER + "batch_events_max: 777\n", encoding="utf-8")
    (tmp_path / "bad.yaml").write_text(WORKER + "nice: 1\ninit: {wait_seconds: 600}\n", encoding="utf-8")
    enough = asyncio.Event()
    loading = asyncio.create_task(_load(topic, enough))
    with autoscaling(tmp_path, topic, FIXED_POLICY.format(name="two", replicas=2), "--api", "127.0.0.1:0") as scaler:
        await scaler.until(lambda: scaler.said.count(" ready  ") >= 2)
        found = re.search(r"http://\S+:\d+/", scaler.said)
        assert found is not None, scaler.said

        async def rollout(*arguments: str) -> subprocess.CompletedProcess[str]:
            command = ("rollout", *arguments, "--api", found[0])
            return await asyncio.to_thread(weir, *command, folder=tmp_path)

        good = await rollout("start", "--worker", "good.yaml", "--watch")
        assert good.returncode == 0, good.stdout + good.stderr
        assert "revision 2: complete, 2 of 2 workers are available" in good.stdout
        again = await rollout("start", "--worker", "good.yaml")
        assert (again.returncode, "revision 2, which is running already" in again.stderr) == (2, True)
        bad = await rollout("start", "--worker", "bad.yaml", "--strategy", "progress_deadline_seconds=4", "--watch")
        assert bad.returncode == 1, bad.stdout + bad.stderr
        assert "revision 3: stalled: no progress for 4 s: worker-" in bad.stdout
        assert (await rollout("status")).returncode == 1
        back = await rollout("undo", "--watch")
        assert (back.returncode, "revision 2: undone" in back.stdout) == (0, True), back.stdout + back.stderr
        assert "2 *" in (await rollout("history")).stdout
        enough.set()
        await loading
        await eventually(lambda: _read_up(topic))
        assert await scaler.end() == 0, scaler.said
    audit, ends = Audit.of(await topic.entries(), 4), await topic.ends()
    assert sum(ends.values()) > 0
    assert audit.missing(ends) == 0


async def _load(topic: Topic, enough: asyncio.Event) -> None:
    first = 0
    while not enough.is_set():
        await topic.fill(50, first)
        first += 50
        await asyncio.sleep(0.2)


async def _read_up(topic: Topic) -> bool:
    return await topic.committed() == await topic.ends()
