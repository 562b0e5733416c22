"""Whole looks of the HPA controller: which question comes first, several metrics, conditions, scale to zero."""

from dataclasses import replace

import pytest

from autoscaler.cluster import HpaClusterSettings
from autoscaler.decide import decide, not_applied
from autoscaler.model import Condition, Memory, Observation, Reading, Recommendation, ScaleFault
from autoscaler.policies.hpa import (
    Behavior,
    ChangeUnit,
    HpaSpec,
    Metric,
    MetricType,
    ScalingPolicy,
    ScalingRules,
    Target,
    TargetType,
    hpa_plan,
)
from tests.hpa_states import CLUSTER, LONG_AGO, NOW, state, workers

ZERO = CLUSTER.model_copy(update={"scale_to_zero": True})


def cpu(percent: int) -> Metric:
    """A target for CPU utilisation."""
    target = Target(type=TargetType.UTILIZATION, average_utilization=percent)
    return Metric(type=MetricType.RESOURCE, name="cpu", target=target)


def per_worker(name: str, milli: int, kind: MetricType = MetricType.EXTERNAL) -> Metric:
    """A total with a target per worker."""
    target = Target(type=TargetType.AVERAGE_VALUE, average_value_milli=milli)
    return Metric(type=kind, name=name, target=target)


def value(name: str, milli: int, kind: MetricType = MetricType.EXTERNAL) -> Metric:
    """A total with a target for all."""
    return Metric(type=kind, name=name, target=Target(type=TargetType.VALUE, value_milli=milli))


def spec(
    *metrics: Metric,
    bounds: tuple[int, int] = (2, 6),
    behavior: Behavior | None = None,
    cluster: HpaClusterSettings = CLUSTER,
) -> HpaSpec:
    """An autoscaler with the cluster settings of Kubernetes' tests."""
    least, most = bounds
    return HpaSpec(replicas_min=least, replicas_max=most, metrics=metrics, behavior=behavior, cluster=cluster)


def look(which: HpaSpec, seen: Observation, memory: Memory | None = None) -> tuple[int, dict[str, tuple[bool, str]]]:
    """The number, and status and reason of each condition.  By default there is no log that could hold it back."""
    decision, _ = decide(seen, memory or Memory(created_at=0.0), hpa_plan(which))
    return decision.replicas, {c.type: (c.status, c.reason) for c in decision.conditions}


def with_totals(seen: Observation, **totals: float | None) -> Observation:
    """The same with external metrics; None could not be read."""
    readings = {n: Reading(value=v, error=None if v is not None else "something went wrong") for n, v in totals.items()}
    return replace(seen, metrics=readings)


FINE = {
    "AbleToScale": (True, "SucceededRescale"),
    "ScalingActive": (True, "ValidMetricFound"),
    "ScalingLimited": (False, "DesiredWithinRange"),
}
UNCHANGED = FINE | {"AbleToScale": (True, "ReadyForNewScale")}


def failed(reason: str) -> dict[str, tuple[bool, str]]:
    """The conditions when nothing follows from the metrics."""
    return {"AbleToScale": (True, "SucceededGetScale"), "ScalingActive": (False, reason)}


