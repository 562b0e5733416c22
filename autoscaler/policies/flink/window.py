"""What Flink's autoscaler collects: a sample at each look, for as long as the metric window is.

The rule is that of the ScalingMetricCollector.  Whenever the job began to run again, after a rescale or a failure, what
was collected before is thrown away.  Samples are taken from then on, but the window begins with the first one after the
stabilisation interval, and nothing is decided until it is full.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from autoscaler.model import FlinkMemory, FlinkSample, Memory, Observation, Rescale, Worker
from autoscaler.policies.flink.down import clear_down
from autoscaler.policies.flink.history import remembered
from autoscaler.policies.flink.options import Aggregator, FlinkOptions
from autoscaler.policies.flink.rates import round_metric
from autoscaler.signals import Signal, read_signal
from contract.worker import WorkerPhase

SAMPLES_MAX = 4_096
"""Bound on the window: a sample a second for more than an hour."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """The window in a few numbers.  None = unknown."""

    at_seconds: float
    """When it ends."""
    input_rate: float | None
    """Events/s consumed, over the window."""
    load: float | None
    """Busy share; unknown also if only the latest sample lacks it: Flink leaves the job out of such a run."""
    observed_rate: float | None
    lag_events: int
    lag_change_rate: float | None


def notice(flink: FlinkMemory, seen: Observation, memory: Memory, options: FlinkOptions) -> FlinkMemory:
    """Take in what happened since the last tick: a rescale by anyone, workers that are lost, the job running again."""
    if flink.replicas is None:
        flink = replace(flink, running_at=_running_since(seen))
    elif flink.replicas != seen.spec_replicas:
        flink = _rescaled(flink, seen, memory)
    if not is_running(seen) and (flink.running_at is not None or flink.rescaled_at is None):
        flink = replace(flink, rescaled_at=seen.at_seconds, running_at=None, samples=())
    if flink.rescaled_at is not None and flink.running_at is None and is_running(seen):
        flink = replace(flink, running_at=seen.at_seconds, rescales=_timed(flink, seen))
    count, age = options.history_max_count, options.history_max_age
    kept = remembered(flink.rescales, at_seconds=seen.at_seconds, max_count=count, max_age=age)
    return replace(flink, replicas=seen.spec_replicas, rescales=kept)


def take_sample(seen: Observation, flink: FlinkMemory, options: FlinkOptions) -> FlinkSample | str:
    """This look's numbers, or what is unknown."""
    lag = read_signal(Signal.TOTAL_LAG, seen)
    if lag.value is None:
        return str(lag.error)
    if seen.processing_rate is None:
        return "the processing rate is unknown"
    return FlinkSample(
        at_seconds=seen.at_seconds,
        lag_events=int(lag.value),
        input_rate=seen.processing_rate,
        load=aggregate_load(seen.workers, options.metrics_busy_time_aggregator),
        observed_rate=_observed(lag.value, seen.processing_rate, flink.samples, options),
    )


def add_sample(
    flink: FlinkMemory, sample: FlinkSample, window_seconds: float, *, stable_at: float = -math.inf
) -> tuple[FlinkMemory, float]:
    """The memory with it, and how many seconds are missing until the window is full (0.0 = it is).

    Samples from before `stable_at` do not fill the window, and are dropped once others do.
    """
    first = next((one.at_seconds for one in flink.samples if one.at_seconds >= stable_at), sample.at_seconds)
    missing = max(0.0, first + window_seconds - sample.at_seconds)
    kept = flink.samples
    if missing == 0 and sample.at_seconds >= stable_at:
        kept = tuple(one for one in kept if one.at_seconds >= sample.at_seconds - window_seconds)
    return replace(flink, samples=(*kept[1 - SAMPLES_MAX :], sample)), missing


def measure(samples: Sequence[FlinkSample], options: FlinkOptions) -> Measured:
    """What the samples say together.  Rates of change need two of them."""
    first, last = samples[0], samples[-1]
    seconds = last.at_seconds - first.at_seconds
    by_counter = options.metrics_busy_time_aggregator is Aggregator.AVG
    load = _over_time(samples, lambda one: one.load) if by_counter else _mean([one.load for one in samples], 1)
    return Measured(
        at_seconds=last.at_seconds,
        input_rate=_over_time(samples, lambda one: one.input_rate),
        load=None if last.load is None else load,
        observed_rate=_mean(
            [sample.observed_rate for sample in samples], options.observed_true_processing_rate_min_observations
        ),
        lag_events=last.lag_events,
        lag_change_rate=(last.lag_events - first.lag_events) / seconds if seconds > 0 else None,
    )


