"""Server-sent events for many readers: each has a bounded queue, and one that does not keep up is dropped.

Nothing here waits for a reader, so none can hold up a tick.
"""

import asyncio
import secrets
from collections import deque
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from autoscaler.errors import AutoscalerError

READERS_MAX = 64
QUEUED_MAX = 500
"""Events: about two minutes of a busy autoscaler."""
REPLAYED_MAX = 4_000
DIGITS_MAX = 18
"""Of an event's number: Python refuses to read thousands of them."""


class EventName(StrEnum):
    """What is told as it happens."""

    SAMPLE = "sample"
    STATE = "state"
    WORKERS = "workers"
    DECISION = "decision"
    HAPPENING = "happening"


LASTING = frozenset({EventName.SAMPLE, EventName.DECISION, EventName.HAPPENING})
"""Events that a reader who comes back has missed; of the others only the newest counts."""


class FullError(AutoscalerError):
    """There are as many readers as there may be."""


@dataclass(slots=True, eq=False)
class Reader:
    """One who listens.  None in the queue ends the stream."""

    backlog: tuple[bytes, ...] = ()
    queue: asyncio.Queue[bytes | None] = field(default_factory=lambda: asyncio.Queue(QUEUED_MAX))
    dropped: bool = False

    async def events(self) -> AsyncIterator[bytes]:
        """Each event as it is written to the reader, until the stream is closed or the reader was dropped."""
        for missed in self.backlog:
            yield missed
        while not self.dropped and (event := await self.queue.get()) is not None:
            yield event


@dataclass(slots=True)
class Stream:
    """Numbers events; `birth` marks this life of the autoscaler, as the numbers of another one mean nothing.

    Attributes:
        dropped: How many readers were too slow.
    """

    birth: str = field(default_factory=lambda: secrets.token_hex(4))
    dropped: int = 0
    _number: int = 0
    _lasting: deque[tuple[int, bytes]] = field(default_factory=lambda: deque(maxlen=REPLAYED_MAX))
    _newest: dict[EventName, bytes] = field(default_factory=dict)
    _readers: set[Reader] = field(default_factory=set)

    @property
    def readers(self) -> int:
        """How many listen."""
        return len(self._readers)

    def publish(self, name: EventName, document: bytes) -> None:
        """Tell everybody.  The document is JSON in one line."""
        self._number += 1
        event = b"id: %s-%d\nevent: %s\ndata: %s\n\n" % (self.birth.encode(), self._number, name.encode(), document)
        if name in LASTING:
            self._lasting.append((self._number, event))
        else:
            self._newest[name] = event
        for reader in tuple(self._readers):
            self._give(reader, event)

    def join(self, last_id: str | None = None) -> Reader:
        """A new reader, who is given first what it missed since `last_id`, then the newest documents.

        Raises FullError.
        """
        if len(self._readers) >= READERS_MAX:
            raise FullError(f"{READERS_MAX} readers listen already: close one of them")
        reader = Reader(backlog=(*self._missed(last_id), *self._newest.values()))
        self._readers.add(reader)
        return reader

    def leave(self, reader: Reader) -> None:
        """May be called twice."""
        self._readers.discard(reader)

    def close(self) -> None:
        """End all streams."""
        for reader in tuple(self._readers):
            self._end(reader)

    def _give(self, reader: Reader, event: bytes) -> None:
        try:
            reader.queue.put_nowait(event)
        except asyncio.QueueFull:
            self.dropped += 1
            self._end(reader)

    def _end(self, reader: Reader) -> None:
        self.leave(reader)
        reader.dropped = True
        if not reader.queue.full():  # it waits for something, or reads what is there
            reader.queue.put_nowait(None)

    def _missed(self, last_id: str | None) -> Iterator[bytes]:
        birth, _, number = (last_id or "").rpartition("-")
        if birth == self.birth and number.isdecimal() and len(number) <= DIGITS_MAX:
            yield from (event for told, event in self._lasting if told > int(number))
