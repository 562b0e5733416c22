"""Latency histograms: recorded a batch at a time, added up across processes, carried as text.

HdrHistogram keeps three significant digits from 1 µs to 1 h.  Its recording costs about a microsecond a value, too much
for 200,000 a second, so a batch is first rounded to those digits and counted by NumPy: some dozens of calls are left.
"""

import weakref
from collections.abc import Iterable, Sequence

import numpy as np
from hdrh.histogram import HdrHistogram
from numpy.typing import ArrayLike, NDArray

LOWEST_MICROS, HIGHEST_MICROS, DIGITS = 1, 3_600_000_000, 3
LOW_BITS, PLACE_OF_ONE = 42, 1023 << 10  # of a float: what lies below 11 significant bits, and 1.0 without that
PERCENTILES = (50.0, 90.0, 99.0, 99.9, 100.0)


class LatencyHistogram:
    """Counts of durations, each within 0.1 % of its value."""

    __slots__ = ("_hdr",)

    def __init__(self) -> None:
        self._hdr = HdrHistogram(LOWEST_MICROS, HIGHEST_MICROS, DIGITS)
        # It and its encoder hold each other, and 190 kB with them: without this only the garbage collector would free
        # them, which workers run seldom; one a second made a worker grow by 220 MB in ten minutes.
        self._hdr.encoder.histogram = weakref.proxy(self._hdr)

    def record_micros(self, micros: ArrayLike) -> None:
        """Add a batch of durations in microseconds; what lies outside 1 µs to 1 h counts as the nearer end."""
        values, counts = counted(micros)
        for value, count in zip(values.tolist(), counts.tolist(), strict=True):
            self._hdr.record_value(value, count)

    def record_seconds(self, seconds: float, count: int = 1) -> None:
        """Add one duration, `count` times."""
        micros = min(max(round(seconds * 1e6), LOWEST_MICROS), HIGHEST_MICROS)
        self._hdr.record_value(micros, count)

    def seconds_at(self, percentile: float) -> float | None:
        """The duration that `percentile` per cent of all values do not exceed; None when there are none."""
        if not self.count:
            return None
        return float(self._hdr.get_value_at_percentile(percentile)) / 1e6

    def percentiles(self, wanted: Sequence[float] = PERCENTILES) -> dict[str, float | None]:
        """`{"p50": …, "p99.9": …, "max": …}` in seconds."""
        return {_label(percentile): self.seconds_at(percentile) for percentile in wanted}

    @property
    def count(self) -> int:
        """How many durations were recorded."""
        return int(self._hdr.get_total_count())

    def add(self, other: "LatencyHistogram") -> None:
        """Count everything that `other` counted as well."""
        self._hdr.add(other._hdr)  # noqa: SLF001  # of the same class

    def reset(self) -> None:
        """Forget all values."""
        self._hdr.reset()

    def encode(self) -> str:
        """HdrHistogram's own compressed text form (base64), readable by its tools in other languages."""
        return str(self._hdr.encode().decode())

    @classmethod
    def decode(cls, text: str) -> "LatencyHistogram":
        """The histogram that `encode` wrote."""
        histogram = cls()
        histogram._hdr.decode_and_add(text.encode())
        return histogram

    @classmethod
    def merged(cls, histograms: Iterable["LatencyHistogram"]) -> "LatencyHistogram":
        """The sum of `histograms`."""
        total = cls()
        for histogram in histograms:
            total.add(histogram)
        return total


def counted(micros: ArrayLike) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The different values among `micros`, cut to 11 significant bits, and how often each occurs.

    That is HdrHistogram's own resolution.  A float's first 22 bits are its exponent and those 11 significant bits (the
    leading one is not written), so shifted down they are a value's place in a small table, and nothing need be sorted.
    """
    whole = np.floor(np.clip(np.asarray(micros, dtype=np.float64), LOWEST_MICROS, HIGHEST_MICROS))
    table = np.bincount((whole.view(np.int64) >> LOW_BITS) - PLACE_OF_ONE)
    places = np.flatnonzero(table)
    values = ((places + PLACE_OF_ONE) << LOW_BITS).view(np.float64)
    return values.astype(np.int64), table[places]


def _label(percentile: float) -> str:
    return "max" if percentile >= 100 else f"p{percentile:g}"  # noqa: PLR2004  # the hundredth is the last
