"""Which events of a run become marks on its time axis, so that hundreds of them stay readable.  Pure.

Events of one kind that lie too close to be told apart become one mark with their number.  If there are still too many,
those that explain most are kept: what was done to the run, then what went wrong, then what was decided, then routine.
"""

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any

from contract.record import RunEvent

MARKS_MAX = 32
PLACES = 60  # marks nearer than this share of the run would make a hatching of the chart
SUBJECTS_MAX = 3
_RANKS = (
    ("load", "fault", "breaker", "rollout"),
    ("death", "oom-kill", "probe-kill", "grace-kill", "exit"),
    ("scale",),
    ("rebalance", "phase", "launch", "stop", "back-off"),
)
_RANK = {kind: rank for rank, kinds in enumerate(_RANKS) for kind in kinds}


def marks(events: Sequence[RunEvent]) -> list[dict[str, Any]]:
    """At most MARKS_MAX marks in order of time, each with its second and its words."""
    times = [event.at_seconds for event in events]
    width = (max(times) - min(times)) / PLACES if times else 0.0
    bundles = sorted(_bundles(events, width), key=lambda bundle: _rank(bundle[0]))[:MARKS_MAX]
    found = ({"at": round(bundle[0].at_seconds, 2), "text": _words(bundle)} for bundle in bundles)
    return sorted(found, key=lambda mark: mark["at"])


def _bundles(events: Sequence[RunEvent], width: float) -> Iterable[list[RunEvent]]:
    """Events of one kind, each at most `width` seconds after the first of its bundle."""
    for _, same in groupby(sorted(events, key=lambda e: (e.kind, e.at_seconds)), key=lambda e: e.kind):
        bundle: list[RunEvent] = []
        for event in same:
            if bundle and event.at_seconds - bundle[0].at_seconds > width:
                yield bundle
                bundle = []
            bundle.append(event)
        yield bundle


def _rank(event: RunEvent) -> int:
    kind = "fault" if event.kind.startswith("fault-") else event.kind
    return _RANK.get(kind, len(_RANKS))


def _words(bundle: Sequence[RunEvent]) -> str:
    if len(bundle) == 1:
        return " ".join(filter(None, (bundle[0].kind, bundle[0].subject, bundle[0].detail)))
    subjects = list(dict.fromkeys(event.subject for event in bundle))
    more = ", …" if len(subjects) > SUBJECTS_MAX else ""
    return f"{len(bundle)} × {bundle[0].kind}: {', '.join(subjects[:SUBJECTS_MAX])}{more}"  # noqa: RUF001  # the sign for times
