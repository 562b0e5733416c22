"""Rules that hold for every autoscaler and every state."""

from dataclasses import replace

import orjson
from hypothesis import assume, given
from hypothesis import strategies as st

from autoscaler.decide import decide
from autoscaler.lines import read_state, write_decision
from autoscaler.model import Memory, Observation, PodPhase, Reading, Recommendation, Sample, ScaleEvent, Worker
from autoscaler.policies.hpa import (
    Behavior,
    ChangeUnit,
    HpaSpec,
    Metric,
    MetricType,
    ScalingPolicy,
    ScalingRules,
    SelectPolicy,
    Target,
    TargetType,
    highest_recent,
    hpa_plan,
    total_average_value,
)
from autoscaler.policies.hpa.spec import Tolerances

counts = st.integers(1, 50)
times = st.floats(0, 10_000, allow_nan=False)
totals = st.one_of(st.none(), st.floats(0, 1e7, allow_nan=False))
targets = st.integers(1, 10**7)
policies = st.builds(
    ScalingPolicy, unit=st.sampled_from(ChangeUnit), value=st.integers(1, 200), period_seconds=st.integers(1, 1800)
)
rules = st.builds(
    ScalingRules,
    window_seconds=st.integers(0, 3600).map(float),
    policies=st.lists(policies, min_size=1, max_size=3).map(tuple),
    select=st.sampled_from(SelectPolicy),
    tolerance=st.one_of(st.none(), st.floats(0, 0.5)),
)
samples = st.builds(
    Sample, usage=st.floats(0, 8, allow_nan=False), ended_at=times, window_seconds=st.floats(0, 120, allow_nan=False)
)
worker_lists = st.lists(
    st.builds(
        Worker,
        name=st.just(""),
        pod_phase=st.sampled_from(PodPhase),
        ready=st.sampled_from([True, False, None]),
        ready_changed_at=st.one_of(st.none(), times),
        started_at=st.one_of(st.none(), times),
        deleted=st.booleans(),
        cpu_request_cores=st.floats(0.1, 4),
        cpu=st.one_of(st.none(), samples),
    ),
    max_size=8,
).map(lambda made: tuple(replace(worker, name=f"w{index}") for index, worker in enumerate(made)))
lag_metrics = st.builds(
    lambda kind, target: Metric(
        type=kind, name="lag", target=Target(type=TargetType.AVERAGE_VALUE, average_value_milli=target)
    ),
    st.sampled_from([MetricType.OBJECT, MetricType.EXTERNAL]),
    targets,
)
cpu_metrics = st.integers(1, 200).map(
    lambda percent: Metric(
        type=MetricType.RESOURCE, name="cpu", target=Target(type=TargetType.UTILIZATION, average_utilization=percent)
    )
)


@st.composite
def specs(draw: st.DrawFn) -> HpaSpec:
    """Any autoscaler of lag, CPU or both."""
    least, most = sorted((draw(counts), draw(counts)))
    behavior = draw(st.one_of(st.none(), st.builds(Behavior, up=rules, down=rules)))
    metrics = draw(st.lists(st.one_of(lag_metrics, cpu_metrics), min_size=1, max_size=2))
    return HpaSpec(replicas_min=least, replicas_max=most, metrics=tuple(metrics), behavior=behavior)


@st.composite
def states(draw: st.DrawFn) -> Observation:
    """Any state."""
    current = draw(counts)
    return Observation(
        at_seconds=draw(times),
        spec_replicas=current,
        status_replicas=draw(st.one_of(st.just(current), counts)),
        workers=draw(worker_lists),
        metrics={"lag": Reading(value=draw(totals))},
    )


memories = st.builds(
    Memory,
    created_at=st.one_of(st.none(), times),
    recommendations=st.lists(st.builds(Recommendation, times, counts), max_size=8).map(lambda log: tuple(sorted(log))),
    scale_events=st.lists(st.builds(ScaleEvent, times, st.integers(-9, 9)), max_size=8).map(
        lambda log: tuple(sorted(log))
    ),
)


