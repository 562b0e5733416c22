"""Rolling updates of real workers under load: how long they take, and that nothing is lost."""

import json
from pathlib import Path
from typing import Any

import pytest

from broker import Broker
from contract.record import RunDirectory
from tests.integration.test_loadtests_run import document, weir

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
GOOD_SECONDS = 30.0
"""What a good team needs."""


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
    """Within what a good team needs, by workers that were told the new settings; repeats are counted."""
    faults = json.dumps([{"kind": "rollout", "at_seconds": 3, "worker": {"batch_events_max": 777}}])
    out, told = play(tmp_path, kafka, seconds=35, faults=faults)
    lines = [detail for kind, subject, detail in told if (kind, subject) == ("rollout", "revision 2")]
    assert lines[0] == "begins: from revision 1, up to 2 more and 1 fewer at a time"
    seconds = float(lines[-1].removeprefix("complete after ").removesuffix(" s"))
    assert seconds < GOOD_SECONDS, lines
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
