"""The handler that computes: so much CPU time for every event."""

from collections.abc import Sequence
from typing import Any, Literal

from contract.worker import HandlerSpec
from processor.cpu import burn_cpu, calibrate
from processor.errors import HandlerError
from processor.handlers.base import Handler

MICRO = 1e-6


class Burn(Handler):
    """Burns `cpu_micros` an event, a slice at once; what a slice burnt too much the next one burns less."""

    runs_in: Literal["loop", "thread"] = "thread"

    def __init__(self, spec: HandlerSpec) -> None:
        if spec.cpu_micros <= 0:
            raise HandlerError("handler burn: set cpu_micros (--cpu-micros), the CPU time of one event, above 0")
        self._seconds_per_event = spec.cpu_micros * MICRO
        self._chunk_rounds = 0
        self._owed_seconds = 0.0

    def prepare(self) -> None:
        """Find out how much work a chunk is on this machine."""
        self._chunk_rounds = calibrate()

    def handle(self, partition: int, events: Sequence[Any]) -> None:
        """Burn."""
        del partition
        self._owed_seconds += len(events) * self._seconds_per_event
        if self._owed_seconds > 0:
            self._owed_seconds -= burn_cpu(self._owed_seconds, chunk_rounds=self._chunk_rounds)
