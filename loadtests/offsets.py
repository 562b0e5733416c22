"""What Kafka itself knows about a run: end offsets, committed offsets, the ledger topic's records.

Committed offsets are read before end offsets: the other order can show a negative lag.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError as ClientError

from contract.errors import KafkaError
from contract.kafka import KafkaSettings, admin_client, unreachable

READ_SECONDS_MAX = 60.0
READ_TRIES_MAX = 30


@dataclass(frozen=True, slots=True)
class Offsets:
    """Per partition at one moment.  `committed` lacks a partition when the group never committed there."""

    committed: Mapping[int, int]
    end: Mapping[int, int]


class OffsetReader:
    """Asks Kafka for offsets of one topic and group, over connections that stay open."""

    def __init__(self, admin: AIOKafkaAdminClient, consumer: AIOKafkaConsumer, *, topic: str, group: str) -> None:
        self._admin, self._consumer, self._group = admin, consumer, group
        self._topic = topic
        self._partitions: list[TopicPartition] = []

    async def read(self) -> Offsets | None:
        """Both kinds of offsets, or None when Kafka does not answer: unknown is not zero."""
        try:
            partitions = await self._known_partitions()
            committed = await self._admin.list_consumer_group_offsets(self._group, partitions=partitions)
            end = await self._consumer.end_offsets(partitions)
        except (ClientError, OSError, TimeoutError):
            return None
        return Offsets(
            {p.partition: o.offset for p, o in committed.items() if o.offset >= 0},
            {p.partition: offset for p, offset in end.items()},
        )

    async def read_surely(self) -> Offsets:
        """Both kinds of offsets, asked for until Kafka answers.  Raises KafkaError when it does not."""
        for _ in range(READ_TRIES_MAX):
            if found := await self.read():
                return found
            await asyncio.sleep(1.0)
        raise KafkaError("Kafka did not tell the offsets at the end of the run: the ledger cannot be audited")

    async def start_offsets(self) -> Mapping[int, int]:
        """The first offset of each partition."""
        begin = await self._consumer.beginning_offsets(await self._known_partitions())
        return {p.partition: offset for p, offset in begin.items()}

    async def _known_partitions(self) -> list[TopicPartition]:
        if not self._partitions:
            described = await self._admin.describe_topics([self._topic])
            ids = sorted(p["partition"] for p in described[0]["partitions"])
            self._partitions = [TopicPartition(self._topic, number) for number in ids]
        return self._partitions


@asynccontextmanager
async def offset_reader(settings: KafkaSettings, *, topic: str, group: str) -> AsyncIterator[OffsetReader]:
    """An OffsetReader, connected.  Raises KafkaError when there is no Kafka."""
    consumer = AIOKafkaConsumer(**settings.client_options(), enable_auto_commit=False)
    async with admin_client(settings) as admin:
        try:
            await consumer.start()
            yield OffsetReader(admin, consumer, topic=topic, group=group)
        finally:
            await consumer.stop()


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
