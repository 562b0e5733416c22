"""A day of samples: what is kept, which stretch is given, and how it is thinned without losing an extreme."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoscaler.board.columns import Columns, Rows, thin

VALUES = st.none() | st.floats(min_value=-1e6, max_value=1e6, width=32)


def filled(count: int, capacity: int = 10) -> Columns:
    """A row a second, from second 1 on, with its own number."""
    columns = Columns(capacity)
    for second in range(1, count + 1):
        columns.append(float(second), {"lag": second})
    return columns


def told(rows: Rows) -> list[tuple[float, dict[str, float | None]]]:
    """Rows as people read them."""
    columns = {name: [None if math.isnan(v) else v for v in column.tolist()] for name, column in rows.series.items()}
    return [(at, {name: column[n] for name, column in columns.items()}) for n, at in enumerate(rows.at.tolist())]


@pytest.mark.parametrize(
    ("count", "since", "until", "seconds"),
    [
        pytest.param(0, 0, math.inf, [], id="nothing was sampled"),
        pytest.param(4, 0, math.inf, [1, 2, 3, 4], id="everything"),
        pytest.param(4, 2, math.inf, [3, 4], id="later than a second"),
        pytest.param(4, 1, 3, [2, 3], id="a stretch"),
        pytest.param(13, 0, math.inf, list(range(4, 14)), id="what is too old was overwritten"),
        pytest.param(25, 20, 22, [21, 22], id="a stretch after two turns"),
        pytest.param(4, 9, math.inf, [], id="the future"),
    ],
)
def test_a_stretch(count: int, since: float, until: float, seconds: list[int]) -> None:
    """Ten rows are kept."""
    rows = filled(count).rows(since, until)
    assert told(rows) == [(float(second), {"lag": float(second)}) for second in seconds]


def test_a_series_that_comes_later_was_unknown_before_and_one_that_ends_is_unknown_then() -> None:
    columns = Columns(5)
    columns.append(1.0, {"a": 1.0})
    columns.append(2.0, {"b": None})
    columns.append(3.0, {"a": 3.0, "b": 30.0})
    assert told(columns.rows(0)) == [
        (1.0, {"a": 1.0, "b": None}),
        (2.0, {"a": None, "b": None}),
        (3.0, {"a": 3.0, "b": 30.0}),
    ]


def test_a_row_that_comes_twice_is_passed_over() -> None:
    columns = filled(2)
    columns.append(2.0, {"lag": 99})
    assert told(columns.rows(0)) == [(1.0, {"lag": 1.0}), (2.0, {"lag": 2.0})]


@pytest.mark.parametrize(
    ("count", "at", "seconds"),
    [
        pytest.param(4, 3.5, [1, 2, 3, 3.5], id="a row has not happened yet"),
        pytest.param(4, 2.0, [1, 2], id="one of the same second makes room"),
        pytest.param(4, 0.5, [0.5], id="back to before all of them"),
        pytest.param(13, 10.5, [4, 5, 6, 7, 8, 9, 10, 10.5], id="what was overwritten does not come back"),
    ],
)
def test_when_the_clock_is_set_back_rows_of_the_future_are_forgotten(
    count: int, at: float, seconds: list[float]
) -> None:
    """Time goes forward in the answer, and the present is in it: not only when the clock has caught up."""
    columns = filled(count)
    columns.append(at, {"lag": 99})
    assert columns.rows(0).at.tolist() == seconds
    assert columns.rows(0).series["lag"][-1] == 99
    columns.append(at + 1, {"lag": 100})
    assert columns.rows(0).at.tolist() == [*seconds, at + 1]
    assert columns.last == at + 1


def rows_of(*columns: list[float | None]) -> Rows:
    """A row a second."""
    count = len(columns[0])
    series = {
        str(n): np.array([np.nan if v is None else v for v in column], np.float32) for n, column in enumerate(columns)
    }
    return Rows(np.arange(count, dtype=np.float64), series)


@pytest.mark.parametrize(
    ("column", "points", "thinned"),
    [
        pytest.param([1, 2, 3], 3, [1, 2, 3], id="few enough stay as they are"),
        pytest.param([1, 9, 2, 3, 0, 4], 4, [1, 9, 0, 4], id="the least and the most of each stretch, as they came"),
        pytest.param([9, 1, 2, 4, 3, 0], 4, [9, 1, 4, 0], id="in either order"),
        pytest.param([None, None, None, 4, None, 6], 4, [None, None, 4, 6], id="nothing known stays unknown"),
        pytest.param([1, 2, 3, 4, 5], 4, [1, 3, 4, 5], id="a last stretch that is shorter"),
        pytest.param([1, 2, 3, 4, 5, 6, 7], 6, [1, 3, 4, 6, 7], id="a last stretch of one row comes once"),
    ],
)
def test_thinning(column: list[float | None], points: int, thinned: list[float | None]) -> None:
    rows = thin(rows_of(column), points)
    assert [row["0"] for _, row in told(rows)] == thinned
    assert all(np.diff(rows.at) > 0)


@given(st.lists(st.tuples(VALUES, VALUES), min_size=1, max_size=200), st.integers(2, 60))
def test_no_extreme_is_lost_and_there_are_never_too_many(values: list[tuple[float | None, ...]], points: int) -> None:
    rows = rows_of(*map(list, zip(*values, strict=True)))
    thinned = thin(rows, points)
    assert len(thinned.at) <= max(points, 2)
    assert all(np.diff(thinned.at) > 0)
    for name, column in rows.series.items():
        known, kept = column[~np.isnan(column)], thinned.series[name][~np.isnan(thinned.series[name])]
        assert set(kept.tolist()) <= set(known.tolist())
        if len(known):
            assert (kept.min(), kept.max()) == (known.min(), known.max())
