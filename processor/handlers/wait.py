"""The handler that waits, as one does that calls a database or a service: time without CPU."""

import asyncio
from collections.abc import Sequence
from typing import Any

from contract.worker import HandlerSpec
from processor.errors import HandlerError
from processor.handlers.base import Handler

MICRO = 1e-6
CATCH_UP_SECONDS = 0.05


def next_free(*, now: float, free_at: float, work_seconds: float) -> float:
    """When a server that is busy until `free_at` has also done `work_seconds` more.

    A server that was a little late, because timers are, makes that good; one that was idle does not: idle time is gone.
    """
    begin = free_at if now - free_at < CATCH_UP_SECONDS else now
    return max(begin, now - CATCH_UP_SECONDS) + work_seconds


class Wait(Handler):
    """`service_micros` an event, one after the other: so at most 1,000,000 / service_micros events a second."""

    def __init__(self, spec: HandlerSpec) -> None:
        if spec.service_micros <= 0:
            raise HandlerError("handler wait: set service_micros (--service-micros), the time of one event, above 0")
        self._seconds_per_event = spec.service_micros * MICRO
        self._free_at = 0.0

    async def handle(self, partition: int, events: Sequence[Any]) -> None:
        """Wait as long as these events take."""
        del partition
        loop = asyncio.get_running_loop()
        work_seconds = len(events) * self._seconds_per_event
        self._free_at = next_free(now=loop.time(), free_at=self._free_at, work_seconds=work_seconds)
        await asyncio.sleep(self._free_at - loop.time())
