"""A whole tick of a ScaledObject: KEDA's poll, the HPA behind it, fallbacks, formulas, pauses, memory."""

from dataclasses import replace
from typing import Any

import pytest

from autoscaler.decide import decide
from autoscaler.model import (
    Decision,
    KedaMemory,
    Memory,
    Observation,
    Partition,
    PodPhase,
    Reading,
    Sample,
    ScaleFault,
    Worker,
)
from autoscaler.policies.hpa import Behavior, ScalingRules, TargetType
from autoscaler.policies.keda import (
    COMPOSITE,
    Fallback,
    FallbackBehavior,
    KafkaTrigger,
    KedaSpec,
    Modifiers,
    Pause,
    ResourceTrigger,
    Trigger,
    fallback_metric,
    fallback_replicas,
    hpa_behind,
    keda_plan,
    read_formula,
)

ORDERS = "s0-kafka-orders"
AT_ONCE = Behavior(
    up=ScalingRules(window_seconds=0, policies=Behavior().up.policies),
    down=ScalingRules(window_seconds=0, policies=Behavior().down.policies),
)


def kafka(name: str = "orders", index: int = 0, **changed: Any) -> KafkaTrigger:
    """A trigger on a topic of that name."""
    return KafkaTrigger(metric=f"s{index}-kafka-{name}", name=name, topic=name, **changed)


def spec(*triggers: Trigger, **changed: Any) -> KedaSpec:
    """An object that goes down at once, so that one tick shows the metric."""
    return KedaSpec(triggers=triggers or (kafka(),), behavior=changed.pop("behavior", AT_ONCE), **changed)


def offsets(*lags: int | None, topic: str = "orders", committed: int = 1000) -> tuple[Partition, ...]:
    """A partition for each lag; a lag of None is an unknown committed offset."""
    return tuple(
        Partition(
            topic=topic,
            partition=number,
            end_offset=committed + (lag or 0),
            committed_offset=None if lag is None else committed,
        )
        for number, lag in enumerate(lags)
    )


def seen(replicas: int, *partitions: Partition, at: float = 1000.0, **changed: Any) -> Observation:
    """What is seen at that time with so many workers."""
    return Observation(
        at_seconds=at, spec_replicas=replicas, status_replicas=replicas, partitions=tuple(partitions), **changed
    )


def ask(given: KedaSpec, observation: Observation, memory: Memory | None = None) -> tuple[Decision, Memory]:
    """The decision and the memory after it."""
    return decide(observation, memory or Memory(), keda_plan(given))


def condition(decision: Decision, kind: str) -> str | None:
    """The reason of one condition; None if there is none."""
    return next((each.reason for each in decision.conditions if each.type == kind), None)


@pytest.mark.parametrize(
    ("given", "current", "lags", "expected"),
    [
        pytest.param(spec(), 3, (10, 10, 19), 4, id="3 partitions, threshold 10, lag 39: 4 workers"),
        pytest.param(spec(), 3, (10, 10, 20), 3, id="3 partitions, threshold 10, lag 40: 3 workers"),
        pytest.param(spec(), 63, (1000,) * 64, 63, id="bound to 64 partitions, 63 running: within the tolerance"),
        pytest.param(spec(), 50, (1000,) * 64, 64, id="bound to 64 partitions, 50 running: 64"),
        pytest.param(spec(), 22, (1000,) * 23, 22, id="bound to 23 partitions, 22 running: within the tolerance"),
        pytest.param(spec(), 0, (0, 0), 0, id="without lag nothing wakes"),
        pytest.param(spec(), 0, (1, 0), 1, id="one event wakes one worker, whatever the lag"),
        pytest.param(spec(), 0, (5000, 5000), 1, id="the HPA comes only after the first worker"),
        pytest.param(
            spec(kafka(activation_lag_threshold=10)), 0, (10,), 0, id="the threshold itself does not activate"
        ),
        pytest.param(spec(kafka(activation_lag_threshold=10)), 0, (11,), 1, id="more than the threshold activates"),
        pytest.param(spec(), 7, (0, 0), 0, id="never active and without lag: from 7 to 0 in one step"),
        pytest.param(spec(replicas_min=2), 7, (0, 0), 2, id="a minimum is the HPA's"),
        pytest.param(spec(replicas_max=5), 4, (100,) * 8, 5, id="a maximum is the HPA's"),
        pytest.param(spec(kafka(ensure_even_distribution=True)), 1, (9, 9, 9, 0, 0, 0), 3, id="even: 3 of 6"),
        pytest.param(
            spec(kafka(ensure_even_distribution=True)), 2, (30, 31, *(0,) * 8), 6, id="even: 10 of 10, but 4 at a time"
        ),
    ],
)
def test_a_tick(given: KedaSpec, current: int, lags: tuple[int, ...], expected: int) -> None:
    """From offsets to a number of workers."""
    decision, _ = ask(given, seen(current, *offsets(*lags)))
    assert decision.replicas == expected


