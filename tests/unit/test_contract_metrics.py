"""The metrics table keeps Prometheus' rules, and every row of it can be made."""

import re

import pytest
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from contract.metrics import METRICS, Metric, counter, gauge, histogram, make
from tests.promtool import lint, needs_promtool

BASE_UNITS = ("seconds", "bytes", "ratio", "total", "info")
OTHER_UNITS = ("milliseconds", "millis", "ms", "micros", "us", "minutes", "kb", "kib", "mib", "mb", "percent", "pct")
COUNTS = {  # numbers without a unit
    "worker_batch_size",
    "worker_ready",
    "worker_phase",
    "worker_assigned_partitions",
    "kafka_consumergroup_lag",
    "kafka_consumergroup_members",
    "kafka_consumergroup_current_offset",
    "kafka_topic_partition_current_offset",
    "kafka_topic_partition_oldest_offset",
    "autoscaler_desired_replicas",
    "autoscaler_actual_replicas",
    "autoscaler_needed_replicas",
    "autoscaler_shadow_desired_replicas",
    "autoscaler_step_replicas",
    "autoscaler_policy_min_replicas",
    "autoscaler_policy_max_replicas",
    "autoscaler_metric_value",
    "autoscaler_leader",
    "autoscaler_paused",
    "autoscaler_manual",
    "autoscaler_held",
    "autoscaler_fallback_active",
    "autoscaler_storm_suspected",
    "autoscaler_breaker_open",
    "autoscaler_rollout_phase",
    "autoscaler_event_readers",
}
BOUNDED_LABELS = {
    "error": "Kafka's names of errors",
    "reason": "our reasons, the rules of a policy (64 at most)",
    "phase": "a worker's phases, a rollout's phases",
    "dry_run": "true, false",
    "version": "one",
    "consumergroup": "one",
    "topic": "one",
    "partition": "those of the topic",
    "state": "of a pod: pending, starting, ready, stopping",
    "policy": "the shadows that were named at the start",
    "metric": "our signals",
    "direction": "up, down, none",
    "result": "two",
    "rule": "those of the acting policy and of the guards, in its last decision",
    "kind": "of what happens to workers",
    "part": "of the autoscaler, or of a worker's life",
    "change": "the orders that there are",
}
RESERVED = ("_count", "_sum", "_bucket")  # of histograms and summaries
TYPES = ("gauge", "counter", "histogram", "summary", "untyped")

ROWS = [pytest.param(name, row, id=name) for name, row in METRICS.items()]


@pytest.mark.parametrize(("name", "row"), ROWS)
def test_a_name_follows_the_rules(name: str, row: Metric) -> None:
    """Snake case; `_total` on counters and on nothing else; base units; a unit or a plain count at the end."""
    assert re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", name)
    assert name.endswith("_total") == (row.kind is Counter)
    assert not set(name.split("_")) & set(OTHER_UNITS)
    assert name.rsplit("_", 1)[1] in BASE_UNITS or name in COUNTS


@pytest.mark.parametrize(("name", "row"), ROWS)
def test_a_row_explains_itself_and_its_labels_are_bounded(name: str, row: Metric) -> None:
    assert row.help.endswith("."), name
    assert set(row.labels) <= set(BOUNDED_LABELS), "a label without a bound fills Prometheus: add it with its bound"


@pytest.mark.parametrize(("name", "row"), ROWS)
def test_promtool_would_have_nothing_to_say(name: str, row: Metric) -> None:
    """The rules of Prometheus' linter (promlint) that a name can break; the linter itself is asked below."""
    assert row.help
    assert not name.endswith(RESERVED), "a gauge named so is taken for a part of a histogram"
    assert not set(name.split("_")) & set(TYPES), "the type is no part of a name"
    assert not {"le", "quantile"} & set(row.labels), "labels of histograms and summaries"
    assert len(set(row.labels)) == len(row.labels)


@pytest.mark.parametrize(("name", "row"), ROWS)
def test_buckets_rise_and_belong_to_histograms(name: str, row: Metric) -> None:
    assert bool(row.buckets) == (row.kind is Histogram), name
    assert list(row.buckets) == sorted(set(row.buckets))


def test_all_rows_can_be_made_in_one_registry() -> None:
    """No name is taken twice, not even by the series that counters and histograms add to theirs."""
    registry = CollectorRegistry()
    for name, row in METRICS.items():
        metric = make(name, registry)
        labelled = metric.labels(*["x" for _ in row.labels]) if row.labels else metric
        assert isinstance(labelled, row.kind)
    text = generate_latest(registry).decode()
    assert [name for name in METRICS if f"# HELP {name} " not in text] == []


def test_typed_makers_give_what_they_say() -> None:
    registry = CollectorRegistry()
    assert isinstance(counter("producer_bytes_total", registry), Counter)
    assert isinstance(gauge("worker_ready", registry), Gauge)
    assert isinstance(histogram("worker_init_seconds", registry), Histogram)


def test_a_metric_outside_the_table_cannot_be_made() -> None:
    with pytest.raises(KeyError, match="worker_mood"):
        make("worker_mood", CollectorRegistry())


@needs_promtool
def test_promtool_has_nothing_to_say() -> None:
    """Of every row there is, as a page shows it."""
    registry = CollectorRegistry()
    for name, row in METRICS.items():
        metric = make(name, registry)
        metric = metric.labels(*["x" for _ in row.labels]) if row.labels else metric
        if isinstance(metric, Histogram):
            metric.observe(1)
    assert lint(generate_latest(registry)) == ""


@needs_promtool
def test_promtool_would_say_so_if_there_were() -> None:
    """As of the sum that kafka_exporter has: its name is that of a part of a summary."""
    registry = CollectorRegistry()
    Gauge("kafka_consumergroup_lag_sum", "Sum.", registry=registry)
    assert 'should not have "_sum" suffix' in lint(generate_latest(registry))
