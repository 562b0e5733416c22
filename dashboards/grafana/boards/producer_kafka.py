"""Whether the load is the planned one, and how Kafka takes it."""

from dashboards.grafana.common import EVENTS, EVENTS_PER_SECOND, GROUP, TOPIC, VARIABLES
from dashboards.grafana.panels import Board, Panel, Query

JOB = 'job="weir-producer",run=~"$run"'


def latency(metric: str) -> tuple[Query, ...]:
    """Three quantiles of a histogram, over a minute."""
    return tuple(
        Query(expr=f"histogram_quantile({share}, sum by (le) (rate({metric}_bucket{{{JOB}}}[1m])))", legend=name)
        for share, name in ((0.5, "p50"), (0.99, "p99"), (1, "largest"))
    )


def rate(metric: str) -> str:
    """Events a second, mean of a minute."""
    return f"sum(rate({metric}{{{JOB}}}[1m]))"


BOARD = Board(
    uid="weir-producer-kafka",
    title="Weir: producer and Kafka",
    description="Whether the load is the planned one, and how Kafka takes it.",
    variables=VARIABLES,
    rows=(
        (
            "Producer",
            (
                Panel(
                    title="Planned, sent, acknowledged",
                    unit=EVENTS_PER_SECOND,
                    description="Three numbers that should be one. Sent below planned: the generator is the bottleneck, results do not count.",
                    queries=(
                        Query(
                            expr=rate("producer_events_planned_total"), legend="planned", colour="needed", dashed=True
                        ),
                        Query(expr=rate("producer_events_sent_total"), legend="sent", colour="arriving"),
                        Query(expr=rate("producer_events_acked_total"), legend="acknowledged", colour="processed"),
                    ),
                ),
                Panel(
                    title="Late and failed",
                    unit=EVENTS_PER_SECOND,
                    description="Sent later after their plan than the limit allows; refused by Kafka or never answered.",
                    queries=(
                        Query(expr=rate("producer_events_late_total"), legend="late", colour="lag"),
                        Query(
                            expr=f"{rate('producer_events_failed_total')} or vector(0)", legend="failed", colour="bad"
                        ),
                    ),
                ),
                Panel(
                    title="Schedule delay",
                    unit="s",
                    description="From planned to sent: the generator's own.",
                    queries=latency("producer_schedule_delay_seconds"),
                ),
                Panel(
                    title="Acknowledgement",
                    unit="s",
                    description="From sent to acknowledged: Kafka's.",
                    queries=latency("producer_ack_latency_seconds"),
                ),
                Panel(
                    kind="heatmap",
                    title="Acknowledgement, all of them",
                    unit="s",
                    minimum=None,
                    description="Two bands are two kinds of requests; a band that rises is a broker that falls behind.",
                    queries=(
                        Query(
                            expr=f"sum by (le) (increase(producer_ack_latency_seconds_bucket{{{JOB}}}[1m]))",
                            legend="{{le}}",
                        ),
                    ),
                ),
                Panel(
                    title="Waiting for Kafka",
                    unit="bytes",
                    description="What the producer holds until Kafka acknowledges. Growing: Kafka is slow.",
                    queries=(Query(expr=f"sum(producer_buffered_bytes{{{JOB}}})", legend="buffered", colour="lag"),),
                ),
            ),
        ),
        (
            "Kafka",
            (
                Panel(
                    title="Arriving by partition",
                    unit=EVENTS_PER_SECOND,
                    stacked=True,
                    description="One much thicker than the others is a hot key.",
                    queries=(
                        Query(
                            expr=f"max by (topic, partition) (rate(kafka_topic_partition_current_offset{{{TOPIC}}}[1m]))",
                            legend="{{partition}}",
                        ),
                    ),
                ),
                Panel(
                    title="Lag by partition",
                    unit=EVENTS,
                    stacked=True,
                    description="One alone: a hot key, or a worker that is stuck.",
                    queries=(
                        Query(
                            expr=f"max by (topic, partition) (kafka_consumergroup_lag{{{GROUP},{TOPIC}}})",
                            legend="{{partition}}",
                        ),
                    ),
                ),
                Panel(
                    title="Members of the group",
                    unit="none",
                    description="As Kafka has it. Other than the workers that are ready: a rebalance, or strangers in the group.",
                    queries=(
                        Query(
                            expr=f"max by (consumergroup) (kafka_consumergroup_members{{{GROUP}}})",
                            legend="{{consumergroup}}",
                        ),
                    ),
                ),
                Panel(
                    title="Events in the log",
                    unit=EVENTS,
                    description="Between the oldest and the newest offset. Falling at retention; what is read later than that is lost.",
                    queries=(
                        Query(
                            expr=(
                                f"sum by (topic) (max by (topic, partition) (kafka_topic_partition_current_offset{{{TOPIC}}})"
                                f" - max by (topic, partition) (kafka_topic_partition_oldest_offset{{{TOPIC}}}))"
                            ),
                            legend="{{topic}}",
                        ),
                    ),
                ),
            ),
        ),
    ),
)
