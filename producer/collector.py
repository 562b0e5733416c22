"""The producer's figures as Prometheus metrics, made when they are scraped and not before."""

from collections.abc import Callable, Iterator
from itertools import accumulate

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from contract.metrics import LATENCY_BUCKETS, METRICS
from producer.figures import Figures
from producer.latencies import LatencyFigures

COUNTERS = {
    "producer_events_planned_total": "planned",
    "producer_events_sent_total": "sent",
    "producer_events_acked_total": "acknowledged",
    "producer_events_late_total": "late",
    "producer_bytes_total": "value_bytes",
}
GAUGES = {"producer_buffered_bytes": "buffered_bytes", "event_loop_lag_seconds": "loop_lag_seconds"}
HISTOGRAMS = {"producer_schedule_delay_seconds": "delay", "producer_ack_latency_seconds": "publish"}
FAILED = "producer_events_failed_total"


class FiguresCollector(Collector):
    """Names and help texts are those of contract.metrics."""

    def __init__(self, figures: Callable[[], Figures]) -> None:
        self._figures = figures

    def collect(self) -> Iterator[Metric]:
        """All metrics of a producer."""
        figures = self._figures()
        for name, field in COUNTERS.items():
            yield CounterMetricFamily(name, METRICS[name].help, value=getattr(figures, field))
        for name, field in GAUGES.items():
            yield GaugeMetricFamily(name, METRICS[name].help, value=getattr(figures, field))
        for name, field in HISTOGRAMS.items():
            yield _histogram(name, getattr(figures, field))
        failed = CounterMetricFamily(FAILED, METRICS[FAILED].help, labels=METRICS[FAILED].labels)
        for error, events in figures.errors.items():
            failed.add_metric([error], events)
        yield failed

    def describe(self) -> Iterator[Metric]:
        """Nothing is asked at registration: there are no figures yet."""
        return iter(())


def _histogram(name: str, latency: LatencyFigures) -> HistogramMetricFamily:
    bounds = [*map(str, LATENCY_BUCKETS), "+Inf"]
    buckets = list(zip(bounds, accumulate(latency.buckets), strict=True))
    return HistogramMetricFamily(name, METRICS[name].help, buckets=buckets, sum_value=latency.sum_seconds)
