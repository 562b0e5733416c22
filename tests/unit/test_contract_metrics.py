"""The metrics table keeps Prometheus' rules, and every row of it can be made."""

import re

import pytest
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from contract.metrics import METRICS, Metric, counter, gauge, histogram, make

BASE_UNITS = ("seconds", "bytes", "ratio", "total", "info")
OTHER_UNITS = ("milliseconds", "millis", "ms", "micros", "us", "minutes", "kb", "kib", "mib", "mb", "percent", "pct")
COUNTS = {"worker_batch_size", "worker_ready", "worker_phase", "worker_assigned_partitions"}  # numbers without a unit
BOUNDED_LABELS = {"error", "reason", "phase", "version"}  # Kafka's error names, our reasons, our phases, one version

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
    assert set(row.labels) <= BOUNDED_LABELS, "a label without a bound fills Prometheus: add it here with its bound"


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
