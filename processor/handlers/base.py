"""What every handler can be asked.  Most need only `handle`."""

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

CACHED_EVENTS = 500  # decoded, they stay in a core's cache: some 600 at once cost 10 % less CPU each than 5,000


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """A record that a handler wants to have written to its output topic."""

    key: bytes
    value: bytes


class Handler(ABC):
    """Deals with events of one partition at a time, in the order of the log.

    `handle` is all or nothing: when it raises, nothing of these events may have been kept, because they will be given
    again, in smaller portions, until the one that fails stands alone.

    Attributes:
        runs_in: `loop` = `handle` is called in the event loop and is quick, or returns something to await;
            `thread` = it is called in the worker's one handler thread and may take its time.
        slice_events: How many events at once are enough for it; None = as many as it may get, the more the better.
        output_topic: Where results go; None = it has none.
        late_events: How many events it left out because they came too late.
    """

    runs_in: Literal["loop", "thread"] = "loop"
    slice_events: int | None = None
    output_topic: str | None = None
    late_events: int = 0

    def prepare(self) -> None:  # noqa: B027  # most handlers have nothing to get ready
        """Get ready: load, calibrate.  Part of the cold start, called once in the handler thread."""

    @abstractmethod
    def handle(self, partition: int, events: Sequence[Any]) -> Awaitable[None] | None:
        """Deal with `events`.  Whatever it raises counts as the fault of one of them."""

    def results(self) -> Sequence[Result]:
        """What is final since the last time; written soon, certainly before the next commit."""
        return ()

    def release(self) -> Sequence[Result]:
        """Everything that depends on events seen so far, because their offsets are about to be committed."""
        return ()

    def revoke(self) -> None:  # noqa: B027  # most handlers keep nothing
        """The partitions are gone: forget what is kept for them.  `release` was called if there was time for it."""
