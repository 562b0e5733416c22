"""The fast way of fetching gives what getmany gives, record by record."""

from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from broker import Broker
from contract.kafka import KafkaSettings
from processor.fetch import BatchFetch, Fetch, GetmanyFetch, make_fetch
from tests.workers import Topic

pytestmark = pytest.mark.integration

PER_PARTITION = 700
COMPRESSIONS = (None, "gzip", "snappy", "lz4", "zstd")


def as_tuple(partition: int, record: Any) -> tuple[Any, ...]:
    """Everything that a worker may need of a record."""
    return partition, record.offset, record.timestamp, record.key, record.value, tuple(record.headers)


async def everything(fetch: Fetch, ends: dict[int, int]) -> list[tuple[Any, ...]]:
    """All records up to the ends, and the positions on the way checked."""
    found: list[tuple[Any, ...]] = []
    reached = dict.fromkeys(ends, 0)
    while reached != ends:
        for fetched in await fetch.take(1.0):
            for batch in fetched.batches:
                found += [as_tuple(fetched.partition, record) for record in batch]
                assert batch[-1].offset < fetched.next_offset
            reached[fetched.partition] = fetched.next_offset
    return sorted(found)


async def test_both_ways_give_the_same_records(kafka: Broker) -> None:
    """Compressed or not, with keys and headers and without, null values, own timestamps, from the middle of a batch."""
    settings = KafkaSettings(bootstrap_servers=kafka.bootstrap_servers)
    topic = await Topic(settings, partitions=len(COMPRESSIONS)).create()
    for part, compression in enumerate(COMPRESSIONS):
        producer = AIOKafkaProducer(**settings.client_options(), compression_type=compression, linger_ms=20)
        async with producer:
            for number in range(PER_PARTITION):
                await producer.send(
                    topic.name,
                    partition=part,
                    key=None if number % 3 else b"key %d" % number,
                    value=None if number % 30 == 0 else b'{"n":%d}' % number * (number % 9),
                    timestamp_ms=1_700_000_000_000 + number * 7,
                    headers=[("a", b"1"), ("b", None)] if number % 4 == 0 else [],
                )
    ends = await topic.ends()
    assert ends == dict.fromkeys(range(len(COMPRESSIONS)), PER_PARTITION)
    found = {}
    for start in (0, 333):
        for way in (BatchFetch, GetmanyFetch):
            consumer = AIOKafkaConsumer(**settings.client_options(), auto_offset_reset="earliest")
            async with consumer:
                partitions = [TopicPartition(topic.name, part) for part in ends]
                consumer.assign(partitions)
                for partition in partitions:
                    consumer.seek(partition, start)
                fetch = BatchFetch(consumer, check_crcs=True) if way is BatchFetch else GetmanyFetch(consumer)
                found[way, start] = await everything(fetch, ends)
        assert found[BatchFetch, start] == found[GetmanyFetch, start]
        assert len(found[BatchFetch, start]) == (PER_PARTITION - start) * len(COMPRESSIONS)


async def test_markers_of_transactions_are_passed_over(kafka: Broker) -> None:
    """A marker has an offset but is no record: the position goes past it, so that lag can reach 0."""
    settings = KafkaSettings(bootstrap_servers=kafka.bootstrap_servers)
    topic = await Topic(settings, partitions=1).create()
    producer = AIOKafkaProducer(**settings.client_options(), transactional_id=topic.name)
    async with producer:
        for number in range(3):
            async with producer.transaction():
                await producer.send_and_wait(topic.name, b"%d" % number, partition=0)
    consumer = AIOKafkaConsumer(**settings.client_options(), auto_offset_reset="earliest")
    async with consumer:
        consumer.assign([TopicPartition(topic.name, 0)])
        fetch = make_fetch(consumer)
        assert isinstance(fetch, BatchFetch)
        found = await everything(fetch, {0: 6})
    assert [(offset, value) for _, offset, _, _, value, _ in found] == [(0, b"0"), (2, b"1"), (4, b"2")]
