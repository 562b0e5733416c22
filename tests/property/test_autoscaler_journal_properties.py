"""What a journal must be able to do whatever was seen: come back as it was, and give its decisions again."""

import tempfile
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoscaler.commands.decide import answers
from autoscaler.decide import decide
from autoscaler.journal import Journal, ShadowAnswer, Tick, read_journal, read_tick, write_tick
from autoscaler.model import (
    Decision,
    Memory,
    Observation,
    Partition,
    Plan,
    PodPhase,
    Reading,
    Sample,
    ScaleFault,
    Step,
    Worker,
)
from autoscaler.policies.fixed import fixed_plan
from autoscaler.policies.flink import FlinkOptions, flink_plan
from autoscaler.policies.hpa import HpaSpec, Metric, MetricType, Target, TargetType, hpa_plan
from autoscaler.policies.keda import KafkaTrigger, KedaSpec, keda_plan
from contract.worker import WorkerPhase

amounts = st.floats(0, 1e9, allow_nan=False)
maybe = st.one_of(st.none(), amounts)
offsets = st.one_of(st.none(), st.integers(0, 2**53))
workers = st.lists(
    st.builds(
        Worker,
        name=st.text(max_size=8),
        pod_phase=st.sampled_from(PodPhase),
        ready=st.one_of(st.none(), st.booleans()),
        ready_changed_at=maybe,
        started_at=maybe,
        cpu_request_cores=maybe,
        cpu=st.one_of(st.none(), st.builds(Sample, usage=amounts, ended_at=amounts, window_seconds=amounts)),
        metrics=st.dictionaries(st.text(max_size=4), amounts, max_size=2),
        phase=st.one_of(st.none(), st.sampled_from(WorkerPhase)),
        busy_ratio=maybe,
        restarts=st.integers(0, 5),
    ),
    max_size=4,
    unique_by=lambda worker: worker.name,
).map(tuple)
partitions = st.lists(
    st.builds(
        Partition,
        topic=st.just("orders"),
        partition=st.integers(0, 63),
        start_offset=offsets,
        end_offset=offsets,
        committed_offset=offsets,
        committed_before=offsets,
        never_committed=st.booleans(),
        arrival_rate=maybe,
    ),
    max_size=4,
    unique_by=lambda part: part.partition,
).map(tuple)
faults = st.builds(ScaleFault, reason=st.just("FailedGetScale"), message=st.text(max_size=9))
metrics = st.dictionaries(
    st.sampled_from(["lag", "other"]), st.builds(Reading, value=maybe, error=st.one_of(st.none(), st.just("?")))
)
observations = st.builds(
    Observation,
    at_seconds=st.just(0.0),
    spec_replicas=st.integers(0, 30),
    status_replicas=st.integers(0, 30),
    workers=workers,
    metrics=metrics,
    partitions=partitions,
    arrival_rate=maybe,
    processing_rate=maybe,
    time_lag_seconds=maybe,
    group_state=st.one_of(st.none(), st.just("Stable")),
    host_cpu_ratio=maybe,
    scale_fault=st.one_of(st.none(), faults),
)
LAG = Metric(
    type=MetricType.EXTERNAL, name="lag", target=Target(type=TargetType.AVERAGE_VALUE, average_value_milli=10**6)
)
TRIGGER = KafkaTrigger(metric="s0-kafka-orders", topic="orders", lag_threshold=50)
PLANS = {
    "an HPA on lag": hpa_plan(HpaSpec(replicas_max=20, metrics=(LAG,))),
    "a ScaledObject": keda_plan(KedaSpec(triggers=(TRIGGER,), replicas_max=20)),
    "Flink's autoscaler": flink_plan(FlinkOptions()),
    "a fixed number": fixed_plan(4),
}


@st.composite
def sequences(draw: st.DrawFn) -> list[tuple[Observation, bool]]:
    """Observations as time goes on, and whether the policy was asked."""
    found, now = [], draw(amounts)
    for seen in draw(st.lists(observations, min_size=1, max_size=6)):
        now += draw(st.floats(0, 400, allow_nan=False))
        found.append((_at(seen, now), draw(st.booleans())))
    return found


def _at(seen: Observation, now: float) -> Observation:
    fields = {name: getattr(seen, name) for name in Observation.__dataclass_fields__}
    return Observation(**fields | {"at_seconds": now})


def recorded(sequence: list[tuple[Observation, bool]], plan: Plan) -> Iterator[Tick]:
    """The ticks of a controller that saw this; the first line has the memory."""
    memory, first, desired = Memory(), True, 0
    for seen, asked in sequence:
        decision, before = None, memory
        if asked:
            decision, memory = decide(seen, memory, plan)
            desired = decision.replicas
        yield Tick(seen=seen, memory=before if first else None, policy="p", decision=decision, desired=desired)
        first = False


@pytest.mark.parametrize("plan", PLANS.values(), ids=PLANS)
@given(sequence=sequences())
def test_replaying_a_journal_gives_its_decisions(plan: Plan, sequence: list[tuple[Observation, bool]]) -> None:
    """Also when it is put to the policy as a whole: ticks in which nobody was asked are passed over."""
    ticks = list(recorded(sequence, plan))
    given_again = [orjson.loads(answer) for answer in answers(map(write_tick, ticks), plan)]
    decisions = [tick.decision for tick in ticks if tick.decision]
    assert [answer["replicas"] for answer in given_again] == [decision.replicas for decision in decisions]
    for answer, decision in zip(given_again, decisions, strict=True):
        told = {name: answer[name] for name in ("at_seconds", "recommendation", "trail", "conditions")}
        assert told == orjson.loads(orjson.dumps(decision, default=tuple))


@given(sequence=sequences())
def test_a_journal_comes_back_as_it_was(sequence: list[tuple[Observation, bool]]) -> None:
    ticks = list(recorded(sequence, PLANS["an HPA on lag"]))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "decisions.jsonl"
        with Journal(path) as journal:
            for tick in ticks:
                journal.append(tick)
        assert list(read_journal(path)) == ticks


@given(
    st.dictionaries(st.text(), st.builds(ShadowAnswer, replicas=st.integers(0, 9), why=st.text()), max_size=3),
    st.lists(st.text(), max_size=3).map(tuple),
    st.one_of(st.none(), st.text(min_size=1)),
)
def test_what_stands_beside_the_state_comes_back(
    shadows: dict[str, ShadowAnswer], done: tuple[str, ...], held: str | None
) -> None:
    seen = Observation(at_seconds=1.0, spec_replicas=1, status_replicas=1)
    decision = Decision(at_seconds=1.0, trail=(Step(rule="r", replicas=1, why="w", numbers={"n": 1.5}),))
    tick = Tick(seen=seen, policy="p", decision=decision, desired=1, held=held, shadows=shadows, done=done)
    assert read_tick(write_tick(tick), 1) == tick


@pytest.mark.parametrize("plan", PLANS.values(), ids=PLANS)
@given(sequence=sequences())
def test_a_policy_leaves_what_it_was_given_as_it_was(plan: Plan, sequence: list[tuple[Observation, bool]]) -> None:
    """Nothing would stop it at run time (`autoscaler/model/value.py`)."""
    memory = Memory()
    for seen, _ in sequence:
        before = deepcopy((seen, memory))
        after = decide(seen, memory, plan)[1]
        assert (seen, memory) == before
        memory = after
