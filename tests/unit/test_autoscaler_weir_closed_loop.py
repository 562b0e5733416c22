"""Our own policy against the lag policies on the same loads, in virtual time.

All may have 3 to 20 workers; the lag policies look every 3 s and wait 30 s before going down (Kubernetes' five minutes
are too long for runs of minutes).  A second counts as violated when the oldest event is older than 5 s.
"""

import math
from collections.abc import Callable
from functools import cache

import pytest

from autoscaler.cluster import HpaClusterSettings
from autoscaler.manifests import read_policy_text
from autoscaler.manifests.kinds import Context
from tests.closed_loop import Played, World, play

SHORT = Context(cluster=HpaClusterSettings(sync_period_seconds=3, downscale_stabilization_seconds=30))
POLICIES = {
    "weir": "{apiVersion: weir/v1, kind: WeirPolicy, metadata: {name: weir}, spec: {minReplicas: 3, maxReplicas: 20}}",
    "hpa": """
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: lag}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: workers}
  minReplicas: 3
  maxReplicas: 20
  metrics:
    - type: External
      external: {metric: {name: kafka_consumer_lag}, target: {type: AverageValue, averageValue: 1000}}
""",
    "keda": """
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata: {name: lag}
spec:
  scaleTargetRef: {name: workers}
  pollingInterval: 3
  cooldownPeriod: 30
  minReplicaCount: 3
  maxReplicaCount: 20
  triggers:
    - {type: kafka, metadata: {bootstrapServers: "kafka:9092", consumerGroup: g, topic: events, lagThreshold: "1000"}}
""",
}


def step(at: float) -> float:
    """One to three thousand events/s."""
    return 1_000 if at < 40 else 3_000


def ramp(at: float) -> float:
    """The same within two minutes, and a little more."""
    return 800 + 2_700 * min(1.0, max(0.0, (at - 20) / 120))


def spike(at: float) -> float:
    """Ten times the load for half a minute."""
    return 4_000 if 60 <= at < 90 else 400


def day(at: float) -> float:
    """Two days of five minutes."""
    return 1_800 - 1_400 * math.cos(2 * math.pi * at / 300)


def burst(at: float) -> float:
    """More for 40 s, half of it in one partition: more than one worker can do."""
    return 1_400 if 40 <= at < 80 else 400


def even(partitions: int) -> tuple[float, ...]:
    """The same for each."""
    return (1 / partitions,) * partitions


def hot(partitions: int) -> tuple[float, ...]:
    """Half of the load in the first partition."""
    return (0.5, *[0.5 / (partitions - 1)] * (partitions - 1))


@cache
def played(name: str, rate: Callable[[float], float], shares: tuple[float, ...], **changes: float) -> Played:
    """One policy on one load."""
    plan = read_policy_text(POLICIES[name], name, SHORT).plan
    seconds = 600.0 if rate is day else 240.0
    return play(plan, World(rate=rate, shares=shares, seconds=seconds, **changes))  # type: ignore[arg-type]  # numbers


WORLDS = [
    pytest.param(step, even(24), {}, id="step"),
    pytest.param(ramp, even(24), {}, id="ramp"),
    pytest.param(ramp, even(12), {}, id="ramp, few partitions"),
    pytest.param(spike, even(24), {}, id="spike"),
    pytest.param(spike, even(12), {}, id="spike, few partitions"),
    pytest.param(day, even(24), {}, id="day"),
    pytest.param(burst, hot(24), {}, id="hot key"),
    pytest.param(burst, hot(12), {}, id="hot key, few partitions"),
    pytest.param(step, even(24), {"init_cpu_seconds": 6.0, "rebalance_seconds": 3.0}, id="step, dear starts"),
    pytest.param(day, even(24), {"init_cpu_seconds": 1.0, "rebalance_seconds": 1.0}, id="day, cheap starts"),
]


@pytest.mark.parametrize("other", ["hpa", "keda"])
@pytest.mark.parametrize(("rate", "shares", "changes"), WORLDS)
def test_fewer_violations_at_no_more_worker_seconds(
    rate: Callable[[float], float], shares: tuple[float, ...], changes: dict[str, float], other: str
) -> None:
    ours, theirs = (played(name, rate, shares, **changes) for name in ("weir", other))
    assert ours.violation_seconds < theirs.violation_seconds
    assert ours.worker_seconds <= theirs.worker_seconds
    assert ours.storms == 0


@pytest.mark.parametrize("rate", [step, ramp, day])
def test_one_move_where_others_make_two_or_three(rate: Callable[[float], float]) -> None:
    """Each costs a rebalance."""
    ours, theirs = (played(name, rate, even(24)) for name in ("weir", "hpa"))
    assert 2 * ours.moves < theirs.moves


@pytest.mark.parametrize(
    ("rate", "shares"),
    [
        pytest.param(step, even(12), id="250/s in each partition: one worker can have one, not two"),
        pytest.param(day, even(12), id="the same at noon"),
    ],
)
def test_where_keeping_up_has_its_price(rate: Callable[[float], float], shares: tuple[float, ...]) -> None:
    """Few partitions make coarse steps: who keeps up pays for it up to a tenth more than who is late all the time."""
    ours, theirs = (played(name, rate, shares) for name in ("weir", "keda"))
    assert ours.violation_seconds < theirs.violation_seconds / 3
    assert theirs.worker_seconds < ours.worker_seconds < 1.1 * theirs.worker_seconds


def test_more_workers_than_are_of_use_are_never_asked_for() -> None:
    """The lag policies ask for all they may have, though no worker can have less than the hot partition."""
    ours, theirs = (played(name, burst, hot(24)) for name in ("weir", "hpa"))
    assert ours.replicas_peak == 8
    assert theirs.replicas_peak > 12


def test_playing_twice_gives_the_same() -> None:
    plan = read_policy_text(POLICIES["weir"], "weir").plan
    world = World(rate=spike, shares=even(12), seconds=120)
    assert play(plan, world) == play(plan, world)
