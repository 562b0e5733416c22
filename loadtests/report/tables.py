"""The tables of the report as rows of ready words: the template and the text renderer only lay them out."""

from loadtests.report.figures import LATENCY_LABELS, PERCENTILE_NAMES, ROLE_NAMES
from loadtests.report.records import RunRecords
from loadtests.report.units import UNMEASURED, bare, percent, show
from loadtests.score import Summary

EVENTS_MAX = 500

Table = list[tuple[str, ...]]


def rates(summary: Summary) -> Table:
    """Planned, sent, produced, processed: rate, share of planned, volume."""
    rows = (
        ("Planned", summary.planned_rate, None),
        ("Sent", summary.sent_rate, None),
        ("Produced", summary.produced_rate, summary.produced_mb_per_second),
        ("Processed", summary.processed_rate, summary.processed_mb_per_second),
    )
    return [
        (name, bare(rate, "events/s"), _share(rate, summary.planned_rate), "" if mb is None else bare(mb, "MB/s"))
        for name, rate, mb in rows
    ]


def asides(summary: Summary) -> Table:
    """Smaller figures of the flow, as pairs of name and value."""
    return [
        ("Sent late", bare(summary.late_events, "events")),
        ("Mean lag", bare(summary.lag_events_mean, "events")),
        ("Rebalances, with the start", show(summary.rebalances, "count")),
        ("Worst event-loop delay", show(summary.event_loop_delay_seconds_max, "ms")),
    ]


def latencies(summary: Summary) -> Table:
    """A row a latency: its name, then the percentiles in milliseconds."""
    return [
        (LATENCY_LABELS[kind].capitalize(), *(bare(latency.get(p), "ms") for p in PERCENTILE_NAMES))
        for kind, latency in summary.latencies.items()
    ]


def costs(summary: Summary) -> Table:
    """A row a role: CPU seconds per million events, cores, memory."""
    return [
        (
            role.capitalize(),
            bare(cost.cpu_seconds_per_million_events, "cpu"),
            UNMEASURED if cost.cores is None else f"{cost.cores:.2f}",
            show(cost.rss_bytes_max, "bytes"),
        )
        for role in ROLE_NAMES
        if (cost := summary.costs.get(role)) is not None
    ]


def ledger(summary: Summary) -> list[tuple[str, str, str, bool]]:
    """Each count of the audit: name, number, what it means, whether it is bad news."""
    audit = summary.ledger
    return [
        (label, f"{getattr(audit, n):,}", meaning, bad and getattr(audit, n) > 0) for n, label, meaning, bad in _LEDGER
    ]


_LEDGER = (
    ("planned", "Planned", "due by the schedule", False),
    ("unsent", "Unsent", "planned, but never handed to Kafka", True),
    ("acknowledged", "Acknowledged", "Kafka said that it has them", False),
    ("failed", "Failed", "Kafka refused them", True),
    ("unknown", "Unknown", "sent, but no answer ever came", True),
    ("in_log", "In the log", "records between the log's first and last offset", False),
    ("processed", "Processed", "offsets that stand in the workers' entries", False),
    ("lost", "Lost", "acknowledged, yet never processed", True),
    ("repeated", "Repeated", "processed more than once", True),
    ("out_of_order", "Out of order", "for their producer and partition", True),
    ("dead_lettered", "Dead-lettered", "given up after their attempts", True),
    ("unread", "Unread", "still waiting at the end", True),
    ("unacknowledged_in_log", "Unacknowledged in the log", "in the log although no acknowledgement arrived", True),
)


def partitions(summary: Summary) -> Table:
    """The audit, a row a partition."""
    names = list(PARTITION_COLUMNS)
    return [(str(p.partition), *(f"{getattr(p, name):,}" for name in names)) for p in summary.ledger.partitions]


PARTITION_COLUMNS = {
    "acknowledged": "Acknowledged",
    "in_log": "In log",
    "processed": "Processed",
    "lost": "Lost",
    "repeated": "Repeated",
    "out_of_order": "Out of order",
    "dead_lettered": "Dead-lettered",
    "unread": "Unread",
}


def happened(records: RunRecords) -> Table:
    """The events of the run in order: second, kind, subject, detail."""
    return [(f"{e.at_seconds:,.1f}", e.kind, e.subject, e.detail) for e in records.events[:EVENTS_MAX]]


def _share(rate: float | None, planned: float | None) -> str:
    return UNMEASURED if rate is None or not planned else percent(rate / planned)
