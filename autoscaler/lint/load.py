"""What a scenario's load needs at its peak, and what one worker can do: from the numbers that it states."""

import math
from collections.abc import Iterator

from contract.load import Constant, Poisson, Ramp, Shape, Sine, Spike, Steps, Sum, Trace
from contract.scenario import WorkerSpec

MICROS = 1e6


def peak_rate(shape: Shape) -> float | None:
    """The highest rate that the shape may reach, events/s; None for a recording without a stated peak."""
    rates = list(_rates(shape))
    known = [rate for rate in rates if rate is not None]
    if len(known) < len(rates):
        return None
    return sum(known) if isinstance(shape, Sum | Sine) else max(known)


def _rates(shape: Shape) -> Iterator[float | None]:
    match shape:
        case Constant():
            yield shape.rate
        case Steps():
            yield from (step.rate for step in shape.steps)
        case Ramp():
            yield from (shape.from_rate, shape.to_rate)
        case Sine():
            yield from (shape.mean_rate, shape.amplitude_rate)
        case Spike():
            yield from (shape.base_rate, shape.peak_rate)
        case Trace():
            yield shape.peak_rate
        case Poisson():
            yield peak_rate(shape.of)
        case Sum():
            yield from map(peak_rate, shape.shapes)


def worker_rate(worker: WorkerSpec) -> float | None:
    """What one worker does, events/s: as stated, or from the costs of one event; None = only a run can tell.

    Less than a core makes the computing longer, the waiting not.
    """
    if worker.events_per_second is not None:
        return worker.events_per_second
    handler = worker.handler
    micros = handler.cpu_micros / cores(worker) + handler.service_micros
    return MICROS / micros if micros > 0 else None


def init_seconds(worker: WorkerSpec) -> float:
    """How long a start lasts at least before the worker may join the group: with every core that it can use."""
    return worker.init.cpu_seconds / cores(worker, worker.init.threads) + worker.init.wait_seconds


def cores(worker: WorkerSpec, threads: int = 1) -> float:
    """What so many threads may compute on at once: a core each, or the worker's limit if that is less."""
    return min(threads, worker.resources.limits.cpu or threads)


def needed(rate: float, per_worker: float) -> int:
    """Workers that keep up with the rate."""
    return math.ceil(rate / per_worker)
