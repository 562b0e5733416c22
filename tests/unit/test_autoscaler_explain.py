"""What `weir explain` tells of a journal: the story, one moment, and what cannot be explained."""

from collections.abc import Sequence
from dataclasses import replace
from io import StringIO

import pytest
from rich.console import Console

from autoscaler.errors import StateError
from autoscaler.explain import Entry, EntryKind, look_up, render_moment, render_story, tell_story
from autoscaler.explain.reasons import binding_step, moving_steps
from autoscaler.journal import ShadowAnswer, Tick
from autoscaler.model import Decision, Observation, Reading, Step
from contract.record import RunEvent
from tests.journals import ZERO, made_ticks


def step(rule: str, replicas: int) -> Step:
    return Step(rule=rule, replicas=replicas, why=f"{rule} says {replicas}")


def tick(
    at: float,
    before: int,
    trail: Sequence[Step] = (),
    *,
    desired: int | None = None,
    policy: str = "p",
    held: str | None = None,
    shadow: int | None = None,
) -> Tick:
    """A tick with this trail; without one nobody was asked."""
    decision = Decision(at_seconds=at, trail=tuple(trail)) if trail else None
    return Tick(
        seen=Observation(at_seconds=at, spec_replicas=before, status_replicas=before),
        policy=policy,
        decision=decision,
        desired=desired if desired is not None else decision.replicas if decision else before,
        held=held,
        shadows={} if shadow is None else {"s": ShadowAnswer(replicas=shadow, why=f"wants {shadow}")},
    )


def told(*ticks: Tick, everything: bool = False) -> list[tuple[str, float, float, int, int]]:
    """The story in brief."""
    found = tell_story(ticks, zero=100.0, everything=everything)
    return [(str(e.kind), e.from_seconds, e.until_seconds, e.before, e.after) for e in found]


@pytest.mark.parametrize(
    ("replicas", "moving", "binding"),
    [
        pytest.param([12, 7], ["a", "b"], "b", id="a limit that cut the number decided"),
        pytest.param([12, 12], ["a"], "a", id="a limit that changed nothing did not"),
        pytest.param([3, 3], [], "a", id="where nothing moved it is the policy's own step"),
        pytest.param([2, 3], ["a", "b"], "b", id="one that brought the number back decided"),
    ],
)
def test_which_step_decided(replicas: list[int], moving: list[str], binding: str) -> None:
    """From 3 workers, the steps a and b."""
    trail = [step(rule, number) for rule, number in zip("ab", replicas, strict=True)]
    assert [found.rule for found in moving_steps(trail, 3)] == moving
    assert binding_step(trail, 3).rule == binding


def test_a_change_has_its_time_and_the_steps_that_moved_the_number() -> None:
    first, change = tell_story([tick(101.5, 3, [step("lag", 12), step("same", 12), step("cap", 7)])], zero=100.0)
    assert first.kind is EntryKind.START
    assert change == Entry(
        kind=EntryKind.CHANGE,
        from_seconds=1.5,
        until_seconds=1.5,
        subject="p",
        before=3,
        after=7,
        why=("lag says 12", "cap says 7"),
    )


def test_holds_in_a_row_are_one_entry() -> None:
    """Ticks in which nobody was asked prolong it; with everything each reason is an entry of its own."""
    ticks = [
        tick(100, 3, [step("lag", 3)]),
        tick(101, 3),
        tick(102, 3, [step("lag", 5), step("window", 3)]),
        tick(103, 3),
    ]
    assert told(*ticks) == [("start", 0, 0, 3, 3), ("hold", 0, 3, 3, 3)]
    assert told(*ticks, everything=True)[1:] == [("hold", 0, 1, 3, 3), ("hold", 2, 3, 3, 3)]
    assert tell_story(ticks, zero=100.0)[1].why == ("lag says 3", "lag says 5; window says 3")


def test_a_failure_is_never_mixed_with_a_reason_to_hold() -> None:
    """Each failure that differs is an entry of its own."""
    ticks = [
        tick(100, 3, [step("lag", 3)]),
        tick(101, 3, held="Kafka is away"),
        tick(102, 3, held="Kafka is away"),
        tick(103, 3, held="the policy failed"),
        tick(104, 3, [step("lag", 3)]),
    ]
    assert told(*ticks)[1:] == [
        ("hold", 0, 0, 3, 3),
        ("failure", 1, 2, 3, 3),
        ("failure", 3, 3, 3, 3),
        ("hold", 4, 4, 3, 3),
    ]


def test_a_change_in_a_tick_with_a_failure_says_both() -> None:
    change = tell_story([tick(100, 3, [step("lag", 4)], held="backend: gone")], zero=100.0)[-1]
    assert change.why == ("lag says 4", "yet a part failed in this tick: backend: gone")