@pytest.mark.parametrize(
    ("which", "seen", "replicas", "conditions"),
    [
        pytest.param(spec(cpu(30)), state(workers([300, 500, 700]), replicas=3), 5, FINE, id="grows"),
        pytest.param(
            spec(cpu(50), bounds=(2, 6)),
            state(workers([100, 300, 500, 250, 250]), replicas=5),
            3,
            FINE,
            id="shrinks when the log is empty",
        ),
        pytest.param(
            spec(cpu(50), bounds=(1, 8)),
            state(workers([500] * 5), replicas=4, status=5),
            4,
            UNCHANGED,
            id="within tolerance the number asked for counts, not the one that exists",
        ),
        pytest.param(
            spec(cpu(50), bounds=(1, 5)),
            state(workers([200], requests_milli=200), replicas=4),
            2,
            FINE,
            id="only one worker of four is found: it alone is multiplied",
        ),
        pytest.param(
            spec(cpu(10), bounds=(1, 100)),
            state(workers([100, 200, 300], requests_milli=100), replicas=3),
            6,
            FINE | {"ScalingLimited": (True, "ScaleUpLimit")},
            id="without behavior at most the double",
        ),
        pytest.param(
            spec(per_worker("qps", 2_150)),
            with_totals(state(replicas=3), qps=8.6),
            4,
            FINE,
            id="an external metric per worker",
        ),
        pytest.param(
            spec(value("qps", 6_666)),
            with_totals(state(workers([None] * 3), replicas=3), qps=8.6),
            4,
            FINE,
            id="an external metric in total",
        ),
        pytest.param(
            spec(per_worker("qps", 2_200)),
            with_totals(state(replicas=4), qps=8.6),
            4,
            UNCHANGED,
            id="an external metric within tolerance",
        ),
        pytest.param(
            spec(per_worker("qps", 1)),
            with_totals(state(replicas=3), qps=8.6),
            6,
            FINE | {"ScalingLimited": (True, "TooManyReplicas")},
            id="above the maximum",
        ),
        pytest.param(
            spec(per_worker("qps", 10_000_000)),
            with_totals(state(replicas=3), qps=8.6),
            2,
            FINE | {"ScalingLimited": (True, "TooFewReplicas")},
            id="below the minimum",
        ),
        pytest.param(spec(cpu(50)), state(replicas=3), 3, failed("FailedGetResourceMetric"), id="no workers, no CPU"),
        pytest.param(
            spec(per_worker("qps", 1_000)),
            with_totals(state(replicas=3), qps=None),
            3,
            failed("FailedGetExternalMetric"),
            id="external unreadable",
        ),
        pytest.param(
            spec(per_worker("qps", 1_000, MetricType.OBJECT)),
            with_totals(state(replicas=3), qps=None),
            3,
            failed("FailedGetObjectMetric"),
            id="object unreadable",
        ),
        pytest.param(
            spec(per_worker("qps", 1_000, MetricType.PODS)),
            state(workers([None]), replicas=3),
            3,
            failed("FailedGetPodsMetric"),
            id="pods metric of no worker",
        ),
        pytest.param(
            spec(replace(cpu(50), type=MetricType.CONTAINER_RESOURCE)),
            state(replicas=3),
            3,
            failed("FailedGetContainerResourceMetric"),
            id="container resource unreadable",
        ),
        pytest.param(
            spec(cpu(50)),
            state(replicas=7),
            6,
            {"AbleToScale": (True, "SucceededRescale")},
            id="above the maximum: at once, no metric is read",
        ),
        pytest.param(
            spec(cpu(50)),
            state(replicas=1),
            2,
            {"AbleToScale": (True, "SucceededRescale")},
            id="below the minimum: at once, no metric is read",
        ),
    ],
)
def test_one_look(which: HpaSpec, seen: Observation, replicas: int, conditions: dict[str, tuple[bool, str]]) -> None:
    """A first look with an empty log: the number and every condition with its reason."""
    assert look(which, seen) == (replicas, conditions)


@pytest.mark.parametrize(
    ("usages", "qps", "replicas", "active"),
    [
        pytest.param([300, 400, 500], 8.6, 5, (True, "ValidMetricFound"), id="the largest wins: the total"),
        pytest.param([900, 900, 900], 4.0, 6, (True, "ValidMetricFound"), id="the largest wins: CPU"),
        pytest.param([300, 400, 500], None, 4, (True, "ValidMetricFound"), id="one unreadable: growing is allowed"),
        pytest.param(
            [100, 100, 100], None, 3, (False, "FailedGetExternalMetric"), id="one unreadable: shrinking is refused"
        ),
        pytest.param(
            [300, 300, 300], None, 3, (True, "ValidMetricFound"), id="one unreadable: staying is no shrinking"
        ),
        pytest.param(
            [None] * 3,
            None,
            3,
            (False, "FailedGetExternalMetric"),
            id="all unreadable: hold, with the first one's reason",
        ),
    ],
)
def test_several_metrics(usages: list[int | None], qps: float | None, replicas: int, active: tuple[bool, str]) -> None:
    """The largest answer wins; what cannot be read never lets the number shrink."""
    which = spec(per_worker("qps", 2_000), cpu(30))
    found, conditions = look(which, with_totals(state(workers(usages), replicas=3), qps=qps))
    assert (found, conditions["ScalingActive"]) == (replicas, active)


