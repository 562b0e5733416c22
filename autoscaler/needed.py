"""Needed replicas: the least workers that keep up with what arrives (Theodolite's demand).  Pure.

A measure, not a policy: the backlog is no part of it, nor is any headroom.  Shared by the live page and a run's score.
"""

import math
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from statistics import mean, median
from typing import Literal

from contract.worker import HandlerSpec

JITTER_RATIO = 0.02  # 2 % above what n workers do is still sampling, and no need for worker n + 1
REMEMBERED = 600

RateSource = Literal["scenario", "handler", "measured"]


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerRate:
    """What one worker can do, and how that is known: said by the scenario, from its handler's costs, or measured."""

    events_per_second: float
    source: RateSource


def workers_for(arrival_rate: float, worker_events_per_second: float) -> int:
    """The least workers for a rate: 2,000 at 1,000 each are 2, as are 2,030, and 2,100 are 3."""
    return max(0, math.ceil(arrival_rate / worker_events_per_second * (1 - JITTER_RATIO)))


def told_rate(events_per_second: float | None, handler: HandlerSpec) -> WorkerRate | None:
    """What the scenario says, else what its handler must cost, else None."""
    if events_per_second is not None:
        return WorkerRate(events_per_second=events_per_second, source="scenario")
    if micros := _micros_per_event(handler):
        return WorkerRate(events_per_second=1e6 / micros, source="handler")
    return None


def measured_rate(rates: Iterable[float]) -> WorkerRate | None:
    """The median of what was measured; None = nothing was."""
    known = [rate for rate in rates if rate > 0]
    return WorkerRate(events_per_second=median(known), source="measured") if known else None


@dataclass(slots=True, kw_only=True)
class LiveNeed:
    """What is needed at each moment, from what was told, or else from the last ten minutes of what was measured."""

    told: WorkerRate | None = None
    _measured: deque[float] = field(default_factory=lambda: deque(maxlen=REMEMBERED))

    def replicas(self, arrival_rate: float | None, true_rates: Iterable[float | None]) -> int | None:
        """The least workers now; `true_rates` are those of the workers.  None = a rate is unknown."""
        if known := [rate for rate in true_rates if rate]:
            self._measured.append(mean(known))
        one = self.told or measured_rate(self._measured)
        return None if one is None or arrival_rate is None else workers_for(arrival_rate, one.events_per_second)


def _micros_per_event(handler: HandlerSpec) -> float:
    """What an event costs a worker with a core to itself; 0 = the handler's name does not tell."""
    costs = {
        "burn": handler.cpu_micros,
        "wait": handler.service_micros,
        "work": handler.cpu_micros + handler.service_micros,
    }
    return costs.get(handler.name, 0.0)
