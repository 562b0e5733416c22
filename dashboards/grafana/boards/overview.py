"""The story on one screen: what arrives, whether it waits, and how many workers there are and should be."""

from dashboards.grafana.common import (
    CORES,
    EVENTS,
    EVENTS_PER_SECOND,
    GROUP,
    TOPIC,
    VARIABLES,
    WORKERS,
    annotation,
    of_autoscalers,
    of_group,
)
from dashboards.grafana.panels import COLOURS, Board, Json, Panel, Query, series, stat

TIME_LAG = f"kafka_consumergroup_lag_seconds{{{GROUP},{TOPIC}}}"
LAG = f"kafka_consumergroup_lag_sum{{{GROUP},{TOPIC}}}"
ARRIVING = f"sum(topic:kafka_topic_partition_current_offset:rate1m{{{TOPIC}}})"
PROCESSED = f"sum(consumergroup_topic:kafka_consumergroup_current_offset:rate1m{{{GROUP},{TOPIC}}})"
PLANNED = 'sum(rate(producer_events_planned_total{run=~"$run"}[1m]))'
_READY = of_group('autoscaler_actual_replicas{state="ready"}')
READY = f"sum({_READY})"
ROLLING = of_group('autoscaler_rollout_phase{phase=~"progressing|stalled"}', "phase")
SLO = f"max(consumergroup_topic:autoscaler_slo_time_lag_seconds:max{{{GROUP}}})"


def cpu(part: str) -> str:
    """Cores that workers use for that."""
    return f'sum(consumergroup_part:autoscaler_worker_cpu_seconds:rate1m{{{GROUP},part="{part}"}})'


def yes_no(*, good: bool) -> tuple[Json, ...]:
    """Words and colours for 1 and 0; `good` = 1 is as it should be."""
    no, yes = (COLOURS["failed"], COLOURS["processed"])[:: 1 if good else -1]
    return ({"type": "value", "options": {"0": {"text": "no", "color": no}, "1": {"text": "yes", "color": yes}}},)


def decided(direction: str) -> str:
    """Decisions of the last seconds that moved the number that way."""
    moved = of_autoscalers(f'increase(autoscaler_decisions_total{{direction="{direction}"}}[15s])')
    return f"sum by (reason) ({moved}) > 0"


NOW = (
    stat(
        "Time lag", "Age of the oldest event that is not committed. Red above the usual SLO.", "s",
        f"max({TIME_LAG})", limit=30,
    ),
    stat("Lag", "Events that are in Kafka and not committed.", EVENTS, f"sum({LAG})"),
    stat("Arriving", "Events that enter the topic, mean of a minute.", EVENTS_PER_SECOND, ARRIVING),
    stat("Workers ready", "Workers that consume.", WORKERS, READY),
    stat(
        "Init storm", "Whether starting workers starve those that work. Look at CPU below.", "none",
        f"max({of_group('autoscaler_storm_suspected')})", mappings=yes_no(good=False),
    ),
    stat(
        "Leader", "Whether an autoscaler acts. Without one workers are neither scaled nor healed.", "none",
        f"max(consumergroup_topic:autoscaler_leader:sum{{{GROUP}}})", mappings=yes_no(good=True),
    ),
)  # fmt: skip
FLOW = (
    Panel(
        title="Rates",
        unit=EVENTS_PER_SECOND,
        description="Planned by the producer, arriving in Kafka, committed by workers. They should lie on each other.",
        queries=(
            Query(expr=PLANNED, legend="planned", colour="neutral", dashed=True),
            Query(expr=ARRIVING, legend="arriving", colour="produced"),
            Query(expr=PROCESSED, legend="processed", colour="processed"),
        ),
    ),
    Panel(
        title="Replicas",
        unit=WORKERS,
        description="Desired above needed is waste, ready below needed makes lag. Marks are decisions.",
        queries=(
            Query(expr=f"sum({of_group('autoscaler_desired_replicas')})", legend="desired", colour="desired"),
            Query(expr=READY, legend="ready", colour="processed"),
            Query(
                expr=f"sum({of_group('autoscaler_needed_replicas')})", legend="needed", colour="neutral", dashed=True
            ),
        ),
    ),
    Panel(
        title="Time lag",
        unit="s",
        description="Age of the oldest event that is not committed, and the SLO as the alerts have it.",
        queries=(
            Query(expr=f"max by (consumergroup) ({TIME_LAG})", legend="{{consumergroup}}"),
            Query(expr=SLO, legend="SLO", colour="failed", dashed=True),
        ),
    ),
    series(
        "Lag", "Events that wait. Rising while the number of workers is at its maximum is the alarm.", EVENTS,
        f"sum by (consumergroup) ({LAG})", "{{consumergroup}}",
    ),
    Panel(
        title="CPU of workers",
        unit=CORES,
        stacked=True,
        description="What starting costs beside what working costs. Much of the first, little of the second: a storm.",
        queries=(
            Query(expr=cpu("init"), legend="starting", colour="starting"),
            Query(expr=cpu("work"), legend="working", colour="processed"),
        ),
    ),
    series(
        "End-to-end latency", "From the moment the schedule planned an event until it was processed.", "s",
        'max by (group) (group:pipeline_end_to_end_latency_seconds:p99_1m{group=~"$group"})', "p99 {{group}}",
    ),
)  # fmt: skip
BOARD = Board(
    uid="weir-overview",
    title="Weir: overview",
    description="What arrives, whether it waits, and how many workers there are and should be.",
    variables=VARIABLES,
    annotations=(
        annotation("Scale up", decided("up"), "more workers: {{reason}}", COLOURS["desired"]),
        annotation("Scale down", decided("down"), "fewer workers: {{reason}}", COLOURS["neutral"]),
        annotation("Rollout", f"{ROLLING} == 1", "rollout {{phase}}", COLOURS["lag"]),
    ),
    rows=(("Now", NOW), ("Flow", FLOW)),
)
