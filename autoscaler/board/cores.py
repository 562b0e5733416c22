"""Cores in use, from totals of CPU seconds: how much goes into starting workers, and how much into work."""

from dataclasses import dataclass

from autoscaler.controller import Report


@dataclass(frozen=True, slots=True)
class Cores:
    """Cores in use since the look before; None = not known."""

    init: float | None = None
    work: float | None = None


@dataclass(slots=True)
class CoreMeter:
    """Remembers the last totals that were known."""

    _at: float | None = None
    _total: float = 0.0
    _init: float = 0.0

    def read(self, report: Report) -> Cores:
        """Of this tick.  Totals stand still while usage is not known: that is no rest."""
        look, at = report.look, report.at_seconds
        running = any(pod.running for pod in report.fleet.pods.values())
        if look is None or (running and not look.usage):
            return Cores()
        before, passed = (self._total, self._init), None if self._at is None else at - self._at
        self._at, self._total, self._init = at, look.worker_cpu_seconds, look.init_cpu_seconds
        if not passed or passed < 0:
            return Cores()
        total, init = (self._total - before[0]) / passed, (self._init - before[1]) / passed
        return Cores(init=init, work=max(0.0, total - init))
