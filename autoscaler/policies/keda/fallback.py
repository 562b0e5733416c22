"""What stands in for a trigger that could not be read too many times in a row."""

from autoscaler.policies.hpa import TargetType
from autoscaler.policies.keda.spec import Fallback, FallbackBehavior, KedaSpec


def fallback_replicas(fallback: Fallback, current: int) -> int:
    """The number of workers that the fallback stands for; `current` is the number asked for at present."""
    match fallback.behavior:
        case FallbackBehavior.CURRENT:
            return current
        case FallbackBehavior.CURRENT_IF_HIGHER:
            return max(current, fallback.replicas)
        case FallbackBehavior.CURRENT_IF_LOWER:
            return min(current, fallback.replicas)
        case _:
            return fallback.replicas


def fallback_metric(fallback: Fallback, *, current: int, target: float) -> float:
    """The metric from which the HPA will compute exactly the fallback's number: that number times the whole target."""
    return float(fallback_replicas(fallback, current) * int(target))


def falls_back(fallback: Fallback | None, failures: int) -> bool:
    """Whether a trigger with so many failures in a row has failed too often: more than the threshold, not as often."""
    return fallback is not None and failures > fallback.failure_threshold


def can_fall_back(spec: KedaSpec, target: TargetType) -> bool:
    """Whether a metric of this target has a fallback at all: an average, and with a formula a whole target."""
    if spec.fallback is None or target is not TargetType.AVERAGE_VALUE:
        return False
    return spec.modifiers is None or float(spec.modifiers.target).is_integer()
