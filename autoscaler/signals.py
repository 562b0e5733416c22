"""What a metric name in a manifest means here: names that the ecosystem uses, and Weir's signals behind them.

Apart from the policies because manifests, policies and the observer share it.  Its one rule: a signal that cannot be
worked out is unknown (value None, with the reason), never 0 and never NaN.
"""

import re
from collections.abc import Callable, Mapping
from enum import StrEnum

from autoscaler.model import Observation, Reading


class Signal(StrEnum):
    """A number that Weir itself observes."""

    TOTAL_LAG = "total_lag"
    """Events not committed yet, over all partitions."""
    MAX_PARTITION_LAG = "max_partition_lag"
    """The same of the partition that has most."""
    TIME_LAG = "time_lag_seconds"
    """Age of the oldest event that was not processed yet, seconds."""
    ARRIVAL_RATE = "arrival_rate"
    """Events/s that enter Kafka."""
    PROCESSING_RATE = "processing_rate"
    """Events/s committed."""


USUAL_NAMES: Mapping[str, Signal] = {
    "kafka_consumer_lag": Signal.TOTAL_LAG,
    "kafka_consumergroup_lag": Signal.TOTAL_LAG,
    "kafka_consumergroup_lag_sum": Signal.TOTAL_LAG,
    "kafka_consumer_group_lag": Signal.TOTAL_LAG,
    "kafka_consumergroup_group_lag": Signal.TOTAL_LAG,
    "kafka_consumergroup_group_sum_lag": Signal.TOTAL_LAG,
    "kafka_consumergroup_group_topic_sum_lag": Signal.TOTAL_LAG,
    "kafka_consumergroup_group_max_lag": Signal.MAX_PARTITION_LAG,
    "kafka_consumergroup_group_max_lag_seconds": Signal.TIME_LAG,
    "kafka_consumergroup_group_lag_seconds": Signal.TIME_LAG,
    "kafka_topic_arrival_rate": Signal.ARRIVAL_RATE,
    **{signal.value: signal for signal in Signal},
}
"""Metric names with a meaning of their own: those of kafka_exporter, kafka-lag-exporter, KMinion, and Weir's."""


OF_KEDA = re.compile(r"s\d+-kafka-.+")
"""How KEDA names the metric of a Kafka trigger in the HPA that it makes: `s0-kafka-orders`."""


def signal_named(name: str, names: Mapping[str, Signal]) -> Signal | None:
    """What a metric's name stands for; None = nothing that is known here."""
    return names.get(name, Signal.TOTAL_LAG if OF_KEDA.fullmatch(name) else None)


def read_metric(name: str, seen: Observation, names: Mapping[str, Signal]) -> Reading:
    """The metric's value in this tick: what the metrics API said, else the signal that its name stands for."""
    given = seen.metrics.get(name)
    if given is not None:
        return given
    signal = signal_named(name, names)
    if signal is None:
        return Reading(error=f"no metric {name} was observed")
    return read_signal(signal, seen)


def read_signal(signal: Signal, seen: Observation) -> Reading:
    """A signal's value in this tick, or why it is not known."""
    return _READERS[signal](seen)


def _total_lag(seen: Observation) -> Reading:
    lags = [partition.lag_events for partition in seen.partitions]
    known = [lag for lag in lags if lag is not None]
    if not lags:
        return Reading(error="no partitions were observed")
    if len(known) < len(lags):
        return Reading(error=f"the lag of {len(lags) - len(known)} of {len(lags)} partitions is unknown")
    return Reading(value=float(sum(known)))


def _max_partition_lag(seen: Observation) -> Reading:
    total = _total_lag(seen)
    if total.value is None:
        return total
    return Reading(value=float(max(partition.lag_events or 0 for partition in seen.partitions)))


def _of(value: float | None, what: str) -> Reading:
    return Reading(error=f"the {what} is unknown") if value is None else Reading(value=value)


_READERS: Mapping[Signal, Callable[[Observation], Reading]] = {
    Signal.TOTAL_LAG: _total_lag,
    Signal.MAX_PARTITION_LAG: _max_partition_lag,
    Signal.TIME_LAG: lambda seen: _of(seen.time_lag_seconds, "time lag"),
    Signal.ARRIVAL_RATE: lambda seen: _of(seen.arrival_rate, "arrival rate"),
    Signal.PROCESSING_RATE: lambda seen: _of(seen.processing_rate, "processing rate"),
}
