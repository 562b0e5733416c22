"""How busy a worker was during the last seconds, from what each batch took.  Pure: the caller brings the time.

Busy is every moment that is not spent waiting for records: decoding, handling, and also the waiting that a handler
does on behalf of its events.  So the ratio reaches 1 exactly when the worker cannot go faster, and the true processing
rate (events per busy second, as DS2 defines it) is what it could do if there were always something to do.
"""

from collections import deque
from dataclasses import dataclass

WINDOW_SECONDS = 5.0
BUCKET_SECONDS = 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """The last seconds in three numbers.  None = nothing to measure yet."""

    processing_rate: float | None = None
    true_processing_rate: float | None = None
    busy_ratio: float | None = None


class RateWindow:
    """Events and busy seconds of the last `WINDOW_SECONDS`, in buckets, so that memory has a bound."""

    def __init__(self, started_at: float, window_seconds: float = WINDOW_SECONDS) -> None:
        self._started_at = started_at
        self._window_seconds = window_seconds
        self._buckets: deque[tuple[int, int, float]] = deque(maxlen=round(window_seconds / BUCKET_SECONDS))

    def record(self, at: float, *, events: int, busy_seconds: float) -> None:
        """A batch of `events` was finished at `at` and took `busy_seconds`."""
        number = int(at / BUCKET_SECONDS)
        if self._buckets and self._buckets[-1][0] == number:
            _, known_events, known_seconds = self._buckets.pop()
            events, busy_seconds = events + known_events, busy_seconds + known_seconds
        self._buckets.append((number, events, busy_seconds))

    def rates(self, at: float) -> Rates:
        """What the window ending at `at` says.  A worker younger than the window is measured over its age."""
        span = min(self._window_seconds, at - self._started_at)
        if span <= 0:
            return Rates()
        oldest = int((at - self._window_seconds) / BUCKET_SECONDS)
        recent = [(events, seconds) for number, events, seconds in self._buckets if number > oldest]
        events = sum(events for events, _ in recent)
        busy_seconds = sum(seconds for _, seconds in recent)
        return Rates(
            processing_rate=events / span,
            true_processing_rate=events / busy_seconds if busy_seconds > 0 else None,
            busy_ratio=min(1.0, busy_seconds / span),
        )


class WorstOf:
    """The largest value of the last seconds: how long timers were late, for instance."""

    def __init__(self, window_seconds: float = WINDOW_SECONDS) -> None:
        self._window_seconds = window_seconds
        self._buckets: deque[tuple[int, float]] = deque(maxlen=round(window_seconds / BUCKET_SECONDS))

    def record(self, at: float, value: float) -> None:
        """`value` was seen at `at`."""
        number = int(at / BUCKET_SECONDS)
        if self._buckets and self._buckets[-1][0] == number:
            value = max(value, self._buckets.pop()[1])
        self._buckets.append((number, value))

    def worst(self, at: float) -> float | None:
        """The largest value of the window ending at `at`; None without any."""
        oldest = int((at - self._window_seconds) / BUCKET_SECONDS)
        return max((value for number, value in self._buckets if number > oldest), default=None)


class SliceSize:
    """How many events to hand over at once, so that a slice takes about `target_seconds` whatever an event costs.

    A revoke, SIGTERM and the clock all wait for the slice in hand; so a slow handler gets few events at a time and
    a fast one up to the limit.  It begins small and at most doubles, because the first cost is a guess.
    """

    def __init__(self, events_max: int, target_seconds: float = 0.2, first_events: int = 64) -> None:
        self._events_max = events_max
        self._target_seconds = target_seconds
        self.events = min(first_events, events_max)

    def learn(self, *, events: int, seconds: float) -> None:
        """A slice of `events` took `seconds`."""
        fitting = self._target_seconds * events / seconds if seconds > 0 else self._events_max
        grown = self.events * 2 if events >= self.events else self.events  # a short slice proves nothing for a long one
        self.events = max(1, min(int(fitting), grown, self._events_max))
