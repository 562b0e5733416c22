"""Startup, liveness and readiness probes, by Kubernetes' rules."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from autoscaler.reconciler.model import Kill, Launch, ProbeKind, ProbeOrder, Reconciled, Stop
from contract.pods import PodSpec, Probe, Probes
from tests.fleets import Stage, answer, every_second, kinds, names, result

STARTUP, LIVENESS, READINESS = ProbeKind


def stage_of(probes: Probes, *, grace_seconds: float = 30.0) -> Stage:
    """A stage with one worker that has just been launched."""
    stage = Stage(spec=PodSpec(probes=probes, grace_seconds=grace_seconds))
    stage.tick()
    return stage


def play(
    stage: Stage, seconds: int, ok: Callable[[ProbeOrder], bool], *, step: float = 1.0
) -> list[tuple[float, Reconciled]]:
    """Tick by tick, each order answered before the next tick; what came of each, with the seconds since the start."""
    began, told, past = stage.now, Reconciled(fleet=stage.fleet, rollout=stage.rollout), []
    while stage.now < began + seconds:
        told = stage.tick(step, results=[answer(order, ok=ok(order)) for order in told.probes])
        past.append((stage.now - began, told))
    return past


def asked(past: list[tuple[float, Reconciled]], kind: ProbeKind) -> list[float]:
    return [at for at, told in past for order in told.probes if order.kind is kind]


def happened(past: list[tuple[float, Reconciled]], kind: str) -> list[float]:
    return [at for at, told in past for one in told.happenings if one.kind == kind]


def always(_: ProbeOrder) -> bool:
    return True


def never(_: ProbeOrder) -> bool:
    return False


@pytest.mark.parametrize(
    ("probe", "times"),
    [
        pytest.param(every_second(), [1, 2, 3, 4, 5, 6], id="once a period"),
        pytest.param(Probe(period_seconds=3), [1, 3, 6], id="periods count from the launch, not from the first look"),
        pytest.param(every_second(initial_delay_seconds=4), [4, 5, 6], id="not before the initial delay"),
        pytest.param(Probe(period_seconds=0.5), [1, 2, 3, 4, 5, 6], id="never twice in a tick"),
        pytest.param(Probe(period_seconds=1.5), [1, 2, 3, 5, 6], id="a period between ticks waits for the next tick"),
    ],
)
def test_when_a_probe_is_asked(probe: Probe, times: list[float]) -> None:
    """Ticks are a second apart."""
    past = play(stage_of(Probes(readiness=probe)), 6, never)
    assert asked(past, READINESS) == times


def test_nothing_is_asked_twice_while_the_answer_is_awaited() -> None:
    """An answer that does not come for ten seconds after its time limit never will: the order is given again."""
    stage = stage_of(Probes(readiness=every_second()))
    times = [stage.now for _ in range(15) if stage.tick(1).probes]
    assert [at - times[0] for at in times] == [0, 11]


def test_orders_say_whom_to_ask_and_how_long() -> None:
    stage = stage_of(Probes(readiness=Probe(timeout_seconds=2.5)))
    assert stage.tick(1).probes == (
        ProbeOrder(name="worker-1", generation=0, kind=READINESS, url="http://worker-1:0", timeout_seconds=2.5),
    )


def test_the_startup_probe_holds_back_the_others_until_it_succeeded_once() -> None:
    probes = Probes(startup=every_second(failure_threshold=9), liveness=every_second(), readiness=every_second())
    stage = stage_of(probes)
    launched_at = stage.now
    past = play(stage, 8, lambda order: order.kind is not STARTUP or stage.now >= launched_at + 4)
    assert asked(past, STARTUP) == [1, 2, 3, 4]
    assert asked(past, LIVENESS) == asked(past, READINESS) == [5, 6, 7, 8]
    assert happened(past, "ready") == [6]


def test_a_startup_probe_that_fails_too_often_ends_the_process() -> None:
    past = play(stage_of(Probes(startup=every_second(failure_threshold=3), readiness=None)), 6, never)
    assert happened(past, "probe-kill") == [4]
    killing = next(one for _, told in past for one in told.happenings if one.kind == "probe-kill")
    assert killing.detail == "the startup probe failed 3 times in a row: 503: joining; it had never been ready"
    assert not happened(past, "probe-failed")
    assert asked(past, STARTUP) == [1, 2, 3]


def test_without_a_readiness_probe_it_is_ready_when_it_has_started() -> None:
    stage = stage_of(Probes(startup=every_second(), readiness=None))
    assert not stage.tick(1).fleet.pods["worker-1"].ready
    told = stage.tick(1, results=[result(STARTUP, ok=True)])
    assert (kinds(told), stage.pod().ready, stage.pod().ready_changed_at) == (["ready"], True, stage.now)


def test_without_any_probe_it_is_ready_as_soon_as_it_runs() -> None:
    stage = stage_of(Probes(readiness=None))
    assert not stage.pod().ready
    assert kinds(stage.tick(1)) == ["ready"]


def test_a_liveness_probe_that_fails_too_often_stops_then_kills_and_the_pod_starts_again() -> None:
    """The grace period is the pod's; the pod keeps its name, and its next process starts with a clean slate."""
    stage = stage_of(Probes(liveness=every_second(failure_threshold=3), readiness=None), grace_seconds=5)
    past = play(stage, 30, lambda order: order.generation > 0)
    killing = next(one for _, told in past for one in told.happenings if one.kind == "probe-kill")
    assert killing.detail == "the liveness probe failed 3 times in a row: 503: joining; it had been ready"
    assert [at for at, told in past if names(told, Stop)] == [4]
    assert [at for at, told in past if names(told, Kill)] == [9]
    assert [at for at, told in past if names(told, Launch)] == [10]
    assert happened(past, "probe-failed") == [2]
    assert not asked(past[3:9], LIVENESS)
    exits = [one.detail for _, told in past for one in told.happenings if one.kind == "exit"]
    reason = "the liveness probe failed 3 times in a row: 503: joining"
    assert exits == [f"signal 9 (SIGKILL) after 9.0 s; ended for {reason}"]
    assert (stage.pod().ready, stage.pod().kill_reason, stage.pod().restarts) == (True, None, 1)


