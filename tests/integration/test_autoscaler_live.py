"""The autoscaler in runs of a scenario: it grows and shrinks, heals, and leaves records that explain it."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import orjson
import pytest

from autoscaler.journal import read_journal
from broker import Broker
from contract.record import RunDirectory
from tests.integration.test_loadtests_run import document, weir

pytestmark = [pytest.mark.integration, pytest.mark.timeout(180)]

LAG_POLICY = """
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: lag}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: processor}
  minReplicas: 1
  maxReplicas: 4
  metrics:
    - type: External
      external: {metric: {name: kafka_consumer_lag}, target: {type: AverageValue, averageValue: "500"}}
---
apiVersion: weir/v1
kind: ClusterSettings
spec: {sync_period_seconds: 1, downscale_stabilization_seconds: 3}
"""
FIXED_POLICY = "apiVersion: weir/v1\nkind: FixedPolicy\nmetadata: {{name: {name}}}\nspec: {{replicas: {replicas}}}\n"
SCENARIO = """
name: live
seed: 7
seconds: {seconds}
warmup_seconds: 1
drain_seconds_max: 40
topic: {{partitions: 4}}
load: {{shape: {shape}, event_bytes: 150}}
worker:
  handler: {{name: wait, service_micros: {service_micros}}}
  commit_interval_seconds: 0.3
  session_timeout_seconds: 6
  heartbeat_interval_seconds: 0.5
  back_off: {{base_seconds: 1}}
  {worker}
scaler: {{policy: policy.yaml, replicas: {replicas}, cpu_window_seconds: 1}}
faults: {faults}
slo: {slo}
"""


def write(folder: Path, policy: str, **scenario: Any) -> Path:
    """A policy and a scenario beside it; what is not given is small and without faults."""
    given = {"seconds": 10, "service_micros": 300, "replicas": 2, "faults": "[]", "worker": "", "slo": "{}"} | scenario
    (folder / "policy.yaml").write_text(policy, encoding="utf-8")
    path = folder / "live.yaml"
    path.write_text(SCENARIO.format(**given), encoding="utf-8")
    return path


def run(scenario: Path, kafka: Broker) -> Path:
    """A run that has to end well; its directory."""
    out = scenario.parent / "run"
    arguments = ("loadtest", "run", scenario, "--kafka", kafka.bootstrap_servers, "--out", out)
    result = weir(*arguments, folder=scenario.parent)
    assert result.returncode == 0, result.stdout + result.stderr
    return out


def nothing_lost(out: Path) -> bool:
    """Whether everything that Kafka acknowledged was processed."""
    ledger = document(out, "ledger.json")
    assert ledger["acknowledged"] > 0
    return bool((ledger["lost"], ledger["unread"]) == (0, 0))


def events(out: Path) -> list[dict[str, Any]]:
    """What happened, in order."""
    return [json.loads(line) for line in (out / "events.jsonl").read_text(encoding="utf-8").splitlines()]


def decided(out: Path, policy: Path) -> list[int]:
    """The numbers that `weir decide` finds on the journal of a run."""
    with (out / "decisions.jsonl").open("rb") as journal:
        answer = subprocess.run(
            [sys.executable, "-m", "weir", "decide", "--scaler", str(policy)],
            stdin=journal,
            capture_output=True,
            timeout=60,
            check=True,
        )
    return [orjson.loads(line)["replicas"] for line in answer.stdout.splitlines()]


def test_a_lag_policy_follows_a_step(tmp_path: Path, kafka: Broker) -> None:
    """It grows and shrinks and loses nothing; the journal gives its decisions again, and explains them."""
    steps = (
        "{kind: steps, steps: [{at_seconds: 0, rate: 300}, {at_seconds: 3, rate: 2500}, {at_seconds: 9, rate: 200}]}"
    )
    out = run(write(tmp_path, LAG_POLICY, shape=steps, seconds=30, service_micros=1_000, replicas=1), kafka)
    assert nothing_lost(out)
    ticks = list(read_journal(out / "decisions.jsonl"))
    wanted = [tick.decision.replicas for tick in ticks if tick.decision]
    top = wanted.index(max(wanted))
    assert wanted[0] == 1
    assert wanted[top] >= 3, wanted
    assert min(wanted[top:]) < wanted[top], wanted
    assert decided(out, tmp_path / "policy.yaml") == wanted
    assert {event["kind"] for event in events(out)} >= {"scale", "launch", "ready", "stop", "gone", "rebalance"}
    story = weir("explain", out, folder=tmp_path)
    assert story.returncode == 0, story.stderr
    assert "1 → " in story.stdout
    explained = weir("explain", out, "--at", "6", "--json", folder=tmp_path)
    assert explained.returncode == 0, explained.stderr
    moment = orjson.loads(explained.stdout)
    assert moment["at_seconds"] == pytest.approx(6, abs=1)
    assert [moment["desired"]] == [t.desired for t in ticks if t.seen.at_seconds == moment["epoch_seconds"]]


def test_faults_are_healed_and_told(tmp_path: Path, kafka: Broker) -> None:
    """Frozen for a while, poisoned, killed: workers come back, poison is set aside, nothing is lost."""
    faults = """
  - {kind: freeze, at_seconds: 2, hold_seconds: 2}
  - {kind: poison, at_seconds: 5, events: 5}
  - {kind: kill, at_seconds: 6}
