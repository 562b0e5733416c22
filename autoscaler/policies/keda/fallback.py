"""What stands in for a trigger that could not be read too many times in a row."""

from autoscaler.policies.keda.spec import Fallback, FallbackBehavior, KedaSpec
from contract.quantities import MILLI


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


def fallback_metric(fallback: Fallback, *, current: int, target: float, ready: int | None = None) -> float:
    """The metric from which the HPA will compute exactly the fallback's number, truncated to a thousandth.

    That number times the target; for a target of type Value, which the HPA multiplies by its workers, shared among the
    `ready` ones.
    """
    replicas = fallback_replicas(fallback, current)
    return int(target * MILLI * (replicas if ready is None else replicas / ready)) / MILLI


def falls_back(fallback: Fallback | None, failures: int) -> bool:
    """Whether a trigger with so many failures in a row has failed too often: more than the threshold, not as often."""
    return fallback is not None and failures > fallback.failure_threshold


def can_fall_back(spec: KedaSpec) -> bool:
    """Whether there is a fallback at all; beside a formula KEDA wants a whole target for it."""
    return spec.fallback is not None and (spec.modifiers is None or float(spec.modifiers.target).is_integer())