def test_failures_count_in_a_row() -> None:
    stage = stage_of(Probes(liveness=every_second(failure_threshold=2), readiness=None))
    stage.tick(1)
    for ok in (False, True, False, True, False):
        assert "probe-kill" not in kinds(stage.tick(1, results=[result(LIVENESS, ok=ok)]))
    assert "probe-kill" in kinds(stage.tick(1, results=[result(LIVENESS, ok=False)]))


def test_one_failure_is_told_as_once() -> None:
    stage = stage_of(Probes(liveness=every_second(failure_threshold=1), readiness=None))
    stage.tick(1)
    stage.tick(1, results=[result(LIVENESS, ok=False)])
    assert stage.pod().kill_reason == "the liveness probe failed once: 503: joining"


@pytest.mark.parametrize(
    ("answers", "ready"),
    [
        pytest.param("+", False, id="one success is not enough"),
        pytest.param("++", True, id="two are"),
        pytest.param("+-+", False, id="they count in a row"),
        pytest.param("++--", True, id="two failures are not enough"),
        pytest.param("++---", False, id="three are"),
        pytest.param("++--+--", True, id="failures count in a row too"),
        pytest.param("++---+", False, id="and then two successes are needed again"),
    ],
)
def test_readiness_changes_at_its_thresholds(answers: str, ready: bool) -> None:
    """Success threshold 2, failure threshold 3."""
    stage = stage_of(Probes(readiness=every_second(success_threshold=2, failure_threshold=3)))
    stage.tick(1)
    changed_at = stage.pod().ready_changed_at
    for sign in answers:
        before = stage.pod().ready
        stage.tick(1, results=[result(READINESS, ok=sign == "+")])
        changed_at = stage.now if stage.pod().ready != before else changed_at
    assert (stage.pod().ready, stage.pod().ready_changed_at) == (ready, changed_at)


