"""Whether the load is the planned one, and how Kafka takes it."""

from dashboards.grafana.common import EVENTS, EVENTS_PER_SECOND, GROUP, TOPIC, VARIABLES
from dashboards.grafana.panels import Board, Panel, Query, series

JOB = 'job="weir-producer",run=~"$run"'
END, BEGIN = (f"kafka_topic_partition_{which}_offset{{{TOPIC}}}" for which in ("current", "oldest"))


def latency(metric: str) -> tuple[Query, ...]:
    """Three quantiles of a histogram, over a minute."""
    return tuple(
        Query(expr=f"histogram_quantile({share}, sum by (le) (rate({metric}_bucket{{{JOB}}}[1m])))", legend=name)
        for share, name in ((0.5, "p50"), (0.99, "p99"), (1, "largest"))
    )


def rate(metric: str) -> str:
    """Events a second, mean of a minute."""
    return f"sum(rate({metric}{{{JOB}}}[1m]))"


def by_partition(expression: str) -> str:
    """The leader and those on standby tell the same."""
    return f"max by (topic, partition) ({expression})"


PRODUCER = (
    Panel(
        title="Planned, sent, acknowledged",
        unit=EVENTS_PER_SECOND,
        description="Should be one number. Sent below planned: the generator is the bottleneck, results do not count.",
        queries=(
            Query(expr=rate("producer_events_planned_total"), legend="planned", colour="neutral", dashed=True),
            Query(expr=rate("producer_events_sent_total"), legend="sent", colour="produced"),
            Query(expr=rate("producer_events_acked_total"), legend="acknowledged", colour="processed"),
        ),
    ),
    Panel(
        title="Late and failed",
        unit=EVENTS_PER_SECOND,
        description="Sent later after their plan than the limit allows; refused by Kafka or never answered.",
        queries=(
            Query(expr=rate("producer_events_late_total"), legend="late", colour="lag"),
            Query(expr=f"{rate('producer_events_failed_total')} or vector(0)", legend="failed", colour="failed"),
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
    series(
        "Acknowledgement, all of them",
        "Two bands are two kinds of requests; a band that rises is a broker that falls behind.",
        "s", f"sum by (le) (increase(producer_ack_latency_seconds_bucket{{{JOB}}}[1m]))", "{{le}}",
        kind="heatmap", minimum=None,
    ),
    series(
        "Waiting for Kafka", "What the producer holds until Kafka acknowledges. Growing: Kafka is slow.",
        "bytes", f"sum(producer_buffered_bytes{{{JOB}}})", "buffered",
    ),
)  # fmt: skip
KAFKA = (
    series(
        "Arriving by partition", "One much thicker than the others is a hot key.",
        EVENTS_PER_SECOND, by_partition(f"rate({END}[1m])"), "{{partition}}", stacked=True,
    ),
    series(
        "Lag by partition", "One alone: a hot key, or a worker that is stuck.",
        EVENTS, by_partition(f"kafka_consumergroup_lag{{{GROUP},{TOPIC}}}"), "{{partition}}", stacked=True,
    ),
    series(
        "Members of the group", "As Kafka has it. Others than are ready: a rebalance, or strangers in the group.",
        "none", f"max by (consumergroup) (kafka_consumergroup_members{{{GROUP}}})", "{{consumergroup}}",
    ),
    series(
        "Events in the log", "Between the oldest offset and the newest. What is read later than retention is lost.",
        EVENTS, f"sum by (topic) ({by_partition(END)} - {by_partition(BEGIN)})", "{{topic}}",
    ),
)  # fmt: skip
BOARD = Board(
    uid="weir-producer-kafka",
    title="Weir: producer and Kafka",
    description="Whether the load is the planned one, and how Kafka takes it.",
    variables=VARIABLES,
    rows=(("Producer", PRODUCER), ("Kafka", KAFKA)),
)
