"""Cores in use, from totals of CPU seconds: how much goes into starting workers, and how much into work."""

from collections import deque
from dataclasses import dataclass, field
from typing import NamedTuple

from autoscaler.controller import Report

WINDOW_SECONDS = 5.0
"""What a figure is the mean of.  A Docker engine samples once a second by its own clock, and later when the machine is
busy: over a single tick there would be two seconds of CPU in one and none in the next."""


@dataclass(frozen=True, slots=True)
class Cores:
    """Cores in use of late; None = not known."""

    init: float | None = None
    work: float | None = None


class _Totals(NamedTuple):
    at: float
    all: float
    init: float


@dataclass(slots=True)
class CoreMeter:
    """Remembers the totals that were known within the window, and one before it."""

    _known: deque[_Totals] = field(default_factory=deque)

    def read(self, report: Report) -> Cores:
        """Of this tick.  Totals stand still while usage is not known: that is no rest."""
        look = report.look
        running = any(pod.running for pod in report.fleet.pods.values())
        if look is None or (running and not look.usage):
            return Cores()
        now = _Totals(report.at_seconds, look.worker_cpu_seconds, look.init_cpu_seconds)
        before = self._before(now)
        if before is None or now.at <= before.at:
            return Cores()
        seconds = now.at - before.at
        total, init = (now.all - before.all) / seconds, (now.init - before.init) / seconds
        return Cores(init=init, work=max(0.0, total - init))

    def _before(self, now: _Totals) -> _Totals | None:
        if self._known and now.at < self._known[-1].at:  # the clock was set back
            self._known.clear()
        self._known.append(now)
        while len(self._known) > 2 and self._known[1].at <= now.at - WINDOW_SECONDS:  # noqa: PLR2004  # a mean needs two
            self._known.popleft()
        return self._known[0] if len(self._known) > 1 else None
