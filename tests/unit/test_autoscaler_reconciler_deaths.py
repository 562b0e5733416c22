"""Processes that end, and when they are started again."""

from typing import Any

import pytest

from autoscaler.reconciler.back_off import next_wait
from autoscaler.reconciler.model import Kill, Launch, Remove, Stop
from contract.pods import BackOff
from tests.fleets import Stage, kinds, names


@pytest.mark.parametrize(
    ("wait_seconds", "ran_seconds", "expected"),
    [
        pytest.param(0, 3, (0, 10), id="the first restart follows at once, and the next would wait 10 s"),
        pytest.param(10, 3, (10, 20), id="then the wait doubles"),
        pytest.param(160, 3, (160, 300), id="up to five minutes"),
        pytest.param(300, 3, (300, 300), id="and no further"),
        pytest.param(300, 600, (300, 300), id="ten minutes are not enough to be forgiven"),
        pytest.param(300, 600.1, (0, 10), id="more than ten minutes are: it is a first failure again"),
    ],
)
def test_the_wait_before_a_restart(wait_seconds: float, ran_seconds: float, expected: tuple[float, float]) -> None:
    """Kubelet's container back-off."""
    assert next_wait(wait_seconds, ran_seconds, BackOff()) == expected


def test_a_base_above_the_maximum_is_cut() -> None:
    assert next_wait(0, 1, BackOff(base_seconds=10, max_seconds=2)) == (0, 2)


def test_restarts_of_a_process_that_always_ends() -> None:
    """At once, then 10 s, 20 s, 40 s … after each end; the wait is told and stands in the pod while it lasts."""
    stage, ends, launches, reasons = Stage(), [], [], []
    stage.tick()
    for _ in range(200):
        if "worker-1" in stage.found and stage.found["worker-1"].exit is None and stage.pod().seen:
            stage.ends(code=3)
            ends.append(stage.now)
        told = stage.tick(1)
        launches += [stage.now for _ in names(told, Launch)]
        reasons += [happening.detail for happening in told.happenings if happening.kind == "back-off"]
    waits = [launched - ended for ended, launched in zip(ends, launches, strict=False)]
    assert waits == [1, 10, 20, 40, 80]  # the first in the tick that sees the end
    assert reasons[:2] == [
        "CrashLoopBackOff: 10 s until restart 2, exit code 3",
        "CrashLoopBackOff: 20 s until restart 3, exit code 3",
    ]


def test_while_it_waits_the_pod_says_why_and_is_not_ready() -> None:
    stage = Stage()
    stage.tick()
    for _ in range(2):
        stage.tick(1)
        stage.ends(code=3)
        stage.tick(1)
    pod = stage.pod()
    assert pod.pending_reason == "CrashLoopBackOff: 10 s until restart 2, exit code 3"
    assert (pod.ready, pod.running, pod.restarts, pod.start_at) == (False, False, 1, stage.now - 1 + 10)
    stage.tick(9)
    assert (stage.pod().restarts, stage.pod().generation, stage.pod().pending_reason) == (2, 2, None)


def test_what_is_left_is_removed_before_the_next_launch() -> None:
    stage = Stage()
    stage.tick()
    stage.tick(1)
    stage.ends()
    assert stage.tick(1).actions == (Remove(name="worker-1"), Launch(name="worker-1", generation=1, revision="1"))


def test_an_end_that_the_backend_dates_after_the_tick_began_is_not_waited_out() -> None:
    """Backends look after the tick has taken its time, so what they date is milliseconds ahead of it."""
    stage = Stage()
    stage.tick()
    stage.tick(1)
    stage.ends(at_seconds=stage.now + 1.02)
    assert names(stage.tick(1), Launch) == ["worker-1"]


