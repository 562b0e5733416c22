"""The worker as a member of its consumer group: connected, consuming, committing, leaving.

Every option of aiokafka's that matters is set here on purpose; its defaults would skip a backlog (`latest`), commit
what was not processed (auto-commit) and end a rebalance on the session's time.
"""

import asyncio
import gc
import logging
from contextlib import AsyncExitStack
from functools import partial
from typing import Any

from aiokafka import AIOKafkaConsumer
from aiokafka.coordinator.assignors.range import RangePartitionAssignor
from aiokafka.errors import KafkaError as ClientError

from contract.errors import KafkaError
from contract.kafka import KafkaSettings, unreachable
from contract.worker import WorkerSettings
from processor.commit import Committer
from processor.consumer import Consumer
from processor.deadletter import DeadLetters
from processor.equipment import Equipment
from processor.errors import ProcessorError, StartError
from processor.fetch import make_fetch, why_not_fast
from processor.outbox import Outbox, open_outbox
from processor.topics import await_topic, make_beside, make_dead_letter_topic

POLL_INTERVAL_MS_MAX = 300_000
FETCH_BYTES_MAX = 32 << 20
GC_THRESHOLDS = (200_000, 20, 50)  # events come and go by the thousand, and none of them is part of a cycle

log = logging.getLogger(__name__)


def consumer_options(settings: WorkerSettings, kafka: KafkaSettings, worker: str) -> dict[str, Any]:
    """What aiokafka's consumer is told."""
    session_ms = round(settings.session_timeout_seconds * 1000)
    return kafka.client_options() | {
        "client_id": f"{kafka.client_id}-{worker}",
        "group_id": settings.group,
        "auto_offset_reset": settings.auto_offset_reset,
        "enable_auto_commit": False,
        "isolation_level": "read_uncommitted",
        "check_crcs": True,
        "session_timeout_ms": session_ms,
        "rebalance_timeout_ms": session_ms,
        "heartbeat_interval_ms": round(settings.heartbeat_interval_seconds * 1000),
        "max_poll_interval_ms": POLL_INTERVAL_MS_MAX,
        "partition_assignment_strategy": (RangePartitionAssignor,),
        "fetch_min_bytes": 1,
        "fetch_max_wait_ms": round(settings.fetch_wait_seconds * 1000),
        "fetch_max_bytes": max(FETCH_BYTES_MAX, settings.fetch_bytes_max),
        "max_partition_fetch_bytes": settings.fetch_bytes_max,
    }


class Member:
    """A connection to the group.  Made by `join`."""

    def __init__(
        self, *, client: Any, consumer: Consumer, committer: Committer, commit_seconds: float, stack: AsyncExitStack
    ) -> None:
        self._client = client
        self._consumer = consumer
        self._committer = committer
        self._commit_seconds = commit_seconds
        self._stack = stack

    async def consume(self) -> None:
        """Consume and commit until cancelled.  Raises ProcessorError when Kafka makes it impossible."""
        if why := why_not_fast(self._client):
            log.warning("fetching the slow way", extra={"why": why})
        _settle_memory()
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._consumer.run(make_fetch(self._client)))
                group.create_task(self._commit_regularly())
        except ExceptionGroup as errors:
            raise _for_user(errors.exceptions[0]) from errors

    async def finish(self) -> None:
        """Finish the slice in hand, take no other, write down and commit."""
        await self._consumer.finish()
        await self._committer.commit()

    async def leave(self) -> None:
        """Leave the group and disconnect.  Doing so twice is harmless."""
        await self._stack.aclose()

    async def _commit_regularly(self) -> None:
        while True:
            await asyncio.sleep(self._commit_seconds)
            await self._committer.commit()


async def join(equipment: Equipment, kafka: KafkaSettings) -> Member:
    """Connect and ask to be let into the group.  Raises StartError when there is no such cluster or topic."""
    settings = equipment.settings
    await await_topic(kafka, settings.topic, seconds_max=kafka.request_timeout_seconds)
    beside = [topic for topic in (settings.ledger_topic, equipment.handler.output_topic) if topic]
    await make_beside(kafka, settings.topic, beside)
    async with AsyncExitStack() as stack:
        try:
            outbox = await open_outbox(kafka)
            stack.push_async_callback(outbox.close)
            client = AIOKafkaConsumer(**consumer_options(settings, kafka, equipment.progress.worker))
            stack.push_async_callback(client.stop)  # entered last, so it leaves the group first
            committer = Committer(equipment, consumer=client, outbox=outbox)
            consumer = Consumer(
                equipment, committer=committer, outbox=outbox, dead_letters=_letters(equipment, kafka, outbox)
            )
            client.subscribe([settings.topic], listener=consumer)
            await client.start()
        except (ClientError, OSError) as error:
            raise StartError(str(unreachable(kafka, error))) from error
        commit_seconds = settings.commit_interval_seconds
        return Member(
            client=client, consumer=consumer, committer=committer, commit_seconds=commit_seconds, stack=stack.pop_all()
        )


def _letters(equipment: Equipment, kafka: KafkaSettings, outbox: Outbox) -> DeadLetters:
    settings = equipment.settings
    return DeadLetters(
        outbox=outbox,
        source=settings.topic,
        topic=settings.dead_letter_topic_name,
        worker=equipment.progress.worker,
        make_topic=partial(make_dead_letter_topic, kafka, settings.topic),
    )


def _settle_memory() -> None:
    """Spare the garbage collector what stays for ever, and have it look seldom at what comes and goes."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GC_THRESHOLDS)


def _for_user(error: Exception) -> Exception:
    """Kafka's own errors as one of ours; what is a bug stays as it is."""
    if isinstance(error, ClientError | KafkaError):
        return ProcessorError(f"Kafka does not let the worker go on: {error!s} ({type(error).__name__})")
    return error
