"""The machine that workers run on: how many cores they may use, and how much of those is in use by anything."""

import os
from typing import NamedTuple

import psutil


class _Times(NamedTuple):
    busy: float
    total: float


class Host:
    """Remembers the CPU times of the last look.  It is the observer's own machine: right for local backends only."""

    def __init__(self) -> None:
        self._cores = sorted(os.sched_getaffinity(0))
        self._before = self._times()

    @property
    def cores(self) -> float:
        """As many as this process, and so its children, may run on."""
        return float(len(self._cores))

    def cpu_ratio(self) -> float | None:
        """Share of the cores that was busy since the last call, 0 to 1; None when no time has passed."""
        now, before = self._times(), self._before
        self._before = now
        passed = now.total - before.total
        return min(1.0, max(0.0, (now.busy - before.busy) / passed)) if passed > 0 else None

    def _times(self) -> _Times:
        every = psutil.cpu_times(percpu=True)
        mine = [every[core] for core in self._cores if core < len(every)]
        idle = sum(times.idle + times.iowait for times in mine)
        total = sum(sum(times[:8]) for times in mine)  # guest times, the last two, are in user and nice already
        return _Times(total - idle, total)
