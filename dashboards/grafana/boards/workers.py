"""Each worker: what it does, what it costs, how its group moves."""

from typing import Any

from dashboards.grafana.common import CORES, EVENTS, EVENTS_PER_SECOND, VARIABLES, WORKER, WORKER_LABELS
from dashboards.grafana.panels import COLOURS, Board, Panel, series

HERE = ({"type": "value", "options": {"1": {"text": "in this phase", "color": COLOURS["processed"]}}},)
LOG = (
    "/explore?left=%7B%22datasource%22:%22loki%22,%22queries%22:%5B%7B%22refId%22:%22A%22,%22expr%22:"
    "%22%7Bservice%3D%5C%22worker%5C%22,worker%3D%5C%22${__field.labels.worker}%5C%22%7D%22%7D%5D%7D"
)
"""Its lines, where the profile `logs` runs."""


def each(title: str, description: str, unit: str, expression: str, **more: Any) -> Panel:
    """One series for each worker, with a way to its log."""
    return series(title, description, unit, expression, "{{worker}}", link=LOG, **more)


def of(metric: str, labels: str = "") -> str:
    """Of the chosen workers."""
    return f"{metric}{{{WORKER_LABELS}{labels}}}"


def rate(metric: str, labels: str = "") -> str:
    """By worker, mean of a minute."""
    return f"rate({of(metric, labels)}[1m])"


def quantile(share: float, metric: str) -> str:
    """Of a histogram, over a minute, for each worker."""
    return f"histogram_quantile({share}, sum by (worker, le) ({rate(metric + '_bucket')}))"


LIFE = (
    series(
        "Phases", "From starting to ready to draining. Many that start at once are what a storm is made of.", "none",
        f"{of('worker_phase')} == 1", "{{worker}} {{phase}}",
        kind="state-timeline", width=24, minimum=None, mappings=HERE, link=LOG,
    ),
    each("Ready", "1 while a worker consumes.", "none", of("worker_ready"), maximum=1),
    each(
        "Partitions", "How many each owns. 0 for long: there are more workers than partitions.", "none",
        of("worker_assigned_partitions"),
    ),
)  # fmt: skip
WORK = (
    each(
        "Processed", "Events that each worker's handler finished.", EVENTS_PER_SECOND,
        rate("worker_events_processed_total"), stacked=True,
    ),
    each(
        "Busy", "Share of the time spent processing. At 1 it cannot do more.", "percentunit",
        of("worker_busy_ratio"), maximum=1,
    ),
    each(
        "Batch duration, p99", "How long the handler takes for one batch.", "s",
        quantile(0.99, "worker_batch_duration_seconds"),
    ),
    each(
        "Commit latency, p99", "How long Kafka takes to accept an offset.", "s",
        quantile(0.99, "worker_commit_latency_seconds"),
    ),
)  # fmt: skip
STRAIN = (
    each(
        "CPU of starting", "Cores for the cold start. Of many at once: an init storm.", CORES,
        rate("worker_cpu_seconds_total", ',part="init"'), stacked=True,
    ),
    each(
        "CPU of working", "Cores for the work itself.", CORES,
        rate("worker_cpu_seconds_total", ',part="work"'), stacked=True,
    ),
    each(
        "Event loop delay", "Worst delay of a timer. Above a second heartbeats are about to be missed.", "s",
        of("event_loop_lag_seconds"), limit=1,
    ),
    series(
        "Cold start, p95", "How long the workers that there are took to start.", "s",
        f"histogram_quantile(0.95, sum by (le) ({of('worker_init_seconds_bucket')}))", "p95",
    ),
    each(
        "Rebalances in five minutes", "Each keeps the group from consuming for a while.", "none",
        f"increase({of('weir_rebalances_total')}[5m])",
    ),
    each(
        "Time without an assignment", "Share of the time that rebalances took.", "percentunit",
        f"rate({of('weir_rebalance_duration_seconds_sum')}[5m])",
    ),
    each(
        "Dead letters", "Events that were given up. Anything above 0 deserves a look.", EVENTS_PER_SECOND,
        f"sum by (worker) ({rate('worker_dead_letter_total')}) or sum by (worker) ({of('worker_ready')}) * 0",
    ),
    series(
        "Dead letters in ten minutes, by reason", "The same with those of workers that have gone.", EVENTS,
        'sum by (reason) (group_reason:worker_dead_letter:increase10m{group=~"$group"}) or vector(0)', "{{reason}}",
    ),
)  # fmt: skip
BOARD = Board(
    uid="weir-workers",
    title="Weir: workers",
    description="Each worker: what it does, what it costs, how its group moves.",
    variables=(*VARIABLES, WORKER),
    rows=(("Life", LIFE), ("Work", WORK), ("Strain", STRAIN)),
)
