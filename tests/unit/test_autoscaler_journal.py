"""The journal's file: what a line is, what is left out, what a crash leaves, and what is refused."""

from pathlib import Path
from typing import Any

import orjson
import pytest

from autoscaler.commands.decide import answers
from autoscaler.errors import StateError
from autoscaler.journal import Journal, ShadowAnswer, Tick, read_journal, read_tick, write_tick
from autoscaler.model import Decision, Memory, Observation, PodPhase, Recommendation, Step, Worker
from autoscaler.policies.fixed import fixed_plan


def tick(at: float, *, asked: bool = True, memory: Memory | None = None, **more: Any) -> Tick:
    """Two workers are there and two are wanted."""
    worker = Worker(name="w", pod_phase=PodPhase.RUNNING)
    seen = Observation(at_seconds=at, spec_replicas=2, status_replicas=2, workers=(worker,))
    decision = Decision(at_seconds=at, trail=(Step(rule="fixed", replicas=2, why="always 2"),)) if asked else None
    return Tick(seen=seen, memory=memory, policy="fixed", decision=decision, desired=2, **more)


def test_a_line_leaves_out_what_is_not_known() -> None:
    """The tick's decision stays when there is none: its absence says that the policy was not asked."""
    assert orjson.loads(write_tick(tick(1.5, asked=False))) == {
        "version": 1,
        "state": {
            "at_seconds": 1.5,
            "spec_replicas": 2,
            "status_replicas": 2,
            "workers": [{"name": "w", "pod_phase": "Running"}],
        },
        "policy": "fixed",
        "decision": None,
        "desired": 2,
    }


def test_the_memory_stands_in_the_state() -> None:
    """There `weir decide` looks for it."""
    memory = Memory(created_at=0.0, recommendations=(Recommendation(0.0, 3),))
    state = orjson.loads(write_tick(tick(1.0, memory=memory)))["state"]
    assert state["memory"] == {"created_at": 0.0, "recommendations": [[0.0, 3]]}
    assert orjson.loads(write_tick(tick(1.0, memory=Memory())))["state"]["memory"] == {}


def test_decide_answers_the_ticks_in_which_the_policy_was_asked() -> None:
    """The numbers of the lines are those of the journal."""
    lines = [write_tick(tick(at, asked=at != 2.0)) for at in (1.0, 2.0, 3.0)]
    found = [orjson.loads(answer) for answer in answers(lines, fixed_plan(7))]
    assert [(answer["line"], answer["at_seconds"], answer["replicas"]) for answer in found] == [
        (1, 1.0, 7),
        (3, 3.0, 7),
    ]


def test_a_memory_counts_although_nobody_was_asked() -> None:
    """The next answer goes on from it."""
    lines = [write_tick(tick(1.0, asked=False, memory=Memory(created_at=-9.0))), write_tick(tick(2.0))]
    (found,) = (orjson.loads(answer) for answer in answers(lines, fixed_plan(7)))
    assert found["memory"]["created_at"] == -9.0


def test_an_infinite_number_is_left_out() -> None:
    """A policy of a user's own may divide by zero; the journal must be readable all the same."""
    step = Step(rule="mine", replicas=1, why="∞", numbers={"ratio": float("inf"), "lag": 3.0})
    found = read_tick(write_tick(tick(1.0, asked=False, shadows={"x": ShadowAnswer(replicas=1, why="∞")})), 1)
    assert found.shadows["x"].why == "∞"
    line = write_tick(Tick(seen=found.seen, policy="mine", decision=Decision(at_seconds=1.0, trail=(step,)), desired=1))
    decision = read_tick(line, 1).decision
    assert decision is not None
    assert decision.trail[0].numbers == {"lag": 3.0}


def test_a_line_that_a_crash_cut_off_is_left_out(tmp_path: Path) -> None:
    """And the next autoscaler goes on behind the last whole one."""
    path = tmp_path / "decisions.jsonl"
    with Journal(path) as journal:
        journal.append(tick(1.0))
        journal.append(tick(2.0))
    path.write_bytes(path.read_bytes()[:-9])
    assert [found.seen.at_seconds for found in read_journal(path)] == [1.0]
    with Journal(path) as journal:
        journal.append(tick(3.0))
    assert [found.seen.at_seconds for found in read_journal(path)] == [1.0, 3.0]


def test_a_line_is_in_the_file_as_soon_as_it_was_appended(tmp_path: Path) -> None:
    path = tmp_path / "decisions.jsonl"
    journal = Journal(path)
    journal.append(tick(1.0))
    assert path.read_bytes() == write_tick(tick(1.0))
    journal.close()
    journal.close()


def test_a_broken_line_in_the_middle_is_named(tmp_path: Path) -> None:
    path = tmp_path / "decisions.jsonl"
    path.write_bytes(write_tick(tick(1.0)) + b'{"version": 1, "sta\n' + write_tick(tick(3.0)))
    with pytest.raises(StateError, match="line 2: not JSON"):
        list(read_journal(path))


def test_no_journal(tmp_path: Path) -> None:
    with pytest.raises(StateError, match=r"decisions\.jsonl cannot be read: No such file"):
        list(read_journal(tmp_path / "decisions.jsonl"))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        pytest.param({"state": 3}, "expected an object with state", id="no state"),
        pytest.param({"version": 2}, "version: this is not version 1", id="a later version"),
        pytest.param({"desired": "many"}, "desired: expected a whole number", id="a wrong field beside the state"),
        pytest.param({"state": {"at_seconds": "x"}}, r"state\.at_seconds: expected a number", id="one in the state"),
        pytest.param(
            {"state": {"memory": {"created_at": "x"}}}, r"state\.memory\.created_at: expected", id="one in the memory"
        ),
        pytest.param({"decision": {"trail": 3}}, r"decision\.trail: expected an array", id="one in the decision"),
        pytest.param({"colour": 1}, "there is no such field", id="an unknown field"),
    ],
)
def test_what_is_refused(change: dict[str, Any], message: str) -> None:
    """With the number of the line and the path to the field."""
    line = orjson.loads(write_tick(tick(1.0))) | change
    with pytest.raises(StateError, match=f"line 5: .*{message}"):
        read_tick(orjson.dumps(line), 5)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        pytest.param({"state": 3}, "state: expected an object", id="no state"),
        pytest.param({"state": {"at_seconds": "x"}}, r"state\.at_seconds: expected a number", id="a wrong field"),
    ],
)
def test_what_decide_refuses_of_a_journal(line: dict[str, Any], message: str) -> None:
    with pytest.raises(StateError, match=f"line 1: {message}"):
        list(answers([orjson.dumps(line)], fixed_plan(1)))