def test_a_number_set_from_outside() -> None:
    change = tell_story([tick(100, 3), tick(101, 3, desired=9)], zero=100.0)[-1]
    assert (change.before, change.after) == (3, 9)
    assert "from outside" in change.why[0]


def test_what_an_operator_ordered() -> None:
    """A target is a change with its reason, a pause a hold of its own; then the policy holds again."""
    manual, paused = step("manual", 7), step("paused", 7)
    ticks = (
        tick(100, 3, [step("a", 3)]),
        replace(tick(101, 3, desired=7), order=manual),
        replace(tick(102, 7), order=manual),
        replace(tick(103, 7), order=paused),
        tick(104, 7, [step("a", 7)]),
    )
    assert told(*ticks) == [
        ("start", 0, 0, 3, 3),
        ("hold", 0, 0, 3, 3),
        ("change", 1, 1, 3, 7),
        ("hold", 2, 2, 7, 7),
        ("hold", 3, 3, 7, 7),
        ("hold", 4, 4, 7, 7),
    ]
    assert [entry.why for entry in tell_story(ticks, zero=100.0)][2:5] == [
        ("manual says 7",),
        ("manual says 7",),
        ("paused says 7",),
    ]


def test_a_moment_under_an_order_says_so() -> None:
    out = StringIO()
    moment = look_up([replace(tick(100, 7), order=step("manual", 7))], zero=100.0, at_seconds=0.0)
    render_moment(moment, "run", Console(file=out, width=100))
    assert "instead of the policy's number: manual says 7" in out.getvalue()


def test_another_policy_takes_over() -> None:
    """Its first change counts from the number that it found."""
    ticks = [tick(100, 3, [step("lag", 3)]), tick(101, 3, [step("cpu", 5)], policy="q")]
    assert told(*ticks) == [
        ("start", 0, 0, 3, 3),
        ("hold", 0, 0, 3, 3),
        ("policy", 1, 1, 3, 3),
        ("change", 1, 1, 3, 5),
    ]


@pytest.mark.parametrize(
    ("seconds", "everything", "expected"),
    [
        pytest.param(9, False, [], id="a short disagreement is left out"),
        pytest.param(9, True, [("shadow", 0, 9, 5, 5)], id="unless everything is asked for"),
        pytest.param(10, False, [("shadow", 0, 10, 5, 5)], id="a long one is told"),
    ],
)
def test_a_shadow_that_disagrees(seconds: int, everything: bool, expected: list[object]) -> None:
    """It ends with the first answer that is the same."""
    ticks = [tick(100, 3, [step("lag", 3)], shadow=5), tick(100.0 + seconds, 3, [step("lag", 3)], shadow=3)]
    assert [entry for entry in told(*ticks, everything=everything) if entry[0] == "shadow"] == expected


def test_a_shadow_that_disagrees_to_the_end() -> None:
    ticks = [tick(100.0 + n, 3, [step("lag", 3)], shadow=5 + n) for n in range(12)]
    shadow = tell_story(ticks, zero=100.0)[-1]
    assert (shadow.subject, shadow.until_seconds, shadow.before, shadow.after) == ("s", 11, 5, 16)
    assert shadow.why == ("while 3 were wanted", "wants 16")


def test_the_story_of_a_whole_run() -> None:
    """A burst of lag from second 9 to 30, at most doubled in 15 seconds, and a window of 12 seconds on the way down."""
    changes = [e for e in tell_story(made_ticks(), zero=ZERO) if e.kind is EntryKind.CHANGE]
    assert [(e.from_seconds, e.before, e.after) for e in changes] == [(10.25, 3, 7), (25.25, 7, 12), (40.25, 12, 3)]
    assert changes[0].why == ("total_lag 11,600 / 1,000 per worker → 12", "limits: 7: ScaleUpLimit")


def test_a_moment() -> None:
    """Of second 29.4 the tick at 29.25, in which nobody was asked: what was decided at 28.25 stood."""
    events = [RunEvent(at_seconds=at, kind="exit", subject="worker-1") for at in (24.2, 24.3, 34.2, 34.3)]
    found = look_up(made_ticks(), zero=ZERO, at_seconds=29.4, events=events)
    assert (found.at_seconds, found.desired, found.decided_at, found.decided_from) == (29.25, 12, 28.25, 12)
    assert found.decision is not None
    assert [step.rule for step in found.decision.trail] == ["total_lag", "stabilise", "limits"]
    assert found.last_change is not None
    assert (found.last_change.from_seconds, found.last_change.before, found.last_change.after) == (25.25, 7, 12)
    assert [event.at_seconds for event in found.events] == [24.3, 34.2]
    assert found.shadows["keda"].at_seconds == 28.25
    assert found.shadows["keda"].answer.replicas == 5


