"""Stabilisation windows: rows from Kubernetes' tables (horizontal_test.go) and the edges of the windows."""

import pytest

from autoscaler.model import Recommendation
from autoscaler.policies.hpa import highest_recent, within_recent
from tests.hpa_states import NOW

MINUTE = 60.0
Log = list[tuple[int, float]]


def log(entries: Log) -> list[Recommendation]:
    """(replicas, age in minutes) as recommendations."""
    return [Recommendation(NOW - age * MINUTE, replicas) for replicas, age in entries]


@pytest.mark.parametrize(
    ("entries", "proposal", "answer"),
    [
        pytest.param([], 5, 5, id="nothing remembered"),
        pytest.param([(4, 2), (5, 1)], 3, 5, id="the highest of the window"),
        pytest.param([(1, 2), (2, 1)], 3, 3, id="lower ones do not hold back growth"),
        pytest.param([(10, 10), (9, 9)], 3, 3, id="too old ones do not count"),
        pytest.param([(10, 10), (4, 1), (5, 2), (9, 9)], 3, 5, id="in any order"),
        pytest.param([(7, 5)], 3, 7, id="one exactly as old as the window counts"),
        pytest.param([(7, 5.001)], 3, 3, id="one that is older does not"),
    ],
)
def test_without_behavior(entries: Log, proposal: int, answer: int) -> None:
    """The largest recommendation of the last 300 s."""
    assert highest_recent(log(entries), proposal, now=NOW, window_seconds=300.0) == answer


@pytest.mark.parametrize(
    ("entries", "current", "proposal", "windows", "answer"),
    [
        pytest.param([], 100, 5, (0, 0), 5, id="nothing remembered"),
        pytest.param([(4, 2), (5, 1)], 100, 3, (0, 180), 5, id="down to the highest of the down window"),
        pytest.param([(4, 2), (5, 1)], 1, 7, (300, 0), 4, id="up to the lowest of the up window"),
        pytest.param([(1, 2), (2, 1)], 100, 3, (300, 0), 3, id="the up window does not hold back going down"),
        pytest.param([(4, 2), (5, 1)], 1, 3, (0, 300), 3, id="the down window does not hold back going up"),
        pytest.param([(10, 10), (9, 9)], 100, 3, (0, 0), 3, id="old ones do not hold back going down"),
        pytest.param([(10, 10), (9, 9)], 1, 100, (0, 0), 100, id="old ones do not hold back going up"),
        pytest.param([(10, 10), (4, 1), (5, 2), (9, 9)], 100, 3, (0, 180), 5, id="in any order, down"),
        pytest.param([(10, 100), (6, 1), (5, 2), (9, 3)], 1, 100, (300, 0), 5, id="in any order, up"),
        pytest.param([(2, 100), (3, 3)], 2, 1, (300, 300), 2, id="a proposal that goes down never makes it grow"),
        pytest.param([(2, 100), (1, 3)], 2, 3, (300, 300), 2, id="a proposal that goes up never makes it shrink"),
        pytest.param([(7, 3)], 10, 3, (0, 180), 3, id="one exactly as old as the window does not count"),
        pytest.param([(7, 2.999)], 10, 3, (0, 180), 7, id="a younger one does"),
    ],
)
def test_with_behavior(entries: Log, current: int, proposal: int, windows: tuple[float, float], answer: int) -> None:
    """The current number, moved no further than both windows allow."""
    up, down = windows
    found = within_recent(
        log(entries), proposal, current=current, now=NOW, up_window_seconds=up, down_window_seconds=down
    )
    assert found == answer
