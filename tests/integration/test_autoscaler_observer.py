"""The observer on a real Kafka with a real worker: what it sees is what is so."""

import asyncio
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import NewPartitions

from autoscaler.backends.memory import MemoryBackend
from autoscaler.observer.observer import Look, Observer, open_observer
from autoscaler.reconciler.model import Pod, Pods
from broker import Broker, BrokerSettings, running_broker
from contract.kafka import KafkaSettings, TopicSpec, admin_client, create_topics
from contract.worker import WorkerPhase
from tests.integration.conftest import quiet
from tests.workers import PATIENCE_SECONDS, Topic, running

pytestmark = pytest.mark.integration


def settings(kafka: Broker) -> KafkaSettings:
    return KafkaSettings(bootstrap_servers=kafka.bootstrap_servers)


def observing(topic: Topic, group: str | None = None) -> AbstractAsyncContextManager[Observer]:
    return open_observer(
        topic.kafka,
        topic=topic.name,
        group=group or f"group-{topic.name}",
        backend=MemoryBackend(),
        cpu_window_seconds=5.0,
    )


async def look(observer: Observer, pods: Pods | None = None) -> Look:
    return await observer.look(now=time.time(), pods=pods or {}, spec_replicas=1)


async def until(observer: Observer, holds: Callable[[Look], bool], pods: Pods | None = None) -> Look:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not holds(seen := await look(observer, pods)):
        assert time.monotonic() < deadline, f"waited in vain, last seen: {seen}"
        await asyncio.sleep(0.2)
    return seen


async def commit(topic: Topic, group: str, offsets: dict[int, int]) -> None:
    async with AIOKafkaConsumer(**topic.kafka.client_options(), group_id=group, enable_auto_commit=False) as consumer:
        partitions = {TopicPartition(topic.name, p): offset for p, offset in offsets.items()}
        consumer.assign(list(partitions))
        await consumer.commit(partitions)


def committed(seen: Look, worker: str) -> int | None:
    """Events, once Kafka and the worker say the same: the one is asked a moment before the other."""
    by_kafka = sum(seen.offsets.committed.values()) if seen.offsets else None
    by_worker = seen.statuses[worker].committed_events if worker in seen.statuses else None
    return by_kafka if by_kafka == by_worker else None


async def test_a_worker_at_work(kafka: Broker, tmp_path: Path) -> None:
    topic = await Topic(settings(kafka), partitions=3).create()
    async with running(topic.settings(), topic.kafka, tmp_path) as worker, observing(topic) as observer:
        await worker.until_ready()
        now = time.time()
        pods = {"w": Pod(name="w", created_at=now, launched_at=now, url=worker.url)}
        seen = await until(observer, lambda seen: seen.observation.group_state == "Stable", pods)
        assert seen.observation.group_members == 1
        await topic.fill(100)
        done = await until(observer, lambda seen: committed(seen, "w") == 300, pods)
        assert [part.lag_events for part in done.observation.partitions] == [0, 0, 0]
        assert done.observation.time_lag_seconds == 0.0
        (one,) = done.observation.workers
        assert (one.phase, one.partitions) == (WorkerPhase.READY, 3)
        assert one.init_seconds is not None
        assert (done.partitions_stopped, done.rebalances) == (0, 0)
        await topic.fill(100, first=100)
        rated = await until(observer, lambda seen: (seen.observation.processing_rate or 0.0) > 0, pods)
        assert (rated.observation.arrival_rate or 0.0) > 0
        assert not rated.problems


async def test_a_queue_that_was_there_before_the_observer_has_the_age_of_its_records(kafka: Broker) -> None:
    """The oldest unprocessed event is at offset 5 of partition 1, and was written an hour ago."""
    topic = await Topic(settings(kafka), partitions=2).create()
    ages = {0: [3_000.0] * 10, 1: [7_200.0] * 5 + [3_600.0] * 5}
    await _write(topic, ages)
    await commit(topic, "late", {0: 2, 1: 5})
    async with observing(topic, "late") as observer:
        first = await look(observer)
        assert first.observation.time_lag_seconds is None, "not read yet"
        seen = await until(observer, lambda seen: seen.observation.time_lag_seconds is not None)
        assert seen.observation.time_lag_seconds is not None
        assert 3_600 <= seen.observation.time_lag_seconds <= 3_600 + PATIENCE_SECONDS
        await commit(topic, "late", {0: 10, 1: 10})
        await until(observer, lambda seen: seen.observation.time_lag_seconds == 0.0)


