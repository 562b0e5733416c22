"""What Kafka itself knows about a run: its offsets, asked for until they are known, and the ledger topic's records."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaError as ClientError

from autoscaler.observer.kafka_view import KafkaView, open_kafka_view
from autoscaler.observer.offsets import Offsets
from contract.errors import KafkaError
from contract.kafka import KafkaSettings, unreachable

__all__ = ["OffsetReader", "Offsets", "offset_reader", "read_topic"]

READ_SECONDS_MAX = 60.0
READ_TRIES_MAX = 30


class OffsetReader:
    """Asks Kafka for offsets of one topic and group, over connections that stay open."""

    def __init__(self, view: KafkaView) -> None:
        self._view = view

    async def read(self) -> Offsets | None:
        """Both kinds of offsets, or None when Kafka does not answer: unknown is not zero."""
        return await self._view.offsets()

    async def read_surely(self) -> Offsets:
        """Both kinds of offsets, asked for until Kafka answers.  Raises KafkaError when it does not."""
        for _ in range(READ_TRIES_MAX):
            if found := await self.read():
                return found
            await asyncio.sleep(1.0)
        raise KafkaError(f"Kafka did not tell the offsets of the run: {'; '.join(self._view.problems)}")

    async def start_offsets(self) -> Mapping[int, int]:
        """The first offset of each partition.  Raises KafkaError when Kafka does not answer."""
        return (await self.read_surely()).start


@asynccontextmanager
async def offset_reader(settings: KafkaSettings, *, topic: str, group: str) -> AsyncIterator[OffsetReader]:
    """An OffsetReader, connected.  Raises KafkaError when there is no Kafka."""
    async with open_kafka_view(settings, topic=topic, group=group) as view:
        yield OffsetReader(view)


async def read_topic(settings: KafkaSettings, topic: str) -> list[bytes]:
    """Every record value of a small topic, in order within a partition.  Raises KafkaError if it cannot be read."""
    consumer = AIOKafkaConsumer(
        topic, **settings.client_options(), enable_auto_commit=False, auto_offset_reset="earliest"
    )
    try:
        async with asyncio.timeout(READ_SECONDS_MAX):
            await consumer.start()
            return await _read_to_end(consumer)
    except (ClientError, OSError, TimeoutError) as error:
        raise unreachable(settings, error) from error
    finally:
        await consumer.stop()


async def _read_to_end(consumer: AIOKafkaConsumer) -> list[bytes]:
    ends = await consumer.end_offsets(consumer.assignment())
    values: list[bytes] = []
    while any([await consumer.position(partition) < end for partition, end in ends.items()]):
        batches = await consumer.getmany(timeout_ms=500)
        values += [record.value for records in batches.values() for record in records if record.value is not None]
    return values