def test_what_was_seen_in_a_moment() -> None:
    seen = look_up(made_ticks(), zero=ZERO, at_seconds=30).seen
    assert (seen.lag, seen.lag_of_worst_partition, seen.partitions) == (Reading(value=2400.0), Reading(value=1800.0), 4)
    assert (seen.workers, seen.workers_ready) == ({"ready": 11, "initialising": 1}, 11)


def test_a_change_in_this_very_tick_is_the_last_one() -> None:
    found = look_up(made_ticks(), zero=ZERO, at_seconds=25.2)
    assert found.last_change is not None
    assert found.last_change.from_seconds == found.at_seconds == 25.25
    assert found.done == tuple(f"launch worker-{n}" for n in range(5))


@pytest.mark.parametrize("at_seconds", [-2, 59.9])
def test_the_ends_of_a_run_belong_to_it(at_seconds: float) -> None:
    """Also what lies between the last tick and the next full second."""
    assert abs(look_up(made_ticks(), zero=ZERO, at_seconds=at_seconds).at_seconds - at_seconds) < 1


@pytest.mark.parametrize("at_seconds", [-3, 61, 900])
def test_outside_the_run(at_seconds: float) -> None:
    """The range is told."""
    with pytest.raises(StateError, match=rf"--at {at_seconds} is outside the run: .* from -1\.8 to 59\.2 s"):
        look_up(made_ticks(), zero=ZERO, at_seconds=at_seconds)


def test_no_ticks() -> None:
    with pytest.raises(StateError, match="holds no whole line"):
        look_up([], zero=ZERO, at_seconds=0)


def plain(width: int = 120) -> Console:
    """A console that keeps what it is told."""
    return Console(file=StringIO(), width=width)


def text(console: Console) -> str:
    """What was told, without the spaces at the ends of lines."""
    assert isinstance(console.file, StringIO)
    return "\n".join(line.rstrip() for line in console.file.getvalue().splitlines())


def test_the_story_as_text() -> None:
    console = plain()
    render_story(tell_story(made_ticks(), zero=ZERO), "a-run", console)
    found = text(console)
    assert found.startswith("a-run: the wanted number of workers changed 3 times\n")
    assert "10.2 s  3 → 7                     total_lag 11,600 / 1,000 per worker → 12\n" in found
    assert "19.2 - 21.2 s  held at 7: a part failed  the observer failed: Kafka did not answer in time\n" in found
    assert "10.2 - 58.2 s  shadow keda: 4 to 5       while 3 to 12 were wanted\n" in found


def test_the_moment_as_text() -> None:
    console = plain()
    event = RunEvent(at_seconds=30.0, kind="exit", subject="worker-1", detail="code 1")
    render_moment(look_up(made_ticks(), zero=ZERO, at_seconds=29.4, events=[event]), "a-run", console)
    found = text(console)
    for line in (
        "a-run, second 29.2 (2025-11-22 08:27:09 UTC)",
        "lag wants 12 workers; 12 asked for before, 12 exist",
        "Why 12 (the policy was asked last at 28.2 s)",
        (
            "  total_lag  12  total_lag 11,600 / 1,000 per worker, within the tolerance of  usage 11,600, "
            "target 1,000, tolerance 0.1"
        ),
        "  recommended  12, before stabilisation and limits",
        "  AbleToScale     true   since -1.8 s  ReadyForNewScale: nothing of late holds the recommended number back",
        "  lag        11,600 events in 4 partitions",
        "  workers    11 ready, 1 initialising; the Ready condition is true for 11",
        "  keda  5  7 fewer  s0-kafka-events: 5 at second 28 (asked at 28.2 s)",
        "  25.2 s, 4.0 s before  7 → 12  total_lag 11,600 / 1,000 per worker → 12",
        "  30.0 s  exit  worker-1  code 1",
    ):
        assert f"{line}\n" in f"{found}\n"


def test_a_moment_of_which_little_is_known() -> None:
    """Nothing was measured, nothing was decided, a part failed: all of it is said."""
    console = plain()
    found = look_up([tick(100, 3, held="Kafka is away")], zero=100.0, at_seconds=0)
    render_moment(found, "a-run", console)
    assert "held, because a part failed: Kafka is away" in text(console)
    assert "the policy had not been asked yet" in text(console)
    assert "lag        not known: no partitions were observed in 0 partitions" not in text(console)
    assert "time lag   not known" in text(console)


def test_markup_in_words_is_not_interpreted() -> None:
    """A reason may hold anything."""
    console = plain()
    odd = replace(step("lag", 5), why="[bold]lag[/]")
    render_story(tell_story([tick(100, 3, [odd])], zero=100.0), "[a]", console)
    assert "[a]: the wanted number of workers changed once" in text(console)
    assert "[bold]lag[/]" in text(console)
