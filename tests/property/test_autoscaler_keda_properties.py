"""What holds for KEDA's policy whatever the offsets."""

import math
from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from autoscaler.decide import decide
from autoscaler.model import Memory, Observation, Partition
from autoscaler.policies.hpa import Behavior
from autoscaler.policies.keda import Fallback, KafkaTrigger, KedaSpec, kafka_lag, keda_plan, lag_to_metric

LAGS = st.lists(st.integers(0, 5_000), min_size=1, max_size=12)


@st.composite
def triggers(draw: st.DrawFn) -> KafkaTrigger:
    """A trigger with flags that KEDA accepts together."""
    mode = draw(st.sampled_from(["plain", "idle", "limit", "even"]))
    return KafkaTrigger(
        metric="s0-kafka-orders",
        topic="orders",
        lag_threshold=draw(st.integers(1, 500)),
        activation_lag_threshold=draw(st.integers(0, 50)),
        allow_idle_consumers=mode == "idle",
        limit_to_partitions_with_lag=mode == "limit",
        ensure_even_distribution=mode == "even",
    )


def spec(trigger: KafkaTrigger, **changed: Any) -> KedaSpec:
    """An object whose bounds do not hide the metric."""
    return replace(KedaSpec(triggers=(trigger,), replicas_max=10_000, behavior=Behavior()), **changed)


def seen(lags: list[int], replicas: int, *, unknown: int | None = None) -> Observation:
    """Those lags, one of them unknown if asked for."""
    parts = tuple(
        Partition(
            topic="orders",
            partition=number,
            end_offset=100 + lag,
            committed_offset=None if number == unknown else 100,
        )
        for number, lag in enumerate(lags)
    )
    return Observation(at_seconds=1000.0, spec_replicas=replicas, status_replicas=replicas, partitions=parts)


@given(triggers(), LAGS, st.data())
def test_more_lag_in_partitions_that_have_some_never_means_fewer_workers(
    trigger: KafkaTrigger, lags: list[int], data: st.DataObject
) -> None:
    """The metric rises with the lag, up to the one step down where KEDA's whole division meets its bound."""
    more = [lag + data.draw(st.integers(0, 500)) if lag else 0 for lag in lags]
    parts, grown = seen(lags, 1).partitions, seen(more, 1).partitions
    before, after = kafka_lag(parts, trigger, {}), kafka_lag(grown, trigger, {})
    bounded = not trigger.allow_idle_consumers and after.total // trigger.lag_threshold > 0
    most = after.metric + (trigger.lag_threshold - 1 if bounded else 0)
    assert before.metric <= most


@given(triggers(), LAGS, st.integers(0, 40), st.data())
def test_more_lag_never_means_fewer_workers(
    trigger: KafkaTrigger, lags: list[int], replicas: int, data: st.DataObject
) -> None:
    """The same seen from the decision, below the bound."""
    more = [lag + data.draw(st.integers(0, 500)) for lag in lags]
    wide = replace(
        trigger, allow_idle_consumers=not trigger.ensure_even_distribution, limit_to_partitions_with_lag=False
    )
    plan = keda_plan(spec(wide))
    few, _ = decide(seen(lags, replicas), Memory(), plan)
    many, _ = decide(seen(more, replicas), Memory(), plan)
    tolerated = replicas * wide.lag_threshold * 0.9 <= sum(lags) <= sum(more) <= replicas * wide.lag_threshold * 1.1
    assert tolerated or few.replicas <= many.replicas or within_tolerance(many.replicas, few.replicas, replicas)


def within_tolerance(lower: int, higher: int, current: int) -> bool:
    """The HPA holds near its target, and holding may be one worker below the ceiling, or up to a tenth."""
    return lower == current and higher <= math.ceil(current * 1.1)


@given(triggers(), LAGS, st.integers(0, 40), st.data())
def test_unknown_holds_and_counts_a_failure(
    trigger: KafkaTrigger, lags: list[int], replicas: int, data: st.DataObject
) -> None:
    """One unknown partition, and neither KEDA nor its HPA moves."""
    unknown = data.draw(st.integers(0, len(lags) - 1))
    decision, memory = decide(seen(lags, replicas, unknown=unknown), Memory(), keda_plan(spec(trigger)))
    assert decision.replicas == replicas
    assert memory.failures == ({trigger.metric: 1} if replicas else {})
    assert memory.last_active_at is None


@given(triggers(), LAGS, st.integers(1, 40))
def test_the_active_flag(trigger: KafkaTrigger, lags: list[int], replicas: int) -> None:
    """Active when the total is above the activation threshold, and remembered with its time."""
    decision, memory = decide(seen(lags, replicas), Memory(), keda_plan(spec(trigger)))
    active = sum(lags) > trigger.activation_lag_threshold
    assert memory.keda is not None
    assert memory.keda.active is active
    assert memory.last_active_at == (1000.0 if active else None)
    assert (decision.replicas > 0) is active


@given(triggers(), LAGS, st.integers(0, 40), st.integers(0, 9))
def test_the_same_input_gives_the_same_output(
    trigger: KafkaTrigger, lags: list[int], replicas: int, failures: int
) -> None:
    """Nothing but the arguments counts."""
    plan = keda_plan(spec(trigger, fallback=Fallback(failure_threshold=3, replicas=5)))
    memory = Memory(failures={trigger.metric: failures})
    assert decide(seen(lags, replicas), memory, plan) == decide(seen(lags, replicas), memory, plan)


@given(triggers(), st.integers(0, 100_000), st.integers(1, 64))
def test_the_metric_asks_for_at_most_one_worker_more_than_the_bound(
    trigger: KafkaTrigger, total: int, partitions: int
) -> None:
    """That one is KEDA's whole division."""
    metric = lag_to_metric(total, partitions=partitions, with_lag=partitions, trigger=trigger)
    if not trigger.allow_idle_consumers:
        assert metric < (partitions + 1) * trigger.lag_threshold


@given(triggers(), st.integers(0, 20), st.integers(1, 30), st.integers(1, 30))
def test_the_fallback_is_exactly_its_number(trigger: KafkaTrigger, threshold: int, replicas: int, current: int) -> None:
    """Outside the tolerance the HPA computes from the fallback's metric what the fallback says."""
    plan = keda_plan(spec(trigger, fallback=Fallback(failure_threshold=threshold, replicas=replicas), behavior=None))
    memory = Memory(failures={trigger.metric: threshold})
    decision, _ = decide(seen([5], current, unknown=0), memory, plan)
    limit = max(2 * current, 4)
    held = 0.9 <= replicas / current <= 1.1
    assert decision.replicas == (current if held else min(max(replicas, current), limit))
