"""Where a run stands in its schedule: what is planned by now, and what of it was taken to be sent.

Two cursors over the pacer's milliseconds.  `advance` moves the plan with the clock, whatever the sender does; `take`
moves what is sent, and follows as fast as Kafka lets it.  The one rule: the clock is an argument.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from producer.pacer import MS_PER_SECOND, Counts, Pacer

US_PER_MS = 1000


@dataclass(frozen=True, slots=True)
class Due:
    """Events to be sent: `counts[i]` of them were planned `at_us[i]` microseconds after the start."""

    at_us: NDArray[np.int64]
    counts: Counts

    @property
    def events(self) -> int:
        """All of them."""
        return int(self.counts.sum())


class Agenda(Protocol):
    """What a sender asks."""

    @property
    def planned(self) -> int:
        """Events due until the last `advance`."""

    @property
    def taken(self) -> int:
        """Events taken so far; never more than planned."""

    @property
    def over(self) -> bool:
        """Nothing more will fall due."""

    def advance(self, elapsed_us: int) -> None:
        """Tell that the run is that old now."""

    def take(self, events_max: int) -> Due:
        """Hand over the oldest events that are due, and count them as taken."""

    def next_due_us(self) -> int:
        """When the oldest event not taken is due, or a moment before it at which to ask again."""

    def cut(self) -> None:
        """Nothing after the last `advance` is planned any more."""


@dataclass(slots=True)
class Schedule:
    """The agenda of a load with a rate.  An event is due at the beginning of its millisecond."""

    pacer: Pacer
    end_ms: int
    planned: int = 0
    taken: int = 0
    _plan_ms: int = 0  # the first millisecond not planned yet
    _take_ms: int = 0  # the millisecond that the next event is taken from
    _from_ms: int = 0  # events of that one already taken
    _second: Callable[[int], Counts] = field(init=False)

    def __post_init__(self) -> None:
        self._second = lru_cache(maxsize=4)(self.pacer.counts)

    @property
    def over(self) -> bool:
        """The plan has reached the end."""
        return self._plan_ms >= self.end_ms

    def advance(self, elapsed_us: int) -> None:
        """Plan every millisecond that has begun."""
        until = min(elapsed_us // US_PER_MS + 1, self.end_ms)
        while self._plan_ms < until:
            counts = self._counts(self._plan_ms, until)
            self.planned += int(counts.sum())
            self._plan_ms += len(counts)

    def take(self, events_max: int) -> Due:
        """As much of one second as there is; a long backlog takes several calls."""
        counts = self._counts(self._take_ms, self._plan_ms).copy()
        at_us = (self._take_ms + np.arange(len(counts))) * US_PER_MS
        counts[:1] -= self._from_ms
        whole = int(np.searchsorted(np.cumsum(counts), events_max, side="right"))
        rest = events_max - int(counts[:whole].sum())
        if whole < len(counts):
            counts[whole] = rest
            self._from_ms = rest if whole else self._from_ms + rest
        else:
            self._from_ms = 0
        self._take_ms += whole
        found = np.flatnonzero(counts[: whole + 1])
        due = Due(at_us[found], counts[found])
        self.taken += due.events
        return due

    def next_due_us(self) -> int:
        """Looks ahead to the end of the second at most."""
        counts = self._counts(self._take_ms, self.end_ms)
        found = np.flatnonzero(counts > np.where(np.arange(len(counts)) == 0, self._from_ms, 0))
        ahead = int(found[0]) if len(found) else len(counts)
        return (self._take_ms + ahead) * US_PER_MS

    def cut(self) -> None:
        """End here."""
        self.end_ms = min(self.end_ms, self._plan_ms)

    def _counts(self, from_ms: int, to_ms: int) -> Counts:
        """The counts from one millisecond until another, or until the second is over."""
        second, begin = divmod(from_ms, MS_PER_SECOND)
        return self._second(second)[begin : max(begin, to_ms - second * MS_PER_SECOND)]


@dataclass(slots=True)
class FlatOut:
    """The agenda without a rate: an event is due the moment it can be sent, so nothing is ever late or left over."""

    end_us: int
    events_max: int
    taken: int = 0
    _now_us: int = 0

    @property
    def planned(self) -> int:
        """What was sent is what was planned."""
        return self.taken

    @property
    def over(self) -> bool:
        """The time is up, or the number reached."""
        return self._now_us >= self.end_us or self.taken >= self.events_max

    def advance(self, elapsed_us: int) -> None:
        """Only the end depends on the time."""
        self._now_us = elapsed_us

    def take(self, events_max: int) -> Due:
        """As many as are asked for."""
        count = 0 if self.over else min(events_max, self.events_max - self.taken)
        self.taken += count
        return Due(np.array([self._now_us]), np.array([count]))

    def next_due_us(self) -> int:
        """At once."""
        return self._now_us

    def cut(self) -> None:
        """End here."""
        self.end_us = min(self.end_us, self._now_us)