@pytest.mark.parametrize(
    ("behavior", "current", "expected"),
    [
        (FallbackBehavior.STATIC, 4, 10),
        (FallbackBehavior.CURRENT, 4, 4),
        (FallbackBehavior.CURRENT_IF_HIGHER, 4, 10),
        (FallbackBehavior.CURRENT_IF_HIGHER, 14, 14),
        (FallbackBehavior.CURRENT_IF_LOWER, 4, 4),
        (FallbackBehavior.CURRENT_IF_LOWER, 14, 10),
    ],
)
def test_fallback_behaviors(behavior: FallbackBehavior, current: int, expected: int) -> None:
    """Ten workers to fall back to, against the present number."""
    fallback = Fallback(failure_threshold=3, replicas=10, behavior=behavior)
    assert fallback_replicas(fallback, current) == expected
    assert fallback_metric(fallback, current=current, target=10) == expected * 10


@pytest.mark.parametrize(
    ("failures", "expected"),
    [
        pytest.param(0, 4, id="the first failure holds"),
        pytest.param(2, 4, id="as many as the threshold holds"),
        pytest.param(3, 8, id="one more than the threshold falls back"),
    ],
)
def test_fallback_after_failures(failures: int, expected: int) -> None:
    """More than `failureThreshold` failures in a row set the metric to replicas times threshold."""
    given = spec(fallback=Fallback(failure_threshold=3, replicas=8))
    decision, after = ask(given, seen(4, *offsets(None)), Memory(failures={ORDERS: failures}))
    assert decision.replicas == expected
    assert after.failures == {ORDERS: failures + 1}
    assert condition(decision, "Fallback") == ("FallbackExists" if expected == 8 else "NoFallbackFound")


def test_one_success_resets_the_failures() -> None:
    """The next failure counts from one again."""
    _, after = ask(
        spec(fallback=Fallback(failure_threshold=3, replicas=8)), seen(1, *offsets(6)), Memory(failures={ORDERS: 5})
    )
    assert after.failures == {ORDERS: 0}


@pytest.mark.parametrize(
    ("ready", "expected"),
    [
        pytest.param(3, 8, id="the HPA multiplies by three ready workers, so a third of it each"),
        pytest.param(1, 8, id="one ready worker of four"),
        pytest.param(0, 4, id="nobody ready: there is no such metric, held"),
    ],
)
def test_fallback_for_a_target_of_type_value(ready: int, expected: int) -> None:
    """As since KEDA 2.18: replicas times target over ready workers."""
    given = spec(kafka(target=TargetType.VALUE), fallback=Fallback(failure_threshold=0, replicas=8))
    workers = tuple(replace(worker(str(number), 0.5), ready=number < ready) for number in range(4))
    decision, _ = ask(given, seen(4, *offsets(None), workers=workers), Memory(failures={ORDERS: 9}))
    assert decision.replicas == expected


def test_failures_count_only_when_the_hpa_asks() -> None:
    """At 0 workers the HPA is switched off, so nothing asks KEDA for the metric."""
    decision, after = ask(spec(), seen(0, *offsets(None)))
    assert (decision.replicas, dict(after.failures)) == (0, {})


def test_unknown_lag_holds() -> None:
    """Nothing moves, and the conditions say why."""
    decision, after = ask(spec(), seen(6, *offsets(10, None)))
    assert decision.replicas == 6
    assert condition(decision, "ScalingActive") == "FailedGetExternalMetric"
    assert condition(decision, "Ready") == "TriggerError"
    assert after.failures == {ORDERS: 1}


