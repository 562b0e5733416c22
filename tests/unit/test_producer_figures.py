"""Figures add up, travel as text, and show the same on every surface."""

import json
from collections import Counter

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from contract.histogram import LatencyHistogram
from contract.ledger import PartitionAccount, ProducerAccount
from contract.metrics import METRICS
from producer.collector import FiguresCollector
from producer.figures import Figures
from producer.latencies import Latencies, LatencyFigures
from producer.summary import progress_line, summary_rows
from tests.promtool import lint, needs_promtool


class Clock:
    """Moves by hand."""

    now = 100.0

    def __call__(self) -> float:
        """Seconds."""
        return self.now


def latency(*seconds: float) -> LatencyFigures:
    """One event of each duration."""
    latencies = Latencies(Clock())
    for one in seconds:
        latencies.record(one, 1)
    return latencies.figures()


def figures(factor: int = 1, **changes: object) -> Figures:
    """Every number is different."""
    values = {
        "topic": "events",
        "process_ids": (100 + factor,),
        "start_us": 1_000_000,
        "elapsed_seconds": 2.0 * factor,
        "finished": True,
        "planned": 10 * factor,
        "sent": 9 * factor,
        "acknowledged": 6 * factor,
        "errors": {"Timeout": 2 * factor, f"Only{factor}": 1},
        "late": 4 * factor,
        "value_bytes": 2_000 * factor,
        "buffered_bytes": 300 * factor,
        "cpu_seconds": 0.5 * factor,
        "rss_bytes": 7_000 * factor,
        "loop_lag_seconds": 0.001 * factor,
        "delay": latency(0.002 * factor, 0.2),
        "publish": latency(0.01),
    }
    return Figures(**(values | changes))  # type: ignore[arg-type]  # a table of values


def test_figures_survive_the_way_to_the_parent() -> None:
    """As JSON."""
    original = figures()
    returned = Figures.from_values(json.loads(json.dumps(original.to_values())))
    assert returned.to_values() == original.to_values()
    assert returned.status() == original.status()


def test_two_processes_add_up() -> None:
    """Counts and resources as sums, times as the worst, errors by name."""
    both = Figures.merged([figures(1), figures(2)])
    assert (both.planned, both.sent, both.acknowledged, both.late) == (30, 27, 18, 12)
    assert both.errors == {"Timeout": 6, "Only1": 1, "Only2": 1}
    assert both.failed == 8
    assert (both.elapsed_seconds, both.cpu_seconds, both.process_ids) == (4.0, 1.5, (101, 102))
    assert both.delay.recent.count == 4
    assert sum(both.delay.buckets) == 4
    assert both.delay.sum_seconds == pytest.approx(0.406)


def test_the_whole_is_finished_when_all_are() -> None:
    """And connected when all are."""
    both = Figures.merged([figures(), figures(2, finished=False, start_us=None)])
    assert (both.finished, both.start_us) == (False, None)


def test_the_status_page_has_percentiles() -> None:
    """None, not 0, before anything was sent."""
    assert figures().status().schedule_delay_seconds["max"] == pytest.approx(0.2, rel=0.01)
    silent = figures(delay=LatencyFigures.nothing()).status()
    assert set(silent.schedule_delay_seconds.values()) == {None}


def test_prometheus_sees_every_producer_metric() -> None:
    """By the names of the table, histograms cumulative."""
    registry = CollectorRegistry()
    registry.register(FiguresCollector(figures))
    families = {family.name: family for family in text_string_to_metric_families(generate_latest(registry).decode())}
    of_producer = {name for name in METRICS if name.startswith("producer_")}
    assert {name.removesuffix("_total") for name in of_producer} <= set(families)
    failed = {sample.labels["error"]: sample.value for sample in families["producer_events_failed"].samples}
    assert failed == {"Timeout": 2, "Only1": 1}
    delay = {s.labels.get("le"): s.value for s in families["producer_schedule_delay_seconds"].samples if s.labels}
    assert (delay["0.001"], delay["0.0025"], delay["0.25"], delay["+Inf"]) == (0, 1, 2, 2)


@needs_promtool
def test_promtool_has_nothing_to_say_of_a_producers_page() -> None:
    registry = CollectorRegistry()
    registry.register(FiguresCollector(figures))
    assert lint(generate_latest(registry)) == ""


def test_recent_latencies_forget_and_totals_do_not() -> None:
    """Recent are those of the last five to ten seconds."""
    clock = Clock()
    latencies = Latencies(clock)
    counts = []
    for _ in range(4):
        latencies.record(0.1, 10)
        clock.now += 4.0
        counts.append(latencies.figures().recent.count)
    clock.now += 60.0
    assert counts == [10, 20, 30, 20]
    assert latencies.figures().recent.count == 0
    assert latencies.total().count == 40
    assert latencies.figures().buckets[6] == 40


def test_a_progress_line_tells_rates_and_troubles() -> None:
    """Nothing is said of what did not happen."""
    line = progress_line(figures(1), figures(2))
    assert "planned 5/s" in line
    assert "late 8" in line
    assert "failed 5" in line
    quiet = progress_line(figures(1), figures(2, late=0, errors={}))
    assert "late" not in quiet
    assert "failed" not in quiet


def test_the_summary_names_every_outcome() -> None:
    """And each error."""
    empty = LatencyHistogram().encode()
    account = ProducerAccount(
        topic="events",
        started_us=0,
        ended_us=2_000_000,
        complete=False,
        planned=10,
        sent=9,
        acknowledged=6,
        failed=2,
        unknown=1,
        late=3,
        unsent=1,
        value_bytes=1_000_000,
        errors=dict(Counter(Timeout=2)),
        schedule_delay=empty,
        publish_latency=empty,
        cpu_seconds=1.0,
        rss_bytes_max=1 << 20,
        partitions=(PartitionAccount(pid=0, partition=0, planned=10, sent=9, acknowledged=6, failed=2, unknown=1),),
    )
    rows = dict(summary_rows(account))
    assert rows["complete"] == "no"
    assert rows["acknowledged rate"] == "3 events/s"
    assert rows["value rate"] == "0.5 MB/s"
    assert rows["failed: Timeout"] == "2"
    assert rows["schedule delay p50 / p99 / max"] == "- / - / -"
