"""Scaling policies and bounds: rows from Kubernetes' tables of scaling with rules (horizontal_test.go)."""

import pytest

from autoscaler.model import ScaleEvent
from autoscaler.policies.hpa import (
    DEFAULT_DOWN,
    DEFAULT_UP,
    ChangeUnit,
    ScalingPolicy,
    ScalingRules,
    SelectPolicy,
    limit_with_behavior,
    limit_without_behavior,
    scale_down_limit,
    scale_up_limit,
)
from tests.hpa_states import NOW

PODS, PERCENT = ChangeUnit.PODS, ChangeUnit.PERCENT


def rules(*policies: tuple[ChangeUnit, int, int], select: SelectPolicy = SelectPolicy.MAX) -> ScalingRules:
    """Rules of (unit, value, period)."""
    made = tuple(ScalingPolicy(unit=unit, value=value, period_seconds=period) for unit, value, period in policies)
    return ScalingRules(window_seconds=0, policies=made, select=select)


def added(*changes: int) -> tuple[ScaleEvent, ...]:
    """Changes spread evenly over the last 120 seconds, the last one most recent."""
    step = 120 / len(changes)
    return tuple(ScaleEvent(NOW - 120 + step * (i + 0.5), change) for i, change in enumerate(changes))


def removed(*changes: int) -> tuple[ScaleEvent, ...]:
    """The same of removals."""
    return tuple(ScaleEvent(event.at_seconds, -event.change) for event in added(*changes))


def limit(
    desired: int,
    current: int,
    bounds: tuple[int, int],
    *,
    up: ScalingRules = DEFAULT_UP,
    down: ScalingRules = DEFAULT_DOWN,
    events: tuple[ScaleEvent, ...] = (),
) -> tuple[int, str]:
    """The number and the reason."""
    least, most = bounds
    found = limit_with_behavior(
        desired, current=current, replicas_min=least, replicas_max=most, up=up, down=down, events=events, now=NOW
    )
    return found.replicas, found.reason


@pytest.mark.parametrize(
    ("current", "desired", "bounds", "answer"),
    [
        pytest.param(5, 7, (3, 8), (7, "DesiredWithinRange"), id="within the bounds"),
        pytest.param(3, 1, (2, 8), (2, "TooFewReplicas"), id="below the minimum"),
        pytest.param(1, 0, (0, 10), (0, "DesiredWithinRange"), id="to 0 where that is the minimum"),
        pytest.param(20, 1_000, (1, 10), (10, "TooManyReplicas"), id="the maximum is nearer than the double"),
        pytest.param(3, 1_000, (1, 2_000), (6, "ScaleUpLimit"), id="at most twice as many"),
        pytest.param(1, 1_000, (1, 2_000), (4, "ScaleUpLimit"), id="or 4, if that is more"),
        pytest.param(3, 1_000, (1, 6), (6, "TooManyReplicas"), id="the double is just the maximum"),
        pytest.param(100, 1, (1, 200), (1, "DesiredWithinRange"), id="going down is not limited"),
    ],
)
def test_without_behavior(current: int, desired: int, bounds: tuple[int, int], answer: tuple[int, str]) -> None:
    """At most twice the number or 4, then the bounds."""
    found = limit_without_behavior(desired, current=current, replicas_min=bounds[0], replicas_max=bounds[1])
    assert (found.replicas, found.reason) == answer


