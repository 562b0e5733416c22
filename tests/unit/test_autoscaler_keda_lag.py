"""KEDA's Kafka trigger: the lag of a partition, the bounds, even distribution, names of metrics."""

from typing import Any

import pytest

from autoscaler.model import Partition
from autoscaler.policies.keda import (
    KafkaTrigger,
    OffsetReset,
    TriggerFault,
    even_factor,
    factors,
    kafka_lag,
    lag_to_metric,
    metric_name,
    partition_lag,
)

TRIGGER = KafkaTrigger(metric="s0-kafka-orders", topic="orders")
EARLIEST = KafkaTrigger(metric="s0-kafka-orders", topic="orders", offset_reset=OffsetReset.EARLIEST)
TO_ZERO = KafkaTrigger(metric="s0-kafka-orders", topic="orders", scale_to_zero_on_invalid_offset=True)
EARLIEST_TO_ZERO = KafkaTrigger(
    metric="s0-kafka-orders",
    topic="orders",
    offset_reset=OffsetReset.EARLIEST,
    scale_to_zero_on_invalid_offset=True,
)
PERSISTENT = KafkaTrigger(metric="s0-kafka-orders", topic="orders", exclude_persistent_lag=True)
APACHE = KafkaTrigger(metric="s0-kafka-orders", topic="orders", needs_every_end=True)
APACHE_EARLIEST = KafkaTrigger(
    metric="s0-kafka-orders", topic="orders", needs_every_end=True, offset_reset=OffsetReset.EARLIEST
)


def partition(
    end: int | None = 100, committed: int | None = 60, *, number: int = 0, never: bool = False, topic: str = "orders"
) -> Partition:
    """A partition, with nothing committed if `never`."""
    return Partition(
        topic=topic,
        partition=number,
        end_offset=end,
        committed_offset=None if never else committed,
        never_committed=never,
    )


@pytest.mark.parametrize(
    ("trigger", "part", "before", "expected"),
    [
        pytest.param(TRIGGER, partition(100, 60), None, (40, 40), id="the lag is the end without what is committed"),
        pytest.param(TRIGGER, partition(10, 60), None, (-50, -50), id="an end that went back gives a negative lag"),
        pytest.param(TRIGGER, partition(never=True), None, (1, 1), id="no commit and latest is 1"),
        pytest.param(TO_ZERO, partition(never=True), None, (0, 0), id="no commit, latest and the flag is 0"),
        pytest.param(EARLIEST, partition(100, never=True), None, (100, 100), id="no commit and earliest is the end"),
        pytest.param(EARLIEST_TO_ZERO, partition(never=True), None, (0, 0), id="no commit, earliest, the flag is 0"),
        pytest.param(TRIGGER, partition(None, never=True), None, (1, 1), id="no commit, latest, without an end is 1"),
        pytest.param(
            EARLIEST, partition(None, never=True), None, (0, 0), id="no commit, earliest, without an end is 0"
        ),
        pytest.param(TRIGGER, partition(None, 60), None, (0, 0), id="a missing end is 0"),
        pytest.param(TRIGGER, partition(100, 60), 60, (40, 40), id="without the flag a stuck commit changes nothing"),
        pytest.param(PERSISTENT, partition(100, 60), 60, (0, 40), id="persistent lag counts for activation alone"),
        pytest.param(PERSISTENT, partition(100, 60), 59, (40, 40), id="a commit that moves is no persistent lag"),
        pytest.param(PERSISTENT, partition(100, 60), None, (40, 40), id="the first poll cannot tell persistent lag"),
    ],
)
def test_lag_of_a_partition(
    trigger: KafkaTrigger, part: Partition, before: int | None, expected: tuple[int, int]
) -> None:
    """What the metric and the activation see of one partition."""
    lag = partition_lag(part, trigger, before=before)
    assert (lag.lag, lag.persistent) == expected


@pytest.mark.parametrize(
    ("trigger", "part"),
    [
        pytest.param(TRIGGER, partition(100, None), id="an unknown committed offset"),
        pytest.param(APACHE, partition(None, 60), id="apache-kafka: a missing end"),
        pytest.param(APACHE_EARLIEST, partition(None, never=True), id="apache-kafka: no commit, earliest, missing end"),
    ],
)
def test_lag_of_a_partition_that_cannot_be_known(trigger: KafkaTrigger, part: Partition) -> None:
    """What KEDA reports as an error is a fault, not a number."""
    with pytest.raises(TriggerFault):
        partition_lag(part, trigger)


def flags(**changed: Any) -> KafkaTrigger:
    """A trigger with a threshold of 10."""
    return KafkaTrigger(metric="s0-kafka-orders", topic="orders", lag_threshold=10, **changed)


