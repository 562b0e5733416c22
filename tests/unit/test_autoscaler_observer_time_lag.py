"""The age of the oldest unprocessed event, through every fault that offsets can have."""

from itertools import pairwise

import pytest

from autoscaler.observer.history import GAP_RATIO_MAX, HISTORY_SECONDS, Anchor, History, remember
from autoscaler.observer.offsets import Offsets
from autoscaler.observer.time_lag import WANTED_MAX, anchored, time_lag
from tests.offset_histories import Row, history, one


@pytest.mark.parametrize(
    ("rows", "seconds"),
    [
        pytest.param([(0, 10, 10)], 0.0, id="nothing waits: 0, already at the first look"),
        pytest.param([(0, 0, None)], 0.0, id="an empty topic without a commit: nothing waits"),
        pytest.param([(0, 5, None), (1, 9, None)], None, id="no commit: which events wait is not known"),
        pytest.param([(0, 0, 0), (10, 100, 0)], 9.95, id="the oldest of 100 events came first"),
        pytest.param([(0, 0, 0), (10, 100, 50)], 4.95, id="half done: the oldest came half-way between the looks"),
        pytest.param([(0, 0, 0), (10, 100, 99)], 0.05, id="one left: as old as the last"),
        pytest.param([(0, 0, 0), (10, 100, 130)], 0.0, id="negative lag: committed after the end was read"),
        pytest.param([(0, 7, 7), (1, 7, 7), (50, 7, 7), (51, 8, 7)], 0.5, id="idle topic: the quiet time is no age"),
        pytest.param([(0, 0, 0), (1, 8, 0), (2, 8, 0), (9, 8, 0)], 8.9375, id="stuck group: the age grows by itself"),
        pytest.param([(0, 50, 20), (1, 60, 30)], None, id="older than the history and not read from Kafka: unknown"),
        pytest.param([(0, 50, 20), (1, 60, 55)], 0.45, id="caught up with the history: known"),
        pytest.param([(0, 900, 900), (1, 3, 0)], None, id="topic made anew: what its end was before is forgotten"),
        pytest.param([(0, 900, 900), (1, 3, 900), (2, 5, 900)], 0.0, id="topic made anew, old commit: nothing waits"),
        pytest.param([(0, 900, 900), (1, 0, 0), (2, 4, 0)], 0.875, id="topic made anew: its own life counts"),
    ],
)
def test_time_lag(rows: list[Row], seconds: float | None) -> None:
    assert time_lag(history(rows)).seconds == (None if seconds is None else pytest.approx(seconds))


@pytest.mark.parametrize(
    ("anchor", "committed", "seconds", "asks"),
    [
        pytest.param(Anchor(20, -99.0), 20, 100.0, False, id="the record's own time"),
        pytest.param(Anchor(20, -99.0), 35, 50.5, True, id="moved on since: evenly, and asked again"),
        pytest.param(
            Anchor(20, 5.0), 20, 1.0, False, id="a producer's clock ahead of ours: not younger than the history"
        ),
        pytest.param(Anchor(30, -99.0), 20, None, True, id="the group went back: unknown, and asked again"),
    ],
)
def test_what_is_older_than_the_history_is_read_from_kafka(
    anchor: Anchor, committed: int, seconds: float | None, asks: bool
) -> None:
    lag = time_lag(history([(0, 50, committed), (1, 60, committed)], {0: anchor}))
    assert lag.seconds == (None if seconds is None else pytest.approx(seconds))
    assert lag.wanted == ({0: committed} if asks else {})


def test_retention_what_is_gone_no_longer_waits() -> None:
    """Offsets 20 to 49 were deleted: the oldest event that is still there is at 50."""
    lag = time_lag(history([(0, 40, 20), (10, 60, 20)], start=50))
    assert lag.seconds == pytest.approx(10 - 10 * 10.5 / 20)


def test_retention_has_taken_everything() -> None:
    assert time_lag(history([(0, 60, 20)], start=60)).seconds == 0.0


def test_partitions_added_later_have_a_history_of_their_own() -> None:
    seen = remember(History(), Offsets({0: 10}, {0: 10}), 0.0)
    seen = remember(seen, Offsets({0: 10, 1: 0}, {0: 10, 1: 6}), 1.0)
    assert time_lag(seen).seconds is None, "its events may be of any age"
    assert time_lag(seen).wanted == {1: 0}
    seen = remember(seen, Offsets({0: 10, 1: 6}, {0: 10, 1: 8}), 2.0)
    assert time_lag(seen).seconds == pytest.approx(0.75)


def test_one_partition_without_an_age_makes_the_whole_unknown() -> None:
    seen = remember(History(), Offsets({0: 0, 1: 1}, {0: 0, 1: 5}), 0.0)
    seen = remember(seen, Offsets({0: 0, 1: 1}, {0: 9, 1: 5}), 1.0)
    assert time_lag(seen).seconds is None
    assert time_lag(anchored(seen, {1: Anchor(1, -3.0)})).seconds == pytest.approx(4.0)


def test_few_records_are_read_the_longest_queues_first() -> None:
    offsets = Offsets(dict.fromkeys(range(50), 0), {p: p + 1 for p in range(50)})
    assert list(time_lag(remember(History(), offsets, 0.0)).wanted) == list(range(49, 49 - WANTED_MAX, -1))


def test_an_anchor_does_not_outlive_its_topic() -> None:
    seen = anchored(remember(History(), one(50, 20), 0.0), {0: Anchor(20, -9.0)})
    assert remember(seen, one(40, 20), 1.0).anchors == {}
    assert anchored(seen, {7: Anchor(1, 0.0)}).anchors.keys() == {0}, "read for a partition that is gone"


def test_a_clock_that_goes_back_begins_a_new_history() -> None:
    seen = history([(100, 5, 5), (101, 9, 5), (50, 9, 8)])
    assert [look.at_seconds for look in seen.ends] == [50]
    assert time_lag(seen).seconds is None


def test_hours_of_history_are_small_and_its_gaps_are_small_beside_their_age() -> None:
    seen = History()
    for second in range(2 * 3600):
        seen = remember(seen, one(second, 0), float(second))
    times = [look.at_seconds for look in seen.ends]
    assert len(times) < 200
    assert times[-1] - times[0] <= HISTORY_SECONDS
    gaps = [(after - before, times[-1] - after) for before, after in pairwise(times)]
    assert all(gap <= max(1.0, age * GAP_RATIO_MAX) + 1.0 for gap, age in gaps)
