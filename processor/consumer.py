"""The loop of a worker: take what was fetched, deal with it slice by slice, and let go when the group asks for it.

Three tasks meet here: this loop, the commits once in a while, and aiokafka's own, which calls when a rebalance begins.
The rule that keeps them apart: a slice is dealt with under the lock `_hand`; whoever wants to stop or revoke takes that
lock, so the slice in hand is finished first.  What comes back after a revoke that could not wait is thrown away.
"""

import asyncio
import logging
import time
from collections.abc import Iterable, Sequence

from aiokafka import ConsumerRebalanceListener, TopicPartition

from processor.commit import Committer
from processor.deadletter import DeadLetters
from processor.dealer import Dealer, Dealt, wall_clock_us
from processor.decode import Record
from processor.equipment import Equipment
from processor.fetch import Fetch, Fetched
from processor.lifecycle import FINAL, Event
from processor.outbox import Outbox
from processor.rates import SliceSize
from processor.slices import cut

POLL_SECONDS = 1.0
REVOKE_SHARE = 0.5  # of the session timeout: what a revoke may take while the whole group waits
YIELD_SECONDS = 0.002  # the sockets' turn: more often costs CPU, since they are then read in smaller pieces

log = logging.getLogger(__name__)


class Consumer(ConsumerRebalanceListener):  # type: ignore[misc]  # aiokafka has no types
    """Consumes for as long as `run` runs.  aiokafka calls the two `on_` methods."""

    def __init__(
        self, equipment: Equipment, *, committer: Committer, outbox: Outbox, dead_letters: DeadLetters
    ) -> None:
        settings = equipment.settings
        self._dealer = Dealer(
            equipment.handler, schema=settings.events, attempts=settings.handler.attempts, thread=equipment.thread
        )
        self._handler = equipment.handler
        self._progress = equipment.progress
        self._meters = equipment.meters
        self._committer = committer
        self._outbox = outbox
        self._dead_letters = dead_letters
        self._size = SliceSize(settings.batch_events_max)
        self._enough_events = equipment.handler.slice_events or settings.batch_events_max
        self._revoke_seconds_max = settings.session_timeout_seconds * REVOKE_SHARE
        self._hand = asyncio.Lock()
        self._generation = 0
        self._finished = False
        self._busy_since = 0.0

    async def run(self, fetch: Fetch) -> None:
        """Consume until `finish` or cancelled.  Raises what Kafka reports and what a handler's results meet."""
        while not self._finished:
            fetched = await fetch.take(POLL_SECONDS)
            self._busy_since = time.perf_counter()
            await self._work_off(fetched)
            await asyncio.sleep(0)  # even if there is always something to take

    async def finish(self) -> None:
        """Wait for the slice in hand, and take no other."""
        self._finished = True
        async with self._hand:
            pass

    async def on_partitions_revoked(self, revoked: set[TopicPartition]) -> None:
        """Finish the slice in hand, write down and commit; within bounds, because the whole group waits."""
        if self._progress.life.phase in FINAL:
            return
        self._progress.life.follow(Event.REVOKED)
        try:
            async with asyncio.timeout(self._revoke_seconds_max), self._hand:
                await self._committer.commit()
        except TimeoutError:
            log.warning("revoked before the slice in hand was committed: its events will be processed again")
        finally:
            self._let_go(revoked)

    async def on_partitions_assigned(self, assigned: set[TopicPartition]) -> None:
        """Go on."""
        if self._progress.life.phase in FINAL:
            return
        self._progress.assignment = tuple(sorted(partition.partition for partition in assigned))
        self._progress.begin()
        took = self._progress.life.follow(Event.ASSIGNED)
        if took is not None:
            self._meters.rebalance_duration.observe(took)
        log.info("assigned", extra={"partitions": self._progress.assignment})

    def _let_go(self, revoked: set[TopicPartition]) -> None:
        self._generation += 1
        self._committer.forget()
        self._handler.revoke()
        self._progress.assignment = ()
        self._progress.positions.clear()
        if revoked:
            self._meters.rebalances.inc()

    async def _work_off(self, fetched: Iterable[Fetched]) -> None:
        generation, yielded = self._generation, time.perf_counter()
        for part in fetched:
            for records in cut(part.batches, self._size, self._enough_events):
                async with self._hand:
                    if self._finished or generation != self._generation:
                        return
                    await self._one_slice(part.partition, records)
                if time.perf_counter() - yielded > YIELD_SECONDS:
                    await asyncio.sleep(0)
                    yielded = time.perf_counter()
            if self._finished or generation != self._generation:
                return
            self._committer.done_up_to(part.partition, part.next_offset)

    async def _one_slice(self, partition: int, records: Sequence[Record]) -> None:
        generation, began = self._generation, time.perf_counter()
        dealt = await self._dealer.deal(partition, records)
        self._size.learn(events=len(records), seconds=time.perf_counter() - began)
        await self._write(partition, dealt)
        if generation != self._generation:
            self._handler.revoke()  # it has just learnt of events that are not ours any more
            return
        self._committer.ledger.record(dealt.done)
        self._committer.ledger.record_latencies(dealt.latencies)
        self._committer.done_up_to(partition, records[-1].offset + 1)
        self._count(partition, dealt, began)

    async def _write(self, partition: int, dealt: Dealt) -> None:
        if dealt.poison:
            await self._dead_letters.bury(partition, dealt.poison, wall_clock_us())
        if self._handler.output_topic and (results := self._handler.results()):
            await self._outbox.write_results(self._handler.output_topic, results)

    def _count(self, partition: int, dealt: Dealt, began: float) -> None:
        now = time.perf_counter()
        done = dealt.done
        self._progress.batch(
            partition,
            next_offset=done.first_offset + done.events,
            events=done.events,
            busy_seconds=now - self._busy_since,
        )
        self._busy_since = now
        self._meters.batch(events=done.events, seconds=now - began)
        self._meters.late(self._handler.late_events)
        for poison in dealt.poison:
            self._progress.dead_lettered[poison.reason] += 1
            self._meters.dead_letters.labels(poison.reason).inc()