@pytest.mark.parametrize(
    ("metric", "replicas", "reason"),
    [
        pytest.param(
            Metric(type=MetricType.OBJECT, name="qps", target=Target(type=TargetType.VALUE, average_value_milli=1_000)),
            3,
            "FailedGetObjectMetric",
            id="object: of type Value with averageValue only never scales",
        ),
        pytest.param(
            Metric(type=MetricType.OBJECT, name="qps", target=Target(type=TargetType.AVERAGE_VALUE, value_milli=1_000)),
            3,
            "FailedGetObjectMetric",
            id="object: of type AverageValue with value only never scales",
        ),
        pytest.param(
            Metric(
                type=MetricType.EXTERNAL, name="qps", target=Target(type=TargetType.VALUE, average_value_milli=1_000)
            ),
            5,
            "ValidMetricFound",
            id="external: what is set counts, not what it is called",
        ),
    ],
)
def test_type_of_target(metric: Metric, replicas: int, reason: str) -> None:
    """Object metrics go by the target's type, external ones by what is set."""
    found, conditions = look(spec(metric), with_totals(state(replicas=3), qps=5.0))
    assert (found, conditions["ScalingActive"][1]) == (replicas, reason)


def test_log_starts_with_the_present_number() -> None:
    """On first sight the present number is logged, so nothing shrinks within the first window."""
    which, plan = spec(per_worker("qps", 1_000)), hpa_plan(spec(per_worker("qps", 1_000)))
    decision, memory = decide(with_totals(state(replicas=5), qps=2.0), Memory(), plan)
    assert decision.replicas == 5
    assert memory.recommendations == (Recommendation(NOW, 5), Recommendation(NOW, 2))
    assert look(which, with_totals(state(replicas=5, at=NOW + 300), qps=2.0), memory)[0] == 5, "as old as the window"
    assert look(which, with_totals(state(replicas=5, at=NOW + 301), qps=2.0), memory)[0] == 2


def test_raw_recommendation_is_logged() -> None:
    """Not the stabilised and not the limited one."""
    plan = hpa_plan(spec(per_worker("qps", 1_000)))
    decision, memory = decide(with_totals(state(replicas=3), qps=50.0), Memory(created_at=0.0), plan)
    assert (decision.replicas, decision.recommendation) == (6, 50)
    assert memory.recommendations == (Recommendation(NOW, 50),)


def test_nothing_is_logged_without_a_proposal() -> None:
    """Neither when no metric can be read nor when the bounds are asserted."""
    plan = hpa_plan(spec(per_worker("qps", 1_000)))
    for seen in (with_totals(state(replicas=3), qps=None), state(replicas=9)):
        decision, memory = decide(seen, Memory(created_at=0.0), plan)
        assert decision.recommendation is None
        assert memory.recommendations == ()


@pytest.mark.parametrize(
    ("wanted", "reason"),
    [
        pytest.param(9.0, "ScaleUpStabilized", id="growing held back"),
        pytest.param(1.0, "ScaleDownStabilized", id="shrinking held back"),
    ],
)
def test_stabilised_with_behavior(wanted: float, reason: str) -> None:
    """The condition names the direction in which the proposal went."""
    windows = Behavior(
        up=ScalingRules(window_seconds=60, policies=(ScalingPolicy(unit=ChangeUnit.PODS, value=9, period_seconds=15),)),
        down=ScalingRules(
            window_seconds=60, policies=(ScalingPolicy(unit=ChangeUnit.PODS, value=9, period_seconds=15),)
        ),
    )
    which = spec(per_worker("qps", 1_000), bounds=(1, 20), behavior=windows)
    memory = Memory(created_at=0.0, recommendations=(Recommendation(NOW - 30, 5),))
    found, conditions = look(which, with_totals(state(replicas=5), qps=wanted), memory)
    assert (found, conditions["AbleToScale"]) == (5, (True, reason))


def test_down_window_is_the_clusters_unless_given() -> None:
    """`behavior` without a down window uses the cluster's; 0 in the manifest means none."""
    log = Memory(created_at=0.0, recommendations=(Recommendation(NOW - 100, 5),))
    seen = with_totals(state(replicas=5), qps=2.0)
    assert look(spec(per_worker("qps", 1_000), behavior=Behavior()), seen, log)[0] == 5
    none = Behavior(down=replace(Behavior().down, window_seconds=0.0))
    assert look(spec(per_worker("qps", 1_000), behavior=none), seen, log)[0] == 2
    short = CLUSTER.model_copy(update={"downscale_stabilization_seconds": 60.0})
    assert look(spec(per_worker("qps", 1_000), behavior=Behavior(), cluster=short), seen, log)[0] == 2


