"""How many workers of each version: Kubernetes' own tests and published examples, and where Weir differs."""

from typing import Any

import pytest

from autoscaler.rollout.sizes import Fence, Set, cut, fence, followed, grown, resized
from contract.rollout import RolloutStrategy


def old(size: int, available: int, revision: str = "1") -> Set:
    return Set(revision=revision, size=size, available=available)


def new(size: int, available: int = 0) -> Set:
    return Set(revision="9", size=size, available=available)


def bounds(surge: int = 0, unavailable: int = 0) -> Fence:
    return Fence(surge=surge, unavailable=unavailable)


@pytest.mark.parametrize(
    ("surge", "unavailable", "desired", "expected"),
    [
        pytest.param("25%", "25%", 4, (1, 1), id="the defaults, of 4: between 3 and 5 workers"),
        pytest.param("25%", "25%", 5, (2, 1), id="the defaults, of 5: a surge is rounded up, the other one down"),
        pytest.param("25%", "25%", 1, (1, 0), id="the defaults, of 1: the new one comes first"),
        pytest.param("30%", "30%", 10, (3, 3), id="30 % of 10: 70 % stay available, 130 % is the most"),
        pytest.param(0, "1%", 2, (0, 1), id="2 desired, max unavailable 1%, surge 0%: one goes first"),
        pytest.param(0, "1%", 1, (0, 1), id="1 desired, max unavailable 1%, surge 0%: it goes first"),
        pytest.param("1%", "25%", 2, (1, 0), id="2 desired, max unavailable 25%, surge 1%: one comes first"),
        pytest.param("1%", "25%", 1, (1, 0), id="1 desired, max unavailable 25%, surge 1%"),
        pytest.param("1%", "0%", 2, (1, 0), id="2 desired, max unavailable 0%, surge 1%"),
        pytest.param("1%", "0%", 1, (1, 0), id="1 desired, max unavailable 0%, surge 1%"),
        pytest.param(0, 7, 3, (0, 3), id="never more unavailable than there are"),
        pytest.param("25%", "25%", 0, (0, 0), id="of none"),
        pytest.param("150%", 0, 4, (6, 0), id="more than twice as many for a while"),
    ],
)
def test_bounds(surge: int | str, unavailable: int | str, desired: int, expected: tuple[int, int]) -> None:
    """ResolveFenceposts: the cases of its comment, of the documentation, and its ends."""
    found = fence(RolloutStrategy(max_surge=surge, max_unavailable=unavailable), desired)
    assert (found.surge, found.unavailable) == expected


@pytest.mark.parametrize(
    ("surge", "old_size", "new_size", "expected"),
    [
        pytest.param(0, 10, 0, 0, id="no room"),
        pytest.param(2, 10, 0, 2, id="as many as the surge allows"),
        pytest.param(2, 5, 0, 7, id="in the room of those that went"),
        pytest.param(2, 10, 2, 2, id="the surge is used up"),
        pytest.param(2, 2, 11, 10, id="too many of them"),
        pytest.param(5, 3, 8, 10, id="never more than wanted, whatever the surge"),
    ],
)
def test_the_new_version_grows(surge: int, old_size: int, new_size: int, expected: int) -> None:
    """TestDeploymentController_reconcileNewReplicaSet: 10 replicas, max unavailable 0."""
    assert grown(new_size, old_size + new_size, 10, bounds(surge)) == expected


@pytest.mark.parametrize(
    ("unavailable", "before", "incoming", "expected"),
    [
        pytest.param(0, old(10, 10), new(0), 10, id="all of them are needed"),
        pytest.param(2, old(10, 10), new(0), 8, id="as many as may be unavailable"),
        pytest.param(2, old(10, 8), new(0), 8, id="those that are not available, and none else"),
        pytest.param(2, old(10, 9), new(0), 8, id="one that is not available, and one that is"),
        pytest.param(2, old(8, 8), new(2), 8, id="new ones that are not available free nobody"),
        pytest.param(0, old(10, 10), new(1, 1), 9, id="a new one that is available frees one"),
        pytest.param(0, old(10, 9), new(1, 0), 10, id="an unavailable old one is not taken for an unavailable new one"),
    ],
)
def test_old_versions_shrink(unavailable: int, before: Set, incoming: Set, expected: int) -> None:
    """TestDeploymentController_reconcileOldReplicaSets: 10 replicas.  Kubernetes' test compares no sizes, this does."""
    (after,) = cut([before], incoming, 10, bounds(unavailable=unavailable))
    assert after.size == expected


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        pytest.param([old(4, 4, "1"), old(6, 6, "2")], [2, 6], id="the oldest version first"),
        pytest.param([old(5, 5, "1"), old(5, 3, "2")], [5, 3], id="but before that whoever is not available"),
    ],
)
def test_of_several_old_versions(before: list[Set], expected: list[int]) -> None:
    assert [one.size for one in cut(before, new(0), 10, bounds(unavailable=2))] == expected


