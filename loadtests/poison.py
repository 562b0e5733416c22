"""Poison: records that no handler can take, written into the topic of a run beside the producer's events."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError as ClientError

from contract.errors import KafkaError
from contract.kafka import KafkaSettings, unreachable
from contract.ledger import InjectedRange

ANSWER_SECONDS_MAX = 10.0


class Poisoner:
    """Writes poison into one topic, partition after partition, and keeps account of the offsets that it got."""

    def __init__(self, kafka: KafkaSettings, *, topic: str, partitions: int) -> None:
        self._kafka = kafka
        self._topic = topic
        self._partitions = partitions
        self._written = 0
        self.injected: list[InjectedRange] = []

    async def write(self, records: int) -> None:
        """Write so many.  Raises KafkaError when not all were acknowledged; `injected` has those that were."""
        options = self._kafka.client_options() | {"request_timeout_ms": round(ANSWER_SECONDS_MAX * 1000)}
        producer = AIOKafkaProducer(**options, acks=1)
        try:
            await producer.start()
            acknowledged = await self._send(producer, self._next(records))
        except (ClientError, OSError) as error:
            raise unreachable(self._kafka, error) from error
        finally:
            await producer.stop()
        if acknowledged < records:
            raise KafkaError(f"Kafka acknowledged {acknowledged:,} of {records:,} records in {self._topic}")

    def _next(self, records: int) -> Mapping[int, Sequence[bytes]]:
        """The next records in turn, by partition.  They are not UTF-8, so neither JSON nor anything else of ours."""
        values: dict[int, list[bytes]] = {}
        for number in range(self._written, self._written + records):
            values.setdefault(number % self._partitions, []).append(b"\xff poison %d" % number)
        self._written += records
        return values

    async def _send(self, producer: AIOKafkaProducer, values: Mapping[int, Sequence[bytes]]) -> int:
        """In batches of our own, as one answer then tells the offsets of a whole batch; how many were acknowledged."""
        sent: list[_Sent] = []
        try:
            for partition, waiting in values.items():
                first = 0
                while first < len(waiting):
                    batch = producer.create_batch()
                    count = _fill(batch, waiting, first)
                    first += count
                    answer = await producer.send_batch(batch, self._topic, partition=partition)
                    sent.append(_Sent(partition, count, answer))
        finally:
            await asyncio.gather(*(one.answer for one in sent), return_exceptions=True)
            self.injected += [one.range for one in sent if one.acknowledged]
        return sum(one.count for one in sent if one.acknowledged)


@dataclass(frozen=True, slots=True)
class _Sent:
    """A batch on its way; `answer` is an asyncio future of aiokafka's RecordMetadata."""

    partition: int
    count: int
    answer: Any

    @property
    def acknowledged(self) -> bool:
        return not self.answer.cancelled() and self.answer.exception() is None

    @property
    def range(self) -> InjectedRange:
        first = self.answer.result().offset
        return InjectedRange(partition=self.partition, first_offset=first, last_offset=first + self.count - 1)


def _fill(batch: Any, values: Sequence[bytes], first: int) -> int:
    """Put in what fits, from `first` on; returns how many that were."""
    for index in range(first, len(values)):
        if batch.append(key=None, value=values[index], timestamp=None) is None:
            return index - first
    return len(values) - first
