"""Hands batches to aiokafka and books the answers, a batch at a time.

`send_batch` waits while a partition still has a batch that no request has taken, so each partition has a queue and a
task of its own: a slow partition does not hold up the others.  The one rule: whatever happens, every batch handed
over is booked exactly once, as acknowledged, failed or unknown.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol, Self

from aiokafka.errors import KafkaError, KafkaTimeoutError

from producer.batch import Batch
from producer.tally import Tally

NEVER_HANDED_OVER = "FlushTimeout"


class Client(Protocol):
    """The part of AIOKafkaProducer that is used."""

    async def send_batch(self, batch: Any, topic: str, *, partition: int) -> "asyncio.Future[Any]":
        """Queue a batch; its future has the answer."""


@dataclass(slots=True, eq=False)
class Parcel:
    """A batch until it is booked.  `handed_over`: aiokafka has it, so it may be in the log."""

    batch: Batch
    sent_at: float
    timed: bool
    handed_over: bool = False


class Delivery:
    """Use as a context: its tasks live as long.  `seconds` is a monotonic clock."""

    def __init__(
        self, client: Client, *, topic: str, tally: Tally, timeout_seconds: float, seconds: Callable[[], float]
    ) -> None:
        self._client = client
        self._topic = topic
        self._tally = tally
        self._timeout_seconds = timeout_seconds
        self._seconds = seconds
        self._queues: dict[int, asyncio.Queue[Parcel]] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._open: set[Parcel] = set()
        self._idle = asyncio.Event()
        self._idle.set()
        self.buffered_bytes = 0
        self.queued = 0  # batches that aiokafka has no place for yet

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @property
    def open_events(self) -> int:
        """Sent, but not answered yet."""
        return sum(parcel.batch.events for parcel in self._open)

    def submit(self, batch: Batch, *, timed: bool) -> None:
        """Take a batch; from now on its events count as sent.  `timed`: its latency is recorded."""
        parcel = Parcel(batch, self._seconds(), timed)
        self._tally.sent[batch.partition] += batch.events
        self._tally.value_bytes += batch.value_bytes
        self.buffered_bytes += batch.size_bytes
        self.queued += 1
        self._open.add(parcel)
        self._idle.clear()
        self._queue(batch.partition).put_nowait(parcel)

    async def flush(self, seconds: float) -> None:
        """Wait so long for all answers; what is open then is unknown, or failed if aiokafka never had it."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._idle.wait(), seconds)
        for parcel in list(self._open):
            batch = parcel.batch
            if parcel.handed_over:
                self._tally.unknown[batch.partition] += batch.events
            else:
                self._tally.count_failed(batch.partition, batch.events, NEVER_HANDED_OVER)
            self._book(parcel)

    def _queue(self, partition: int) -> "asyncio.Queue[Parcel]":
        if partition not in self._queues:
            self._queues[partition] = asyncio.Queue()
            task = asyncio.create_task(self._strand(self._queues[partition]), name=f"partition {partition}")
            self._tasks.append(task)
        return self._queues[partition]

    async def _strand(self, queue: "asyncio.Queue[Parcel]") -> None:
        while True:
            parcel = await queue.get()
            if parcel in self._open:
                await self._hand_over(parcel)
            self.queued -= 1

    async def _hand_over(self, parcel: Parcel) -> None:
        answer = None
        try:
            while answer is None:
                answer = await self._try(parcel)
        except KafkaError as error:
            self._fail(parcel, error)
            return
        parcel.handed_over = True
        answer.add_done_callback(partial(self._answered, parcel))

    async def _try(self, parcel: Parcel) -> "asyncio.Future[Any] | None":
        """Its answer to come; None when aiokafka had no place for it in time, but there is time left."""
        try:
            return await self._client.send_batch(parcel.batch.builder, self._topic, partition=parcel.batch.partition)
        except KafkaTimeoutError:
            if self._seconds() - parcel.sent_at >= self._timeout_seconds:
                raise
            return None

    def _answered(self, parcel: Parcel, answer: "asyncio.Future[Any]") -> None:
        if answer.cancelled() or parcel not in self._open:
            return
        if error := answer.exception():
            self._fail(parcel, error)
            return
        batch, metadata = parcel.batch, answer.result()
        if metadata is None:  # acks=0: nobody will ever know
            self._tally.unknown[batch.partition] += batch.events
        else:
            self._tally.count_acknowledged(batch.partition, batch.events, metadata.offset)
            if parcel.timed:
                self._tally.publish.record(self._seconds() - parcel.sent_at, batch.events)
        self._book(parcel)

    def _fail(self, parcel: Parcel, error: BaseException) -> None:
        if parcel in self._open:
            self._tally.count_failed(parcel.batch.partition, parcel.batch.events, type(error).__name__)
            self._book(parcel)

    def _book(self, parcel: Parcel) -> None:
        self._open.discard(parcel)
        self.buffered_bytes -= parcel.batch.size_bytes
        if not self._open:
            self._idle.set()
