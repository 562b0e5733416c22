"""The handler that does both for every event, computing and waiting, as one that parses and then asks a service."""

import time
from collections.abc import Sequence
from typing import Any

from contract.worker import HandlerSpec
from processor.errors import HandlerError
from processor.handlers.burn import MICRO, Burn
from processor.handlers.wait import Debt


class Work(Burn):
    """`cpu_micros` of computing and `service_micros` of waiting an event, one after the other.

    So at most 1,000,000 / (cpu_micros + service_micros) events a second with a core to itself, and fewer on a machine
    that starves it: the computing takes longer there, the waiting does not.
    """

    def __init__(self, spec: HandlerSpec) -> None:
        if spec.cpu_micros <= 0 or spec.service_micros <= 0:
            raise HandlerError("handler work: set cpu_micros and service_micros, the costs of one event, above 0")
        super().__init__(spec)
        self._waiting_seconds_per_event = spec.service_micros * MICRO
        self._debt = Debt()

    def handle(self, partition: int, events: Sequence[Any]) -> None:
        """Burn, then wait for what is left of these events' time."""
        super().handle(partition, events)
        waiting = self._debt.owe(len(events) * self._waiting_seconds_per_event)
        began = time.monotonic()
        time.sleep(waiting)
        self._debt.paid(time.monotonic() - began)