def aggregate_load(workers: Sequence[Worker], how: Aggregator) -> float | None:
    """The busy share of the workers that take part and report one; None if none does.

    Rounded as Flink's metric is; for AVG Flink has a counter instead, which is not.
    """
    shares = [worker.busy_ratio for worker in workers if takes_part(worker) and worker.busy_ratio is not None]
    if not shares:
        return None
    if how is Aggregator.AVG:
        return sum(shares) / len(shares)
    return round_metric(max(shares) if how is Aggregator.MAX else min(shares))


def ready_count(seen: Observation) -> int:
    """How many workers take part."""
    return sum(takes_part(worker) for worker in seen.workers)


def is_running(seen: Observation) -> bool:
    """Whether the job runs: there are workers, and all that are wanted take part."""
    return ready_count(seen) >= max(1, seen.spec_replicas)


def takes_part(worker: Worker) -> bool:
    """Whether the worker consumes: by Weir's own phase, or by its Ready condition where that is unknown."""
    if worker.deleted:
        return False
    return worker.phase is WorkerPhase.READY if worker.phase is not None else worker.ready is True


def _rescaled(flink: FlinkMemory, seen: Observation, memory: Memory) -> FlinkMemory:
    """What is left after a rescale: when it began, and what earlier ones taught.

    One of our own is remembered with them, and only that one ends the wait to go down.
    """
    last, now = memory.last_scaled_at, seen.at_seconds
    recent = last is not None and flink.looked_at is not None and last >= flink.looked_at
    own = flink.pending if flink.pending is not None and flink.pending.after == seen.spec_replicas else None
    if own is not None:
        flink = replace(clear_down(flink), rescales=(*flink.rescales, own))
    return FlinkMemory(
        rescaled_at=last if recent else now,
        down_began_at=flink.down_began_at,
        down_recommendations=flink.down_recommendations,
        rescales=flink.rescales,
    )


def _running_since(seen: Observation) -> float | None:
    """When the last of the workers became ready, for a job that runs at first sight; None = not known."""
    changed = [worker.ready_changed_at for worker in seen.workers if takes_part(worker)]
    known = [at for at in changed if at is not None]
    return max(known) if known and len(known) == len(changed) and is_running(seen) else None


def _observed(lag_events: float, rate: float, before: Sequence[FlinkSample], options: FlinkOptions) -> float | None:
    """The rate itself while there is a backlog to keep all busy; else the average of those seen before, if enough."""
    if rate <= 0:
        return None
    if lag_events >= options.observed_true_processing_rate_lag_threshold * rate:
        return round_metric(rate)
    enough = options.observed_true_processing_rate_min_observations
    average = _mean([sample.observed_rate for sample in before], enough)
    return None if average is None else round_metric(average)


def _timed(flink: FlinkMemory, seen: Observation) -> tuple[Rescale, ...]:
    """The rescales, the last of them with the time it took, if it is the one that has just ended."""
    if not flink.rescales or flink.rescaled_at is None:
        return flink.rescales
    *before, last = flink.rescales
    if last.restart_seconds is not None or last.after != seen.spec_replicas:
        return flink.rescales
    return (*before, last._replace(restart_seconds=seen.at_seconds - flink.rescaled_at))


def _over_time(samples: Sequence[FlinkSample], value: Callable[[FlinkSample], float | None]) -> float | None:
    """As a counter would have it: each sample's value holds for the time since the one before."""
    pairs = [(after.at_seconds - before.at_seconds, value(after)) for before, after in pairwise(samples)]
    known = [(seconds, rate) for seconds, rate in pairs if rate is not None]
    total = sum(seconds for seconds, _ in known)
    return sum(seconds * rate for seconds, rate in known) / total if total > 0 else None


def _mean(values: Sequence[float | None], at_least: int) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if len(known) >= at_least else None
