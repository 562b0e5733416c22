"""A run directory with an init storm: 3 workers are needed, 20 are asked for, probes kill, and healing takes long."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from contract.record import RunDirectory, RunEvent, Sample
from contract.scenario import Scenario
from tests.elastic import samples_of
from tests.run_records import Flow, make_scenario, write_run

FLOW = Flow(name="init-storm", rate=2_400, seconds=180, warmup=5, partitions=24, workers=3)
STEADY: dict[str, Any] = {
    "phase": "measuring", "arriving": 2_400, "processing": 2_400, "cores": 1.1, "init_cores": 0.0, "lag_events": 900,
    "time_lag_seconds": 0.4, "desired_replicas": 3, "workers_alive": 3, "workers_ready": 3, "workers_initialising": 0,
    "worker_restarts": 0, "probe_kills": 0, "partitions_stopped": 0, "rebalances": 1, "host_cpu_ratio": 0.7,
}  # fmt: skip
_STARVED: dict[str, Any] = {"cores": 1.9, "init_cores": 1.4, "processing": 1_100, "host_cpu_ratio": 1.0}


def write_storm_run(path: Path) -> RunDirectory:
    """A complete run directory at `path`, except its report."""
    scenario = storm_scenario()
    scaler = {"name": "naive-cpu", "kind": "hpa", "replicas_min": 3, "replicas_max": 20}
    directory = write_run(path, FLOW, scenario=scenario.model_dump(mode="json"), scaler=scaler)
    directory.events_jsonl.unlink()
    directory.write_samples(storm_samples())
    for event in sorted(_events(), key=lambda e: e.at_seconds):
        directory.append_event(event)
    return directory


def storm_scenario() -> Scenario:
    """Workers that compute and wait, scaled by their CPU."""
    document = make_scenario(FLOW).model_dump(mode="json") | {
        "description": "Starting workers burn CPU, and the policy reads CPU as load.",
        "worker": {
            "handler": {"name": "work", "cpu_micros": 400, "service_micros": 600},
            "init": {"cpu_seconds": 12.0},
        },
        "scaler": {"kind": "policy", "policy": "naive-cpu.yaml", "replicas": 3},
        "slo": {"time_lag_seconds_max": 5.0, "violation_seconds_max": 20, "price_per_worker_hour": 0.12},
    }
    return Scenario.model_validate(document)


def storm_samples() -> list[Sample]:
    """Three minutes of load and a quarter of one of draining."""
    return samples_of(list(_timeline()))


def _timeline() -> Iterator[tuple[int, dict[str, Any]]]:
    yield 5, STEADY | {"phase": "warm-up"}
    yield 40, STEADY
    lag, age = 900, 0.4
    for second in range(90):
        lag, age = lag + 1_300, age + 0.55
        yield 1, _STARVED | _second(second) | {"lag_events": lag, "time_lag_seconds": None if second == 70 else age}
    for second in range(57):
        lag, age = max(0, lag - 2_200), max(0.2, age - 0.8)
        yield 1, _healing(second) | {"lag_events": lag, "time_lag_seconds": age}


def _second(second: int) -> dict[str, Any]:
    """The storm, second by second: steps of 15 s to the maximum, workers that start slowly and are killed."""
    desired = (5, 10, 20, 20, 20, 20)[second // 15]
    alive = min(desired, 3 + second // 2)
    ready = max(1, 3 - second // 20)
    kills = max(0, (second - 40) // 6)
    return {
        "desired_replicas": desired,
        "workers_alive": alive,
        "workers_ready": ready,
        "workers_initialising": alive - ready,
        "probe_kills": kills,
        "worker_restarts": kills,
        "partitions_stopped": 8 * (second % 12 < 4) if second > 20 else 0,
        "rebalances": 1 + second // 6,
    }


def _healing(second: int) -> dict[str, Any]:
    """The starts are over: all are ready, the backlog goes, and the policy lets go."""
    desired = 20 if second < 20 else 8 if second < 40 else 3
    return STEADY | {
        "phase": "measuring" if second < 45 else "draining",
        "arriving": 2_400 if second < 45 else 0,
        "processing": 4_600,
        "cores": 1.9,
        "desired_replicas": desired,
        "workers_alive": desired,
        "workers_ready": desired,
        "probe_kills": 8,
        "worker_restarts": 8,
        "rebalances": 16 + second // 20,
        "host_cpu_ratio": 0.98,
    }


def _events() -> Iterator[RunEvent]:
    """Some hundreds, as a storm leaves them."""
    for step, (at, replicas) in enumerate(((46, 5), (61, 10), (76, 20), (156, 8), (176, 3))):
        yield RunEvent(at_seconds=float(at), kind="scale", subject="naive-cpu", detail=f"step {step + 1} to {replicas}")
    for number in range(4, 21):
        yield RunEvent(at_seconds=44.0 + 2 * number, kind="launch", subject=f"worker-{number}")
        yield RunEvent(at_seconds=138.0 + number / 10, kind="ready", subject=f"worker-{number}")
    for second in range(48, 134):
        detail = "liveness: no answer within 1 s"
        yield RunEvent(at_seconds=second + 0.4, kind="probe-failed", subject=f"worker-{second % 17 + 4}", detail=detail)
    for kill in range(8):
        yield RunEvent(at_seconds=91.0 + 6 * kill, kind="probe-kill", subject=f"worker-{kill + 4}", detail="liveness")
    for number in range(15):
        yield RunEvent(at_seconds=46.0 + 6 * number, kind="rebalance", subject="group", detail=f"number {number + 2}")
