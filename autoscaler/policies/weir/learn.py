"""What a tick teaches: how fast a worker is, how long a start and a rebalance take, and how the rates went of late."""

import math
from collections.abc import Sequence
from dataclasses import replace
from statistics import median

from autoscaler.model import Observation, WeirLook, WeirMemory, Worker
from autoscaler.policies.weir.crew import takes_part

BUSY_MIN = 0.2
"""A worker less busy than this says little about its true rate: single events cost more than those of a full batch."""
FASTER_SECONDS, SLOWER_SECONDS = 3.0, 60.0
"""Time constants: a better rate is believed soon, a worse one slowly."""
BUSY_FULLY = 0.9
"""A worker as busy as this shows what it can do and leaves nothing to guess: also a worse rate is believed soon."""
STARVED_RATIO = 0.9
"""Unless the host is as busy as that: then it is slow for want of CPU, of which more workers would leave it less."""
LOOKS_MAX = 64
LOOK_SECONDS = 0.9
"""Looks are at least this far apart, so that a controller that ticks faster does not shorten what they span."""


def learn(weir: WeirMemory, seen: Observation) -> WeirMemory:
    """The memory with this tick in it."""
    consuming = [worker for worker in seen.workers if takes_part(worker) and not worker.deleted]
    return replace(
        weir,
        start_seconds=_start_seconds(weir, consuming),
        worker_rate=_worker_rate(weir, seen, consuming),
        rebalance_seconds=weir.rebalance_seconds if seen.rebalance_seconds is None else seen.rebalance_seconds,
        looks=_looks(weir, seen, len(consuming)),
    )


def _start_seconds(weir: WeirMemory, consuming: Sequence[Worker]) -> float | None:
    """The mean over the workers that made it; what was learned before while there is none."""
    took = [worker.init_seconds for worker in consuming if worker.init_seconds is not None]
    return sum(took) / len(took) if took else weir.start_seconds


def _worker_rate(weir: WeirMemory, seen: Observation, consuming: Sequence[Worker]) -> float | None:
    """Follows the median of the busy workers.  While others initialise it does not fall: they take CPU for a while."""
    rates = _rates(consuming, BUSY_MIN if weir.worker_rate is not None else None)
    if not rates:
        return weir.worker_rate
    found = median(rates)
    if weir.worker_rate is None or not weir.looks:
        return found
    slower = found < weir.worker_rate
    if slower and len(consuming) < max(seen.spec_replicas, len(seen.workers)):
        return weir.worker_rate
    passed = max(0.0, seen.at_seconds - weir.looks[-1].at_seconds)
    slowly = slower and not _shown(seen, consuming)
    weight = 1 - math.exp(-passed / (SLOWER_SECONDS if slowly else FASTER_SECONDS))
    return weir.worker_rate + weight * (found - weir.worker_rate)


def _shown(seen: Observation, consuming: Sequence[Worker]) -> bool:
    """Whether workers that are fully busy, on a host that has CPU for them, show what they can do."""
    starved = seen.host_cpu_ratio is not None and seen.host_cpu_ratio >= STARVED_RATIO
    return not starved and median(worker.busy_ratio or 0.0 for worker in consuming) >= BUSY_FULLY


def _rates(consuming: Sequence[Worker], busy_min: float | None) -> list[float]:
    """The true rates that say something: those of busy workers, and for a first idea those of all."""
    known = [(worker.true_processing_rate or 0.0, worker.busy_ratio or 0.0) for worker in consuming]
    busy = [rate for rate, share in known if rate > 0 and share >= BUSY_MIN]
    return busy or [rate for rate, _ in known if rate > 0 and busy_min is None]


def _looks(weir: WeirMemory, seen: Observation, ready: int) -> tuple[WeirLook, ...]:
    now = seen.at_seconds
    if weir.looks and 0 <= now - weir.looks[-1].at_seconds < LOOK_SECONDS:
        return weir.looks
    ends = [partition.end_offset for partition in seen.partitions]
    total = None if None in ends else sum(end or 0 for end in ends)
    look = WeirLook(now, seen.spec_replicas, ready, seen.arrival_rate, seen.processing_rate, total)
    return (*weir.looks[1 - LOOKS_MAX :], look)
