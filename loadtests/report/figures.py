"""The main figures of a run: where each stands in a Summary, its words, its unit, and which direction is good.

Text, HTML and comparison all read this one table, so a figure has the same name everywhere.  A new figure of
`loadtests.score.Summary` is one row here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from loadtests.report.units import Unit
from loadtests.score import Summary

Direction = Literal["higher", "lower"]
Role = Literal["producer", "workers", "broker"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """`name` is the short one for conditions, `path` the dotted one into the Summary; `better` None = neither."""

    name: str
    path: str
    label: str
    unit: Unit
    better: Direction | None


def flatten(summary: Summary) -> dict[str, float]:
    """Every number of a summary by its dotted path, yes and no as 1 and 0; what was not measured is left out."""
    return dict(_leaves(summary.model_dump(mode="json"), ""))


def _leaves(value: Any, path: str) -> list[tuple[str, float]]:
    if isinstance(value, Mapping):
        return [leaf for name, part in value.items() for leaf in _leaves(part, f"{path}.{name}" if path else name)]
    return [(path, float(value))] if isinstance(value, int | float) else []


LATENCY_LABELS = {"schedule_delay": "schedule delay", "publish": "publish", "end_to_end": "end-to-end"}
PERCENTILE_NAMES = {"p50": "p50", "p90": "p90", "p99": "p99", "p99.9": "p999", "max": "max"}
ROLE_NAMES: dict[Role, str] = {"producer": "producer", "workers": "worker", "broker": "broker"}


def _row(name: str, label: str, unit: Unit, better: Direction | None = "lower", *, path: str = "") -> Figure:
    return Figure(name=name, path=path or name, label=label, unit=unit, better=better)


def _latencies() -> tuple[Figure, ...]:
    return tuple(
        _row(f"{kind}_{short}_seconds", f"{label} {percentile}", "ms", path=f"latencies.{kind}.{percentile}")
        for kind, label in LATENCY_LABELS.items()
        for percentile, short in PERCENTILE_NAMES.items()
    )


def _costs(field: str, label: str, unit: Unit) -> tuple[Figure, ...]:
    return tuple(
        _row(f"{short}_{field}", f"{label}: {role}", unit, path=f"costs.{role}.{field}")
        for role, short in ROLE_NAMES.items()
    )


def _elasticity() -> tuple[Figure, ...]:
    rows: tuple[tuple[str, str, Unit, Direction | None], ...] = (
        ("violation_seconds", "SLO violated", "seconds", "lower"),
        ("violation_unknown_seconds", "time lag unknown", "seconds", "lower"),
        ("time_lag_seconds_max", "highest time lag", "seconds", "lower"),
        ("lag_event_seconds", "lag, event-seconds", "count", "lower"),
        ("worker_seconds", "worker-seconds", "count", "lower"),
        ("cost", "cost of workers", "money", "lower"),
        ("needed_replicas_max", "peak needed", "count", None),
        ("desired_replicas_max", "peak desired", "count", None),
        ("replicas_max", "replicas allowed", "count", None),
        ("amplification", "amplification", "times", "lower"),
        ("saturated_at_seconds", "saturated at", "seconds", None),
        ("provisioning.theta_under", "workers missing", "ratio", "lower"),
        ("provisioning.theta_over", "workers idle", "ratio", "lower"),
        ("provisioning.tau_under", "time with too few", "ratio", "lower"),
        ("provisioning.tau_over", "time with too many", "ratio", "lower"),
        ("scale_actions", "scale actions", "count", "lower"),
        ("reversals", "reversals", "count", "lower"),
        ("stopped_partition_seconds", "partition-seconds stopped", "count", "lower"),
        ("init_cpu_share", "CPU of starts", "ratio", "lower"),
        ("probe_kills", "killed by probes", "count", "lower"),
        ("worker_restarts", "restarts", "count", "lower"),
    )
    storm = _row("init_storm", "init storm", "count", path="storm.detected")
    return (
        *(
            _row(path.split(".")[-1], label, unit, better, path=f"elasticity.{path}")
            for path, label, unit, better in rows
        ),
        storm,
    )


FIGURES: tuple[Figure, ...] = (
    _row("planned_rate", "planned", "events/s", None),
    _row("sent_rate", "sent", "events/s", "higher"),
    _row("produced_rate", "produced", "events/s", "higher"),
    _row("processed_rate", "processed", "events/s", "higher"),
    _row("produced_ratio", "produced / planned", "ratio", "higher"),
    _row("processed_ratio", "processed / planned", "ratio", "higher"),
    _row("processed_mb_per_second", "processed volume", "MB/s", "higher"),
    _row("late_events", "sent late", "events"),
    *_latencies(),
    _row("lag_events_max", "highest lag", "events"),
    _row("lag_events_mean", "mean lag", "events"),
    _row("drained_after_seconds", "drained after", "seconds"),
    _row("event_loop_delay_seconds_max", "worst event-loop delay", "ms"),
    _row("rebalances", "rebalances, with the start", "count"),
    *_elasticity(),
    *_costs("cpu_seconds_per_million_events", "CPU s per million", "cpu"),
    *_costs("cores", "cores", "cores"),
    *_costs("rss_bytes_max", "memory", "bytes"),
    _row("lost_events", "lost", "events", path="ledger.lost"),
    _row("repeated_events", "repeated", "events", path="ledger.repeated"),
    _row("out_of_order_events", "out of order", "events", path="ledger.out_of_order"),
    _row("dead_lettered_events", "dead-lettered", "events", path="ledger.dead_lettered"),
    _row("unread_events", "unread", "events", path="ledger.unread"),
)