def test_several_triggers_the_largest_wins() -> None:
    """Each trigger is a metric of the HPA."""
    given = spec(kafka(), kafka("paid", 1, lag_threshold=5))
    parts = (*offsets(10, 0, 0, 0), *offsets(5, 5, 5, 0, topic="paid"))
    assert ask(given, seen(2, *parts))[0].replicas == 3


def test_one_of_two_triggers_unknown_may_grow_but_not_shrink() -> None:
    """As the HPA does with several metrics."""
    given = spec(kafka(), kafka("paid", 1))
    unknown = offsets(None, topic="paid")
    assert ask(given, seen(2, *offsets(10, 10, 10, 10), *unknown))[0].replicas == 4
    assert ask(given, seen(9, *offsets(10, 10, 10, 10), *unknown))[0].replicas == 9


def worker(name: str, cores: float) -> Worker:
    """A ready worker that requests a core."""
    return Worker(
        name=name,
        pod_phase=PodPhase.RUNNING,
        ready=True,
        ready_changed_at=-900.0,
        started_at=-999.0,
        cpu_request_cores=1.0,
        cpu=Sample(usage=cores, ended_at=999.0, window_seconds=30.0),
    )


def test_a_cpu_trigger_is_the_hpas() -> None:
    """It decides beside the lag, and never wakes or idles anything."""
    given = spec(kafka(), ResourceTrigger(resource="cpu", average_utilization=50))
    busy = (worker("a", 1.0), worker("b", 1.0))
    assert ask(given, seen(2, *offsets(15, 0), workers=busy))[0].replicas == 4
    assert ask(given, seen(2, *offsets(0, 0), workers=busy))[0].replicas == 0


def test_cpu_alone_is_always_active() -> None:
    """Nothing could wake it again."""
    given = spec(ResourceTrigger(resource="cpu", average_utilization=50), replicas_min=1)
    decision, _ = ask(given, seen(2, workers=(worker("a", 1.0), worker("b", 1.0))))
    assert (decision.replicas, condition(decision, "Active")) == (4, "ScalerActive")


def composed(formula: str, fallback: Fallback | None = None, **changed: Any) -> KedaSpec:
    """Two triggers and a formula over them."""
    modifiers = Modifiers(formula=read_formula(formula), target=changed.pop("target", 2.0), **changed)
    return spec(kafka(), kafka("paid", 1), modifiers=modifiers, fallback=fallback)


@pytest.mark.parametrize(
    ("given", "current", "orders", "paid", "expected"),
    [
        pytest.param(composed("(orders + paid) / 2"), 3, 8, 4, 3, id="mean of 6 with a target of 2: 3"),
        pytest.param(composed("max(orders, paid)"), 3, 8, 4, 4, id="only the composite counts"),
        pytest.param(composed("orders > 5 ? 10 : 1"), 3, 8, 4, 5, id="a choice"),
        pytest.param(composed("orders - paid"), 0, 4, 4, 0, id="active triggers, inactive composite: asleep"),
        pytest.param(composed("orders - paid", activation_target=3.0), 0, 8, 4, 1, id="above activationTarget"),
        pytest.param(composed("orders - paid", activation_target=4.0), 0, 8, 4, 0, id="at activationTarget"),
        pytest.param(composed("orders / paid"), 3, 8, 0, 3, id="a division by 0 counts as unread: it holds"),
        pytest.param(composed("orders > 9 ? orders : nil"), 3, 8, 0, 0, id="nil is inactive: to 0"),
        pytest.param(composed("orders / 3", target=1.0), 1, 4, 0, 2, id="thousandths are kept"),
        pytest.param(composed("orders + paid"), 3, 8, None, 3, id="one unknown trigger makes the composite unknown"),
    ],
)
def test_formula(given: KedaSpec, current: int, orders: int, paid: int | None, expected: int) -> None:
    """`scalingModifiers`: one metric instead of those of the triggers."""
    parts = (*offsets(orders), *offsets(paid, topic="paid"))
    assert ask(given, seen(current, *parts))[0].replicas == expected


