"""Everything that a worker writes: ledger entries, dead letters, results of windows.

One idempotent producer with acks=all: what it has answered is safe, and its own retries make no copies.  It retries for
as long as the cluster is away; who waits for it decides how long that may be.
"""

import asyncio
from collections.abc import Iterable, Sequence
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError as ClientError
from aiokafka.errors import MessageSizeTooLargeError

from contract.kafka import KafkaSettings
from processor.errors import ProcessorError
from processor.handlers import Result

RECORD_BYTES_MAX = 64 << 20  # the broker's own limit decides, not ours
LINGER_MS = 0


class OutboxError(ProcessorError):
    """Kafka refuses what must be written."""


class Outbox:
    """Writes and waits for the answer."""

    def __init__(self, producer: Any) -> None:
        self._producer = producer

    async def write(
        self, topic: str, *, key: bytes | None, value: bytes | None, headers: Sequence[tuple[str, bytes | None]] = ()
    ) -> None:
        """Write one record; returns when it is safe.  Raises OutboxError when Kafka refuses it."""
        try:
            if key is None and value is None:
                await self._write_empty(topic, list(headers))
            else:
                await self._producer.send_and_wait(topic, key=key, value=value, headers=list(headers))
        except ClientError as error:
            raise _refused(topic, error) from error

    async def write_results(self, topic: str, results: Iterable[Result]) -> None:
        """Write many; returns when all are safe.  Raises OutboxError when Kafka refuses one."""
        try:
            answers = [await self._producer.send(topic, key=r.key, value=r.value) for r in results]
            await asyncio.gather(*answers)
        except ClientError as error:
            raise _refused(topic, error) from error

    async def _write_empty(self, topic: str, headers: list[tuple[str, bytes | None]]) -> None:
        """Poison may have neither key nor value: aiokafka sends such a record in a batch only."""
        batch = self._producer.create_batch()
        batch.append(timestamp=None, key=None, value=None, headers=headers)
        batch.close()
        await (await self._producer.send_batch(batch, topic, partition=0))

    async def close(self) -> None:
        """Wait for what is under way and disconnect."""
        await self._producer.stop()


async def open_outbox(settings: KafkaSettings) -> Outbox:
    """A connected outbox.  Raises Kafka's errors."""
    options = settings.client_options() | {
        "acks": "all",
        "enable_idempotence": True,
        "linger_ms": LINGER_MS,
        "max_request_size": RECORD_BYTES_MAX,
    }
    producer = AIOKafkaProducer(**options)
    try:
        await producer.start()
    except BaseException:
        await producer.stop()
        raise
    return Outbox(producer)


def _refused(topic: str, error: ClientError) -> OutboxError:
    hint = "; raise max.message.bytes of that topic" if isinstance(error, MessageSizeTooLargeError) else ""
    return OutboxError(f"Kafka refuses a record for topic {topic}: {error!r}{hint}")