"""
    path = write(
        tmp_path,
        FIXED_POLICY.format(name="two", replicas=2),
        shape="{kind: constant, rate: 1000}",
        seconds=18,
        faults=faults,
        slo="{dead_lettered_events_max: 5}",
    )
    out = run(path, kafka)
    assert nothing_lost(out)
    told = [(event["kind"], event["subject"]) for event in events(out)]
    kinds = [kind for kind, _ in told]
    killed = next(who for kind, who in told if kind == "fault-kill")
    after = told[told.index(("fault-kill", killed)) :]
    assert [kind for kind, who in after if who == killed and kind in {"exit", "launch", "ready"}] == [
        "exit",
        "launch",
        "ready",
    ]
    assert kinds.index("fault-freeze") < kinds.index("fault-thaw")
    assert "fault-poison" in kinds
    assert "probe-kill" not in kinds, "two seconds are not yet dead"
    assert document(out, "ledger.json")["dead_lettered"] == 5


def test_a_worker_that_stands_still_is_killed_by_its_liveness_probe(tmp_path: Path, kafka: Broker) -> None:
    """Nobody thaws it: the probe fails, its grace passes, it is killed and started again; nothing is lost."""
    path = write(
        tmp_path,
        FIXED_POLICY.format(name="two", replicas=2),
        shape="{kind: constant, rate: 1000}",
        seconds=22,
        faults="[{kind: freeze, at_seconds: 2, hold_seconds: 600}]",
        worker="grace_seconds: 1\n  probes: {liveness: {period_seconds: 1, timeout_seconds: 1, failure_threshold: 2}}",
    )
    out = run(path, kafka)
    assert nothing_lost(out)
    told = events(out)
    frozen = next(event["subject"] for event in told if event["kind"] == "fault-freeze")
    kinds = [event["kind"] for event in told if event["subject"] == frozen]
    after = [kind for kind in kinds[kinds.index("fault-freeze") :] if kind not in {"unready", "probe-failed"}]
    assert after[:4] == ["fault-freeze", "probe-kill", "grace-kill", "exit"], after
    assert after[4:6] == ["launch", "ready"], after
    assert RunDirectory.open(out).samples()[-1].probe_kills == 1


@pytest.mark.timeout(480)
def test_policies_are_compared(tmp_path: Path, kafka: Broker) -> None:
    """One page, standings, exit code 0; 3 when a policy is expected to meet what it misses.

    Before each run it waits up to a minute until the machine is calm.
    """
    path = write(
        tmp_path,
        FIXED_POLICY.format(name="enough", replicas=4),
        shape="{kind: constant, rate: 1000}",
        seconds=8,
        service_micros=1_600,
        slo="{lag_events_max: 2400}",
    )
    few = tmp_path / "few.yaml"
    few.write_text(FIXED_POLICY.format(name="few", replicas=1), encoding="utf-8")
    out = tmp_path / "contest"
    arguments = ["loadtest", "compare-policies", path, "--scaler", tmp_path / "policy.yaml", "--scaler", few]
    arguments += ["--kafka", kafka.bootstrap_servers, "--out", out]
    played = weir(*arguments, "--expect", "enough", folder=tmp_path, seconds_max=300)
    assert played.returncode == 0, played.stdout + played.stderr
    assert (out / "policies.html").stat().st_size > 0
    assert {standing["policy"] for standing in document(out, "standings.json")["policies"]} == {"enough", "few"}
    again = weir(*arguments, "--resume", "--expect", "few", folder=tmp_path)
    assert again.returncode == 3, again.stdout + again.stderr
