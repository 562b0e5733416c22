"""KEDA's poll: 0 to 1, N to 0, idle replicas, cooldowns, pauses of one direction."""

from typing import Any

import pytest

from autoscaler.policies.keda import Activation, Fallback, KafkaTrigger, KedaSpec, Pause, activation, cooldown_over

TRIGGER = KafkaTrigger(metric="s0-kafka-orders", topic="orders")


def spec(**changed: Any) -> KedaSpec:
    """An object with one trigger."""
    return KedaSpec(triggers=(TRIGGER,), **changed)


def polled(
    given: KedaSpec,
    current: int,
    *,
    active: bool = False,
    failed: bool = False,
    last: float | None = None,
    created: float = 0.0,
    now: float = 1000.0,
) -> Activation:
    """What a poll at 1000 s leads to; None = the HPA decides."""
    return activation(
        given, current=current, now=now, active=active, failed=failed, last_active_at=last, created_at=created
    )


IDLE = spec(replicas_idle=0, replicas_min=5)
FALLBACK = spec(fallback=Fallback(failure_threshold=3, replicas=4))
FALLBACK_TO_ZERO = spec(fallback=Fallback(failure_threshold=3, replicas=0))


@pytest.mark.parametrize(
    ("given", "current", "active", "failed", "last", "expected"),
    [
        pytest.param(spec(), 0, True, False, None, 1, id="active at 0: one worker"),
        pytest.param(spec(replicas_min=3), 0, True, False, None, 3, id="active at 0: the minimum"),
        pytest.param(spec(), 4, True, False, None, None, id="active and running: the HPA decides"),
        pytest.param(IDLE, 0, True, False, None, 5, id="active at idle: the minimum"),
        pytest.param(IDLE, 2, True, False, None, 5, id="active with idle replicas and below the minimum: the minimum"),
        pytest.param(spec(replicas_min=5), 2, True, False, None, None, id="without idle replicas the HPA lifts it"),
        pytest.param(spec(), 0, True, True, None, 1, id="active although another trigger failed: one worker"),
        pytest.param(spec(), 10, False, False, None, 0, id="inactive and never active: 0 in one step"),
        pytest.param(spec(), 10, False, False, 100.0, 0, id="inactive after the cooldown: 0"),
        pytest.param(spec(), 10, False, False, 701.0, None, id="inactive within the cooldown: held"),
        pytest.param(spec(), 10, False, False, 700.0, None, id="the cooldown must have passed, not just ended"),
        pytest.param(IDLE, 10, False, False, None, 0, id="inactive with idle replicas: idle"),
        pytest.param(IDLE, 0, False, False, None, None, id="inactive and idle: nothing"),
        pytest.param(spec(replicas_min=2), 10, False, False, None, None, id="with a minimum the HPA goes down"),
        pytest.param(spec(replicas_min=5), 1, False, False, None, 5, id="inactive below the minimum: the minimum"),
        pytest.param(spec(), 0, False, False, None, None, id="inactive at 0: nothing"),
        pytest.param(spec(), 10, False, True, None, None, id="a failed trigger and no fallback: held"),
        pytest.param(FALLBACK, 10, False, True, None, None, id="a failed trigger with a fallback: held for the HPA"),
        pytest.param(FALLBACK_TO_ZERO, 10, False, True, None, 0, id="a fallback of 0 lets a failed trigger go to 0"),
        pytest.param(spec(pause=Pause(scale_in=True)), 10, False, False, None, None, id="scale-in paused: held"),
        pytest.param(spec(pause=Pause(scale_out=True)), 0, True, False, None, None, id="scale-out paused: held"),
        pytest.param(spec(pause=Pause(scale_in=True)), 0, True, False, None, 1, id="scale-in paused: still wakes"),
        pytest.param(spec(pause=Pause(force_activation=True)), 0, False, False, None, 1, id="forced: one worker"),
        pytest.param(spec(pause=Pause(force_activation=True)), 4, False, False, None, None, id="forced: never to 0"),
    ],
)
def test_poll(
    *, given: KedaSpec, current: int, active: bool, failed: bool, last: float | None, expected: int | None
) -> None:
    """What KEDA does by itself; everything else is the HPA's."""
    assert polled(given, current, active=active, failed=failed, last=last).replicas == expected


@pytest.mark.parametrize(
    ("given", "current", "active", "failed", "expected"),
    [
        pytest.param(spec(), 0, True, False, True, id="waking up"),
        pytest.param(spec(), 3, True, False, True, id="active and running"),
        pytest.param(spec(), 3, True, True, False, id="not when a trigger failed meanwhile"),
        pytest.param(spec(pause=Pause(scale_out=True)), 0, True, False, False, id="not when waking up is paused"),
        pytest.param(spec(), 3, False, False, False, id="not when inactive"),
    ],
)
def test_when_the_time_of_last_activity_moves(
    given: KedaSpec, current: int, active: bool, failed: bool, expected: bool
) -> None:
    """The cooldown counts from the last poll that was active without a fault, or that woke the workers."""
    assert polled(given, current, active=active, failed=failed).was_active is expected


@pytest.mark.parametrize(
    ("given", "last", "created", "expected"),
    [
        pytest.param(spec(), None, 1000.0, True, id="never active, no initial cooldown: over at once"),
        pytest.param(spec(initial_cooldown_seconds=120), None, 900.0, False, id="never active, within the initial one"),
        pytest.param(spec(initial_cooldown_seconds=120), None, 879.0, True, id="never active, after the initial one"),
        pytest.param(spec(initial_cooldown_seconds=9000), 600.0, 999.0, True, id="once active, only cooldownPeriod"),
        pytest.param(spec(cooldown_seconds=0), 999.0, 0.0, True, id="a cooldown of 0"),
    ],
)
def test_cooldown(given: KedaSpec, last: float | None, created: float, expected: bool) -> None:
    """`cooldownPeriod` since the last activity, `initialCooldownPeriod` since the object was made."""
    assert cooldown_over(given, now=1000.0, last_active_at=last, created_at=created) is expected


def test_reasons() -> None:
    """The reason of condition Active tells a cooldown from inactivity."""
    assert polled(spec(), 3, active=True).reason == "ScalerActive"
    assert polled(spec(), 3, last=999.0).reason == "ScalerCooldown"
    assert polled(spec(), 3).reason == "ScalerNotActive"
