"""Made-up run directories of several policies on one load: one storms, one is calm, one is too slow to grow."""

import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from contract.record import RunDirectory, RunEvent
from contract.scenario import Scenario, with_policy
from tests.elastic import samples_of
from tests.run_records import Flow, make_scenario, write_run

FLOW = Flow(name="init-storm", rate=600, seconds=90, warmup=5, partitions=24, workers=3)
LEDGER_SECONDS = 4  # the ledger is the same for all and read by nobody here, so it need not be long
STEP_AT = 12
MAXIMUM = 20
KINDS = {"hpa-cpu": "HorizontalPodAutoscaler", "keda-lag": "ScaledObject", "weir": "WeirPolicy"}
STEADY: dict[str, Any] = {
    "phase": "measuring", "planned_events": 0, "arriving": 2_000, "processing": 2_000, "cores": 1.1, "init_cores": 0.0,
    "lag_events": 900, "time_lag_seconds": 0.4, "desired_replicas": 3, "workers_alive": 3, "workers_ready": 3,
    "workers_initialising": 0, "worker_restarts": 0, "probe_kills": 0, "partitions_stopped": 0, "rebalances": 1,
}  # fmt: skip


def contest_scenario(**slo: Any) -> Scenario:
    """Three workers at the start, four needed after the step, as each does 1,000 events/s."""
    document = make_scenario(FLOW).model_dump(mode="json") | {
        "description": "A step that needs four workers, each of which burns 8 s of CPU to start; who stays calm?",
        "worker": {"events_per_second": 1_000, "init": {"cpu_seconds": 8.0}},
        "scaler": {"kind": "policy", "policy": "hpa-cpu.yaml", "replicas": 3},
        "slo": {"time_lag_seconds_max": 5.0} | slo,
    }
    return Scenario.model_validate(document)


def write_contest_run(path: Path, policy: str, *, seed: int = 1, lost: int = 0, **slo: Any) -> RunDirectory:
    """A run of `policy`; the seed makes repeats differ a little."""
    chance = random.Random(f"{policy} {seed}")  # noqa: S311  # made-up figures, not secrets
    scenario = with_policy(contest_scenario(**slo), Path(f"/policies/{policy}.yaml"))
    flow = replace(FLOW, lost=lost, seconds=LEDGER_SECONDS, warmup=1)
    scaler = {"name": policy, "kind": KINDS[policy], "replicas_min": 3, "replicas_max": MAXIMUM}
    directory = write_run(path, flow, scenario=scenario.model_dump(mode="json"), scaler=scaler)
    directory.events_jsonl.unlink()
    directory.write_samples(samples_of(list(_timeline(policy, chance))))
    for kill in range(6 if policy == "hpa-cpu" else 0):
        ready = "it had been ready" if kill < 2 else "it had never been ready"
        detail = f"the liveness probe failed 3 times in a row: no answer; {ready}"
        directory.append_event(RunEvent(at_seconds=50.0 + kill, kind="probe-kill", subject="worker-4", detail=detail))
    return directory


def _timeline(policy: str, chance: random.Random) -> Iterator[tuple[int, dict[str, Any]]]:
    planned = 0
    for second in range(1, FLOW.seconds + 13):
        load = 0 if second > FLOW.seconds else 2_000 if second < STEP_AT else 3_900
        planned += load
        phase = "warm-up" if second <= FLOW.warmup else "measuring" if load else "draining"
        made = STEADY | {"phase": phase, "planned_events": planned, "arriving": load, "processing": load}
        yield 1, made | _BEHAVIOURS[policy](second, chance)


def _storm(second: int, chance: random.Random) -> dict[str, Any]:
    """To the maximum in 14 s; starts take the CPU, probes kill, the oldest event grows a minute old."""
    if second < STEP_AT + 2:
        return {}
    since = second - STEP_AT - 2
    desired = min(MAXIMUM, 5 + since // 4 * 5)
    ready = 2 if since < 60 else 9
    age = max(0.4, since * 0.7 if since < 60 else 42 - 2.2 * (since - 60)) * chance.uniform(0.8, 1.2)
    kills = min(6, max(0, (since - 34) // 2))
    return {
        "desired_replicas": desired if since < 75 else 8,
        "workers_alive": desired,
        "workers_ready": ready,
        "cores": 1.95,
        "init_cores": 1.5 if since < 60 else 0.1,
        "processing": 1_500 if since < 60 else 6_000,
        "lag_events": round(age * 2_100),
        "time_lag_seconds": age,
        "probe_kills": kills,
        "worker_restarts": kills,
        "partitions_stopped": 8 if since % 9 < 3 and since < 60 else 0,
        "rebalances": 1 + min(since // 6, 10),
    }


def _calm(second: int, chance: random.Random) -> dict[str, Any]:
    """One worker more, soon enough."""
    if second < STEP_AT + 2:
        return {}
    age = max(0.4, 4.6 - 0.3 * abs(second - 24)) * chance.uniform(0.9, 1.05)
    starting = STEP_AT + 2 <= second < STEP_AT + 10
    return {
        "desired_replicas": 5 if second < 60 else 4,
        "workers_alive": 5 if second < 60 else 4,
        "workers_ready": 3 if starting else 5 if second < 60 else 4,
        "init_cores": 1.0 if starting else 0.0,
        "cores": 1.8 if starting else 1.3,
        "time_lag_seconds": age,
        "lag_events": round(age * 2_000),
        "rebalances": 2,
    }


def _late(second: int, chance: random.Random) -> dict[str, Any]:
    """Grows only once the backlog is there, and then to twice the need."""
    if second < STEP_AT + 6:
        return {"time_lag_seconds": 0.4 + 0.2 * max(0, second - STEP_AT)}
    age = max(0.4, 9 - 0.35 * abs(second - 34)) * chance.uniform(0.9, 1.1)
    starting = STEP_AT + 6 <= second < STEP_AT + 20
    return {
        "desired_replicas": 7,
        "workers_alive": 7,
        "workers_ready": 3 if starting else 7,
        "init_cores": 1.2 if starting else 0.0,
        "cores": 1.8,
        "time_lag_seconds": age,
        "lag_events": round(age * 2_000),
        "rebalances": 3,
    }


_BEHAVIOURS = {"hpa-cpu": _storm, "keda-lag": _late, "weir": _calm}
