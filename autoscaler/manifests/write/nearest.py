"""The lag target that comes nearest to Weir's own policy, and all that it does not do."""

import math
from collections.abc import Iterator

from autoscaler.errors import PolicyError
from autoscaler.manifests.read import ReadPolicy
from autoscaler.manifests.weir import WeirShape, WeirSpecShape
from autoscaler.manifests.write.sketch import Lag, Names, Sketch

PERIOD_SECONDS = 15


def weir_sketch(policy: ReadPolicy, names: Names) -> Sketch:
    """Its time lag as events per worker, its one move up, its window down.  Raises PolicyError for a missing rate."""
    spec = WeirShape.model_validate(policy.document).spec
    if names.events_per_second is None:
        raise PolicyError(
            f"--events-per-second missing: {policy.name} aims at {spec.time_lag_seconds:g} s, an HPA at a number of"
            " events; what does one worker do?"
        )
    amount = max(1, round(spec.time_lag_seconds * names.events_per_second))
    return Sketch(
        name=policy.name,
        target=None,
        least=spec.min_replicas,
        most=spec.max_replicas,
        behavior=_behavior(spec),
        metrics=[Lag(amount=float(amount), per_worker=True, capped=True)],
        lost=[*_lost(spec, amount, names.events_per_second)],
    )


def _behavior(spec: WeirSpecShape) -> dict[str, object]:
    up = {"type": "Pods", "value": spec.max_replicas, "periodSeconds": PERIOD_SECONDS}
    return {
        "scaleUp": {"stabilizationWindowSeconds": 0, "policies": [up]},
        "scaleDown": {"stabilizationWindowSeconds": math.ceil(spec.down_window_seconds)},
    }


def _lost(spec: WeirSpecShape, amount: int, rate: float) -> Iterator[str]:
    seconds, starts = spec.time_lag_seconds, spec.starts_per_core
    yield f"timeLagSeconds {seconds:g} is {amount} events of a worker that does {rate:g}/s, and of no other"
    yield f"catchUpSeconds {spec.catch_up_seconds:g}, utilisation {spec.utilisation:g}: only lag is looked at, no rates"
    yield "workers that are starting count as capacity: here the lag of their start asks for more"
    yield f"the init-storm breaker, and at most {starts:g} starts at once for each free core"
    yield "useful parallelism: nothing is known of skew; let the maximum be at most the partitions"
    yield f"a rebalance costs nothing here: rebalanceSeconds {spec.rebalance_seconds:g}"
    if spec.look_ahead:
        yield "lookAhead: the trend of the arrival rate"
