"""The handler that waits, as one does that calls a database or a service: time without CPU."""

import asyncio
from collections.abc import Sequence
from typing import Any

from contract.worker import HandlerSpec
from processor.errors import HandlerError
from processor.handlers.base import Handler

MICRO = 1e-6
CATCH_UP_SECONDS = 0.05


class Debt:
    """Seconds of waiting that are still to be done for events that were handed over.

    A timer that rang late is made good by the next wait, up to `CATCH_UP_SECONDS`.  Time without events never is,
    however short: a worker that is idle half of the time is no faster for it.
    """

    def __init__(self) -> None:
        self._seconds = 0.0

    def owe(self, seconds: float) -> float:
        """So much more; returns how long to wait now."""
        self._seconds += seconds
        return max(0.0, self._seconds)

    def paid(self, seconds: float) -> None:
        """So long was waited."""
        self._seconds = max(self._seconds - seconds, -CATCH_UP_SECONDS)


class Wait(Handler):
    """`service_micros` an event, one after the other: so at most 1,000,000 / service_micros events a second."""

    def __init__(self, spec: HandlerSpec) -> None:
        if spec.service_micros <= 0:
            raise HandlerError("handler wait: set service_micros (--service-micros), the time of one event, above 0")
        self._seconds_per_event = spec.service_micros * MICRO
        self._debt = Debt()

    async def handle(self, partition: int, events: Sequence[Any]) -> None:
        """Wait as long as these events take."""
        del partition
        loop = asyncio.get_running_loop()
        waiting = self._debt.owe(len(events) * self._seconds_per_event)
        began = loop.time()
        try:
            await asyncio.sleep(waiting)
        finally:
            self._debt.paid(loop.time() - began)