@pytest.mark.parametrize(
    ("fallback", "failures", "expected"),
    [
        pytest.param(Fallback(failure_threshold=2, replicas=6), 2, 6, id="failed too often: the composite falls back"),
        pytest.param(Fallback(failure_threshold=2, replicas=6), 1, 3, id="not failed too often: held"),
        pytest.param(
            Fallback(failure_threshold=2, replicas=6, behavior=FallbackBehavior.SCALING_MODIFIERS),
            2,
            4,
            id="scalingModifiers: the failed trigger is nil in the formula",
        ),
        pytest.param(
            Fallback(failure_threshold=2, replicas=6, behavior=FallbackBehavior.SCALING_MODIFIERS),
            1,
            3,
            id="scalingModifiers: not failed too often: held",
        ),
    ],
)
def test_fallback_of_a_formula(fallback: Fallback, failures: int, expected: int) -> None:
    """One trigger that failed too often stands for all, or is nil."""
    given = composed("orders + (paid ?? 0)", fallback)
    parts = (*offsets(8), *offsets(None, topic="paid"))
    decision, _ = ask(given, seen(3, *parts), Memory(failures={"s1-kafka-paid": failures}))
    assert decision.replicas == expected


def test_a_formula_that_comes_to_nil_falls_back() -> None:
    """With `scalingModifiers`: nothing is left for the formula, so the fallback's number counts."""
    given = composed(
        "orders ?? paid", Fallback(failure_threshold=2, replicas=6, behavior=FallbackBehavior.SCALING_MODIFIERS)
    )
    parts = (*offsets(None), *offsets(None, topic="paid"))
    decision, _ = ask(given, seen(3, *parts), Memory(failures={ORDERS: 2, "s1-kafka-paid": 2}))
    assert decision.replicas == 6


def test_a_formulas_fallback_needs_a_whole_target() -> None:
    """KEDA parses the target as a whole number there, and has no fallback if it is none."""
    given = composed("orders + paid", Fallback(failure_threshold=0, replicas=6), target=2.5)
    parts = (*offsets(8), *offsets(None, topic="paid"))
    assert ask(given, seen(3, *parts), Memory(failures={"s1-kafka-paid": 9}))[0].replicas == 3


@pytest.mark.parametrize(
    ("pause", "current", "lag", "expected"),
    [
        pytest.param(Pause(everything=True), 3, 500, 3, id="paused: stays"),
        pytest.param(Pause(replicas=0), 3, 500, 0, id="paused-replicas: goes there"),
        pytest.param(Pause(replicas=7, everything=True), 3, 0, 7, id="paused-replicas wins over paused"),
        pytest.param(Pause(scale_in=True), 3, 0, 3, id="paused-scale-in: not down, not to 0"),
        pytest.param(Pause(scale_in=True), 3, 500, 7, id="paused-scale-in: still up"),
        pytest.param(Pause(scale_out=True), 3, 500, 3, id="paused-scale-out: not up"),
        pytest.param(Pause(scale_out=True), 0, 500, 0, id="paused-scale-out: not from 0"),
        pytest.param(Pause(scale_out=True), 3, 10, 1, id="paused-scale-out: still down"),
        pytest.param(Pause(force_activation=True), 0, 0, 1, id="force-activation: awake without lag"),
        pytest.param(Pause(force_activation=True), 3, 0, 1, id="force-activation: never below 1"),
    ],
)
def test_pause(pause: Pause, current: int, lag: int, expected: int) -> None:
    """The annotations."""
    assert ask(spec(pause=pause), seen(current, *offsets(lag, *(0,) * 99)))[0].replicas == expected


def test_a_pause_ends() -> None:
    """The condition Paused stays and says so, the HPA's come back."""
    decision, memory = ask(spec(pause=Pause(everything=True)), seen(2, *offsets(20, 0)))
    assert condition(decision, "Paused") == "ScaledObjectPaused"
    decision, _ = ask(spec(), seen(2, *offsets(20, 0), at=1015.0), memory)
    assert condition(decision, "Paused") == "ScaledObjectUnpaused"
    assert condition(decision, "ScalingActive") == "ValidMetricFound"


def test_polls_have_an_interval_and_the_hpa_does_not() -> None:
    """Between polls nothing wakes; the HPA looks at every tick."""
    given = spec()
    _, memory = ask(given, seen(0, *offsets(0)))
    assert ask(given, seen(0, *offsets(50), at=1029.0), memory)[0].replicas == 0
    assert ask(given, seen(0, *offsets(50), at=1030.0), memory)[0].replicas == 1
    assert ask(given, seen(1, *offsets(10, 10), at=1015.0), memory)[0].replicas == 2