@pytest.mark.parametrize(
    ("desired", "current", "bounds", "up", "events", "answer"),
    [
        pytest.param(7, 5, (3, 8), DEFAULT_UP, (), (7, "DesiredWithinRange"), id="within the bounds"),
        pytest.param(1_000, 20, (1, 10), DEFAULT_UP, (), (10, "TooManyReplicas"), id="the maximum is the limit"),
        pytest.param(1_000, 100, (100, 150), DEFAULT_UP, (), (150, "TooManyReplicas"), id="more than the maximum"),
        pytest.param(
            1_000, 3, (1, 2_000), rules((PERCENT, 1, 60)), (), (4, "ScaleUpLimit"), id="1 % of 3 is rounded up to one"
        ),
        pytest.param(50, 10, (1, 1_000), DEFAULT_UP, (), (20, "ScaleUpLimit"), id="by default the double"),
        pytest.param(
            50, 2, (1, 1_000), DEFAULT_UP, (), (6, "ScaleUpLimit"), id="by default or 4 more, the larger of both"
        ),
        pytest.param(
            500,
            10,
            (1, 1_000),
            rules((PODS, 100, 60), (PERCENT, 100, 60)),
            (),
            (110, "ScaleUpLimit"),
            id="pods allow more than per cent",
        ),
        pytest.param(
            500,
            10,
            (1, 1_000),
            rules((PODS, 2, 60), (PERCENT, 100, 60)),
            (),
            (20, "ScaleUpLimit"),
            id="per cent allow more than pods",
        ),
        pytest.param(
            50,
            10,
            (1, 1_000),
            rules((PODS, 100, 60)),
            (),
            (50, "DesiredWithinRange"),
            id="a large number of pods limits nothing",
        ),
        pytest.param(50, 10, (1, 1_000), rules((PODS, 30, 60)), (), (40, "ScaleUpLimit"), id="30 pods"),
        pytest.param(50, 10, (1, 1_000), rules((PERCENT, 200, 60)), (), (30, "ScaleUpLimit"), id="200 %"),
        pytest.param(24, 3, (1, 100), rules((PERCENT, 700, 60)), (), (24, "DesiredWithinRange"), id="700 % of 3 is 24"),
        pytest.param(
            500,
            100,
            (1, 200),
            rules((PODS, 300, 60)),
            added(1, 5, 9),
            (200, "TooManyReplicas"),
            id="many pods and changes of late",
        ),
        pytest.param(
            500,
            100,
            (1, 200),
            rules((PERCENT, 10_000, 60)),
            added(1, 5, 9),
            (200, "TooManyReplicas"),
            id="much per cent and changes of late",
        ),
        pytest.param(
            500,
            100,
            (1, 1_000),
            rules((PODS, 5, 120)),
            added(1, 5, 9),
            (100, "ScaleUpLimit"),
            id="more was added than allowed: stay, not down",
        ),
        pytest.param(
            500,
            100,
            (1, 1_000),
            rules((PODS, 150, 120)),
            added(1, 5, 9),
            (235, "ScaleUpLimit"),
            id="150 more than the 85 of 120 s ago",
        ),
        pytest.param(
            500,
            100,
            (1, 1_000),
            rules((PERCENT, 200, 120)),
            added(1, 5, 9),
            (255, "ScaleUpLimit"),
            id="200 % more than the 85 of 120 s ago",
        ),
        pytest.param(
            24,
            6,
            (1, 1_000),
            rules((PERCENT, 300, 300)),
            (*added(4), *removed(2)),
            (16, "ScaleUpLimit"),
            id="4 added and 2 removed: 300 % more than 4",
        ),
        pytest.param(
            200,
            100,
            (1, 1_000),
            rules((PODS, 1_000, 60)),
            added(8, 12, 9, 11),
            (200, "DesiredWithinRange"),
            id="old changes do not count",
        ),
        pytest.param(
            200,
            100,
            (1, 1_000),
            rules((PODS, 1_000, 120), (PERCENT, 100, 60)),
            added(8, 12, 9, 11),
            (200, "DesiredWithinRange"),
            id="each policy looks back over its own period",
        ),
        pytest.param(
            200,
            100,
            (1, 1_000),
            rules((PODS, 1_000, 30), (PERCENT, 100, 60)),
            added(8, 12, 9, 11),
            (200, "DesiredWithinRange"),
            id="the shorter period sees fewer changes",
        ),
        pytest.param(
            6,
            5,
            (1, 10),
            rules((PODS, 4, 60), select=SelectPolicy.DISABLED),
            (),
            (5, "ScaleUpLimit"),
            id="Disabled freezes this direction",
        ),
        pytest.param(
            50,
            3,
            (1, 1_000),
            rules((PODS, 2_147_483_647, 60)),
            (),
            (3, "ScaleUpLimit"),
            id="the largest int32 is no way to write 'no limit': 3 more than it is negative",
        ),
    ],
)
def test_growing_with_behavior(
    *,
    desired: int,
    current: int,
    bounds: tuple[int, int],
    up: ScalingRules,
    events: tuple[ScaleEvent, ...],
    answer: tuple[int, str],
) -> None:
    """Each policy limits the change since its period began; the limit never goes below the current number."""
    assert limit(desired, current, bounds, up=up, events=events) == answer