def test_tolerance_of_the_manifest() -> None:
    """1 % up lets 2 % above the target grow; 90 % down keeps a third of the target."""
    fine = Behavior(up=replace(Behavior().up, tolerance=0.01))
    coarse = Behavior(down=replace(Behavior().down, tolerance=0.9, window_seconds=0.0))
    busy, idle = workers([1010, 1030, 1020], requests_milli=[900, 1_000, 1_100]), workers([300] * 3)
    assert look(spec(cpu(100)), state(busy, replicas=3))[0] == 3
    assert look(spec(cpu(100), behavior=fine), state(busy, replicas=3))[0] == 4
    assert look(spec(cpu(100), behavior=coarse), state(idle, replicas=3))[0] == 3


def test_rate_over_ticks() -> None:
    """One worker a minute: the second one has to wait until the first is a minute old."""
    slow = ScalingRules(window_seconds=0, policies=(ScalingPolicy(unit=ChangeUnit.PODS, value=1, period_seconds=60),))
    plan = hpa_plan(spec(per_worker("qps", 1_000), bounds=(1, 10), behavior=Behavior(up=slow)))
    memory, replicas, path = Memory(), 2, []
    for tick in range(10):
        seen = with_totals(state(replicas=replicas, at=NOW + 15 * tick), qps=8.0)
        decision, memory = decide(seen, memory, plan)
        replicas = decision.replicas
        path.append(replicas)
    assert path == [3, 3, 3, 3, 4, 4, 4, 4, 5, 5]


TO_ZERO = Condition(type="ScaledToZero", status=True, reason="ScaledToZero", message="")


@pytest.mark.parametrize(
    ("cluster", "least", "was_zeroed", "qps", "replicas", "reasons"),
    [
        pytest.param(
            CLUSTER,
            1,
            False,
            9.0,
            0,
            {"ScalingActive": "ScalingDisabled", "AbleToScale": "SucceededGetScale"},
            id="0 by hand is off",
        ),
        pytest.param(
            ZERO,
            1,
            False,
            9.0,
            0,
            {"ScalingActive": "ScalingDisabled", "AbleToScale": "SucceededGetScale"},
            id="0 by hand is off with the gate, too",
        ),
        pytest.param(
            ZERO,
            0,
            False,
            9.0,
            0,
            {"ScalingActive": "ScalingDisabled", "AbleToScale": "SucceededGetScale"},
            id="0 by hand is off where 0 is the minimum",
        ),
        pytest.param(
            ZERO,
            0,
            True,
            2.5,
            3,
            {"ScaledToZero": "NotScaledToZero", "ScalingActive": "ValidMetricFound"},
            id="the autoscaler's own 0 wakes",
        ),
        pytest.param(
            ZERO,
            0,
            True,
            0.0,
            0,
            {"ScaledToZero": "ScaledToZero", "AbleToScale": "ReadyForNewScale"},
            id="the autoscaler's own 0 sleeps on",
        ),
        pytest.param(
            ZERO,
            0,
            True,
            None,
            0,
            {"ScalingActive": "FailedGetExternalMetric"},
            id="the autoscaler's own 0 holds on the unknown",
        ),
        pytest.param(
            ZERO,
            2,
            True,
            0.5,
            2,
            {"ScaledToZero": "NotScaledToZero", "ScalingLimited": "TooFewReplicas"},
            id="a raised minimum wakes it",
        ),
        pytest.param(
            CLUSTER,
            2,
            True,
            9.0,
            0,
            {"ScalingActive": "ScalingDisabled"},
            id="without the gate the condition means nothing",
        ),
    ],
)
def test_at_zero(
    *,
    cluster: HpaClusterSettings,
    least: int,
    was_zeroed: bool,
    qps: float | None,
    replicas: int,
    reasons: dict[str, str],
) -> None:
    """0 replicas are off, unless the autoscaler itself went there."""
    which = spec(per_worker("qps", 1_000), bounds=(least, 6), cluster=cluster)
    memory = Memory(created_at=0.0, conditions=(TO_ZERO,) if was_zeroed else ())
    found, conditions = look(which, with_totals(state(replicas=0), qps=qps), memory)
    assert found == replicas
    assert {kind: conditions[kind][1] for kind in reasons} == reasons