def test_the_cooldown_over_several_polls() -> None:
    """N to 0 comes after the cooldown, counted from the last active poll; meanwhile the HPA goes down to 1."""
    given, memory, replicas = spec(cooldown_seconds=60), Memory(), 4
    trace: list[int] = []
    for step in range(6):
        lag = 40 if step == 0 else 0
        parts = offsets(lag, 0, 0, 0)
        decision, memory = ask(given, seen(replicas, *parts, at=1000.0 + 30 * step), memory)
        replicas = decision.replicas
        trace.append(replicas)
    assert trace == [4, 1, 1, 0, 0, 0]


def test_going_to_zero_is_no_scale_event_of_the_hpa() -> None:
    """The HPA's rate limits do not know what KEDA does behind its back."""
    _, memory = ask(spec(), seen(4, *offsets(0)))
    assert memory.scale_events == ()
    _, memory = ask(spec(), seen(1, *offsets(10, 10)))
    assert [change for _, change in memory.scale_events] == [1]


def test_persistent_lag_neither_grows_nor_idles() -> None:
    """A commit that has not moved since the last reading leaves the metric, but keeps the object active."""
    given = spec(kafka(exclude_persistent_lag=True))
    parts = offsets(50, 0, 0, 0, 0, 0)
    decision, memory = ask(given, seen(2, *parts))
    assert decision.replicas == 5
    decision, memory = ask(given, seen(5, *parts, at=1400.0), memory)
    assert (decision.replicas, condition(decision, "Active")) == (1, "ScalerActive")
    moved = offsets(50, 0, 0, 0, 0, 0, committed=1001)
    assert ask(given, seen(5, *moved, at=1415.0), memory)[0].replicas == 5


def test_a_trigger_that_failed_has_forgotten_what_was_committed() -> None:
    """KEDA makes a scaler anew after an error, and the new one has no offsets of before."""
    given = spec(kafka(exclude_persistent_lag=True), replicas_min=1)
    parts = offsets(50, 0, 0, 0, 0, 0)
    _, memory = ask(given, seen(5, *parts))
    assert ask(given, seen(5, *parts, at=1015.0), memory)[0].replicas == 1, "it knows that nothing moved"
    _, memory = ask(given, seen(5, at=1015.0), memory)
    assert ask(given, seen(5, *parts, at=1030.0), memory)[0].replicas == 5


def test_what_was_committed_without_an_end_offset_is_not_remembered() -> None:
    """KEDA never looks at such a partition."""
    given = spec(kafka(exclude_persistent_lag=True), replicas_min=1)
    first, *rest = offsets(50, 0, 0, 0, 0, 0)
    _, memory = ask(given, seen(5, replace(first, end_offset=None), *rest))
    assert ask(given, seen(5, first, *rest, at=1015.0), memory)[0].replicas == 5


def test_a_cached_trigger_is_asked_at_polls_only() -> None:
    """What was committed between two polls is not what it compares with."""
    given = spec(kafka(exclude_persistent_lag=True, use_cached=True), replicas_min=1)
    memory = Memory()
    for at, committed in ((1000.0, 1000), (1015.0, 1005)):
        _, memory = ask(given, seen(5, *offsets(50, 0, 0, 0, 0, 0, committed=committed), at=at), memory)
    decision, _ = ask(given, seen(5, *offsets(50, 0, 0, 0, 0, 0, committed=1005), at=1030.0), memory)
    assert decision.trail[0].numbers["lag"] == 50, "1,005 is not the 1,000 of the last poll"


def test_a_failed_poll_is_not_cached() -> None:
    """The HPA's next question goes to Kafka."""
    given = spec(kafka(use_cached=True), polling_seconds=60.0, replicas_min=1)
    _, memory = ask(given, seen(4))
    assert ask(given, seen(4, *offsets(*(20,) * 8), at=1015.0), memory)[0].replicas == 8


