"""Asks Kafka about one topic and one group, over connections that stay open and come back by themselves.

Its one rule: it never raises and never takes long.  What Kafka does not answer in time is None, counted, and told.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError as ClientError
from aiokafka.errors import for_code

from autoscaler.observer.history import Anchor
from autoscaler.observer.offsets import Group, Offsets
from contract.errors import KafkaError
from contract.kafka import KafkaSettings, admin_client, unreachable

ANSWER_SECONDS_MAX = 0.9
RECORD_SECONDS_MAX = 0.3
SURVEY_EVERY_READS = 30
"""Start offsets, and which partitions there are, change seldom: they are asked for at every so many reads."""

Value = TypeVar("Value")


class KafkaView:
    """What Kafka knows of `topic` and `group`.

    Attributes:
        topic: Its name.
        failures: How many questions were not answered.
        partitions: Those of the topic, as of the last survey.
    """

    def __init__(
        self,
        admin: AIOKafkaAdminClient,
        consumer: AIOKafkaConsumer,
        reader: AIOKafkaConsumer,
        *,
        topic: str,
        group: str,
    ) -> None:
        self._admin, self._consumer, self._reader = admin, consumer, reader
        self.topic, self._group = topic, group
        self._coordinator: int | None = None
        self._start: Mapping[int, int] = {}
        self._reads_until_survey = 0
        self.partitions: tuple[int, ...] = ()
        self.failures = 0
        self._problems: dict[str, str] = {}

    @property
    def problems(self) -> tuple[str, ...]:
        """What was not answered when it was last asked, and why."""
        return tuple(self._problems.values())

    async def offsets(self) -> Offsets | None:
        """Committed offsets, and then end offsets."""
        found = await self._within(ANSWER_SECONDS_MAX, "offsets", self._read_offsets)
        if found is None:
            self._forget()
        return found

    async def group(self) -> Group | None:
        """State and members; a group that nobody ever joined is Dead, as Kafka says."""
        return await self._within(ANSWER_SECONDS_MAX, "group", self._describe_group)

    async def records(self, wanted: Mapping[int, int]) -> Mapping[int, Anchor]:
        """When the records at these offsets were written, by partition; those not read in time are missing.

        Where there is no record at an offset any more, it is the next one.
        """
        found: dict[int, Anchor] = {}
        self._problems.pop("records", None)
        if wanted:
            await self._within(RECORD_SECONDS_MAX, "records", lambda: self._read_records(wanted, found))
        return found

    async def _within(self, seconds: float, what: str, ask: Callable[[], Awaitable[Value]]) -> Value | None:
        try:
            async with asyncio.timeout(seconds):
                answer = await ask()
        except Exception as error:  # noqa: BLE001  # besides its own errors aiokafka's admin client lets bare ones through
            self.failures += 1
            self._problems[what] = f"Kafka did not tell {what}: {str(error) or type(error).__name__}"
            return None
        self._problems.pop(what, None)
        return answer

    async def _read_offsets(self) -> Offsets:
        if self._reads_until_survey == 0:
            await self._survey()
        partitions = [TopicPartition(self.topic, number) for number in self.partitions]
        committed = await self._admin.list_consumer_group_offsets(
            self._group, group_coordinator_id=await self._known_coordinator(), partitions=partitions
        )
        if len(committed) < len(partitions):  # aiokafka passes over an error of the whole answer: it is then empty
            raise KafkaError(f"the coordinator of {self._group} is not ready")
        end = await self._consumer.end_offsets(partitions)
        self._reads_until_survey -= 1
        return Offsets(
            committed={p.partition: known.offset for p, known in committed.items() if known.offset >= 0},
            end={p.partition: offset for p, offset in end.items()},
            start=self._start,
        )

    async def _survey(self) -> None:
        """All topics are asked for: naming one that is gone would make brokers create it."""
        described = {topic["topic"]: topic for topic in await self._admin.describe_topics()}
        if self.topic not in described:
            raise KafkaError(f"there is no topic {self.topic}")
        self.partitions = tuple(sorted(p["partition"] for p in described[self.topic]["partitions"]))
        start = await self._consumer.beginning_offsets([TopicPartition(self.topic, p) for p in self.partitions])
        self._start = {p.partition: offset for p, offset in start.items()}
        self._reads_until_survey = SURVEY_EVERY_READS

    async def _describe_group(self) -> Group:
        coordinator = await self._known_coordinator()
        (answer,) = await self._admin.describe_consumer_groups([self._group], group_coordinator_id=coordinator)
        code, _, state, _, _, members, *_ = answer.groups[0]
        if code:
            self._coordinator = None
            raise KafkaError(f"group {self._group}: {for_code(code).__name__}")
        return Group(state, len(members))

    async def _known_coordinator(self) -> int:
        if self._coordinator is None:
            self._coordinator = await self._admin.find_coordinator(self._group)
        return self._coordinator

    async def _read_records(self, wanted: Mapping[int, int], found: dict[int, Anchor]) -> None:
        partitions = {TopicPartition(self.topic, p): offset for p, offset in wanted.items()}
        self._reader.assign(list(partitions))
        for partition, offset in partitions.items():
            self._reader.seek(partition, offset)
        try:
            while left := [p for p in partitions if p.partition not in found]:
                for partition, records in (await self._reader.getmany(*left, timeout_ms=100)).items():
                    found[partition.partition] = Anchor(partitions[partition], records[0].timestamp / 1000)
                    self._reader.pause(partition)
        finally:
            self._reader.pause(*partitions)  # otherwise it would go on fetching what nobody asked for

    def _forget(self) -> None:
        """After a failure anything may have changed."""
        self._coordinator, self._reads_until_survey = None, 0


@asynccontextmanager
async def open_kafka_view(settings: KafkaSettings, *, topic: str, group: str) -> AsyncIterator[KafkaView]:
    """A KafkaView, connected.  Raises KafkaError when there is no Kafka."""
    options: dict[str, Any] = settings.client_options() | {"enable_auto_commit": False}
    async with (
        admin_client(settings) as admin,
        _started(AIOKafkaConsumer(**options), settings) as consumer,
        # One batch for each partition is enough, and a fetch that waits must not hold up the questions for offsets.
        _started(
            AIOKafkaConsumer(**options, auto_offset_reset="earliest", max_partition_fetch_bytes=1), settings
        ) as reader,
    ):
        yield KafkaView(admin, consumer, reader, topic=topic, group=group)


@asynccontextmanager
async def _started(consumer: AIOKafkaConsumer, settings: KafkaSettings) -> AsyncIterator[AIOKafkaConsumer]:
    _name_no_topics(consumer)
    try:
        await consumer.start()
    except (ClientError, OSError) as error:
        await consumer.stop()
        raise unreachable(settings, error) from error
    await asyncio.sleep(0)  # let its tasks begin: stopping one that has not, aiokafka ends in a CancelledError
    try:
        yield consumer
    finally:
        await consumer.stop()


def _name_no_topics(consumer: AIOKafkaConsumer) -> None:
    """Let it ask for the metadata of all topics there are, for good.

    When aiokafka asks for a topic by name, brokers with `auto.create.topics.enable`, their default, create it: a topic
    that somebody deletes while it is looked at would be there again, with another number of partitions.
    """
    client = consumer._client  # noqa: SLF001  # there is no setting for it
    client.add_topic = client.set_topics = lambda _topics: None