async def test_no_commit_is_told_from_no_answer(kafka: Broker) -> None:
    topic = await Topic(settings(kafka), partitions=2).create()
    await topic.fill(5)
    async with observing(topic, f"nobody-{topic.name}") as observer:
        seen = (await until(observer, lambda seen: seen.offsets is not None)).observation
    assert [(part.end_offset, part.committed_offset, part.never_committed) for part in seen.partitions] == [
        (5, None, True),
        (5, None, True),
    ]
    assert (seen.time_lag_seconds, seen.group_members) == (None, 0)


async def test_partitions_that_are_added_are_found(kafka: Broker) -> None:
    topic = await Topic(settings(kafka), partitions=1).create()
    async with observing(topic) as observer:
        await look(observer)
        async with admin_client(topic.kafka) as admin:
            await admin.create_partitions({topic.name: NewPartitions(3)})
        await until(observer, lambda seen: len(seen.observation.partitions) == 3)


async def test_looking_at_a_topic_that_is_not_there_does_not_make_it(kafka: Broker) -> None:
    topic = Topic(settings(kafka), partitions=1)
    async with observing(topic) as observer:
        seen = await until(observer, lambda seen: f"there is no topic {topic.name}" in " ".join(seen.problems))
        assert (seen.offsets, seen.observation.partitions) == (None, ())
        await look(observer)
    async with admin_client(topic.kafka) as admin:
        assert topic.name not in await admin.list_topics()


async def test_a_topic_that_is_deleted_stays_deleted_and_is_known_again_when_it_is_made_anew(tmp_path: Path) -> None:
    """Also on brokers that create every topic that is named to them, which is Kafka's default."""
    properties = {"auto.create.topics.enable": "true"}
    async with running_broker(BrokerSettings(data=tmp_path, heap_mib=512, properties=properties), say=quiet) as broker:
        topic = await Topic(settings(broker), partitions=4).create()
        await topic.fill(5)
        await commit(topic, f"group-{topic.name}", dict.fromkeys(range(4), 2))
        async with observing(topic) as observer, admin_client(topic.kafka) as admin:
            await until(observer, lambda seen: seen.observation.time_lag_seconds is not None)
            await admin.delete_topics([topic.name])
            gone = await until(observer, lambda seen: "there is no topic" in " ".join(seen.problems))
            assert gone.offsets is None
            assert topic.name not in await admin.list_topics()
            await create_topics(admin, [TopicSpec(name=topic.name, partitions=2)])
            anew = await until(observer, lambda seen: seen.offsets is not None)
            assert anew.offsets is not None
            assert anew.offsets.end == {0: 0, 1: 0}


async def test_a_broker_that_stalls_or_is_started_anew_is_unknown_meanwhile_and_then_known_again(
    own_kafka: Broker,
) -> None:
    topic = await Topic(settings(own_kafka), partitions=2).create()
    await topic.fill(5)
    async with observing(topic) as observer:
        await until(observer, lambda seen: seen.offsets is not None)
        with stalled(own_kafka):
            seen = await look(observer)
            assert seen.offsets is None
            patience = topic.kafka.request_timeout_seconds
            assert seen.took_seconds < patience / 3, "a look has a limit of its own, far below that of Kafka's client"
            assert [part.end_offset for part in seen.observation.partitions] == [None, None]
        await until(observer, lambda seen: seen.offsets is not None)
        await own_kafka.stop()
        assert (await look(observer)).offsets is None
        await own_kafka.start()
        back = await until(observer, lambda seen: seen.offsets is not None and seen.observation.group_state is not None)
        assert back.offsets is not None
        assert back.offsets.end == {0: 5, 1: 5}


@contextmanager
def stalled(kafka: Broker) -> Iterator[None]:
    os.kill(kafka.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(kafka.pid, signal.SIGCONT)


async def _write(topic: Topic, ages: dict[int, list[float]]) -> None:
    """Records written so many seconds ago, by their own timestamps."""
    now = time.time()
    async with AIOKafkaProducer(**topic.kafka.client_options()) as producer:
        for partition, all_ages in ages.items():
            for age in all_ages:
                await producer.send_and_wait(
                    topic.name, b"x", partition=partition, timestamp_ms=round((now - age) * 1000)
                )


async def test_what_fails_right_after_it_was_opened_is_what_is_told(kafka: Broker) -> None:
    """Closed before any of its tasks has begun, a consumer must not put its own end in the place of the reason."""
    topic = await Topic(settings(kafka), partitions=1).create()
    with pytest.raises(LookupError, match="the reason"):
        async with observing(topic):
            raise LookupError("the reason")
