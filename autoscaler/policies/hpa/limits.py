"""How far the number may move in one step: scaling policies, the older doubling rule, and the bounds."""

import math
from collections.abc import Iterable

from autoscaler.model import ScaleEvent
from autoscaler.model.value import value
from autoscaler.policies.hpa.spec import ChangeUnit, ScalingPolicy, ScalingRules, SelectPolicy

DOUBLING = 2
LEAST_JUMP = 4
INT32 = 2**32
WITHIN = "DesiredWithinRange"


@value(frozen=True, slots=True, kw_only=True)
class Limited:
    """A number after a limit, with the reason of the condition ScalingLimited."""

    replicas: int
    reason: str = WITHIN


def limit_without_behavior(desired: int, *, current: int, replicas_min: int, replicas_max: int) -> Limited:
    """At most twice the current number, or 4 if that is more; then the bounds.  Going down is not limited."""
    jump = max(DOUBLING * current, LEAST_JUMP)
    if desired < replicas_min:
        return Limited(replicas=replicas_min, reason="TooFewReplicas")
    if desired > min(jump, replicas_max):
        return Limited(
            replicas=min(jump, replicas_max), reason="ScaleUpLimit" if replicas_max > jump else "TooManyReplicas"
        )
    return Limited(replicas=desired)


def limit_with_behavior(
    desired: int,
    *,
    current: int,
    replicas_min: int,
    replicas_max: int,
    up: ScalingRules,
    down: ScalingRules,
    events: tuple[ScaleEvent, ...],
    now: float,
) -> Limited:
    """What the scaling policies of the direction allow; then the bound of that direction."""
    if desired > current:
        most = max(current, scale_up_limit(up, current=current, events=events, now=now))
        if desired > min(most, replicas_max):
            reason = "ScaleUpLimit" if replicas_max > most else "TooManyReplicas"
            return Limited(replicas=min(most, replicas_max), reason=reason)
    elif desired < current:
        least = min(current, scale_down_limit(down, current=current, events=events, now=now))
        if desired < max(least, replicas_min):
            reason = "ScaleDownLimit" if replicas_min < least else "TooFewReplicas"
            return Limited(replicas=max(least, replicas_min), reason=reason)
    return Limited(replicas=desired)


def scale_up_limit(rules: ScalingRules, *, current: int, events: Iterable[ScaleEvent], now: float) -> int:
    """The most workers that the policies allow now.  Per cent are rounded up, or one worker would never become two."""
    if rules.select is SelectPolicy.DISABLED:
        return current
    select = min if rules.select is SelectPolicy.MIN else max
    return select(_raised(policy, _at_start(policy, current, events, now)) for policy in rules.policies)


def scale_down_limit(rules: ScalingRules, *, current: int, events: Iterable[ScaleEvent], now: float) -> int:
    """The fewest workers that the policies allow now.  Per cent are truncated, so that 1 % of a few removes one."""
    if rules.select is SelectPolicy.DISABLED:
        return current
    select = max if rules.select is SelectPolicy.MIN else min
    return select(_lowered(policy, _at_start(policy, current, events, now)) for policy in rules.policies)


def _raised(policy: ScalingPolicy, start: int) -> int:
    if policy.unit is ChangeUnit.PODS:
        return _wrapped(start + policy.value)
    return math.ceil(start * (1 + policy.value / 100))


def _lowered(policy: ScalingPolicy, start: int) -> int:
    if policy.unit is ChangeUnit.PODS:
        return start - policy.value
    return int(start * (1 - policy.value / 100))


def _at_start(policy: ScalingPolicy, current: int, events: Iterable[ScaleEvent], now: float) -> int:
    """How many there were when the policy's period began: the present number without the changes since."""
    cutoff = now - policy.period_seconds
    return current - sum(change for at_seconds, change in events if at_seconds > cutoff)


def _wrapped(number: int) -> int:
    """As the controller's int32 has it: people write 2147483647 for no limit, and it becomes a negative one."""
    return (number + INT32 // 2) % INT32 - INT32 // 2
