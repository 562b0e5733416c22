"""What is remembered of the offsets between two looks: enough for rates and ages, thinned so that it stays small.

Its one rule: offsets of a partition that was made anew (its end fell) have nothing to do with those before.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

from autoscaler.observer.offsets import Offsets

RECENT_SECONDS = 60.0
"""Whole looks are kept this long, for rates."""
HISTORY_SECONDS = 3600.0
"""End offsets are kept this long, for ages; what is older is read from Kafka."""
GAP_RATIO_MAX = 0.05
"""Gaps between kept looks, as a share of their age: how wrong an age can be at most."""


class Moment(NamedTuple):
    """One look."""

    at_seconds: float
    offsets: Offsets


class Ends(NamedTuple):
    """The end offsets of one look."""

    at_seconds: float
    end: Mapping[int, int]


class Anchor(NamedTuple):
    """When the record at `offset` was written: read from Kafka, for what is older than the history."""

    offset: int
    at_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """Oldest first.  `born` is the first look at a partition in its present life."""

    recent: tuple[Moment, ...] = ()
    ends: tuple[Ends, ...] = ()
    born: Mapping[int, float] = field(default_factory=dict)
    anchors: Mapping[int, Anchor] = field(default_factory=dict)


def remember(before: History, offsets: Offsets, at_seconds: float) -> History:
    """The history with one more look.  A clock that went back begins a new one."""
    if before.recent and at_seconds <= before.recent[-1].at_seconds:
        before = History()
    born = _born(before, offsets.end, at_seconds)
    oldest = at_seconds - RECENT_SECONDS
    recent = tuple(moment for moment in before.recent if moment.at_seconds >= oldest)
    return History(
        recent=(*recent, Moment(at_seconds, offsets)),
        ends=_thinned((*before.ends, Ends(at_seconds, offsets.end))),
        born=born,
        anchors={p: a for p, a in before.anchors.items() if born.get(p) == before.born.get(p)},
    )


def _born(before: History, end: Mapping[int, int], at_seconds: float) -> dict[int, float]:
    last = before.recent[-1].offsets.end if before.recent else {}
    return {p: before.born[p] if p in last and offset >= last[p] else at_seconds for p, offset in end.items()}


def _thinned(ends: tuple[Ends, ...]) -> tuple[Ends, ...]:
    """Without those whose absence leaves a gap that is small beside its age, and without those too old."""
    now = ends[-1].at_seconds
    kept: list[Ends] = []
    for look, following in pairwise(ends):
        if now - look.at_seconds > HISTORY_SECONDS:
            continue
        gap = following.at_seconds - kept[-1].at_seconds if kept else float("inf")
        if gap > (now - following.at_seconds) * GAP_RATIO_MAX:
            kept.append(look)
    return (*kept, ends[-1])
