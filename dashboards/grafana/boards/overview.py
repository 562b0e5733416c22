"""The story on one screen: what arrives, whether it waits, and how many workers there are and should be."""

from dashboards.grafana.common import (
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
from dashboards.grafana.panels import COLOURS, Board, Json, Panel, Query

READY = of_group('autoscaler_actual_replicas{state="ready"}')
ROLLING = of_group('autoscaler_rollout_phase{phase=~"progressing|stalled"}', "phase")
GOOD, BAD = COLOURS["processed"], COLOURS["bad"]


def yes_no(*, good: bool) -> tuple[Json, ...]:
    """Words and colours for 1 and 0; `good` = 1 is as it should be."""
    no, yes = (BAD, GOOD) if good else (GOOD, BAD)
    return ({"type": "value", "options": {"0": {"text": "no", "color": no}, "1": {"text": "yes", "color": yes}}},)


def decided(direction: str) -> str:
    """Decisions of the last seconds that moved the number that way."""
    moved = of_autoscalers(f'increase(autoscaler_decisions_total{{direction="{direction}"}}[15s])')
    return f"sum by (reason) ({moved}) > 0"


BOARD = Board(
    uid="weir-overview",
    title="Weir: overview",
    description="What arrives, whether it waits, and how many workers there are and should be.",
    variables=VARIABLES,
    annotations=(
        annotation(
            "Scale up",
            decided("up"),
            "more workers: {{reason}}",
            COLOURS["desired"],
        ),
        annotation(
            "Scale down",
            decided("down"),
            "fewer workers: {{reason}}",
            COLOURS["needed"],
        ),
        annotation(
            "Rollout",
            f"{ROLLING} == 1",
            "rollout {{phase}}",
            COLOURS["lag"],
        ),
    ),
    rows=(
        (
            "Now",
            (
                Panel(
                    kind="stat",
                    width=4,
                    title="Time lag",
                    unit="s",
                    limit=30,
                    description="Age of the oldest event that is not committed. Red above the usual SLO.",
                    queries=(
                        Query(expr=f"max(kafka_consumergroup_lag_seconds{{{GROUP},{TOPIC}}})", legend="time lag"),
                    ),
                ),
                Panel(
                    kind="stat",
                    width=4,
                    title="Lag",
                    unit=EVENTS,
                    description="Events that are in Kafka and not committed.",
                    queries=(Query(expr=f"sum(kafka_consumergroup_lag_sum{{{GROUP},{TOPIC}}})", legend="lag"),),
                ),
                Panel(
                    kind="stat",
                    width=4,
                    title="Arriving",
                    unit=EVENTS_PER_SECOND,
                    description="Events that enter the topic, mean of a minute.",
                    queries=(
                        Query(
                            expr=f"sum(topic:kafka_topic_partition_current_offset:rate1m{{{TOPIC}}})", legend="arriving"
                        ),
                    ),
                ),
                Panel(
                    kind="stat",
                    width=4,
                    title="Workers ready",
                    unit=WORKERS,
                    description="Workers that consume.",
                    queries=(Query(expr=f"sum({READY})", legend="ready"),),
                ),
                Panel(
                    kind="stat",
                    width=4,
                    title="Init storm",
                    unit="none",
                    limit=1,
                    mappings=yes_no(good=False),
                    description="Whether starting workers starve those that work. Look at CPU below.",
                    queries=(Query(expr=f"max({of_group('autoscaler_storm_suspected')})", legend="storm"),),
                ),
                Panel(
                    kind="stat",
                    width=4,
                    title="Leader",
                    unit="none",
                    mappings=yes_no(good=True),
                    description="Whether an autoscaler acts. Without one workers are neither scaled nor healed.",
                    queries=(
                        Query(expr=f"max(consumergroup_topic:autoscaler_leader:sum{{{GROUP}}})", legend="leader"),
                    ),
                ),
            ),
        ),
        (
            "Flow",
            (
                Panel(
                    title="Rates",
                    unit=EVENTS_PER_SECOND,
                    description="Planned by the producer, arriving in Kafka, committed by workers. They should lie on each other.",
                    queries=(
                        Query(
                            expr='sum(rate(producer_events_planned_total{run=~"$run"}[1m]))',
                            legend="planned",
                            colour="needed",
                            dashed=True,
                        ),
                        Query(
                            expr=f"sum(topic:kafka_topic_partition_current_offset:rate1m{{{TOPIC}}})",
                            legend="arriving",
                            colour="arriving",
                        ),
                        Query(
                            expr=f"sum(consumergroup_topic:kafka_consumergroup_current_offset:rate1m{{{GROUP},{TOPIC}}})",
                            legend="processed",
                            colour="processed",
                        ),
                    ),
                ),
                Panel(
                    title="Replicas",
                    unit=WORKERS,
                    description="Desired above needed is waste, ready below needed makes lag. Marks are decisions.",
                    queries=(
                        Query(
                            expr=f"sum({of_group('autoscaler_desired_replicas')})", legend="desired", colour="desired"
                        ),
                        Query(
                            expr=f"sum({READY})",
                            legend="ready",
                            colour="ready",
                        ),
                        Query(
                            expr=f"sum({of_group('autoscaler_needed_replicas')})",
                            legend="needed",
                            colour="needed",
                            dashed=True,
                        ),
                    ),
                ),
                Panel(
                    title="Time lag",
                    unit="s",
                    limit=30,
                    description="Age of the oldest event that is not committed, and the SLO as the alerts have it.",
                    queries=(
                        Query(
                            expr=f"max by (consumergroup) (kafka_consumergroup_lag_seconds{{{GROUP},{TOPIC}}})",
                            legend="{{consumergroup}}",
                        ),
                        Query(
                            expr=f"max(consumergroup_topic:autoscaler_slo_time_lag_seconds:max{{{GROUP}}})",
                            legend="SLO",
                            colour="bad",
                            dashed=True,
                        ),
                    ),
                ),
                Panel(
                    title="Lag",
                    unit=EVENTS,
                    description="Events that wait. Rising while the number of workers is at its maximum is the alarm.",
                    queries=(
                        Query(
                            expr=f"sum by (consumergroup) (kafka_consumergroup_lag_sum{{{GROUP},{TOPIC}}})",
                            legend="{{consumergroup}}",
                        ),
                    ),
                ),
                Panel(
                    title="CPU of workers",
                    unit="suffix: cores",
                    stacked=True,
                    description="What starting costs beside what working costs. Much of the first, little of the second: an init storm.",
                    queries=(
                        Query(
                            expr=f'sum(consumergroup_part:autoscaler_worker_cpu_seconds:rate1m{{{GROUP},part="init"}})',
                            legend="starting",
                            colour="init",
                        ),
                        Query(
                            expr=f'sum(consumergroup_part:autoscaler_worker_cpu_seconds:rate1m{{{GROUP},part="work"}})',
                            legend="working",
                            colour="work",
                        ),
                    ),
                ),
                Panel(
                    title="End-to-end latency",
                    unit="s",
                    description="From the moment the schedule planned an event until it was processed. Buckets end at 30 s.",
                    queries=(
                        Query(
                            expr='max by (group) (group:pipeline_end_to_end_latency_seconds:p99_1m{group=~"$group"})',
                            legend="p99 {{group}}",
                        ),
                    ),
                ),
            ),
        ),
    ),
)