@pytest.mark.parametrize(
    ("current", "active", "fallback", "ready"),
    [
        pytest.param(3, True, None, (False, "PartialTriggerError"), id="another trigger is active"),
        pytest.param(0, True, None, (True, "ScaledObjectReady"), id="and wakes the workers"),
        pytest.param(3, False, None, (False, "TriggerError"), id="none is active"),
        pytest.param(3, False, Fallback(failure_threshold=3, replicas=5), (True, "ScaledObjectReady"), id="a fallback"),
        pytest.param(
            3, False, Fallback(failure_threshold=3, replicas=0), (True, "ScaledObjectReady"), id="a fallback to 0"
        ),
    ],
)
def test_the_condition_ready_with_a_trigger_that_could_not_be_read(
    *, current: int, active: bool, fallback: Fallback | None, ready: tuple[bool, str]
) -> None:
    """KEDA's executor sets it only on some of its ways."""
    given = spec(kafka(), kafka("paid", 1), fallback=fallback)
    decision, _ = ask(given, seen(current, *offsets(50 if active else 0)))
    assert next((c.status, c.reason) for c in decision.conditions if c.type == "Ready") == ready


@pytest.mark.parametrize("pause", [Pause(scale_in=True), Pause(scale_out=True)])
def test_a_pause_of_one_direction_is_told(pause: Pause) -> None:
    decision, _ = ask(spec(pause=pause), seen(3, *offsets(30)))
    assert (condition(decision, "Paused"), condition(decision, "ScalingActive")) == (
        "ScaledObjectPaused",
        "ValidMetricFound",
    )


def test_a_fallback_that_cannot_stand_in_is_not_reported() -> None:
    """Beside a formula the target must be whole."""
    given = composed("orders", Fallback(failure_threshold=0, replicas=9), target=2.5)
    assert condition(ask(given, seen(3))[0], "Fallback") is None


def test_cached_metrics_are_those_of_the_last_poll() -> None:
    """With `useCachedMetrics` the HPA sees a new lag only after the next poll."""
    given = spec(kafka(use_cached=True))
    _, memory = ask(given, seen(2, *offsets(20, 0, 0)))
    assert ask(given, seen(2, *offsets(30, 0, 0), at=1015.0), memory)[0].replicas == 2
    assert ask(given, seen(2, *offsets(30, 0, 0), at=1030.0), memory)[0].replicas == 3


def test_a_recorded_metric_goes_before_the_offsets() -> None:
    """What KEDA's metrics API answered is what its HPA saw."""
    observation = seen(2, *offsets(999), metrics={ORDERS: Reading(value=30.0)})
    assert ask(spec(), observation)[0].replicas == 3
    lost = seen(2, *offsets(999), metrics={ORDERS: Reading(error="timeout")})
    assert ask(spec(), lost)[0].replicas == 2


@pytest.mark.parametrize("reason", ["FailedGetScale", "InvalidSelector", "AmbiguousSelector"])
def test_a_scale_that_cannot_be_looked_up_holds(reason: str) -> None:
    """Whatever the lag."""
    fault = ScaleFault(reason=reason, message="it is gone")
    assert ask(spec(), seen(3, *offsets(500, 0, 0, 0, 0), scale_fault=fault))[0].replicas == 3


def test_the_hpa_behind() -> None:
    """Its least is 1, its metrics are the triggers', one composite replaces those that KEDA reads."""
    plain = hpa_behind(spec(kafka(lag_threshold=7), ResourceTrigger(resource="memory", average_value_milli=5)))
    assert (plain.replicas_min, plain.replicas_max) == (1, 100)
    assert [(metric.type, metric.name) for metric in plain.metrics] == [("External", ORDERS), ("Resource", "memory")]
    assert plain.metrics[0].target.average_value_milli == 7000
    one = hpa_behind(
        replace(composed("orders"), triggers=(kafka(), ResourceTrigger(resource="cpu", average_utilization=1)))
    )
    assert [metric.name for metric in one.metrics] == ["cpu", COMPOSITE]
    container = ResourceTrigger(resource="cpu", average_utilization=1, container="main")
    two = hpa_behind(replace(composed("orders"), triggers=(kafka(), container)))
    assert [metric.name for metric in two.metrics] == [COMPOSITE], "KEDA loses those of a container beside a formula"


def test_the_trail_tells_the_lag_and_the_poll() -> None:
    """A reader sees what was measured, what KEDA made of it, and what the HPA did."""
    decision, after = ask(spec(), seen(3, *offsets(400, 0, 0)))
    assert [step.rule for step in decision.trail][:3] == [ORDERS, "activation", ORDERS]
    assert decision.trail[0].why == "lag 400 over 3 partitions, 1 with lag → 30 for the HPA"
    assert after.keda == KedaMemory(last_polled_at=1000.0, active=True)
    assert after.last_active_at == 1000.0
