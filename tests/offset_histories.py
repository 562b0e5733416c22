"""Short notations for what Kafka told, second by second: shared by the tests of the observer."""

from collections.abc import Mapping, Sequence

from autoscaler.observer.history import Anchor, History, remember
from autoscaler.observer.offsets import Offsets
from autoscaler.observer.time_lag import anchored

Row = tuple[float, int, int | None]
"""Time, end offset, committed offset of the only partition."""


def one(end: int, committed: int | None, start: int = 0) -> Offsets:
    """Partition 0 alone."""
    return Offsets({} if committed is None else {0: committed}, {0: end}, {0: start})


def history(rows: Sequence[Row], anchors: Mapping[int, Anchor] | None = None, start: int = 0) -> History:
    """One look for each row; what was read from Kafka came before the last one."""
    found = History()
    for at_seconds, end, committed in rows[:-1]:
        found = remember(found, one(end, committed, start), at_seconds)
    found = anchored(found, anchors or {})
    at_seconds, end, committed = rows[-1]
    return remember(found, one(end, committed, start), at_seconds)
