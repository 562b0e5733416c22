"""Dealing with a slice of records: decode, check, hand over, and tell apart what must be given up.  No Kafka here.

It stands apart so that poison can be tested without a broker.  Its one rule: every record of a slice is either taken by
the handler or comes back as poison; none is dropped.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from contract.event import PoisonError
from processor.deadletter import Poison
from processor.decode import DECODERS, Decoded, Record, Refusal, numbers, origin_if_any, refusals
from processor.handlers import Handler
from processor.isolate import Failure, handle_all
from processor.ledger import Slice


@dataclass(frozen=True, slots=True, kw_only=True)
class Dealt:
    """A slice after the handler.  Latencies are microseconds from planned to processed, of the events it took."""

    done: Slice
    latencies: NDArray[np.float64]
    poison: Sequence[Poison]


def wall_clock_us() -> int:
    """Microseconds since the epoch, as events carry them."""
    return time.time_ns() // 1000


class Dealer:
    """Decodes with the promised schema and calls the handler where it wants to run."""

    def __init__(
        self,
        handler: Handler,
        *,
        schema: Literal["weir", "json"],
        attempts: int,
        thread: Executor,
        now_us: Callable[[], int] = wall_clock_us,
    ) -> None:
        self.handler = handler
        self._schema: Literal["weir", "json"] = schema
        self._decode = DECODERS[schema]
        self._attempts = attempts
        self._thread = thread
        self._now_us = now_us

    async def deal(self, partition: int, records: Sequence[Record]) -> Dealt:
        """Deal with `records`, whose offsets adjoin.  Raises nothing that the records or the handler could cause."""
        decoded, refused = self._decoded(records)
        failures = await self._handle(partition, decoded.events)
        latencies = self._now_us() - decoded.due_us.astype(np.float64)
        if not refused and not failures:
            done = Slice(
                partition=partition,
                first_offset=records[0].offset,
                events=len(records),
                pids=decoded.pids,
                seqs=decoded.seqs,
            )
            return Dealt(done=done, latencies=latencies, poison=())
        taken = np.delete(latencies, [failure.index for failure in failures])
        return self._with_poison(partition, records, _poison(records, refused, failures), taken)

    def _decoded(self, records: Sequence[Record]) -> tuple[Decoded, Sequence[Refusal]]:
        try:
            return self._decode(records), ()
        except PoisonError:
            refused = refusals(records, self._schema)
        poisonous = {refusal.index for refusal in refused}
        good = [record for index, record in enumerate(records) if index not in poisonous]
        return self._decode(good) if good else Decoded.nothing(), refused

    async def _handle(self, partition: int, events: Sequence[Any]) -> Sequence[Failure]:
        async def call(some: Sequence[Any]) -> None:
            if self.handler.runs_in == "thread":
                loop = asyncio.get_running_loop()
                answer = await loop.run_in_executor(self._thread, self.handler.handle, partition, some)
            else:
                answer = self.handler.handle(partition, some)
            if answer is not None:
                await answer

        return await handle_all(call, events, attempts=self._attempts) if events else ()

    def _with_poison(
        self, partition: int, records: Sequence[Record], poison: Sequence[Poison], latencies: NDArray[np.float64]
    ) -> Dealt:
        """The slow way to the ledger's columns, because the order of good and bad must be kept."""
        origins = [o for o in (origin_if_any(record, self._schema) for record in records) if o]
        done = Slice(
            partition=partition,
            first_offset=records[0].offset,
            events=len(records),
            pids=[origin.pid for origin in origins],
            seqs=numbers([origin.seq for origin in origins]),
            dead_lettered=len(poison),
        )
        return Dealt(done=done, latencies=latencies, poison=poison)


def _poison(records: Sequence[Record], refused: Sequence[Refusal], failures: Sequence[Failure]) -> list[Poison]:
    """Both kinds, in the order of the log.  A failure's index counts only records that were not refused."""
    poisonous = {refusal.index for refusal in refused}
    good = [record for index, record in enumerate(records) if index not in poisonous]
    found = [Poison(record=records[r.index], reason=r.reason, error=r.error, attempts=1) for r in refused]
    found += [Poison(record=good[f.index], reason="handler", error=f.error, attempts=f.attempts) for f in failures]
    return sorted(found, key=lambda poison: poison.record.offset)
