"""The story on one screen: what arrives, whether it waits, and how many workers there are and should be."""

from dashboards.grafana.common import (
    EVENTS,
    EVENTS_PER_SECOND,
    GROUP,
    TOPIC,
    VARIABLES,
    WORKERS,
    annotation,
    of_group,
)
from dashboards.grafana.panels import COLOURS, Board, Panel, Query

READY = of_group('autoscaler_actual_replicas{state="ready"}')
YES_NO = ({"type": "value", "options": {"0": {"text": "no"}, "1": {"text": "yes"}}},)

BOARD = Board(
    uid="weir-overview",
    title="Weir: overview",
    description="What arrives, whether it waits, and how many workers there are and should be.",
    variables=VARIABLES,
    annotations=(
        annotation(
            "Scale up",
            'sum by (reason) (increase(autoscaler_decisions_total{direction="up"}[15s])) > 0',
            "more workers: {{reason}}",
            COLOURS["desired"],
        ),
        annotation(
            "Scale down",
            'sum by (reason) (increase(autoscaler_decisions_total{direction="down"}[15s])) > 0',
            "fewer workers: {{reason}}",
            COLOURS["needed"],
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
                    mappings=YES_NO,
                    description="Whether starting workers starve those that work. Look at CPU below.",
                    queries=(Query(expr=f"max({of_group('autoscaler_storm_suspected')})", legend="storm"),),
                ),
                Panel(
                    kind="stat",
                    width=4,
                    title="Leader",
                    unit="none",
                    mappings=YES_NO,
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
                            expr="sum(job:producer_events_planned:rate1m)",
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