def test_losing_readiness_is_told_with_the_reason_and_ends_nothing() -> None:
    stage = stage_of(Probes(readiness=every_second()))
    past = play(stage, 4, always) + play(stage, 20, never)
    assert (len(happened(past, "ready")), len(happened(past, "unready"))) == (1, 1)
    unready = next(one for _, told in past for one in told.happenings if one.kind == "unready")
    assert unready.detail == "503: joining"
    assert not [told for _, told in past if told.actions]


def test_an_answer_of_an_earlier_process_says_nothing() -> None:
    stage = stage_of(Probes(readiness=every_second()))
    stage.tick(1)
    stage.ends()
    stage.tick(1, results=[result(READINESS, ok=True)])
    stage.tick(1, results=[result(READINESS, ok=True)])
    assert not stage.pod().ready
    stage.tick(1, results=[result(READINESS, ok=True, generation=1)])
    assert stage.pod().ready


@pytest.mark.parametrize("kind", [STARTUP, LIVENESS])
def test_a_process_that_does_not_listen_yet_refuses(kind: ProbeKind) -> None:
    """Once a period, after the initial delay: 2 s, 4 s, 6 s; nothing has to be asked for that."""
    probe = Probe(initial_delay_seconds=2, period_seconds=2)
    stage = stage_of(Probes.model_validate({"readiness": None, kind.value: probe}))
    stage.found["worker-1"] = replace(stage.found["worker-1"], url=None)
    past = play(stage, 10, always, step=0.5)
    assert happened(past, "probe-kill") == [6]
    assert not asked(past, kind)
    assert "connection refused" in next(one.detail for _, told in past for one in told.happenings if "kill" in one.kind)


def test_a_pod_that_is_to_go_is_asked_nothing_and_not_ready() -> None:
    """Its late answers say nothing either."""
    probes = Probes(liveness=every_second(failure_threshold=1), readiness=every_second())
    stage = stage_of(probes)
    play(stage, 4, always)
    assert stage.pod().ready
    stage.desired = 0
    told = stage.tick(1)
    assert (told.probes, stage.pod().ready, stage.pod().ready_changed_at) == ((), False, stage.now)
    late = [result(LIVENESS, ok=False), result(READINESS, ok=True)]
    told = stage.tick(1, results=late)
    assert (told.probes, told.happenings, stage.pod().ready, stage.pod().kill_reason) == ((), (), False, None)


def test_a_process_that_ended_is_not_ready() -> None:
    stage = stage_of(Probes(readiness=every_second()))
    play(stage, 4, always)
    stage.ends()
    stage.tick(1)
    assert (stage.pod().ready, stage.pod().ready_changed_at, stage.pod().ready_once) == (False, stage.now, False)


def test_an_adopted_process_is_asked_afresh() -> None:
    stage = stage_of(Probes(readiness=every_second()))
    play(stage, 4, always)
    stage.fleet = type(stage.fleet)()
    told = stage.tick(1)
    assert ([order.kind for order in told.probes], stage.pod().ready) == ([READINESS], False)
    stage.tick(1, results=[answer(order, ok=True) for order in told.probes])
    assert stage.pod().ready


def test_answers_to_probes_that_do_not_exist_say_nothing() -> None:
    stage = stage_of(Probes(readiness=None))
    stage.tick(1)
    told = stage.tick(1, results=[result(LIVENESS, ok=False), result(READINESS, ok=False, name="worker-9")])
    assert (told.actions, told.happenings, stage.pod().probes) == ((), (), {})


def test_every_process_has_the_whole_grace() -> None:
    """The second one that is condemned too, after a restart at once."""
    stage = stage_of(Probes(liveness=every_second(failure_threshold=3), readiness=None), grace_seconds=5)
    past = play(stage, 20, never)
    assert [at for at, told in past if names(told, Stop)] == [4, 14]
    assert [at for at, told in past if names(told, Kill)] == [9, 19]
    assert happened(past, "grace-kill") == [9, 19]
