"""Each worker: what it does, what it costs, how its group moves."""

from dashboards.grafana.common import EVENTS, EVENTS_PER_SECOND, VARIABLES, WORKER, WORKER_LABELS
from dashboards.grafana.panels import Board, Json, Panel, Query

PHASES: tuple[Json, ...] = (
    {
        "type": "value",
        "options": {
            "1": {"text": "here", "color": "#009e73"},
        },
    },
)
EXPLORE = (
    "/explore?left=%7B%22datasource%22:%22loki%22,%22queries%22:%5B%7B%22refId%22:%22A%22,%22expr%22:"
    "%22%7Bservice%3D%5C%22worker%5C%22,worker%3D%5C%22${__field.labels.worker}%5C%22%7D%22%7D%5D%7D"
)
"""Its lines, where the profile `logs` runs."""


def each(expression: str, title: str, description: str, unit: str, **more: object) -> Panel:
    """One series for each worker."""
    return Panel(
        title=title,
        description=description,
        unit=unit,
        link=EXPLORE,
        queries=(Query(expr=expression, legend="{{worker}}"),),
        **more,  # type: ignore[arg-type]  # whatever else a panel has
    )


def quantile(share: float, metric: str) -> str:
    """Of a histogram, over a minute, for each worker."""
    return f"histogram_quantile({share}, sum by (worker, le) (rate({metric}_bucket{{{WORKER_LABELS}}}[1m])))"


BOARD = Board(
    uid="weir-workers",
    title="Weir: workers",
    description="Each worker: what it does, what it costs, how its group moves.",
    variables=(*VARIABLES, WORKER),
    rows=(
        (
            "Life",
            (
                Panel(
                    kind="state-timeline",
                    width=24,
                    title="Phases",
                    unit="none",
                    mappings=PHASES,
                    minimum=None,
                    description="From starting to ready to draining. Many that start at the same time are what a storm is made of.",
                    link=EXPLORE,
                    queries=(Query(expr=f"worker_phase{{{WORKER_LABELS}}} == 1", legend="{{worker}} {{phase}}"),),
                ),
                each(
                    f"worker_ready{{{WORKER_LABELS}}}",
                    "Ready",
                    "1 while a worker consumes.",
                    "none",
                    maximum=1,
                ),
                each(
                    f"worker_assigned_partitions{{{WORKER_LABELS}}}",
                    "Partitions",
                    "How many each owns. Uneven: some have more to do than others. 0 for long: more workers than partitions.",
                    "none",
                ),
            ),
        ),
        (
            "Work",
            (
                each(
                    f"rate(worker_events_processed_total{{{WORKER_LABELS}}}[1m])",
                    "Processed",
                    "Events that each worker's handler finished.",
                    EVENTS_PER_SECOND,
                    stacked=True,
                ),
                each(
                    f"worker_busy_ratio{{{WORKER_LABELS}}}",
                    "Busy",
                    "Share of the time spent processing. At 1 it cannot do more.",
                    "percentunit",
                    maximum=1,
                ),
                each(
                    quantile(0.99, "worker_batch_duration_seconds"),
                    "Batch duration, p99",
                    "How long the handler takes for one batch.",
                    "s",
                ),
                each(
                    quantile(0.99, "worker_commit_latency_seconds"),
                    "Commit latency, p99",
                    "How long Kafka takes to accept an offset.",
                    "s",
                ),
            ),
        ),
        (
            "Strain",
            (
                Panel(
                    title="CPU by what for",
                    unit="suffix: cores",
                    stacked=True,
                    description="All workers of the group together: cold starts, and the work itself.",
                    queries=(
                        Query(
                            expr='sum(consumergroup_part:autoscaler_worker_cpu_seconds:rate1m{consumergroup=~"$group",part="init"})',
                            legend="starting",
                            colour="init",
                        ),
                        Query(
                            expr='sum(consumergroup_part:autoscaler_worker_cpu_seconds:rate1m{consumergroup=~"$group",part="work"})',
                            legend="working",
                            colour="work",
                        ),
                    ),
                ),
                each(
                    f"event_loop_lag_seconds{{{WORKER_LABELS}}}",
                    "Event loop delay",
                    "Worst delay of a timer. Above a second heartbeats are about to be missed.",
                    "s",
                    limit=1,
                ),
                each(
                    f"increase(weir_rebalances_total{{{WORKER_LABELS}}}[5m])",
                    "Rebalances in five minutes",
                    "Each keeps the group from consuming for a while.",
                    "none",
                ),
                each(
                    f"rate(weir_rebalance_duration_seconds_sum{{{WORKER_LABELS}}}[5m])",
                    "Time without an assignment",
                    "Share of the time that rebalances took.",
                    "percentunit",
                ),
                Panel(
                    title="Cold start, p95",
                    unit="s",
                    description="How long the workers that there are took to start.",
                    queries=(
                        Query(
                            expr=f"histogram_quantile(0.95, sum by (le) (worker_init_seconds_bucket{{{WORKER_LABELS}}}))",
                            legend="p95",
                            colour="init",
                        ),
                    ),
                ),
                Panel(
                    title="Dead letters in ten minutes",
                    unit=EVENTS,
                    description="Events that were given up, by reason. Anything above 0 deserves a look.",
                    queries=(
                        Query(
                            expr='sum by (reason) (group_reason:worker_dead_letter:increase10m{group=~"$group"}) or vector(0)',
                            legend="{{reason}}",
                            colour=None,
                        ),
                    ),
                ),
            ),
        ),
    ),
)