@given(specs(), states(), memories)
def test_bounds_hold_unless_it_holds(spec: HpaSpec, seen: Observation, memory: Memory) -> None:
    """Every answer is within the bounds, whatever was seen."""
    decision, _ = decide(seen, memory, hpa_plan(spec))
    assert spec.replicas_min <= decision.replicas <= spec.replicas_max


@given(specs(), states(), memories)
def test_same_input_twice_same_output(spec: HpaSpec, seen: Observation, memory: Memory) -> None:
    """Nothing but the input decides."""
    assert decide(seen, memory, hpa_plan(spec)) == decide(seen, memory, hpa_plan(spec))


@given(specs(), states(), memories, st.floats(0, 1e7, allow_nan=False), st.floats(0, 1e7, allow_nan=False))
def test_more_lag_never_fewer_workers(
    spec: HpaSpec, seen: Observation, memory: Memory, less: float, more: float
) -> None:
    """For targets per worker, with everything else as it is; also across the edges of the tolerance."""
    lag_only = replace(spec, metrics=tuple(metric for metric in spec.metrics if metric.name == "lag"))
    assume(lag_only.metrics)
    plan = hpa_plan(lag_only)
    few, _ = decide(replace(seen, metrics={"lag": Reading(value=min(less, more))}), memory, plan)
    many, _ = decide(replace(seen, metrics={"lag": Reading(value=max(less, more))}), memory, plan)
    assert few.replicas <= many.replicas


@given(specs(), states(), memories)
def test_unknown_holds(spec: HpaSpec, seen: Observation, memory: Memory) -> None:
    """When nothing can be read, a number within the bounds stays, and nothing is recommended."""
    blind = replace(seen, workers=(), metrics={})
    decision, after = decide(blind, memory, hpa_plan(spec))
    kept = min(max(seen.spec_replicas, spec.replicas_min), spec.replicas_max)
    assert (decision.replicas, decision.recommendation) == (kept, None)
    assert len(after.recommendations) <= max(1, len(memory.recommendations))


@given(st.integers(1, 1_000), targets, st.floats(-0.099, 0.099))
def test_inside_tolerance_nothing_moves(replicas: int, target: int, share: float) -> None:
    """Up to a tenth above or below the target."""
    total = round(replicas * target * (1 + share))
    assume(0.9 <= total / (float(target) * replicas) <= 1.1)  # rounded to whole thousandths, a tiny one may be outside
    answer = total_average_value(total, status=replicas, target_milli=target, tolerances=Tolerances())
    assert answer.replicas == replicas


@given(st.lists(st.builds(Recommendation, times, counts)), counts, times, st.floats(0, 3600, allow_nan=False))
def test_stabilised_is_never_below_the_proposal(
    log: list[Recommendation], proposal: int, now: float, window: float
) -> None:
    """Without `behavior`, stabilisation only ever raises, and to nothing that was not recommended."""
    stable = highest_recent(log, proposal, now=now, window_seconds=window)
    assert stable >= proposal
    assert stable in {proposal, *(entry.replicas for entry in log)}


@given(specs(), st.lists(st.tuples(states(), st.floats(0.1, 60)), min_size=1, max_size=6))
def test_replaying_the_memory_gives_the_same_decisions(spec: HpaSpec, ticks: list[tuple[Observation, float]]) -> None:
    """Whether the memory stays in the process or goes out as JSON and comes back."""
    plan, kept, written, now = hpa_plan(spec), Memory(), Memory(), 0.0
    for seen, step in ticks:
        now += step
        at = replace(seen, at_seconds=now)
        here, kept = decide(at, kept, plan)
        there, after = decide(at, written, plan)
        line = orjson.loads(write_decision(there, after, 1))
        least = {"at_seconds": now, "spec_replicas": 1, "status_replicas": 1, "memory": line["memory"]}
        written = read_state(orjson.dumps(least), 1).memory or Memory()
        assert there == here
        assert written == kept
