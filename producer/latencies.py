"""Durations for three readers: the whole run for the account, the last seconds for people, buckets for Prometheus.

Recorded once per batch or per millisecond of the schedule, with a count; never per event.
"""

from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass

from contract.histogram import LatencyHistogram
from contract.metrics import LATENCY_BUCKETS

RECENT_SECONDS = 5.0  # what "the last seconds" means: between one and two of these


@dataclass(frozen=True, slots=True)
class LatencyFigures:
    """A moment's copy.

    Attributes:
        recent: The last seconds.
        buckets: Counts up to each of LATENCY_BUCKETS and beyond the last, not cumulative.
        sum_seconds: Sum of all durations.
    """

    recent: LatencyHistogram
    buckets: tuple[int, ...]
    sum_seconds: float

    @classmethod
    def nothing(cls) -> "LatencyFigures":
        """No durations."""
        return cls(LatencyHistogram(), (0,) * (len(LATENCY_BUCKETS) + 1), 0.0)

    def __add__(self, other: "LatencyFigures") -> "LatencyFigures":
        buckets = tuple(a + b for a, b in zip(self.buckets, other.buckets, strict=True))
        recent = LatencyHistogram.merged([self.recent, other.recent])
        return LatencyFigures(recent, buckets, self.sum_seconds + other.sum_seconds)


class Latencies:
    """Grows during a run; `seconds` is the clock that decides what is recent."""

    def __init__(self, seconds: Callable[[], float]) -> None:
        self._seconds = seconds
        self._closed = LatencyHistogram()
        self._previous, self._current = LatencyHistogram(), LatencyHistogram()
        self._turn_at = seconds() + RECENT_SECONDS
        self._buckets = [0] * (len(LATENCY_BUCKETS) + 1)
        self._sum_seconds = 0.0

    def record(self, seconds: float, count: int) -> None:
        """`count` events took `seconds`."""
        if self._seconds() >= self._turn_at:
            self._turn()
        self._current.record_seconds(seconds, count)
        self._buckets[bisect_left(LATENCY_BUCKETS, seconds)] += count
        self._sum_seconds += seconds * count

    def total(self) -> LatencyHistogram:
        """All durations so far."""
        return LatencyHistogram.merged([self._closed, self._current])

    def figures(self) -> LatencyFigures:
        """For the status page and Prometheus."""
        if self._seconds() >= self._turn_at:
            self._turn()
        recent = LatencyHistogram.merged([self._previous, self._current])
        return LatencyFigures(recent, tuple(self._buckets), self._sum_seconds)

    def _turn(self) -> None:
        """Begin a new stretch; after a long silence the one before is not recent either."""
        self._closed.add(self._current)
        fresh = self._seconds() < self._turn_at + RECENT_SECONDS
        self._previous = self._current if fresh else LatencyHistogram()
        self._current = LatencyHistogram()
        self._turn_at = self._seconds() + RECENT_SECONDS
