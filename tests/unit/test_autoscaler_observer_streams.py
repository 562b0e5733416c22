"""Arrival and processing rates from offsets."""

import pytest

from autoscaler.observer.history import History, remember
from autoscaler.observer.offsets import Offsets
from autoscaler.observer.streams import arrival_rates, processing_rate, total
from tests.offset_histories import Row, history


@pytest.mark.parametrize(
    ("rows", "arrival", "processing"),
    [
        pytest.param([(0, 10, 5)], None, None, id="one look has no rate"),
        pytest.param([(0, 10, 5), (1, 30, 15)], 20.0, 10.0, id="two looks have"),
        pytest.param([(0, 10, 5), (1, 10, 5)], 0.0, 0.0, id="an idle topic: 0 is known"),
        pytest.param(
            [(t, 10 * t, 20 * (t // 2)) for t in range(13)], 10.0, 12.0, id="slow commits in steps: a step too many"
        ),
        pytest.param([(t, t * t, 0) for t in range(11)], 15.0, 0.0, id="the window forgets what was before"),
        pytest.param([(0, 0, 0), (60, 600, 60)], None, None, id="a gap far longer than the window: not measured"),
        pytest.param([(0, 0, 0), (8, 80, 16)], 10.0, 2.0, id="a gap a little longer: over the gap"),
        pytest.param([(0, 10, None), (1, 20, None)], 10.0, 0.0, id="never committed: no commit came"),
        pytest.param([(0, 10, None), (1, 20, 15)], 10.0, None, id="a first commit: how many events is unknown"),
        pytest.param([(0, 9, None), (1, 9, 5), (2, 9, 8)], 0.0, 3.0, id="from the second commit on it is known"),
        pytest.param([(0, 90, 80), (1, 90, 10)], 0.0, 0.0, id="offsets set back: no negative work"),
        pytest.param([(0, 90, 80), (1, 5, 0)], None, None, id="topic made anew: no negative arrivals"),
        pytest.param([(0, 90, 80), (1, 5, 0), (2, 8, 1)], 3.0, 1.0, id="topic made anew: its own life counts"),
    ],
)
def test_rates(rows: list[Row], arrival: float | None, processing: float | None) -> None:
    seen = history(rows)
    assert arrival_rates(seen, 5.0) == {0: arrival if arrival is None else pytest.approx(arrival)}
    assert processing_rate(seen, 5.0) == (processing if processing is None else pytest.approx(processing))


def test_a_partition_added_later_makes_the_total_unknown_for_one_look() -> None:
    seen = remember(History(), Offsets({0: 0}, {0: 0}), 0.0)
    totals = []
    for second in (1, 2):
        seen = remember(seen, Offsets({0: second, 1: second}, {0: 4 * second, 1: 2 * second}), float(second))
        totals.append((total(arrival_rates(seen, 5.0).values()), processing_rate(seen, 5.0)))
    assert totals == [(None, None), (6.0, 2.0)]


def test_nothing_seen_has_no_rates() -> None:
    assert arrival_rates(History(), 5.0) == {}
    assert processing_rate(History(), 5.0) is None
    assert total([]) is None
