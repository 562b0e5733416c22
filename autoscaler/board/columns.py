"""A day of samples in arrays: a column for each series, the oldest rows overwritten by the newest."""

import math
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

DAY_ROWS = 86_400
Column = NDArray[np.float32]
Times = NDArray[np.float64]


class Rows(NamedTuple):
    """A stretch of samples: their times, and a value for each time in every series; NaN = not known."""

    at: Times
    series: Mapping[str, Column]


class Columns:
    """Values are single floats, 4 bytes: a day of 14 series takes 5.5 MB.  Times are double."""

    def __init__(self, capacity: int = DAY_ROWS) -> None:
        self._capacity = capacity
        self._at: Times = np.full(capacity, np.nan)
        self._series: dict[str, Column] = {}
        self._oldest = self._next = 0
        """Numbers of rows: of the oldest that is kept, and of the one to come."""

    def append(self, at: float, row: Mapping[str, float | None]) -> None:
        """Add a row; a series that it does not name is unknown.  One of the time of the last is passed over.

        An older one comes after the clock was set back: rows that have not happened yet are forgotten.
        """
        if at == self.last:
            return
        while (last := self.last) is not None and at <= last:
            self._next -= 1
        place = self._next % self._capacity
        for name in row:
            if name not in self._series:
                self._series[name] = np.full(self._capacity, np.nan, np.float32)
        for name, column in self._series.items():
            value = row.get(name)
            column[place] = np.nan if value is None else value
        self._at[place] = at
        self._next += 1
        self._oldest = max(self._oldest, self._next - self._capacity)

    def rows(self, since: float, until: float = math.inf) -> Rows:
        """Those later than `since`, up to `until`; oldest first.  Copies."""
        order = np.arange(self._oldest, self._next) % self._capacity
        at = self._at[order]
        first, last = np.searchsorted(at, [since, until], side="right")
        chosen = order[first:last]
        return Rows(at[first:last], {name: column[chosen] for name, column in self._series.items()})

    @property
    def last(self) -> float | None:
        """The time of the newest row; None = there is none."""
        return float(self._at[(self._next - 1) % self._capacity]) if self._next > self._oldest else None


def thin(rows: Rows, points: int) -> Rows:
    """At most `points` rows: of each stretch two, which hold the least and the most of every series, as they came.

    So no peak is lost, however long the stretch; what is known for a part of it only is known for all of it.
    """
    if len(rows.at) <= points:
        return rows
    stride = math.ceil(len(rows.at) / max(1, points // 2))
    begins = rows.at[::stride]
    ends = rows.at[np.minimum(np.arange(len(begins)) * stride + stride - 1, len(rows.at) - 1)]
    at = np.stack([begins, ends], axis=1).ravel()
    alone = ends[-1] == begins[-1]  # the last stretch is one row: it must not come twice
    length = len(at) - int(alone)
    return Rows(at[:length], {name: _extremes(column, stride)[:length] for name, column in rows.series.items()})


def _extremes(column: Column, stride: int) -> Column:
    """The least and the most of each stretch, in the order in which they came; NaN where nothing is known."""
    short = -len(column) % stride
    table = np.concatenate([column, np.full(short, np.nan, np.float32)]).reshape(-1, stride)
    known = ~np.isnan(table)
    least = np.where(known, table, np.inf).argmin(axis=1)
    most = np.where(known, table, -np.inf).argmax(axis=1)
    places = np.stack([np.minimum(least, most), np.maximum(least, most)], axis=1)
    return np.take_along_axis(table, places, axis=1).ravel()
