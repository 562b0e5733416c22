"""Sends what is due, when it is due, as far as Kafka has room for it.

Events are not encoded one by one as they fall due.  They linger in the schedule, which costs nothing, until the oldest
has waited for the linger time or as many are due as fill a batch of every partition; then all of them become a
block and, with it, one batch for each partition.  While the buffer is full nothing is taken: the plan goes on
without the sender, and what is sent afterwards is late by the plan.  The one rule: no clock but the one injected.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from producer.batch import Batch
from producer.block import Arranger, Block
from producer.delivery import Delivery
from producer.schedule import Agenda, Due
from producer.source import Source
from producer.tally import Tally

TICK_US = 1_000  # how often to look whether there is room again
LOOK_SECONDS_MAX = 0.1  # how long SIGTERM may go unnoticed when nothing is due
COUNT_EVENTS_MAX = 1 << 16


class Encoder(Protocol):
    """Turns blocks into batches."""

    def encode(self, block: Block) -> list[Batch]:
        """All events of the block."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What bounds a sender.

    Attributes:
        linger_us: How long the oldest event may wait for company.
        late_after_us: Sent later than this after its plan, an event counts as late.
        warmup_us: Events planned before this leave no latency.
        block_events: As many as about fill one batch of every partition, of all processes.
        record_bytes: What one event takes in the buffer, at most.
        buffer_bytes: What the batches not answered yet may take together.
        drain_us: How long after the end of the schedule a backlog is still worked on.
    """

    linger_us: int
    late_after_us: int
    warmup_us: int
    block_events: int
    record_bytes: int
    buffer_bytes: int
    drain_us: int


@dataclass(slots=True, kw_only=True)
class Sender:
    """One process's part of a run.  `now_us` is the wall clock, microseconds since the epoch."""

    agenda: Agenda
    source: Source
    arranger: Arranger
    encode: Callable[[Block], list[Batch]]
    delivery: Delivery
    tally: Tally
    limits: Limits
    start_us: int
    now_us: Callable[[], int]
    sleep: Callable[[float], Awaitable[None]]
    _worst_wake_seconds: float = 0.0
    _counted: int = 0
    _over_us: int | None = None
    _stopping: bool = False

    async def run(self) -> None:
        """Until the schedule is worked off, or the time for working it off is over."""
        while not self._finished():
            wait_seconds = self._work()
            before_us = self.now_us()
            await self.sleep(wait_seconds)
            self._worst_wake_seconds = max(self._worst_wake_seconds, (self.now_us() - before_us) / 1e6 - wait_seconds)

    def stop(self) -> None:
        """End the schedule now; what is due is still sent."""
        self._stopping = True

    @property
    def unfinished(self) -> bool:
        """Stopped before the schedule's own end, or events were left unsent."""
        return self._stopping or self.agenda.taken < self.agenda.planned

    def take_worst_wake(self) -> float:
        """By how much the event loop was late at worst since the last call, seconds: the early sign of starvation."""
        worst, self._worst_wake_seconds = self._worst_wake_seconds, 0.0
        return worst

    def _work(self) -> float:
        """Move the plan, send if it is time; returns for how many seconds there is nothing to do."""
        now_us = self.now_us()
        self._advance(now_us)
        if self._buffer_room() < self._least_room():
            return TICK_US / 1e6
        wait_us = self._seal_at_us() - now_us
        if wait_us > 0:
            return min(wait_us / 1e6, LOOK_SECONDS_MAX)
        self._seal(now_us)
        return 0.0

    def _advance(self, now_us: int) -> None:
        self.agenda.advance(now_us - self.start_us)
        if self._stopping:
            self.agenda.cut()
        if self.agenda.over and self._over_us is None:
            self._over_us = now_us
        self._count_planned()

    def _finished(self) -> bool:
        if self._over_us is None:
            return False
        return self.agenda.taken >= self.agenda.planned or self.now_us() - self._over_us > self.limits.drain_us

    def _seal_at_us(self) -> int:
        """When the next block is to be made: at once, or when the oldest event has lingered.

        While batches wait for a request to take them, more small ones would only wait behind them: events stay in
        the schedule until there is a place for them, or enough of them for full batches.
        """
        backlog = self.agenda.planned - self.agenda.taken
        if backlog >= self.limits.block_events or (backlog and self.agenda.over):
            return 0
        if backlog and self.delivery.queued:
            return self.now_us() + TICK_US
        return self.start_us + self.agenda.next_due_us() + self.limits.linger_us

    def _buffer_room(self) -> int:
        return self.limits.buffer_bytes - self.delivery.buffered_bytes

    def _least_room(self) -> int:
        """Room for a whole block, so that a slow Kafka gets full batches and not ever smaller ones."""
        return min(self.limits.block_events * self.limits.record_bytes, self.limits.buffer_bytes // 2)

    def _seal(self, now_us: int) -> None:
        """Take what is due and hand it over."""
        events_max = min(self.limits.block_events, self._buffer_room() // self.limits.record_bytes)
        first = self.agenda.taken
        due = self.agenda.take(max(events_max, 1))
        self._count_planned()
        if due.events:
            drawn = self.source.draw(first, due.events)
            block = self.arranger.arrange(drawn, due, start_us=self.start_us, now_us=now_us)
            self._record_delays(block, due, now_us)
            timed = int(due.at_us[0]) >= self.limits.warmup_us
            for batch in self.encode(block) if block.events else ():
                self.delivery.submit(batch, timed=timed)

    def _record_delays(self, block: Block, due: Due, now_us: int) -> None:
        counts = np.bincount(block.due, minlength=len(due.counts))
        delays_us = now_us - block.due_us
        self.tally.late += int(counts[delays_us > self.limits.late_after_us].sum())
        chosen = (counts > 0) & (due.at_us >= self.limits.warmup_us)
        for delay_us, count in zip(delays_us[chosen].tolist(), counts[chosen].tolist(), strict=True):
            self.tally.delay.record(delay_us / 1e6, count)

    def _count_planned(self) -> None:
        """Which partitions the events that fell due belong to is known from the sequence, sent or not."""
        while self._counted < self.agenda.planned:
            count = min(self.agenda.planned - self._counted, COUNT_EVENTS_MAX)
            self.tally.count_planned(self.source.draw(self._counted, count).partition)
            self._counted += count
