"""From offsets to the number that KEDA's Kafka trigger hands to the HPA: lag of a partition, bounds, factors.

Apart from the policy because each rule is of use by itself.  Its one rule: what KEDA's scaler calls an error is a
`TriggerFault` here, and nothing else is; the quirks (whole division, at least one threshold) are part of the rules.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from autoscaler.model import Partition
from autoscaler.model.value import value
from autoscaler.policies.keda.spec import KafkaTrigger, OffsetReset

_NAME_BREAKERS = str.maketrans(dict.fromkeys("/.:%()", "-"))


class TriggerFault(Exception):  # noqa: N818  # a reading on its way to a condition, never shown as an error
    """A trigger that could not be read."""


class PartitionLag(NamedTuple):
    """`lag` counts for the metric, `persistent` for activation; they differ only with `excludePersistentLag`."""

    lag: int
    persistent: int


@value(frozen=True, slots=True, kw_only=True)
class KafkaLag:
    """All partitions of a trigger together.  `metric` is `total` after the bounds."""

    metric: int
    total: int
    persistent: int
    partitions: int
    with_lag: int


def kafka_lag(partitions: Iterable[Partition], trigger: KafkaTrigger, committed: Mapping[str, int]) -> KafkaLag:
    """What the trigger answers; `committed` has the offsets of the poll before, by `partition_key`.

    A partition without an end offset does not count at all, not even in the bound.  Raises TriggerFault.
    """
    counted = _counted(tuple(partitions), trigger)
    polled = trigger.exclude_persistent_lag  # only then does the poll before matter
    lags = [partition_lag(part, trigger, before=_before(part, committed) if polled else None) for part in counted]
    total, with_lag = sum([each.lag for each in lags]), len([each for each in lags if each.lag > 0])
    return KafkaLag(
        metric=lag_to_metric(total, partitions=len(lags), with_lag=with_lag, trigger=trigger),
        total=total,
        persistent=sum([each.persistent for each in lags]),
        partitions=len(lags),
        with_lag=with_lag,
    )


def partition_lag(partition: Partition, trigger: KafkaTrigger, *, before: int | None = None) -> PartitionLag:
    """The lag of one partition; `before` is what was committed at the poll before (None = there was none).

    Not held at 0: an end offset that went back, as after a topic was made anew, gives a negative lag as in KEDA.
    Raises TriggerFault when nothing is known of the committed offset.
    """
    end, committed = partition.end_offset, partition.committed_offset
    if partition.never_committed:
        return _same(_lag_without_commit(end, trigger))
    if committed is None:
        raise TriggerFault(f"the committed offset of {partition_key(partition)} is unknown")
    if end is None:
        return _same(_end_missing(partition, trigger))
    if trigger.exclude_persistent_lag and before == committed:
        return PartitionLag(lag=0, persistent=end - committed)
    return PartitionLag(lag=end - committed, persistent=end - committed)


def lag_to_metric(total: int, *, partitions: int, with_lag: int, trigger: KafkaTrigger) -> int:
    """The total lag, made even and bounded as the trigger's flags say.

    The bound divides wholly, so a lag of 39 with a threshold of 10 passes a bound of 3 and asks for 4 workers.
    """
    threshold = trigger.lag_threshold
    even, limited = trigger.ensure_even_distribution, trigger.limit_to_partitions_with_lag
    if trigger.allow_idle_consumers and not (limited or even):
        return total
    if even:
        total = even_factor(total, partitions=partitions, threshold=threshold) * threshold
    bound = with_lag if limited else partitions
    return bound * threshold if total // threshold > bound else total


def even_factor(total: int, *, partitions: int, threshold: int) -> int:
    """The least divisor of the partition count whose workers cover the lag; all partitions if none does.

    It is at least 1, so that without any lag the metric still asks for one worker.
    """
    fitting = (factor for factor in factors(partitions) if factor * threshold >= total)
    return next(fitting, partitions)


def factors(number: int) -> tuple[int, ...]:
    """The divisors of a number, smallest first; none below 1."""
    small = [factor for factor in range(1, int(max(0, number) ** 0.5) + 1) if number % factor == 0]
    large = [number // factor for factor in reversed(small) if factor * factor != number]
    return (*small, *large)


def metric_name(index: int, *, topic: str, group: str) -> str:
    """How KEDA names a Kafka trigger's metric: `s0-kafka-orders`, or by the group if no topic is named."""
    name = f"kafka-{topic}" if topic else f"kafka-{group}-topics"
    return f"s{index}-{name.translate(_NAME_BREAKERS)}"


def partition_key(partition: Partition) -> str:
    """A partition's name in memory."""
    return f"{partition.topic}/{partition.partition}"


def topic_of(key: str) -> str:
    """The topic in a `partition_key`."""
    return key.rpartition("/")[0]


def counted_partitions(partitions: Iterable[Partition], trigger: KafkaTrigger) -> tuple[Partition, ...]:
    """The partitions that the trigger looks at: those of its topic within its limits, or of all topics with commits.

    A group that has committed nowhere has no topics, and to describe no topic is to describe all of them.  Raises
    TriggerFault when a named topic has none.
    """
    if not trigger.topic:
        known = {part.topic for part in partitions if not part.never_committed}
        return tuple(part for part in partitions if part.topic in known or not known)
    limits = trigger.partitions
    chosen = tuple(
        part
        for part in partitions
        if part.topic == trigger.topic and (limits is None or any(part.partition in limit for limit in limits))
    )
    if not chosen:
        raise TriggerFault(f"no partition of topic {trigger.topic} that the trigger may count was observed")
    return chosen


def _counted(partitions: tuple[Partition, ...], trigger: KafkaTrigger) -> tuple[Partition, ...]:
    if not partitions:
        raise TriggerFault("no partitions were observed")
    chosen = counted_partitions(partitions, trigger)
    with_end = tuple(part for part in chosen if part.end_offset is not None)
    if chosen and not with_end:
        raise TriggerFault("no end offset could be read")
    return chosen if trigger.needs_every_end else with_end


def _before(partition: Partition, committed: Mapping[str, int]) -> int | None:
    return committed.get(partition_key(partition), partition.committed_before)


def _lag_without_commit(end: int | None, trigger: KafkaTrigger) -> int:
    if trigger.scale_to_zero_on_invalid_offset:
        return 0
    if trigger.offset_reset is OffsetReset.LATEST:
        return 1
    if end is None and trigger.needs_every_end:
        raise TriggerFault("an end offset is unknown")
    return end or 0


def _end_missing(partition: Partition, trigger: KafkaTrigger) -> int:
    if trigger.needs_every_end:
        raise TriggerFault(f"the end offset of {partition_key(partition)} is unknown")
    return 0


def _same(lag: int) -> PartitionLag:
    return PartitionLag(lag=lag, persistent=lag)
