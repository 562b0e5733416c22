"""The age of the oldest event that was not processed yet.

When an event entered Kafka follows from the history of the end offsets: between the two looks where the end passed it.
What is older than the history is read from Kafka once, and is then an anchor from which the history is carried on.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from operator import attrgetter, itemgetter
from typing import NamedTuple

from autoscaler.observer.history import Anchor, History
from autoscaler.observer.offsets import Offsets

WANTED_MAX = 8
"""Most records to be read from Kafka for one tick."""


@dataclass(frozen=True, slots=True)
class TimeLag:
    """`seconds` is None when it is not known, 0.0 when nothing waits.  `wanted`: records to read, by partition."""

    seconds: float | None
    wanted: Mapping[int, int] = field(default_factory=dict)


def time_lag(history: History) -> TimeLag:
    """As of the last look; never negative.  Unknown as long as the age of one partition's oldest event is."""
    if not history.recent:
        return TimeLag(None)
    now, offsets = history.recent[-1]
    if any(offsets.lag_events(p) is None for p in offsets.end):
        return TimeLag(None)
    waiting = [_Waiting(p, *_arrival(history, p, position)) for p, position in _positions(offsets).items()]
    arrivals = [one.arrived_at for one in waiting if one.arrived_at is not None]
    known = len(arrivals) == len(waiting)
    seconds = max(0.0, now - min(arrivals, default=now)) if known else None
    return TimeLag(seconds, _wanted(waiting, offsets))


def anchored(history: History, read: Mapping[int, Anchor]) -> History:
    """The history with what was read from Kafka; not for partitions that are gone."""
    return replace(history, anchors={**history.anchors, **{p: a for p, a in read.items() if p in history.born}})


class _Waiting(NamedTuple):
    """A partition with events to process.  `inexact` = a record's own time would make it better known."""

    partition: int
    arrived_at: float | None
    inexact: bool


def _positions(offsets: Offsets) -> dict[int, int]:
    """The oldest unprocessed offset of each partition that has one; what retention took away no longer waits."""
    oldest = {p: max(offsets.committed.get(p, 0), offsets.start.get(p, 0)) for p in offsets.end}
    return {p: offset for p, offset in oldest.items() if offset < offsets.end[p] and offsets.lag_events(p)}


def _arrival(history: History, partition: int, offset: int) -> tuple[float | None, bool]:
    """When the event at `offset` came in, and whether that is a guess which a look into Kafka would improve."""
    first = bisect_left(history.ends, history.born[partition], key=attrgetter("at_seconds"))
    after = bisect_right(history.ends, offset, lo=first, key=lambda look: look.end[partition])
    if after == first:
        return _from_anchor(history, partition, offset, first)
    (from_at, from_end), (to_at, to_end) = history.ends[after - 1], history.ends[after]
    share = (offset - from_end[partition] + 0.5) / (to_end[partition] - from_end[partition])
    return from_at + (to_at - from_at) * share, False


def _from_anchor(history: History, partition: int, offset: int, first: int) -> tuple[float | None, bool]:
    """Older than the history.  Between the anchor and the first look events are taken to have come evenly."""
    anchor, (first_at, first_end) = history.anchors.get(partition), history.ends[first]
    if anchor is None or anchor.offset > offset:
        return None, True
    anchor_at = min(anchor.at_seconds, first_at)  # another machine's clock may be ahead
    share = (offset - anchor.offset) / (first_end[partition] - anchor.offset)
    return anchor_at + (first_at - anchor_at) * share, anchor.offset != offset


def _wanted(waiting: list[_Waiting], offsets: Offsets) -> dict[int, int]:
    """Unknown ones first, most events first; then the oldest guesses."""
    unknown = [(-(offsets.lag_events(w.partition) or 0), w.partition) for w in waiting if w.arrived_at is None]
    guesses = [(w.arrived_at, w.partition) for w in waiting if w.inexact and w.arrived_at is not None]
    chosen = [partition for _, partition in [*sorted(unknown), *sorted(guesses, key=itemgetter(0))]][:WANTED_MAX]
    return {p: max(offsets.committed[p], offsets.start.get(p, 0)) for p in chosen}
