"""What Kafka told about one topic and group at one moment: the values that the rest of the observer speaks in."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class Offsets:
    """By partition.  `committed` lacks a partition where the group has committed nothing; `end` has all there are.

    Committed offsets are read before end offsets: the other order can show a negative lag.
    """

    committed: Mapping[int, int]
    end: Mapping[int, int]
    start: Mapping[int, int] = field(default_factory=dict)
    """First offset still kept; read now and then only, so it may be behind."""

    def lag_events(self, partition: int) -> int | None:
        """End minus committed, never below 0; None where nothing was committed, unless it never held an event."""
        end = self.end[partition]
        if end in (0, self.start.get(partition)):
            return 0
        committed = self.committed.get(partition)
        return None if committed is None else max(0, end - committed)


class Group(NamedTuple):
    """The consumer group as its coordinator has it, in Kafka's words."""

    state: str
    members: int
