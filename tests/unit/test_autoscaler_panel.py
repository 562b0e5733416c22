"""The panel: who is asked when, whose answer counts, what shadows see, and what happens when a policy fails."""

from collections.abc import Callable

import pytest

from autoscaler.model import Condition, Memory, Observation, Plan, Proposal, ScaleEvent, Step
from autoscaler.panel import Panel, Seat, reason
from autoscaler.policies.fixed import fixed_plan
from autoscaler.reconciler.model import Scaled


def seen(at: float, replicas: int) -> Observation:
    """A world of which only the time and the number of workers count."""
    return Observation(at_seconds=at, spec_replicas=replicas, status_replicas=replicas)


def plan(answer: Callable[[Observation, Memory], Step | Proposal], period_seconds: float = 0.0) -> Plan:
    """A policy of the test's own."""
    return Plan(policy=answer, period_seconds=period_seconds)


def one_more(now: Observation, memory: Memory) -> Step:
    del memory
    return Step(rule="more", replicas=now.spec_replicas + 1, why="one more")


def broken(now: Observation, memory: Memory) -> Step:
    del now, memory
    raise ZeroDivisionError("no workers, no mean")


def asked_at(times: list[float], period_seconds: float) -> list[float]:
    """At which of the ticks a policy of that period decides."""
    panel = Panel(acting=Seat(name="p", plan=plan(one_more, period_seconds)), desired=1)
    return [at for at in times if panel.ask(seen(at, panel.desired)).decision]


@pytest.mark.parametrize(
    ("ticks", "period", "asked"),
    [
        pytest.param([0, 1, 2], 0.0, [0, 1, 2], id="a policy without a period is asked in every tick"),
        pytest.param([0, 1, 2, 3, 4, 5, 6], 3.0, [0, 3, 6], id="in between the number is only held"),
        pytest.param([0, 1.02, 2.01, 2.96, 4.0, 5.0, 5.99], 3.0, [0, 2.96, 5.99], id="a tick may come a little early"),
        pytest.param(
            [0, 10, 11, 12, 13], 3.0, [0, 10, 13], id="after a long stop periods begin anew: none is made up for"
        ),
        pytest.param(
            [3600, 3601, 10, 11, 12, 13], 3.0, [3600, 10, 13], id="a clock that was set back silences nobody until then"
        ),
    ],
)
def test_a_policy_is_asked_once_a_period(ticks: list[float], period: float, asked: list[float]) -> None:
    assert asked_at(ticks, period) == asked


def test_the_acting_policy_decides_and_says_why() -> None:
    """Its answer becomes the desired number, and the change is told with the step that made it."""
    panel = Panel(acting=Seat(name="grow", plan=plan(one_more)), desired=3)
    answer = panel.ask(seen(5.0, 3))
    assert panel.desired == 4
    assert [(h.kind, h.subject, h.detail) for h in answer.happenings] == [("scale", "grow", "3 → 4: more: one more")]
    assert answer.happenings[0].scaled == Scaled(3, 4, "more: one more")


def test_a_policy_that_fails_moves_nothing() -> None:
    """The number stays, the reason is given, and the next tick asks again."""
    panel = Panel(acting=Seat(name="own", plan=plan(broken)), desired=3)
    answer = panel.ask(seen(0.0, 3))
    assert panel.desired == 3
    assert answer.decision is None
    assert answer.held == "the policy own failed: no workers, no mean"


def test_shadows_are_asked_and_do_not_act() -> None:
    """One that fails says so, and disturbs neither the acting policy nor the others."""
    shadows = [Seat(name="nine", plan=fixed_plan(9)), Seat(name="broken", plan=plan(broken))]
    panel = Panel(acting=Seat(name="three", plan=fixed_plan(3)), desired=3, shadows=shadows)
    answer = panel.ask(seen(0.0, 3))
    assert panel.desired == 3
    assert (answer.shadows["nine"].replicas, answer.shadows["nine"].why) == (9, "fixed: always 9")
    assert (answer.shadows["broken"].replicas, answer.shadows["broken"].why) == (3, "failed: no workers, no mean")


