"""Poison goes to the dead-letter topic: the bytes as they came, and headers that say where from and why.

The original headers stay in front; ours begin with `weir-`, all values are text:

    weir-reason              not_json, wrong_schema or handler
    weir-error-class         the Python class of the error, with its module
    weir-error               its message, cut at 1,000 characters
    weir-source-topic, weir-source-partition, weir-source-offset
    weir-source-timestamp    the record's own, milliseconds since the epoch
    weir-attempts            how often it was tried
    weir-worker              who gave up
    weir-time                when, ISO 8601 in UTC
"""

import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from processor.decode import Record
from processor.outbox import Outbox

ERROR_CHARACTERS_MAX = 1_000
LOGGED_MAX = 10

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Poison:
    """A record that was given up."""

    record: Record
    reason: str
    error: Exception
    attempts: int


class DeadLetters:
    """Writes poison away.  The topic is made when the first one comes: most runs need none."""

    def __init__(
        self, *, outbox: Outbox, source: str, topic: str, worker: str, make_topic: Callable[[str], Awaitable[None]]
    ) -> None:
        self._outbox = outbox
        self._source = source
        self._topic = topic
        self._worker = worker
        self._make_topic = make_topic
        self._buried = 0

    async def bury(self, partition: int, poison: Sequence[Poison], at_us: int) -> None:
        """Write all of `poison`; returns when it is safe.  Raises OutboxError when Kafka refuses one."""
        if not self._buried:
            await self._make_topic(self._topic)
        for one in poison:
            described = headers(one, topic=self._source, partition=partition, worker=self._worker, at_us=at_us)
            await self._outbox.write(self._topic, key=one.record.key, value=one.record.value, headers=described)
            self._buried += 1
            if self._buried <= LOGGED_MAX:
                where = f"{self._source}-{partition}@{one.record.offset}"
                log.warning("dead letter", extra={"record": where, "reason": one.reason, "error": repr(one.error)})
            if self._buried == LOGGED_MAX:
                log.warning("further dead letters are only counted")


def headers(
    poison: Poison, *, topic: str, partition: int, worker: str, at_us: int
) -> Sequence[tuple[str, bytes | None]]:
    """All headers of the dead letter.  Pure."""
    error, record = poison.error, poison.record
    ours = {
        "weir-reason": poison.reason,
        "weir-error-class": f"{type(error).__module__}.{type(error).__qualname__}",
        "weir-error": str(error)[:ERROR_CHARACTERS_MAX],
        "weir-source-topic": topic,
        "weir-source-partition": partition,
        "weir-source-offset": record.offset,
        "weir-source-timestamp": record.timestamp,
        "weir-attempts": poison.attempts,
        "weir-worker": worker,
        "weir-time": datetime.fromtimestamp(at_us / 1e6, UTC).isoformat(),
    }
    return [*record.headers, *((name, str(value).encode(errors="replace")) for name, value in ours.items())]
