"""The worker's rows of the metrics table, connected to what it counts.

Counters and histograms of batches are touched once per batch; gauges read the worker's own numbers at scrape; the
end-to-end histogram takes a second's worth of events at once, which prometheus_client's own has no way to do.
"""

from collections.abc import Iterable, Sequence
from functools import partial
from importlib.metadata import PackageNotFoundError, version

import numpy as np
from numpy.typing import ArrayLike, NDArray
from prometheus_client import CollectorRegistry
from prometheus_client.core import HistogramMetricFamily
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
        self.processed = metrics.counter("worker_events_processed_total", registry)
        self.committed = metrics.counter("worker_events_committed_total", registry)
        self.dead_letters = metrics.counter("worker_dead_letter_total", registry)
        self.late_events = metrics.counter("worker_late_events_total", registry)
        self.batch_duration = metrics.histogram("worker_batch_duration_seconds", registry)
        self.batch_size = metrics.histogram("worker_batch_size", registry)
        self.commit_latency = metrics.histogram("worker_commit_latency_seconds", registry)
        self.init_seconds = metrics.histogram("worker_init_seconds", registry)
        self.rebalances = metrics.counter("weir_rebalances_total", registry)
        self.rebalance_duration = metrics.histogram("weir_rebalance_duration_seconds", registry)
        self.end_to_end = BulkHistogram("pipeline_end_to_end_latency_seconds")
        self._late_total = 0
        registry.register(self.end_to_end)
        metrics.gauge("weir_build_info", registry).labels(_version()).set(1)
        _read_at_scrape(progress, registry)

    def batch(self, *, events: int, seconds: float) -> None:
        """A slice is done with."""
        self.processed.inc(events)
        self.batch_size.observe(events)
        self.batch_duration.observe(seconds)

    def late(self, total: int) -> None:
        """The handler has left out `total` events so far."""
        self.late_events.inc(total - self._late_total)
        self._late_total = total


class BulkHistogram(Collector):
    """A histogram that counts whole arrays."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._bounds = METRICS[name].buckets
        self._counts: NDArray[np.int64] = np.zeros(len(self._bounds) + 1, dtype=np.int64)
        self._sum = 0.0

    def record_micros(self, micros: ArrayLike) -> None:
        """Add values in microseconds; negative ones count as 1."""
        values, counts = counted(micros)
        places = np.searchsorted(self._bounds, values * MICRO)
        np.add.at(self._counts, places, counts)
        self._sum += float(values @ counts) * MICRO

    def collect(self) -> Iterable[HistogramMetricFamily]:
        """What Prometheus reads."""
        bounds = [*map(str, map(float, self._bounds)), "+Inf"]
        buckets: Sequence[tuple[str, float]] = list(zip(bounds, self._counts.cumsum().tolist(), strict=True))
        yield HistogramMetricFamily(self._name, METRICS[self._name].help, buckets=buckets, sum_value=self._sum)


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
