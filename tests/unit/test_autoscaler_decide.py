"""What `decide` does around every policy: guards, memory and its bounds, conditions, changes that were refused."""

from dataclasses import replace
from typing import Any

import pytest

from autoscaler.decide import LOG_ENTRIES_MAX, decide, in_slots, not_applied
from autoscaler.guards import bounds, partitions_cap
from autoscaler.model import (
    Condition,
    Memory,
    Observation,
    Partition,
    Plan,
    Proposal,
    Reading,
    Recommendation,
    ScaleEvent,
    ScaleFault,
    Step,
)
from autoscaler.signals import USUAL_NAMES, Signal, read_metric, read_signal

SEEN = Observation(at_seconds=100.0, spec_replicas=4, status_replicas=4)


def wants(replicas: int, **more: Any) -> Plan:
    """A plan that always proposes this number, with any further field of a proposal."""

    def policy(seen: Observation, memory: Memory) -> Proposal:
        del seen, memory
        step = Step(rule="test", replicas=replicas, why="so")
        fields: dict[str, Any] = {"trail": (step,), "recommendation": replicas, **more}
        return Proposal(**fields)

    return Plan(policy=policy, memory_seconds=60.0)


def test_a_policy_may_answer_with_a_single_step() -> None:
    """The simplest policy is a function that returns one step; its number is the recommendation."""
    plan = Plan(policy=lambda seen, _: Step(rule="double", replicas=2 * seen.spec_replicas, why="twice"))
    decision, memory = decide(SEEN, Memory(), plan)
    assert (decision.replicas, decision.recommendation) == (8, 8)
    assert memory.scale_events == (ScaleEvent(100.0, 4),)


def test_guards_answer_in_their_order_and_all_are_kept() -> None:
    """Policy first, last guard last; the last one counts."""
    parts = tuple(Partition(topic="t", partition=p) for p in range(6))
    plan = replace(wants(50), guards=(partitions_cap(), bounds(replicas_min=1, replicas_max=5)))
    decision, _ = decide(replace(SEEN, partitions=parts), Memory(), plan)
    assert [(step.rule, step.replicas) for step in decision.trail] == [("test", 50), ("partitions", 6), ("bounds", 5)]


@pytest.mark.parametrize(
    ("wanted", "least", "most", "answer"),
    [(3, 1, 5, 3), (0, 1, 5, 1), (9, 1, 5, 5), (3, 9, 5, 5)],
    ids=["within", "below", "above", "the most wins over the least"],
)
def test_bounds(wanted: int, least: int, most: int, answer: int) -> None:
    """Whatever the policy says."""
    plan = replace(wants(wanted), guards=(bounds(replicas_min=least, replicas_max=most),))
    assert decide(SEEN, Memory(), plan)[0].replicas == answer


def test_memory_forgets_what_no_window_reaches() -> None:
    """Entries exactly as old as the longest window stay, as a rule may still count them."""
    old = Memory(
        created_at=0.0,
        recommendations=(Recommendation(39.9, 1), Recommendation(40.0, 2)),
        scale_events=(ScaleEvent(39.9, 1), ScaleEvent(40.0, 2)),
    )
    _, memory = decide(SEEN, old, wants(5))
    assert memory.recommendations == (Recommendation(40.0, 2), Recommendation(100.0, 5))
    assert memory.scale_events == (ScaleEvent(40.0, 2), ScaleEvent(100.0, 1))


def test_memory_is_bounded() -> None:
    """However often it ticks."""
    log = tuple(Recommendation(99.0, 1) for _ in range(LOG_ENTRIES_MAX))
    _, memory = decide(SEEN, Memory(created_at=0.0, recommendations=log), wants(5))
    assert len(memory.recommendations) == LOG_ENTRIES_MAX
    assert memory.recommendations[-1] == Recommendation(100.0, 5)


def test_a_silent_change_is_no_scale_event() -> None:
    """It does not use up what a rate limit allows."""
    _, memory = decide(SEEN, Memory(created_at=0.0), wants(9, silent=True))
    assert (memory.scale_events, memory.last_scaled_at) == ((), 100.0)


def test_a_policy_keeps_its_own_memory() -> None:
    """What it returns is taken over, the common part is written on top."""
    _, memory = decide(SEEN, Memory(), wants(4, memory=Memory(created_at=1.0, custom={"streak": 3})))
    assert (memory.custom, memory.recommendations) == ({"streak": 3}, (Recommendation(100.0, 4),))


def test_a_log_that_is_given_is_not_begun_anew() -> None:
    """A state may tell recommendations without telling since when there have been any."""
    given = Memory(recommendations=(Recommendation(90.0, 9),))
    _, memory = decide(SEEN, given, wants(3))
    assert (memory.created_at, memory.recommendations) == (100.0, (Recommendation(90.0, 9), Recommendation(100.0, 3)))


def test_first_sight_waits_until_the_number_is_known() -> None:
    """A number that could not be read does not start the log."""
    fault = ScaleFault(reason="FailedGetScale", message="no")
    _, memory = decide(replace(SEEN, scale_fault=fault), Memory(), wants(4, recommendation=None))
    assert (memory.created_at, memory.recommendations) == (None, ())


