"""Every Prometheus metric of Weir in one table: name, unit, labels, meaning.  Dashboards are checked against it.

Names that the ecosystem already has keep their form; base units; `_total` on counters; no label without a bound.
Metrics are touched once per batch or at scrape, never per event.
"""

from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

LATENCY_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
INIT_BUCKETS = (0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300)

MetricKind = type[Counter] | type[Gauge] | type[Histogram]


@dataclass(frozen=True, slots=True)
class Metric:
    """One row.  `buckets` only for histograms, in the metric's unit."""

    kind: MetricKind
    help: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = ()


METRICS: dict[str, Metric] = {
    # producer
    "producer_events_planned_total": Metric(Counter, "Events due by the schedule so far."),
    "producer_events_sent_total": Metric(Counter, "Events handed to Kafka."),
    "producer_events_acked_total": Metric(Counter, "Events that Kafka acknowledged."),
    "producer_events_failed_total": Metric(Counter, "Events that Kafka refused or never answered.", ("error",)),
    "producer_events_late_total": Metric(Counter, "Events sent later after their plan than the limit allows."),
    "producer_bytes_total": Metric(Counter, "Bytes of event values handed to Kafka."),
    "producer_buffered_bytes": Metric(Gauge, "Bytes waiting for Kafka's acknowledgement."),
    "producer_schedule_delay_seconds": Metric(Histogram, "From planned to sent.", (), LATENCY_BUCKETS),
    "producer_ack_latency_seconds": Metric(Histogram, "From sent to acknowledged.", (), LATENCY_BUCKETS),
    # worker
    "worker_events_processed_total": Metric(Counter, "Events that the handler has finished."),
    "worker_events_committed_total": Metric(Counter, "Events whose offsets are committed."),
    "worker_dead_letter_total": Metric(Counter, "Events given up and sent to the dead-letter topic.", ("reason",)),
    "worker_late_events_total": Metric(Counter, "Events left out because their window had closed."),
    "worker_batch_duration_seconds": Metric(Histogram, "Time the handler took for one batch.", (), LATENCY_BUCKETS),
    "worker_batch_size": Metric(Histogram, "Events per batch.", (), (1, 10, 50, 100, 500, 1_000, 5_000, 10_000)),
    "worker_commit_latency_seconds": Metric(Histogram, "Time one offset commit took.", (), LATENCY_BUCKETS),
    "worker_cpu_seconds_total": Metric(
        Counter, "CPU of this worker, by what it was for: init (the cold start) and work.", ("part",)
    ),
    "worker_init_seconds": Metric(Histogram, "Duration of the cold start.", (), INIT_BUCKETS),
    "worker_ready": Metric(Gauge, "1 while the worker is consuming."),
    "worker_phase": Metric(Gauge, "1 for the phase that the worker is in.", ("phase",)),
    "worker_busy_ratio": Metric(Gauge, "Share of the last seconds spent processing, 0 to 1."),
    "worker_assigned_partitions": Metric(Gauge, "Partitions that this worker owns."),
    "weir_rebalances_total": Metric(Counter, "Rebalances that this worker took part in."),
    "weir_rebalance_duration_seconds": Metric(Histogram, "Time without an assignment.", (), LATENCY_BUCKETS),
    "pipeline_end_to_end_latency_seconds": Metric(Histogram, "From planned to processed.", (), LATENCY_BUCKETS),
    # autoscaler: names of the ecosystem where there are any, so that boards made for others work
    "kafka_consumergroup_lag": Metric(
        Gauge, "Events that the group has not committed yet.", ("consumergroup", "topic", "partition")
    ),
    "kafka_consumergroup_lag_seconds": Metric(
        Gauge, "Age of the oldest event that the group has not committed yet.", ("consumergroup", "topic")
    ),
    "kafka_consumergroup_members": Metric(Gauge, "Members of the group.", ("consumergroup",)),
    "kafka_consumergroup_current_offset": Metric(
        Gauge, "Offset that the group has committed.", ("consumergroup", "topic", "partition")
    ),
    "kafka_topic_partition_current_offset": Metric(Gauge, "End of the log.", ("topic", "partition")),
    "kafka_topic_partition_oldest_offset": Metric(Gauge, "Begin of the log.", ("topic", "partition")),
    "autoscaler_info": Metric(
        Gauge, "Always 1; the labels tell whose workers it scales.", ("consumergroup", "topic", "dry_run")
    ),
    "autoscaler_slo_time_lag_seconds": Metric(Gauge, "The most that the time lag may be, where somebody said so."),
    "autoscaler_desired_replicas": Metric(Gauge, "Workers that are wanted."),
    "autoscaler_actual_replicas": Metric(Gauge, "Workers that there are, by what they do.", ("state",)),
    "autoscaler_needed_replicas": Metric(Gauge, "The least workers that keep up with what arrives."),
    "autoscaler_shadow_desired_replicas": Metric(Gauge, "Workers that a policy would want that watches.", ("policy",)),
    "autoscaler_step_replicas": Metric(
        Gauge, "What each step of the last decision made of the number, by its rule.", ("rule",)
    ),
    "autoscaler_policy_min_replicas": Metric(Gauge, "The least that the acting policy asks for."),
    "autoscaler_policy_max_replicas": Metric(Gauge, "The most that the acting policy asks for."),
    "autoscaler_metric_value": Metric(Gauge, "What policies see of this signal.", ("metric",)),
    "autoscaler_metric_age_seconds": Metric(Gauge, "Since the signal was known last.", ("metric",)),
    "autoscaler_decisions_total": Metric(
        Counter, "Decisions by the way they moved the number and the rule that decided.", ("direction", "reason")
    ),
    "autoscaler_scale_actions_total": Metric(
        Counter, "Launches (up) and ends (down) asked of the backend.", ("direction", "result")
    ),
    "autoscaler_happenings_total": Metric(Counter, "What happened to workers, by kind.", ("kind",)),
    "autoscaler_part_failures_total": Metric(Counter, "Failures of the autoscaler's parts.", ("part",)),
    "autoscaler_changes_total": Metric(
        Counter, "Changes ordered through the API, by what came of them.", ("change", "result")
    ),
    "autoscaler_loop_duration_seconds": Metric(Histogram, "Time that one tick took.", (), LATENCY_BUCKETS),
    "autoscaler_loop_lag_seconds": Metric(Gauge, "How late the last tick began."),
    "autoscaler_last_tick_timestamp_seconds": Metric(Gauge, "When the last tick was, since the epoch."),
    "autoscaler_leader": Metric(Gauge, "1 while this autoscaler is the one that acts."),
    "autoscaler_paused": Metric(Gauge, "1 while an operator has paused the policy."),
    "autoscaler_manual": Metric(Gauge, "1 while a number holds that an operator set."),
    "autoscaler_held": Metric(Gauge, "1 while a part fails, so that nothing is changed."),
    "autoscaler_fallback_active": Metric(Gauge, "1 while the policy falls back for want of a metric."),
    "autoscaler_storm_suspected": Metric(Gauge, "1 while the signs of an init storm are seen."),
    "autoscaler_breaker_open": Metric(Gauge, "1 while the acting policy's breaker lets nothing grow."),
    "autoscaler_rollout_phase": Metric(Gauge, "1 for the phase that the workers' rollout is in.", ("phase",)),
    "autoscaler_worker_cpu_seconds_total": Metric(Counter, "CPU of all workers, by what it was for.", ("part",)),
    "autoscaler_event_readers": Metric(Gauge, "Readers of the API's server-sent events."),
    # every process
    "event_loop_lag_seconds": Metric(
        Gauge, "Worst delay of a timer in the last seconds: the early sign of starvation."
    ),
    "weir_build_info": Metric(Gauge, "Always 1; the label tells the version.", ("version",)),
}


def make(name: str, registry: CollectorRegistry | None) -> Counter | Gauge | Histogram:
    """The metric of that row, registered.  KeyError when the table has no such row."""
    row = METRICS[name]
    if row.kind is Histogram:
        return Histogram(name, row.help, row.labels, registry=registry, buckets=row.buckets)
    return row.kind(name, row.help, row.labels, registry=registry)


def counter(name: str, registry: CollectorRegistry | None) -> Counter:
    """`make` for a row that is a counter."""
    metric = make(name, registry)
    assert isinstance(metric, Counter)
    return metric


def gauge(name: str, registry: CollectorRegistry | None) -> Gauge:
    """`make` for a row that is a gauge."""
    metric = make(name, registry)
    assert isinstance(metric, Gauge)
    return metric


def histogram(name: str, registry: CollectorRegistry | None) -> Histogram:
    """`make` for a row that is a histogram."""
    metric = make(name, registry)
    assert isinstance(metric, Histogram)
    return metric
