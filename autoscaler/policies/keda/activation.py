"""KEDA's own half of the work: between none and some, at every poll.  The HPA does the rest.

Its one rule: it goes past the HPA's policies.  N to 0 happens in one step, once the cooldown is over.
"""

from autoscaler.model.value import value
from autoscaler.policies.keda.spec import KedaSpec

ACTIVE = "ScalerActive"
NOT_ACTIVE = "ScalerNotActive"
COOLDOWN = "ScalerCooldown"


@value(frozen=True, slots=True, kw_only=True)
class Activation:
    """What a poll leads to.  `replicas` of None leaves the number to the HPA; `reason` is that of condition Active."""

    replicas: int | None
    reason: str
    why: str
    was_active: bool = False
    """The time at which a trigger was last active becomes this poll's."""


def activation(
    spec: KedaSpec,
    *,
    current: int,
    now: float,
    active: bool,
    failed: bool,
    last_active_at: float | None,
    created_at: float,
) -> Activation:
    """One poll: `active` if any trigger is above its activation threshold, `failed` if any could not be read."""
    if active or spec.pause.force_activation:
        return _activate(spec, current, failed=failed, forced=not active)
    if failed and (spec.fallback is None or spec.fallback.replicas):
        return Activation(replicas=None, reason=NOT_ACTIVE, why="a trigger could not be read: KEDA holds")
    idle, least = spec.replicas_idle, spec.replicas_min
    if (idle is not None and current > idle) or (current > 0 and least == 0):
        over = cooldown_over(spec, now=now, last_active_at=last_active_at, created_at=created_at)
        return _deactivate(spec, over=over)
    if idle is None and current < least:
        return Activation(replicas=least, reason=NOT_ACTIVE, why=f"inactive, below the minimum of {least}")
    return Activation(replicas=None, reason=NOT_ACTIVE, why=f"inactive, {current} is as few as it gets")


def cooldown_over(spec: KedaSpec, *, now: float, last_active_at: float | None, created_at: float) -> bool:
    """Whether KEDA may go down to the idle number: `cooldownPeriod` after the last activity.

    Never active at all: `initialCooldownPeriod` after the object was made.
    """
    if last_active_at is not None:
        return last_active_at + spec.cooldown_seconds < now
    return spec.initial_cooldown_seconds == 0 or created_at + spec.initial_cooldown_seconds < now


def _activate(spec: KedaSpec, current: int, *, failed: bool, forced: bool) -> Activation:
    cause = "activation is forced" if forced else "active"
    wake = current == 0 or (spec.replicas_idle is not None and current < spec.replicas_min)
    if wake and spec.pause.scale_out:
        return Activation(replicas=None, reason=ACTIVE, why=f"{cause}, but scaling out is paused")
    if wake:
        woken = max(spec.replicas_min, 1)
        return Activation(replicas=woken, reason=ACTIVE, why=f"{cause}: {current} → {woken}", was_active=True)
    why = f"{cause}, {current} running: the HPA decides"
    return Activation(replicas=None, reason=ACTIVE, why=why, was_active=not failed)


def _deactivate(spec: KedaSpec, *, over: bool) -> Activation:
    if spec.pause.scale_in:
        return Activation(replicas=None, reason=NOT_ACTIVE, why="inactive, but scaling in is paused")
    if not over:
        return Activation(replicas=None, reason=COOLDOWN, why="inactive, cooling down")
    target = spec.replicas_min if spec.replicas_idle is None else spec.replicas_idle
    return Activation(replicas=target, reason=NOT_ACTIVE, why=f"inactive and the cooldown is over: {target}")