BIG = bounds(surge=3, unavailable=2)
"""The concrete example in rolling.go: 10 replicas, 2 maxUnavailable, 3 maxSurge."""


@pytest.mark.parametrize(
    ("sets", "expected"),
    [
        pytest.param([old(10, 10), new(0)], {"1": 8, "9": 5}, id="case 1: 3 new, 2 old go, 5 new"),
        pytest.param([old(8, 8), new(5)], {"1": 8, "9": 5}, id="case 1: the new ones crash, and nothing moves"),
        pytest.param([old(8, 7), new(5)], {"1": 8, "9": 5}, id="case 1: a node fails, and nothing moves either"),
        pytest.param(
            [old(5, 0, "1"), Set(revision="9", size=8, available=7)],
            {"9": 10, "1": 1},
            id="case 1: undone, 4 of those that crash go, and the good version may be 10 again",
        ),
        pytest.param(
            [old(8, 8, "1"), old(5, 0, "2"), new(0)],
            {"1": 8, "9": 5},
            id="case 2: rolled over, those that crash go and make room",
        ),
        pytest.param([old(2, 2), new(10, 10)], {"9": 10}, id="the end"),
    ],
)
def test_one_tick(sets: list[Set], expected: dict[str, int]) -> None:
    """Kubernetes takes several syncs for what is one tick here."""
    assert resized(sets, "9", 10, BIG, most_before=None, frozen=False) == expected


@pytest.mark.parametrize(
    ("sets", "desired", "before", "expected"),
    [
        pytest.param([old(8, 8), new(5)], 15, 13, [11, 7], id="the documentation's example: 10 to 15, 3 old and 2 new"),
        pytest.param([old(11, 8), new(7)], 10, 18, [8, 5], id="and back"),
        pytest.param([old(8, 8), new(5)], 0, 13, [0, 0], id="to nothing"),
        pytest.param([old(10, 10), new(0)], 15, 13, [15, 0], id="one version alone takes it all"),
        pytest.param([old(0, 0), new(10)], 5, 13, [0, 5], id="also the new one"),
        pytest.param([old(0, 0), new(0)], 5, 0, [0, 5], id="from nothing it is the new one"),
        pytest.param([old(5, 5), new(5)], 11, 13, [5, 9], id="of the same size the newer gets what rounding leaves"),
    ],
)
def test_the_number_wanted_changes(sets: list[Set], desired: int, before: int, expected: list[int]) -> None:
    """`scale` in sync.go, with a surge of 3."""
    found = followed(sets, desired, bounds(surge=3), most_before=before, frozen=False)
    assert [one.size for one in found] == expected


@pytest.mark.parametrize(
    ("sets", "desired", "most_before", "expected"),
    [
        pytest.param([old(8, 8), new(5)], 10, None, {"1": 8, "9": 5}, id="nothing is created and nothing taken away"),
        pytest.param([old(8, 7), new(5)], 10, None, {"1": 8, "9": 5}, id="not even an old one that is not available"),
        pytest.param([old(8, 8), new(5)], 15, 13, {"1": 13, "9": 5}, id="growth goes to the version that works"),
        pytest.param(
            [old(3, 3, "1"), old(4, 4, "2"), new(5)], 15, 13, {"1": 3, "2": 10, "9": 5}, id="to the newest such version"
        ),
        pytest.param([old(8, 8), new(5)], 5, 13, {"1": 5, "9": 3}, id="shrinking is shared, as in Kubernetes"),
        pytest.param([new(5)], 8, 8, {"9": 8}, id="a first version that never came up grows all the same"),
        pytest.param([old(2, 2), new(1)], 10, None, {"1": 12, "9": 1}, id="what is missing is made up for"),
    ],
)
def test_a_stalled_rollout(sets: list[Set], desired: int, most_before: int | None, expected: dict[str, int]) -> None:
    """Other than in Kubernetes, which goes on trying."""
    assert resized(sets, "9", desired, BIG, most_before=most_before, frozen=True) == expected


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        pytest.param({"max_surge": 0, "max_unavailable": "0%"}, "both 0", id="nothing may move"),
        pytest.param({"max_unavailable": "101%"}, "at most 100%", id="more than all"),
        pytest.param({"max_surge": "a few"}, 'such as "25%"', id="words"),
        pytest.param({"max_surge": -1}, "whole number", id="negative"),
        pytest.param({"max_surge": 1.5}, "whole number", id="half a worker"),
        pytest.param({"max_surge": True}, "whole number", id="a truth"),
        pytest.param(
            {"min_ready_seconds": 60, "progress_deadline_seconds": 60}, "must be more than", id="a deadline too soon"
        ),
    ],
)
def test_a_strategy_that_cannot_be(settings: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        RolloutStrategy.model_validate(settings)


def test_a_number_may_be_written_as_text() -> None:
    """As on a command line."""
    assert RolloutStrategy(max_surge="2").max_surge == 2