def test_a_shadow_remembers_the_changes_that_really_happened() -> None:
    """Its rate limits count what the acting policy did, not what it would have done itself."""
    shadow = Seat(name="nine", plan=fixed_plan(9))
    panel = Panel(acting=Seat(name="grow", plan=plan(one_more)), desired=3, shadows=[shadow])
    panel.ask(seen(0.0, 3))
    assert shadow.memory.scale_events == (ScaleEvent(0.0, 1),)


def test_the_first_answer_brings_the_memory_that_it_began_with() -> None:
    """So that a journal can be replayed from its first line."""
    panel = Panel(acting=Seat(name="p", plan=fixed_plan(3)), desired=3)
    assert panel.ask(seen(0.0, 3)).memory == Memory()
    assert panel.ask(seen(1.0, 3)).memory is None


@pytest.mark.parametrize(
    ("statuses", "told"),
    [
        pytest.param([False, True], ["tripped: m"], id="it trips"),
        pytest.param([True, True], ["tripped: m"], id="it is told once"),
        pytest.param([True, False], ["tripped: m", "closed: m"], id="it closes again"),
        pytest.param([False, False], [], id="calm is not told"),
    ],
)
def test_the_breaker_is_told(statuses: list[bool], told: list[str]) -> None:
    """Each row: the condition InitStorm in two ticks, and what is told."""
    coming = iter(statuses)

    def storm(now: Observation, memory: Memory) -> Proposal:
        del memory
        state = Condition(type="InitStorm", status=next(coming), reason="R", message="m")
        return Proposal(trail=(Step(rule="r", replicas=now.spec_replicas, why="w"),), conditions=(state,))

    panel = Panel(acting=Seat(name="weir", plan=plan(storm)), desired=3)
    happenings = [h for at in (0.0, 1.0) for h in panel.ask(seen(at, 3)).happenings]
    assert [h.detail for h in happenings if h.kind == "breaker"] == told


@pytest.mark.parametrize(
    ("numbers", "rule"),
    [
        pytest.param([7, 5, 5], "b", id="the last step that changed the number"),
        pytest.param([3, 3, 3], "c", id="the last step if none changed it"),
        pytest.param([7, 7, 7], "a", id="the first if the others agreed"),
    ],
)
def test_the_reason_is_the_step_that_made_the_number(numbers: list[int], rule: str) -> None:
    """Each row: what three steps say when there are 3 workers, and which is named."""
    trail = [Step(rule=name, replicas=number, why="w") for name, number in zip("abc", numbers, strict=True)]
    assert reason(trail, 3) == f"{rule}: w"


def test_an_order_is_asserted_and_the_policy_is_not_asked() -> None:
    """It is told as a change by nobody's policy, and what the policy remembers stays as it is."""
    panel = Panel(acting=Seat(name="grow", plan=plan(one_more)), desired=3)
    panel.ask(seen(0.0, 3))
    before = panel.acting.memory
    answer = panel.ask(seen(1.0, 4), Step(rule="manual", replicas=9, why="set by an operator"))
    assert (answer.decision, panel.desired, panel.acting.memory) == (None, 9, before)
    assert [(h.kind, h.subject, h.detail) for h in answer.happenings] == [
        ("scale", "operator", "4 → 9: manual: set by an operator")
    ]
    after = panel.ask(seen(2.0, 9))
    assert (after.order, panel.desired, after.memory) == (None, 10, None)


def test_an_order_that_changes_nothing_is_not_told_again() -> None:
    panel = Panel(acting=Seat(name="grow", plan=plan(one_more)), desired=9)
    assert panel.ask(seen(1.0, 9), Step(rule="manual", replicas=9, why="w")).happenings == ()


def test_another_policy_begins_with_an_empty_memory() -> None:
    """And is asked at once, whatever the period of the one before."""
    panel = Panel(acting=Seat(name="slow", plan=plan(one_more, 60.0)), desired=3)
    panel.ask(seen(0.0, 3))
    panel.use(Seat(name="five", plan=fixed_plan(5)))
    answer = panel.ask(seen(1.0, panel.desired))
    assert (panel.desired, answer.memory) == (5, Memory())