@pytest.mark.parametrize(
    ("trigger", "total", "partitions", "with_lag", "expected"),
    [
        pytest.param(flags(), 25, 3, 3, 25, id="below the bound the lag is the metric"),
        pytest.param(flags(), 39, 3, 3, 39, id="the bound divides wholly: 39 passes 3 partitions"),
        pytest.param(flags(), 40, 3, 3, 30, id="one more event and the bound holds"),
        pytest.param(flags(allow_idle_consumers=True), 4000, 3, 3, 4000, id="idle consumers: no bound"),
        pytest.param(flags(limit_to_partitions_with_lag=True), 400, 5, 2, 20, id="bound by partitions with lag"),
        pytest.param(flags(limit_to_partitions_with_lag=True), 0, 5, 0, 0, id="no partition with lag, no metric"),
        pytest.param(flags(ensure_even_distribution=True), 0, 10, 0, 10, id="even: one threshold at zero lag"),
        pytest.param(flags(ensure_even_distribution=True), 30, 10, 1, 50, id="even: 3 workers become 5 of 10"),
        pytest.param(flags(ensure_even_distribution=True), 51, 10, 1, 100, id="even: 6 workers become 10 of 10"),
        pytest.param(flags(ensure_even_distribution=True), 9000, 10, 1, 100, id="even: never above the partitions"),
        pytest.param(
            flags(ensure_even_distribution=True, allow_idle_consumers=True), 30, 10, 1, 50, id="even beside idle"
        ),
    ],
)
def test_lag_becomes_the_metric(
    trigger: KafkaTrigger, total: int, partitions: int, with_lag: int, expected: int
) -> None:
    """Bounds and even distribution, with KEDA's whole division."""
    assert lag_to_metric(total, partitions=partitions, with_lag=with_lag, trigger=trigger) == expected


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (0, ()),
        (1, (1,)),
        (10, (1, 2, 5, 10)),
        (13, (1, 13)),
        (17, (1, 17)),
        (25, (1, 5, 25)),
        (50, (1, 2, 5, 10, 25, 50)),
        (100, (1, 2, 4, 5, 10, 20, 25, 50, 100)),
    ],
)
def test_factors(number: int, expected: tuple[int, ...]) -> None:
    """The divisors of a partition count, smallest first."""
    assert factors(number) == expected


@pytest.mark.parametrize(
    ("total", "expected"), [(10, 1), (20, 2), (40, 4), (50, 5), (99, 10), (100, 10), (101, 20), (5000, 100)]
)
def test_next_factor_of_a_hundred_partitions(total: int, expected: int) -> None:
    """The least divisor of 100 that covers the lag with a threshold of 10."""
    assert even_factor(total, partitions=100, threshold=10) == expected


@pytest.mark.parametrize(
    ("index", "topic", "group", "expected"),
    [
        pytest.param(0, "my-topic", "my-group", "s0-kafka-my-topic", id="by the topic"),
        pytest.param(1, "my-topic", "my-group", "s1-kafka-my-topic", id="with the trigger's place in the list"),
        pytest.param(2, "", "my-group", "s2-kafka-my-group-topics", id="by the group without a topic"),
        pytest.param(0, "a.b/c:d%e", "g", "s0-kafka-a-b-c-d-e", id="what a metric's name cannot hold becomes a dash"),
    ],
)
def test_metric_name(index: int, topic: str, group: str, expected: str) -> None:
    """`sN-kafka-TOPIC`."""
    assert metric_name(index, topic=topic, group=group) == expected


def test_partitions_outside_the_limitation_do_not_count() -> None:
    """`partitionLimitation` chooses partitions of the topic, for the lag and for the bound."""
    parts = [partition(100, 0, number=number) for number in range(6)]
    trigger = flags(partitions=(range(1, 3), range(5, 6)))
    lag = kafka_lag(parts, trigger, {})
    assert (lag.total, lag.partitions, lag.metric) == (300, 3, 30)


def test_other_topics_do_not_count() -> None:
    """A named topic is the only one that is looked at."""
    assert kafka_lag([partition(10, 0), partition(99, 0, topic="other")], flags(), {}).total == 10


def test_without_a_topic_every_topic_with_commits_counts() -> None:
    """KEDA asks the group which topics it has committed to; the rest it never hears of."""
    trigger = KafkaTrigger(metric="s0-kafka-group-topics")
    parts = [partition(10, 0), partition(10, 0, topic="two"), partition(99, never=True, topic="new")]
    assert kafka_lag(parts, trigger, {}).total == 20


def test_without_a_topic_and_without_any_commit_all_topics_count() -> None:
    """To ask Kafka about no topic is to ask it about all of them, and each partition counts 1."""
    trigger = KafkaTrigger(metric="s0-kafka-group-topics")
    parts = [partition(99, never=True, topic="new"), partition(5, never=True, topic="other")]
    assert kafka_lag(parts, trigger, {}).total == 2


def test_a_partition_without_an_end_is_outside_the_bound_too() -> None:
    """KEDA counts the partitions that answered."""
    lag = kafka_lag([partition(1000, 0), partition(None, 0, number=1)], flags(), {})
    assert (lag.partitions, lag.metric) == (1, 10)


@pytest.mark.parametrize(
    "parts",
    [
        pytest.param([], id="nothing was observed"),
        pytest.param([partition(10, 0, topic="other")], id="the topic has no partition"),
        pytest.param([partition(None, 0)], id="no end offset could be read"),
        pytest.param([partition(10, 0), partition(10, None, number=1)], id="one committed offset is unknown"),
    ],
)
def test_a_trigger_that_cannot_be_read(parts: list[Partition]) -> None:
    """One unknown partition makes the whole trigger unknown."""
    with pytest.raises(TriggerFault):
        kafka_lag(parts, flags(), {})


def test_persistent_lag_is_judged_by_what_was_remembered() -> None:
    """The offsets of the trigger's own last reading go before those of the observer's."""
    part = Partition(topic="orders", partition=0, end_offset=100, committed_offset=60, committed_before=60)
    assert kafka_lag([part], PERSISTENT, {}).total == 0
    assert kafka_lag([part], PERSISTENT, {"orders/0": 50}).total == 40
