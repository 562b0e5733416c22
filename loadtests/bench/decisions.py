"""How many lines a second `weir decide` answers: whole processes from a file to a file, start-up included."""

import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from autoscaler.lines.slim import slim_line
from autoscaler.model import Observation, Partition, PodPhase, Reading, Sample, Worker

HPA = """
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {{name: consumer}}
spec:
  scaleTargetRef: {{apiVersion: apps/v1, kind: Deployment, name: consumer}}
  maxReplicas: 20
  metrics: [{metric}]
"""
LAG = "{type: External, external: {metric: {name: lag}, target: {type: AverageValue, averageValue: 1k}}}"
CPU = "{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 70}}}"
KEDA = """
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata: {name: consumer}
spec:
  scaleTargetRef: {name: consumer}
  maxReplicaCount: 12
  triggers:
  - type: kafka
    metadata: {bootstrapServers: "kafka:9092", topic: events, consumerGroup: consumer, lagThreshold: "1000"}
"""
STARTED_AT = 1.7e9
PERIOD_SECONDS = 15.0


def measure_decide(
    lines: int, rounds: int, *, command: tuple[str, ...] = (sys.executable, "-m", "weir")
) -> list[dict[str, Any]]:
    """Every policy on states of its own, the rounds in turn: lines a second, the median with lowest and highest."""
    with tempfile.TemporaryDirectory(prefix="weir-bench-") as place:
        folder = Path(place)
        for name in CASES:
            _prepare(folder, name, lines)
        rates = [{name: lines / _seconds(folder, name, lines, command) for name in CASES} for _ in range(rounds)]
    return [_row(name, lines, [of_round[name] for of_round in rates]) for name in CASES]


def states(name: str, lines: int) -> Iterator[bytes]:
    """The lines of a case: one look of a cluster every 15 seconds, the same for the same number."""
    chance = random.Random(name)  # noqa: S311  # made-up states, not secrets
    for number in range(lines):
        at_seconds = STARTED_AT + number * PERIOD_SECONDS
        more = CASES[name][1](chance, at_seconds)
        yield slim_line(Observation(at_seconds=at_seconds, spec_replicas=4, status_replicas=4, **more))


def _prepare(folder: Path, name: str, lines: int) -> None:
    folder.joinpath(f"{name}.yaml").write_text(CASES[name][0], encoding="utf-8")
    folder.joinpath(f"{name}.jsonl").write_bytes(b"".join(states(name, lines)))


def _seconds(folder: Path, name: str, lines: int, command: tuple[str, ...]) -> float:
    answers = folder / f"{name}.answers.jsonl"
    with (folder / f"{name}.jsonl").open("rb") as source, answers.open("wb") as target:
        began = time.perf_counter()
        order = [*command, "decide", "--scaler", str(folder / f"{name}.yaml")]
        subprocess.run(order, stdin=source, stdout=target, check=True)  # noqa: S603  # our own program
        took = time.perf_counter() - began
    assert answers.read_bytes().count(b"\n") == lines, "a line without an answer"
    return took


def _row(name: str, lines: int, rates: list[float]) -> dict[str, Any]:
    return {
        "policy": name,
        "lines": lines,
        "lines_per_second": statistics.median(rates),
        "lines_per_second_min": min(rates),
        "lines_per_second_max": max(rates),
    }


def _with_lag(chance: random.Random, at_seconds: float) -> dict[str, Any]:
    del at_seconds
    return {"metrics": {"lag": Reading(value=float(chance.randrange(8_000)))}}


def _with_workers(chance: random.Random, at_seconds: float) -> dict[str, Any]:
    return {"workers": tuple(_worker(f"worker-{n}", chance.random(), at_seconds) for n in range(4))}


def _worker(name: str, usage: float, at_seconds: float) -> Worker:
    return Worker(
        name=name,
        pod_phase=PodPhase.RUNNING,
        ready=True,
        ready_changed_at=STARTED_AT - 590.0,
        started_at=STARTED_AT - 600.0,
        cpu_request_cores=0.5,
        cpu=Sample(usage=usage, ended_at=at_seconds - 5.0, window_seconds=15.0),
    )


def _with_partitions(chance: random.Random, at_seconds: float) -> dict[str, Any]:
    events = int(at_seconds - STARTED_AT) * 500
    lags = [chance.randrange(800) for _ in range(12)]
    return {
        "partitions": tuple(
            Partition(topic="events", partition=n, end_offset=events + 1_000, committed_offset=events + 1_000 - lag)
            for n, lag in enumerate(lags)
        )
    }


CASES: Mapping[str, tuple[str, Callable[[random.Random, float], dict[str, Any]]]] = {
    "hpa-lag": (HPA.format(metric=LAG), _with_lag),
    "hpa-cpu-4-workers": (HPA.format(metric=CPU), _with_workers),
    "keda-12-partitions": (KEDA, _with_partitions),
}
"""A policy, and what its states have beside the number of replicas, by the name that the table has."""
