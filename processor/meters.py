"""The worker's rows of the metrics table, connected to what it counts.

Gauges, and the counter of events, read the worker's own numbers at scrape.  What is touched once per batch has a
histogram of ours: prometheus_client's own takes 3 µs a value, some percent of a small batch, and cannot take the
latencies of a second's events at once.
"""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from itertools import accumulate

import numpy as np
from numpy.typing import ArrayLike
from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily
from prometheus_client.registry import Collector

from contract import metrics
from contract.histogram import counted
from contract.metrics import METRICS
from contract.worker import WorkerPhase
from processor.progress import Progress

MICRO = 1e-6


class Meters:
    """The Prometheus side of one worker."""

    def __init__(self, progress: Progress) -> None:
        self.registry = registry = CollectorRegistry()
        self.committed = metrics.counter("worker_events_committed_total", registry)
        self.dead_letters = metrics.counter("worker_dead_letter_total", registry)
        self.late_events = metrics.counter("worker_late_events_total", registry)
        self.batch_duration = BulkHistogram("worker_batch_duration_seconds")
        self.batch_size = BulkHistogram("worker_batch_size")
        self.commit_latency = metrics.histogram("worker_commit_latency_seconds", registry)
        self.init_seconds = metrics.histogram("worker_init_seconds", registry)
        self.rebalances = metrics.counter("weir_rebalances_total", registry)
        self.rebalance_duration = metrics.histogram("weir_rebalance_duration_seconds", registry)
        self.end_to_end = BulkHistogram("pipeline_end_to_end_latency_seconds")
        self._late_total = 0
        for own in (self.end_to_end, self.batch_duration, self.batch_size, _Counted(progress)):
            registry.register(own)
        metrics.gauge("weir_build_info", registry).labels(_version()).set(1)
        _read_at_scrape(progress, registry)

    def batch(self, *, events: int, seconds: float) -> None:
        """A slice is done with."""
        self.batch_size.observe(events)
        self.batch_duration.observe(seconds)

    def late(self, total: int) -> None:
        """The handler has left out `total` events so far."""
        if total != self._late_total:
            self.late_events.inc(total - self._late_total)
            self._late_total = total


class BulkHistogram(Collector):
    """A histogram that counts single values cheaply, and whole arrays at once."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._bounds = METRICS[name].buckets
        self._counts = [0] * (len(self._bounds) + 1)
        self._sum = 0.0

    def observe(self, value: float) -> None:
        """Add one value in the metric's unit."""
        self._counts[bisect_left(self._bounds, value)] += 1
        self._sum += value

    def record_micros(self, micros: ArrayLike) -> None:
        """Add values in microseconds to a metric in seconds; negative ones count as 1."""
        values, counts = counted(micros)
        added = np.zeros(len(self._counts), dtype=np.int64)
        np.add.at(added, np.searchsorted(self._bounds, values * MICRO), counts)
        self._counts = [old + new for old, new in zip(self._counts, added.tolist(), strict=True)]
        self._sum += float(values @ counts) * MICRO

    def collect(self) -> Iterable[HistogramMetricFamily]:
        """What Prometheus reads."""
        bounds = [*map(str, map(float, self._bounds)), "+Inf"]
        buckets: Sequence[tuple[str, float]] = list(zip(bounds, accumulate(self._counts), strict=True))
        yield HistogramMetricFamily(self._name, METRICS[self._name].help, buckets=buckets, sum_value=self._sum)


class _Counted(Collector):
    """Counters that are read where they are kept anyway."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress

    def collect(self) -> Iterable[CounterMetricFamily]:
        name = "worker_events_processed_total"
        yield CounterMetricFamily(name, METRICS[name].help, value=self._progress.processed_events)
        name = "worker_cpu_seconds_total"
        cpu = CounterMetricFamily(name, METRICS[name].help, labels=METRICS[name].labels)
        init, work = self._progress.cpu_seconds()
        cpu.add_metric(["init"], init)
        cpu.add_metric(["work"], work)
        yield cpu


def _read_at_scrape(progress: Progress, registry: CollectorRegistry) -> None:
    life = progress.life
    metrics.gauge("worker_ready", registry).set_function(lambda: life.phase is WorkerPhase.READY)
    metrics.gauge("worker_busy_ratio", registry).set_function(lambda: _known(progress.rates().busy_ratio))
    metrics.gauge("worker_assigned_partitions", registry).set_function(lambda: len(progress.assignment))
    metrics.gauge("event_loop_lag_seconds", registry).set_function(lambda: _known(progress.event_loop_delay_seconds()))
    phases = metrics.gauge("worker_phase", registry)
    for phase in WorkerPhase:
        phases.labels(phase.value).set_function(partial(_is_in, progress, phase))


def _is_in(progress: Progress, phase: WorkerPhase) -> float:
    return float(progress.life.phase is phase)


def _known(value: float | None) -> float:
    """Prometheus has no null; NaN is its word for "not measured"."""
    return float("nan") if value is None else value


def _version() -> str:
    try:
        return version("weir")
    except PackageNotFoundError:
        return "source"  # run from a folder, without having been installed