@pytest.mark.parametrize(
    ("desired", "current", "bounds", "down", "events", "answer"),
    [
        pytest.param(1, 3, (2, 8), DEFAULT_DOWN, (), (2, "TooFewReplicas"), id="below the minimum"),
        pytest.param(0, 1, (0, 10), DEFAULT_DOWN, (), (0, "DesiredWithinRange"), id="to 0 where that is the minimum"),
        pytest.param(
            2,
            100,
            (1, 1_000),
            rules((PODS, 20, 60), (PERCENT, 1, 60)),
            (),
            (80, "ScaleDownLimit"),
            id="pods allow more than per cent",
        ),
        pytest.param(
            2,
            100,
            (1, 1_000),
            rules((PODS, 2, 60), (PERCENT, 1, 60)),
            (),
            (98, "ScaleDownLimit"),
            id="2 pods are more than 1 %",
        ),
        pytest.param(
            0, 10, (1, 1_000), rules((PODS, 100, 60)), (), (1, "TooFewReplicas"), id="many pods: the minimum limits"
        ),
        pytest.param(
            2, 10, (5, 1_000), rules((PERCENT, 100, 60)), (), (5, "TooFewReplicas"), id="100 %: the minimum limits"
        ),
        pytest.param(2, 10, (1, 1_000), rules((PODS, 5, 60)), (), (5, "ScaleDownLimit"), id="5 pods"),
        pytest.param(
            5, 10, (1, 1_000), rules((PERCENT, 50, 60)), (), (5, "DesiredWithinRange"), id="50 % is just enough"
        ),
        pytest.param(
            1, 5, (1, 10), rules((PERCENT, 10, 60)), (), (4, "ScaleDownLimit"), id="90 % of 5 is truncated to 4"
        ),
        pytest.param(
            5,
            10,
            (1, 1_000),
            DEFAULT_DOWN,
            removed(1, 5, 9),
            (5, "DesiredWithinRange"),
            id="by default changes of late do not matter",
        ),
        pytest.param(
            0,
            100,
            (1, 1_000),
            rules((PODS, 115, 120)),
            removed(1, 5, 9),
            (1, "TooFewReplicas"),
            id="all 115 that there were may go",
        ),
        pytest.param(
            0,
            100,
            (5, 1_000),
            rules((PODS, 130, 120)),
            removed(1, 5, 9),
            (5, "TooFewReplicas"),
            id="more than there were may go",
        ),
        pytest.param(
            2,
            100,
            (5, 1_000),
            rules((PERCENT, 100, 120)),
            removed(1, 5, 9),
            (5, "TooFewReplicas"),
            id="100 % of what there was may go",
        ),
        pytest.param(
            2,
            100,
            (1, 1_000),
            rules((PODS, 5, 120)),
            removed(1, 5, 9),
            (100, "ScaleDownLimit"),
            id="more was removed than allowed: stay, not up",
        ),
        pytest.param(
            0,
            100,
            (1, 1_000),
            rules((PERCENT, 50, 120)),
            removed(2, 4, 6),
            (56, "ScaleDownLimit"),
            id="half of the 112 of 120 s ago",
        ),
        pytest.param(
            1,
            10,
            (1, 1_000),
            rules((PERCENT, 50, 180)),
            (*added(2), *removed(4)),
            (6, "ScaleDownLimit"),
            id="2 added and 4 removed: half of 12",
        ),
        pytest.param(
            0,
            100,
            (1, 1_000),
            rules((PERCENT, 10, 120)),
            removed(10, 10, 10),
            (100, "ScaleDownLimit"),
            id="90 % of 130 is above the current number: stay",
        ),
        pytest.param(
            5,
            10,
            (1, 1_000),
            rules((PERCENT, 1_000, 120)),
            removed(10, 10, 10),
            (5, "DesiredWithinRange"),
            id="far more than all may go",
        ),
        pytest.param(
            5,
            100,
            (1, 1_000),
            rules((PODS, 1_000, 60)),
            removed(8, 12, 9, 11),
            (5, "DesiredWithinRange"),
            id="old changes do not count",
        ),
        pytest.param(
            5,
            100,
            (1, 1_000),
            rules((PODS, 1_000, 120), (PERCENT, 100, 60)),
            removed(8, 12, 9, 11),
            (5, "DesiredWithinRange"),
            id="each policy looks back over its own period",
        ),
        pytest.param(
            4,
            5,
            (1, 10),
            rules((PODS, 4, 60), select=SelectPolicy.DISABLED),
            (),
            (5, "ScaleDownLimit"),
            id="Disabled freezes this direction",
        ),
    ],
)
def test_shrinking_with_behavior(
    *,
    desired: int,
    current: int,
    bounds: tuple[int, int],
    down: ScalingRules,
    events: tuple[ScaleEvent, ...],
    answer: tuple[int, str],
) -> None:
    """The same downwards, where per cent are truncated."""
    assert limit(desired, current, bounds, down=down, events=events) == answer


def test_min_picks_the_least_change() -> None:
    """2 pods or 50 %, whichever changes less."""
    both = rules((PODS, 2, 60), (PERCENT, 50, 60), select=SelectPolicy.MIN)
    assert scale_up_limit(both, current=1, events=(), now=NOW) == 2
    assert scale_down_limit(both, current=5, events=(), now=NOW) == 3


def test_a_change_exactly_as_old_as_the_period_is_forgotten() -> None:
    """Only changes strictly younger than the period count."""
    one = rules((PODS, 5, 60))
    assert scale_up_limit(one, current=10, events=(ScaleEvent(NOW - 60, 5),), now=NOW) == 15
    assert scale_up_limit(one, current=10, events=(ScaleEvent(NOW - 59.999, 5),), now=NOW) == 10