@pytest.mark.parametrize(
    ("events", "new", "kept"),
    [
        pytest.param([(0, 4)], (15, 2), [(0, 4), (15, 2)], id="as old as the longest period is not older"),
        pytest.param([(0, 4)], (16, 2), [(16, 2)], id="an outdated event gives its place"),
        pytest.param([(0, 4), (1, 3)], (30, 2), [(0, 4), (30, 2)], id="the last of several does"),
        pytest.param([(0, 4), (20, 3)], (30, 2), [(30, 2), (20, 3)], id="places are not in order of time"),
        pytest.param([(0, -4)], (30, 2), [(0, -4), (30, 2)], id="one of the other direction stays"),
        pytest.param([(0, -4)], (300, -2), [(0, -4), (300, -2)], id="as old as the longest period downward"),
        pytest.param([(0, -4), (9, 1)], (301, -2), [(301, -2), (9, 1)], id="outdated by the period downward"),
    ],
)
def test_where_the_hpa_keeps_a_scale_event(
    events: list[tuple[float, int]], new: tuple[float, int], kept: list[tuple[float, int]]
) -> None:
    """Longest periods of 15 s upward and 300 s downward; rows after upstream's TestStoreScaleEvents."""
    assert in_slots(tuple(ScaleEvent(*event) for event in events), ScaleEvent(*new), (15.0, 300.0)) == tuple(
        ScaleEvent(*event) for event in kept
    )


def test_a_refused_change_is_taken_back() -> None:
    """No event, so that the next try is not limited by what never happened; the condition says why."""
    before = Memory(created_at=0.0)
    decision, after = decide(SEEN, before, wants(9))
    told, memory = not_applied(decision, before, after, "the backend is full")
    assert memory.scale_events == ()
    assert memory.recommendations == after.recommendations
    assert told.conditions == memory.conditions
    assert [(c.type, c.status, c.reason) for c in told.conditions] == [("AbleToScale", False, "FailedUpdateScale")]
    assert "the backend is full" in told.conditions[0].message


def test_dropped_conditions_go() -> None:
    """And the others keep their order."""
    old = tuple(Condition(type=kind, status=True, reason="R", message="m") for kind in "abc")
    decision, _ = decide(SEEN, Memory(created_at=0.0, conditions=old), wants(4, dropped=("b",)))
    assert [c.type for c in decision.conditions] == ["a", "c"]


LAGGING = Partition(topic="t", partition=0, end_offset=50, committed_offset=20)


@pytest.mark.parametrize(
    ("parts", "total", "largest"),
    [
        pytest.param((), None, None, id="no partitions: unknown"),
        pytest.param((LAGGING, replace(LAGGING, partition=1, committed_offset=45)), 35.0, 30.0, id="sum and largest"),
        pytest.param(
            (LAGGING, replace(LAGGING, partition=1, end_offset=None)), None, None, id="one end unknown: unknown"
        ),
        pytest.param(
            (LAGGING, replace(LAGGING, partition=1, committed_offset=None)),
            None,
            None,
            id="one without a commit: unknown",
        ),
        pytest.param(
            (LAGGING, Partition(topic="t", partition=1, end_offset=0)), 30.0, 30.0, id="one that never held an event: 0"
        ),
        pytest.param(
            (LAGGING, Partition(topic="t", partition=1, start_offset=7, end_offset=7)),
            30.0,
            30.0,
            id="one that is empty now: 0",
        ),
        pytest.param((replace(LAGGING, committed_offset=60),), 0.0, 0.0, id="a commit beyond the end: 0, not negative"),
    ],
)
def test_lag_signals(parts: tuple[Partition, ...], total: float | None, largest: float | None) -> None:
    """Unknown is unknown, never 0."""
    seen = replace(SEEN, partitions=parts)
    assert read_signal(Signal.TOTAL_LAG, seen).value == total
    assert read_signal(Signal.MAX_PARTITION_LAG, seen).value == largest


def test_what_was_read_counts_before_what_a_name_stands_for() -> None:
    """Also when it was read in vain."""
    seen = replace(SEEN, partitions=(LAGGING,), metrics={"kafka_consumergroup_lag": Reading(error="timed out")})
    assert read_metric("kafka_consumergroup_lag", seen, USUAL_NAMES) == Reading(error="timed out")
    assert read_metric("kafka_consumer_lag", seen, USUAL_NAMES).value == 30.0
    assert read_metric("s0-kafka-orders", seen, USUAL_NAMES).value == 30.0
    assert read_metric("mine", seen, {"mine": Signal.TOTAL_LAG}).value == 30.0
    assert read_metric("mine", seen, USUAL_NAMES).error == "no metric mine was observed"


@pytest.mark.parametrize("signal", list(Signal))
def test_no_signal_is_known_of_an_empty_observation(signal: Signal) -> None:
    """Each says why."""
    reading = read_signal(signal, SEEN)
    assert reading.value is None
    assert reading.error
