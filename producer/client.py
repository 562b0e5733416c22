"""The connection to Kafka: an AIOKafkaProducer set up for whole batches, and the topic it writes to."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import aiokafka.record.default_records as records
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaError as ClientError
from aiokafka.errors import for_code

from contract.kafka import KafkaSettings, TopicSpec, admin_client, create_topics, unreachable
from contract.producer import ProducerSettings
from producer.errors import ProducerError
from producer.wire import write_lean

CLOSE_SECONDS_MAX = 5.0
log = logging.getLogger("producer")


@asynccontextmanager
async def connected(kafka: KafkaSettings, settings: ProducerSettings) -> AsyncIterator[AIOKafkaProducer]:
    """A started client.  Raises contract.errors.KafkaError when the cluster does not answer."""
    client = AIOKafkaProducer(
        **kafka.client_options(),
        acks="all" if settings.idempotence else _ACKS[settings.acks],
        enable_idempotence=settings.idempotence,
        compression_type=None if settings.compression == "none" else settings.compression,
        max_batch_size=settings.batch_bytes,
    )
    # aiokafka lets a batch expire after the request timeout; a delivery may take several requests.
    client._message_accumulator._batch_ttl = settings.delivery_timeout_seconds  # noqa: SLF001  # there is no option for it
    write_lean(client)
    try:
        await client.start()
    except (ClientError, OSError) as error:
        await client.stop()
        raise unreachable(kafka, error) from error
    try:
        yield client
    finally:
        await _close(client)


async def prepare_topic(kafka: KafkaSettings, settings: ProducerSettings, partitions: int | None) -> int:
    """Create the topic if asked to and missing; returns its number of partitions.

    Raises ProducerError when there is no such topic, or it takes smaller batches than are to be sent.
    """
    async with admin_client(kafka) as admin:
        if partitions is not None:
            await create_topics(admin, [TopicSpec(name=settings.topic, partitions=partitions)])
        if settings.topic not in await admin.list_topics():
            raise ProducerError(
                f"there is no topic {settings.topic!r} at {kafka.bootstrap_servers}: "
                "create it, or give --partitions to have it created"
            )
        await _check_batch_size(admin, settings)
        return await _partitions(admin, settings.topic)


def warn_without_extension() -> None:
    """Say so when aiokafka runs without its compiled part: an installation that is slow is easily taken for a limit."""
    if records.DefaultRecordBatchBuilder.__name__.startswith("_"):
        log.warning(
            "aiokafka runs without its C extension (AIOKAFKA_NO_EXTENSIONS is set, or no wheel fits this Python): "
            "expect a tenth of the usual rate"
        )


_ACKS = {"0": 0, "1": 1, "all": "all"}


async def _partitions(admin: AIOKafkaAdminClient, topic: str) -> int:
    (described,) = await admin.describe_topics([topic])
    if described["error_code"]:
        raise ProducerError(f"topic {topic!r} cannot be used: {for_code(described['error_code']).__name__}")
    return len(described["partitions"])


async def _check_batch_size(admin: AIOKafkaAdminClient, settings: ProducerSettings) -> None:
    """A batch that is larger than the topic allows would fail each time, and only when it is sent."""
    name = "max.message.bytes"
    (answer,) = await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, settings.topic, {name: ""})])
    limits = [int(config[1]) for resource in answer.resources for config in resource[4] if config[0] == name]
    if limits and limits[0] < settings.batch_bytes:
        raise ProducerError(
            f"batch_bytes is {settings.batch_bytes:,}, but topic {settings.topic!r} takes {limits[0]:,} at most "
            f"({name}): lower batch_bytes or raise {name}"
        )


async def _close(client: AIOKafkaProducer) -> None:
    """Close without waiting for answers that will not come: whoever needed them has waited already."""
    sending = client._sender.sender_task  # noqa: SLF001  # stop() alone would wait for a dead broker without limit
    if sending is not None and not sending.done() and client._message_accumulator._batches:  # noqa: SLF001  # the same
        sending.cancel()
        await client.client.close()
    with suppress(TimeoutError):
        await asyncio.wait_for(client.stop(), CLOSE_SECONDS_MAX)