def test_going_to_zero_is_remembered() -> None:
    """ScaledToZero is set when the autoscaler goes to 0, so that it can come back."""
    plan = hpa_plan(spec(per_worker("qps", 1_000), bounds=(0, 6), cluster=ZERO))
    down, memory = decide(with_totals(state(replicas=1), qps=0.0), Memory(created_at=0.0), plan)
    assert down.replicas == 0
    up, _ = decide(with_totals(state(replicas=0, at=NOW + 15), qps=3.0), memory, plan)
    assert up.replicas == 3


def test_stale_condition_is_dropped_without_the_gate() -> None:
    """ScaledToZero of a cluster that had the gate goes with the first change."""
    memory = Memory(created_at=0.0, conditions=(TO_ZERO,))
    _, conditions = look(spec(per_worker("qps", 1_000)), with_totals(state(replicas=3), qps=5.0), memory)
    assert "ScaledToZero" not in conditions


def test_stale_condition_is_dropped_at_zero_without_the_gate() -> None:
    """Or it would wake what was switched off by hand, once the gate is there."""
    memory = Memory(created_at=0.0, conditions=(TO_ZERO,))
    _, conditions = look(spec(per_worker("qps", 1_000)), with_totals(state(replicas=0), qps=5.0), memory)
    assert conditions == {"AbleToScale": (True, "SucceededGetScale"), "ScalingActive": (False, "ScalingDisabled")}


def test_a_wake_up_that_was_refused_is_tried_again() -> None:
    """ScaledToZero goes only when the number was really changed."""
    plan = hpa_plan(spec(per_worker("qps", 1_000), bounds=(0, 6), cluster=ZERO))
    before = Memory(created_at=0.0, conditions=(TO_ZERO,))
    decision, after = decide(with_totals(state(replicas=0), qps=3.0), before, plan)
    _, memory = not_applied(decision, before, after, "the API server is away")
    again, _ = decide(with_totals(state(replicas=0, at=NOW + 15), qps=3.0), memory, plan)
    assert (decision.replicas, again.replicas) == (3, 3)


@pytest.mark.parametrize(
    ("up", "down", "ticks", "answer"),
    [
        pytest.param(
            [(ChangeUnit.PODS, 2, 300)],
            [(ChangeUnit.PERCENT, 100, 15)],
            [(0, 20, 12), (30, 12, 10), (60, 10, 50)],
            14,
            id="10 + 2 upward, and of two removals within 300 s only the second is known",
        ),
        pytest.param(
            [(ChangeUnit.PODS, 4, 15)],
            [(ChangeUnit.PODS, 1, 300)],
            [(0, 10, 14), (30, 14, 18), (60, 18, 2)],
            13,
            id="18 - 1 downward, and of two additions within 300 s only the second is known",
        ),
    ],
)
def test_an_event_that_the_controller_has_overwritten_does_not_count(
    up: list[tuple[ChangeUnit, int, int]],
    down: list[tuple[ChangeUnit, int, int]],
    ticks: list[tuple[float, int, float]],
    answer: int,
) -> None:
    """Ticks are time, present number and total; one direction looks further back than the other keeps its events."""
    ups, downs = (
        tuple(ScalingPolicy(unit=unit, value=number, period_seconds=period) for unit, number, period in rules)
        for rules in (up, down)
    )
    behavior = Behavior(
        up=ScalingRules(policies=ups, window_seconds=0.0), down=ScalingRules(policies=downs, window_seconds=0.0)
    )
    plan = hpa_plan(spec(per_worker("qps", 1_000), bounds=(1, 100), behavior=behavior))
    memory, answers = Memory(), []
    for at, current, total in ticks:
        decision, memory = decide(with_totals(state(replicas=current, at=at), qps=total), memory, plan)
        answers.append(decision.replicas)
    assert answers[-1] == answer


