"""The moment of truth: results and ledger entry are written and answered, then the offsets are committed.

Its one rule is that order.  Whatever is committed stands in the ledger, even if the worker is killed between the two;
what was written but not committed is processed again by the next owner and shows up in the ledger as repeated.
An entry that had to be written twice has the same `worker` and `at_us`.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Any

import orjson
from aiokafka import TopicPartition
from aiokafka.errors import CommitFailedError, IllegalStateError
from aiokafka.errors import KafkaError as ClientError

from contract.ledger import LedgerEntry
from processor.dealer import wall_clock_us
from processor.equipment import Equipment
from processor.errors import ProcessorError
from processor.ledger import Ledger
from processor.outbox import Outbox

log = logging.getLogger(__name__)


class Committer:
    """Writes down and commits what a worker has done."""

    def __init__(
        self, equipment: Equipment, *, consumer: Any, outbox: Outbox, now_us: Callable[[], int] = wall_clock_us
    ) -> None:
        self.ledger = Ledger()
        self._topic = equipment.settings.topic
        self._ledger_topic = equipment.settings.ledger_topic
        self._handler = equipment.handler
        self._progress = equipment.progress
        self._meters = equipment.meters
        self._consumer = consumer
        self._outbox = outbox
        self._now_us = now_us
        self._uncommitted: dict[int, int] = {}
        self._lock = asyncio.Lock()

    def done_up_to(self, partition: int, next_offset: int) -> None:
        """Everything of `partition` before `next_offset` is dealt with."""
        self._uncommitted[partition] = next_offset

    def forget(self) -> None:
        """The partitions are gone, and with them what was not committed."""
        self.ledger.forget()
        self._uncommitted.clear()

    async def commit(self) -> None:
        """Write and commit everything so far.  Raises OutboxError or ProcessorError when Kafka will not have it."""
        async with self._lock:
            offsets = {TopicPartition(self._topic, p): offset for p, offset in self._uncommitted.items()}
            if not offsets:
                return
            events, results = self.ledger.events, self._handler.release()
            entry = self._take_entry()
            self._uncommitted.clear()
            if results and self._handler.output_topic:
                await self._outbox.write_results(self._handler.output_topic, results)
            if entry and self._ledger_topic:
                await self._publish(self._ledger_topic, entry)
            await self._commit(offsets, events)

    def _take_entry(self) -> LedgerEntry | None:
        latencies = self.ledger.latencies()
        entry, histogram = self.ledger.take(self._progress.worker, self._now_us())
        self._meters.end_to_end.record_micros(latencies)
        self._progress.recent.append(histogram)
        return entry

    async def _publish(self, topic: str, entry: LedgerEntry) -> None:
        value = orjson.dumps(entry.model_dump(mode="json"))
        await self._outbox.write(topic, key=entry.worker.encode(), value=value)

    async def _commit(self, offsets: dict[TopicPartition, int], events: int) -> None:
        began = time.perf_counter()
        try:
            await self._consumer.commit(offsets)
        except (CommitFailedError, IllegalStateError) as error:
            self._progress.refused_events += events
            log.warning(
                "commit refused, its events will be processed again", extra={"events": events, "why": str(error)}
            )
            return
        except ClientError as error:
            raise ProcessorError(f"Kafka does not take the offsets of {self._topic}: {error!r}") from error
        self._meters.commit_latency.observe(time.perf_counter() - began)
        self._meters.committed.inc(events)
        self._progress.committed_events += events
