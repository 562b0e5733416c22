"""Journals of a made-up run for tests of what reads them: a policy on lag, a shadow, a failure, a change of phase."""

from collections.abc import Iterator
from pathlib import Path

from autoscaler.decide import decide
from autoscaler.journal import Journal, ShadowAnswer, Tick
from autoscaler.model import Memory, Observation, Partition, PodPhase, Worker
from autoscaler.policies.hpa import (
    Behavior,
    HpaSpec,
    Metric,
    MetricType,
    ScalingRules,
    Target,
    TargetType,
    hpa_plan,
)
from autoscaler.policies.hpa.spec import DEFAULT_DOWN, DEFAULT_UP
from contract.worker import WorkerPhase
from tests.run_records import STARTED_US

ZERO = STARTED_US / 1e6
"""Second 0 of the run on the journal's clock."""
PERIOD_TICKS = 3
"""The policy is asked in every third tick."""
FAILED_AT = 21
"""In this tick the observer fails; it would have been one in which the policy is asked."""
LAG = Metric(
    type=MetricType.EXTERNAL, name="total_lag", target=Target(type=TargetType.AVERAGE_VALUE, average_value_milli=10**6)
)
DOWN = ScalingRules(window_seconds=12.0, policies=DEFAULT_DOWN.policies)
PLAN = hpa_plan(HpaSpec(replicas_min=3, replicas_max=20, metrics=(LAG,), behavior=Behavior(up=DEFAULT_UP, down=DOWN)))


def lag_at(second: int) -> int:
    """A little, then much from second 9 on, then a little again."""
    return 11_600 if 9 <= second < 30 else 2_400


def made_ticks(seconds: int = 60) -> Iterator[Tick]:
    """From two seconds before the load began; the policy's name is `lag`, the shadow's `keda`."""
    memory, desired, first = Memory(), 3, True
    for second in range(-2, seconds):
        seen = made_seen(second, desired)
        due = (second + 2) % PERIOD_TICKS == 0
        held = "the observer failed: Kafka did not answer in time" if second == FAILED_AT - 2 else None
        asked, before = due and held is None, memory
        decision = None
        if asked:
            decision, memory = decide(seen, memory, PLAN)
        started = max(0, (decision.replicas if decision else desired) - desired)
        desired = decision.replicas if decision else desired
        yield Tick(
            seen=seen,
            memory=before if first else None,
            policy="lag",
            decision=decision,
            desired=desired,
            held=held,
            shadows={"keda": _shadow(second)} if asked else {},
            done=tuple(f"launch worker-{n}" for n in range(started)),
        )
        first = False


def made_seen(second: int, replicas: int) -> Observation:
    """All workers ready but the last, which initialises; the last partition has most of the lag."""
    lag = lag_at(second)
    lags = [100, 200, 300, lag - 600]
    phases = [WorkerPhase.READY] * (replicas - 1) + [WorkerPhase.INITIALISING]
    return Observation(
        at_seconds=ZERO + second + 0.25,
        spec_replicas=replicas,
        status_replicas=replicas,
        workers=tuple(
            Worker(name=f"worker-{n}", pod_phase=PodPhase.RUNNING, phase=phase, ready=phase is WorkerPhase.READY)
            for n, phase in enumerate(phases)
        ),
        partitions=tuple(
            Partition(topic="events", partition=n, end_offset=100_000, committed_offset=100_000 - lag)
            for n, lag in enumerate(lags)
        ),
        arrival_rate=10_000.0,
        processing_rate=9_500.0 if lag > 5_000 else 10_000.0,
        time_lag_seconds=lag / 10_000,
        group_members=replicas,
        group_state="Stable",
        host_cpu_ratio=0.42,
    )


def write_journal(path: Path, seconds: int = 60) -> None:
    """The made-up journal as a file."""
    with Journal(path) as journal:
        for tick in made_ticks(seconds):
            journal.append(tick)


def _shadow(second: int) -> ShadowAnswer:
    """It agrees at first, wants 5 from second 10 on and 4 in the end."""
    wanted = 3 if second < 10 else 5 if second < 40 else 4
    return ShadowAnswer(replicas=wanted, why=f"s0-kafka-events: {wanted} at second {second}", recommendation=wanted)
