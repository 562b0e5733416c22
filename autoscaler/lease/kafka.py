"""The lease's topic: its newest record, and the right to write the next one.

Reading is `read_committed`, so what is seen is what stands.  Writing is a transaction under one transactional id for
the whole group: whoever takes it shuts out who had it before.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import NewTopic
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import (
    ClusterAuthorizationFailedError,
    GroupAuthorizationFailedError,
    TopicAlreadyExistsError,
    TopicAuthorizationFailedError,
    TransactionalIdAuthorizationFailed,
    for_code,
)
from aiokafka.errors import KafkaError as ClientError

from autoscaler.errors import LeaseError
from autoscaler.lease.election import Seen, Timing
from autoscaler.lease.record import KEY, LeaseRecord, topic_of, transactional_id_of
from autoscaler.lease.transaction import Transactions
from contract.errors import KafkaError
from contract.kafka import KafkaSettings, admin_client, unreachable, until_told

FETCH_WAIT_MS = 50
TOPIC_CONFIGS = {
    "cleanup.policy": "compact",
    "segment.bytes": str(1 << 20),  # the least that brokers allow: a new candidate reads from the beginning
    "min.cleanable.dirty.ratio": "0.1",
}
FORBIDDEN = (
    ClusterAuthorizationFailedError,
    GroupAuthorizationFailedError,
    TopicAuthorizationFailedError,
    TransactionalIdAuthorizationFailed,
)


class Claim:
    """The right to write, until somebody else claims."""

    def __init__(self, transactions: Transactions, partition: TopicPartition) -> None:
        self._transactions, self._partition = transactions, partition

    async def write(self, record: LeaseRecord) -> None:
        """Raises FencedError when somebody else has claimed; after any other error it may stand or not."""
        await self._transactions.write(self._partition, KEY, record.encode())


class ControlTopic:
    """The control topic of a group."""

    def __init__(self, group: str, timing: Timing, consumer: AIOKafkaConsumer, client: AIOKafkaClient) -> None:
        self.name = topic_of(group)
        self._group, self._timing, self._consumer, self._client = group, timing, consumer, client
        self._partition = TopicPartition(self.name, 0)
        self._seen: Seen | LeaseError | None = None

    async def look(self) -> Seen | None:
        """The newest record; None = there is none.  Raises LeaseError, TimeoutError and Kafka's own errors."""
        async with asyncio.timeout(self._timing.look_seconds * 2):
            end = (await self._consumer.end_offsets([self._partition]))[self._partition]
            position = await self._consumer.position(self._partition)
            if position > end:  # somebody deleted the topic and made it again
                self._seen, position = None, 0
                self._consumer.seek(self._partition, 0)
            if position < end:
                await self._read_to(end)
        if isinstance(self._seen, LeaseError):
            raise self._seen
        return self._seen

    async def _read_to(self, end: int) -> None:
        """Fetches only now: a fetch that waits for news would hold up the next question for the end."""
        self._consumer.resume(self._partition)
        try:
            while await self._consumer.position(self._partition) < end:
                for records in (await self._consumer.getmany(timeout_ms=FETCH_WAIT_MS)).values():
                    for record in records:
                        self._note(record)
        finally:
            self._consumer.pause(self._partition)

    def _note(self, record: Any) -> None:
        """What cannot be read stays the newest record all the same: the one before it says nothing about today."""
        if record.key != KEY:
            return
        try:
            found = None if record.value is None else LeaseRecord.decode(record.value, self.name)
            self._seen = None if found is None else Seen(offset=record.offset, record=found)
        except LeaseError as error:
            self._seen = error

    async def claim(self) -> Claim:
        """Shut out whoever could write, and wait until what they had begun is settled."""
        open_seconds_max = self._timing.lease_seconds * 2
        claimed = await Transactions(self._client, transactional_id_of(self._group), open_seconds_max).begin()
        return Claim(claimed, self._partition)

    def explain(self, error: Exception) -> str:
        """What went wrong, and what to do if Kafka would not let us."""
        if isinstance(error, FORBIDDEN):
            return forbidden(self._group, error)
        if isinstance(error, TimeoutError):
            return "Kafka does not answer in time"
        return str(error) or type(error).__name__


def forbidden(group: str, error: Exception) -> str:
    """What to grant."""
    return (
        f"Kafka refused ({type(error).__name__}): the leader lease needs READ, WRITE, DESCRIBE and CREATE on the topic "
        f"{topic_of(group)}, and WRITE and DESCRIBE on the transactional id {transactional_id_of(group)}. "
        "Grant them, or use --no-lease where no second autoscaler works on the group"
    )


@asynccontextmanager
async def open_control_topic(settings: KafkaSettings, group: str, timing: Timing) -> AsyncIterator[ControlTopic]:
    """The topic, made if it is missing.  Raises KafkaError when there is no Kafka, LeaseError when it forbids that."""
    options = _options(settings, timing)
    client = AIOKafkaClient(**options)
    consumer = AIOKafkaConsumer(
        **options,
        isolation_level="read_committed",
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        fetch_max_wait_ms=FETCH_WAIT_MS,
    )
    try:
        await _connect(settings, group, client, consumer)
        yield ControlTopic(group, timing, consumer, client)
    finally:
        await consumer.stop()
        await client.close()


async def _connect(settings: KafkaSettings, group: str, client: AIOKafkaClient, consumer: AIOKafkaConsumer) -> None:
    try:
        await _make(settings, group)
        await client.bootstrap()
        await consumer.start()
    except (ClientError, OSError) as error:
        raise unreachable(settings, error) from error
    partition = TopicPartition(topic_of(group), 0)
    consumer.assign([partition])
    consumer.pause(partition)  # it fetches when it is asked to


def _options(settings: KafkaSettings, timing: Timing) -> Mapping[str, Any]:
    """A connection that is dead has to be noticed within the lease, and not after the usual half minute."""
    limit_ms = min(round(timing.lease_seconds * 1000), round(settings.request_timeout_seconds * 1000))
    return settings.client_options() | {"request_timeout_ms": limit_ms}


async def _make(settings: KafkaSettings, group: str) -> None:
    """One partition, and as many replicas as the cluster's topics have by default."""
    name = topic_of(group)
    async with admin_client(settings) as admin:
        if name in await admin.list_topics():
            return
        # -1 stands for the broker's default; aiokafka lets it through beside an empty list of assignments only.
        new = NewTopic(name, 1, -1, {}, TOPIC_CONFIGS)
        ((_, code, *message),) = (await admin.create_topics([new])).topic_errors
        error = for_code(code)
        if issubclass(error, FORBIDDEN):
            raise LeaseError(forbidden(group, error()))
        if code and error is not TopicAlreadyExistsError:
            raise KafkaError(f"topic {name} was not created: {error.__name__} {message}")
        await until_told(admin, {name})