@pytest.mark.parametrize(
    ("how", "kind", "words"),
    [
        pytest.param({"code": 3}, "exit", "exit code 3 after 2.0 s", id="an exit code"),
        pytest.param({"code": 0}, "exit", "exit code 0 after 2.0 s", id="a clean end is an end too"),
        pytest.param(
            {"code": None, "signal": 11}, "exit", "signal 11 (SIGSEGV) after 2.0 s", id="a signal, with its name"
        ),
        pytest.param(
            {"code": None, "signal": 9, "oom_killed": True},
            "oom-kill",
            "OOMKilled: it used more memory than its limit after 2.0 s",
            id="killed for memory",
        ),
        pytest.param(
            {"code": 1, "last_words": "Traceback\n  File\nKeyError: 'a'\n"},
            "exit",
            "exit code 1 after 2.0 s; last words: KeyError: 'a'",
            id="the last line of its log",
        ),
        pytest.param(
            {"code": 0, "last_words": '{"timestamp":"now","level":"info","event":"stopped","why":"asked to stop"}\n'},
            "exit",
            "exit code 0 after 2.0 s; last words: stopped: asked to stop",
            id="a line of JSON in words",
        ),
        pytest.param(
            {"code": 1, "last_words": "[1, 2]"},
            "exit",
            "exit code 1 after 2.0 s; last words: [1, 2]",
            id="JSON that says nothing in words",
        ),
        pytest.param({"code": None}, "exit", "it vanished without an exit code after 2.0 s", id="nothing is known"),
    ],
)
def test_how_it_ended_is_told(how: dict[str, Any], kind: str, words: str) -> None:
    stage = Stage()
    stage.tick()
    stage.tick(1)
    stage.now += 1
    stage.ends(**how)
    told = stage.tick(0.5)
    assert next((happening.kind, happening.detail) for happening in told.happenings) == (kind, words)


def test_a_process_that_is_shown_no_more_has_ended() -> None:
    stage = Stage()
    stage.tick()
    stage.tick(1)
    del stage.found["worker-1"]
    told = stage.tick(1)
    assert (kinds(told), told.actions) == (["exit", "launch"], (Launch(name="worker-1", generation=1, revision="1"),))


def test_one_that_ended_before_it_was_first_shown_is_an_end_like_any_other() -> None:
    stage = Stage()
    stage.tick()
    stage.ends()
    assert kinds(stage.tick(1)) == ["exit", "launch"]


def test_a_launch_that_is_not_shown_yet_is_not_repeated() -> None:
    stage = Stage()
    stage.tick(obey=False)
    assert not any(stage.tick(1, obey=False).actions for _ in range(4))


def test_a_launch_that_is_not_shown_for_five_seconds_is_repeated_as_the_next_generation() -> None:
    """That is no restart: nothing ever ran."""
    stage = Stage()
    stage.tick(obey=False)
    assert stage.tick(5, obey=False).actions == (Launch(name="worker-1", generation=1, revision="1"),)
    assert stage.pod().restarts == 0
    assert not stage.tick(1, obey=False).actions


def test_a_launch_that_was_given_up_and_shows_after_all_is_taken() -> None:
    stage = Stage()
    first = stage.tick(obey=False)
    stage.tick(5, obey=False)
    for action in first.actions:
        stage._obey(action)
    assert not stage.tick(1).actions
    assert (stage.pod().generation, stage.pod().ready) == (0, True)


def test_a_removal_that_is_lost_is_repeated() -> None:
    """The name's pod is gone, so nobody else will."""
    stage = Stage()
    stage.tick()
    stage.tick(1)
    stage.desired = 0
    stage.tick(1)
    stage.ends(code=0)
    stage.tick(1, obey=False)
    told = stage.tick(1)
    assert (told.actions, kinds(told)) == ((Remove(name="worker-1"),), [])
    assert not stage.tick(1).actions


def test_the_dead_are_neither_stopped_nor_killed() -> None:
    stage = Stage()
    stage.tick()
    for _ in range(2):
        stage.tick(1)
        stage.ends()
        stage.tick(1)
    stage.done.clear()
    stage.tick(5)
    assert not [action for _, action in stage.done if isinstance(action, Stop | Kill)]


def test_a_process_that_could_not_be_started_backs_off_with_the_reason() -> None:
    """As Kubernetes does with CreateContainerError: there is no life to tell of, and no last words but the reason."""
    stage = Stage()
    stage.tick()
    refused = {"code": None, "started": False, "last_words": "worker-1 cannot be launched: no such image\n"}
    stage.ends(**refused)  # type: ignore[arg-type]
    stage.tick()
    stage.ends(**refused)  # type: ignore[arg-type]
    details = {happening.kind: happening.detail for happening in stage.tick().happenings}
    reason = "it could not be started: worker-1 cannot be launched: no such image"
    assert details["exit"] == reason
    assert details["back-off"] == f"CrashLoopBackOff: 10 s until restart 2, {reason}"
    assert stage.pod().pending_reason == details["back-off"]