@pytest.mark.parametrize(
    ("reason", "replicas", "answer", "condition"),
    [
        pytest.param(
            "FailedGetScale", 9, 9, ("AbleToScale", (False, "FailedGetScale")), id="scale unknown: not even the bounds"
        ),
        pytest.param(
            "InvalidSelector", 3, 3, ("ScalingActive", (False, "InvalidSelector")), id="invalid selector: hold"
        ),
        pytest.param(
            "AmbiguousSelector",
            3,
            3,
            ("ScalingActive", (False, "AmbiguousSelector")),
            id="two autoscalers, one worker: hold",
        ),
        pytest.param(
            "AmbiguousSelector",
            9,
            6,
            ("AbleToScale", (True, "SucceededRescale")),
            id="the bounds are asked before the selector",
        ),
    ],
)
def test_scale_faults(reason: str, replicas: int, answer: int, condition: tuple[str, tuple[bool, str]]) -> None:
    """What cannot be looked up holds, with the controller's own reason."""
    seen = replace(state(replicas=replicas), scale_fault=ScaleFault(reason=reason, message="it is so"))
    found, conditions = look(spec(per_worker("qps", 1_000)), with_totals(seen, qps=100.0))
    assert found == answer
    assert conditions[condition[0]] == condition[1]


def test_conditions_stay_until_they_change() -> None:
    """What a tick does not touch stays; the time of change moves with the status only."""
    plan = hpa_plan(spec(per_worker("qps", 1_000)))
    _, memory = decide(with_totals(state(replicas=3), qps=50.0), Memory(created_at=0.0), plan)
    decision, _ = decide(with_totals(state(replicas=6, at=NOW + 15), qps=None), memory, plan)
    told = {c.type: c for c in decision.conditions}
    assert (told["ScalingLimited"].reason, told["ScalingLimited"].changed_at) == ("TooManyReplicas", NOW)
    assert (told["ScalingActive"].status, told["ScalingActive"].changed_at) == (False, NOW + 15)
    assert (told["AbleToScale"].reason, told["AbleToScale"].changed_at) == ("SucceededGetScale", NOW)


def test_memory_average_value_counts_workers_that_start() -> None:
    """Memory has no unready test, CPU with an average value has it."""
    target = Target(type=TargetType.AVERAGE_VALUE, average_value_milli=500)
    made = workers([800, 800], started_at=[NOW, LONG_AGO])
    both = tuple(replace(worker, memory=worker.cpu) for worker in made)
    for name, replicas in (("memory", 4), ("cpu", 2)):
        metric = Metric(type=MetricType.RESOURCE, name=name, target=target)
        assert look(spec(metric, bounds=(1, 10)), state(both, replicas=2))[0] == replicas


def test_trail_tells_every_step() -> None:
    """The metric in numbers, the windows, the limits."""
    decision, _ = decide(
        with_totals(state(replicas=3), lag=48_200.0),
        Memory(created_at=0.0),
        hpa_plan(spec(per_worker("lag", 1_000_000))),
    )
    assert [step.why for step in decision.trail] == [
        "lag 48,200 / 1,000 per worker → 49",
        "stabilised 49: ReadyForNewScale",
        "6: TooManyReplicas",
    ]
    assert decision.trail[0].numbers == {"usage": 48_200.0, "target": 1_000.0}


@pytest.mark.parametrize(
    ("metric", "replicas", "total", "why"),
    [
        pytest.param(
            per_worker("lag", 1_000_000),
            63,
            64_000.0,
            "lag 64,000 / 1,000 per worker, within the tolerance of 0.1: stays 63",
            id="one short of the partitions, for ever",
        ),
        pytest.param(
            value("lag", 1_000_000),
            3,
            950.0,
            "lag 950 / 1,000 in total, within the tolerance of 0.1: stays 3",
            id="a total",
        ),
        pytest.param(per_worker("lag", 1_000_000), 3, 3_400.0, "lag 3,400 / 1,000 per worker → 4", id="outside of it"),
        pytest.param(per_worker("lag", 1_000_000), 3, 0.0, "lag 0 / 1,000 per worker → 0", id="nothing"),
    ],
)
def test_the_trail_tells_when_the_tolerance_holds(metric: Metric, replicas: int, total: float, why: str) -> None:
    """Or 64,000 / 1,000 = 63 would look like wrong arithmetic."""
    seen = with_totals(state(replicas=replicas), lag=total)
    decision, _ = decide(seen, Memory(created_at=0.0), hpa_plan(spec(metric, bounds=(1, 100))))
    assert decision.trail[0].why == why
    assert ("tolerance" in decision.trail[0].numbers) == ("tolerance" in why)
