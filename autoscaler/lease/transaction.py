"""Transactions of one record, request by request, under an id that Kafka lets one client use at a time.

aiokafka has a producer for this, but it sends in the background and tries again for as long as it lives: a write that
was given up could still be carried out, and one that was fenced leaves errors behind that nobody can ask for.  Here a
call asks, waits and is over.  Its one rule: whatever is cancelled or fails sends nothing more.

Source: KIP-98, and aiokafka's producer/sender.py for which answers are worth another try.
"""

import asyncio
import time
from collections.abc import Callable, Iterable
from typing import Any

from aiokafka import TopicPartition
from aiokafka.client import AIOKafkaClient, ConnectionGroup, CoordinationType
from aiokafka.errors import (
    ConcurrentTransactions,
    CoordinatorLoadInProgressError,
    CoordinatorNotAvailableError,
    DuplicateSequenceNumber,
    InvalidProducerEpoch,
    KafkaConnectionError,
    LeaderNotAvailableError,
    NodeNotReadyError,
    NotCoordinatorError,
    NotLeaderForPartitionError,
    OperationNotAttempted,
    UnknownTopicOrPartitionError,
    for_code,
)
from aiokafka.protocol.produce import ProduceRequest
from aiokafka.protocol.transaction import AddPartitionsToTxnRequest, EndTxnRequest, InitProducerIdRequest
from aiokafka.record.default_records import DefaultRecordBatchBuilder

RETRY_SECONDS = 0.02
MOVED_SECONDS = 0.1
RECORD_OVERHEAD_BYTES = 1024
MOVED = (
    CoordinatorNotAvailableError,
    KafkaConnectionError,
    LeaderNotAvailableError,
    NodeNotReadyError,
    NotCoordinatorError,
    NotLeaderForPartitionError,
)
NOT_YET = (
    ConcurrentTransactions,
    CoordinatorLoadInProgressError,
    OperationNotAttempted,
    UnknownTopicOrPartitionError,
)
FENCED = (InvalidProducerEpoch.errno, 90)
"""The second is PRODUCER_FENCED, which newer versions of the same answers say; aiokafka has no name for it."""


class FencedError(Exception):
    """Somebody else has taken the id since: nothing that was begun under it will ever stand."""


class Transactions:
    """The right to write, until somebody else takes it.  Calls wait for Kafka without limit: the caller sets one."""

    def __init__(self, client: AIOKafkaClient, transactional_id: str, timeout_seconds: float) -> None:
        """`timeout_seconds`: how long Kafka lets a transaction stay open whose writer is gone."""
        self._client, self._id = client, transactional_id
        self._timeout_ms = round(timeout_seconds * 1000)
        self._producer_id, self._epoch, self._sequence = -1, -1, 0

    async def begin(self) -> "Transactions":
        """Take the id.  Whoever had it is fenced, and what they had begun is settled when this returns."""
        request = InitProducerIdRequest(self._id, self._timeout_ms)
        answer = await self._ask_coordinator(request, lambda answer: [answer.error_code])
        self._producer_id, self._epoch, self._sequence = answer.producer_id, answer.producer_epoch, 0
        return self

    async def write(self, partition: TopicPartition, key: bytes, value: bytes) -> None:
        """One record, committed.  Raises FencedError, or an error of aiokafka's: it may then stand or not."""
        ours = {"transactional_id": self._id, "producer_id": self._producer_id, "producer_epoch": self._epoch}
        add = AddPartitionsToTxnRequest(**ours, topics=[(partition.topic, [partition.partition])])
        await self._ask_coordinator(add, _codes_of_partitions)
        await self._produce(partition, self._batch(key, value))
        self._sequence += 1
        await self._ask_coordinator(EndTxnRequest(**ours, transaction_result=True), lambda answer: [answer.error_code])

    def _batch(self, key: bytes, value: bytes) -> bytes:
        batch = DefaultRecordBatchBuilder(
            magic=2,
            compression_type=0,
            is_transactional=1,
            producer_id=self._producer_id,
            producer_epoch=self._epoch,
            base_sequence=self._sequence,
            batch_size=len(key) + len(value) + RECORD_OVERHEAD_BYTES,
        )
        batch.append(0, time.time_ns() // 1_000_000, key, value, [])
        return bytes(batch.build())

    async def _produce(self, partition: TopicPartition, batch: bytes) -> None:
        """Its number in the sequence makes sure that a batch which is sent twice is written once."""
        topics = [(partition.topic, [(partition.partition, batch)])]
        request = ProduceRequest(self._id, required_acks=-1, timeout=self._timeout_ms, topics=topics)
        while True:
            try:
                answer = await self._client.send(self._leader(partition), request)
                ((_, ((_, code, *_),)),) = answer.topics
                if for_code(code) is not DuplicateSequenceNumber:
                    _check([code])
            except MOVED + NOT_YET:
                await self._look_around()
            else:
                return

    def _leader(self, partition: TopicPartition) -> int:
        node = self._client.cluster.leader_for_partition(partition)
        if node is None or node < 0:
            self._client.add_topic(partition.topic)
            raise LeaderNotAvailableError
        return int(node)

    async def _ask_coordinator(self, request: Any, codes: Callable[[Any], Iterable[int]]) -> Any:
        while True:
            try:
                node = await self._client.coordinator_lookup(CoordinationType.TRANSACTION, self._id)
                answer = await self._client.send(node, request, group=ConnectionGroup.COORDINATION)
                _check(codes(answer))
            except MOVED:
                await self._look_around()
            except NOT_YET:
                await asyncio.sleep(RETRY_SECONDS)
            else:
                return answer

    async def _look_around(self) -> None:
        """Ask who is where now."""
        await asyncio.sleep(MOVED_SECONDS)
        await self._client.force_metadata_update()


def _codes_of_partitions(answer: Any) -> Iterable[int]:
    return [code for _, partitions in answer.errors for _, code in partitions]


def _check(codes: Iterable[int]) -> None:
    """Raise for the first answer that is an error."""
    for code in codes:
        if code in FENCED:
            raise FencedError
        if code:
            raise for_code(code)
