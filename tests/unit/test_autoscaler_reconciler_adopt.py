"""Workers that nobody knows: after a restart of the autoscaler, and otherwise."""

import pytest

from autoscaler.reconciler.model import Exit, Fleet, Found, Launch, Remove, Stop
from tests.fleets import Stage, kinds, names


def found(name: str, *, generation: int = 0, stopping: bool = False, exit_: Exit | None = None) -> Found:
    return Found(name=name, generation=generation, launched_at=900.0, exit=exit_, url="http://a:1", stopping=stopping)


def stage_with(*processes: Found, desired: int, names_given: int = 0) -> Stage:
    return Stage(
        desired=desired,
        found={process.name: process for process in processes},
        fleet=Fleet(names_given=names_given),
    )


def test_after_a_restart_everything_goes_on_as_it_was() -> None:
    stage = stage_with(found("worker-2"), found("worker-7", generation=3), desired=2)
    told = stage.tick()
    assert (told.actions, kinds(told)) == ((), ["adopt", "adopt", "ready", "ready"])
    assert (stage.pod("worker-7").created_at, stage.pod("worker-7").generation) == (900.0, 3)
    stage.desired = 3
    assert names(stage.tick(1), Launch) == ["worker-8"]


def test_one_that_was_told_to_stop_goes_on_stopping() -> None:
    """It is replaced at once, it is not asked again, and its grace begins anew: when it was asked is not known."""
    stage = stage_with(found("worker-1", stopping=True), desired=1)
    told = stage.tick()
    assert (names(told, Launch), names(told, Stop)) == (["worker-2"], [])
    assert stage.pod("worker-1").deleted_at == stage.now
    assert kinds(stage.tick(29.9)) == ["ready"]
    assert "grace-kill" in kinds(stage.tick(0.1))


def test_one_that_ended_meanwhile_is_restarted() -> None:
    stage = stage_with(found("worker-1", exit_=Exit(at_seconds=950.0, code=1)), desired=1)
    told = stage.tick()
    assert told.actions == (Remove(name="worker-1"), Launch(name="worker-1", generation=1, revision="1"))


def test_too_many_are_scaled_down() -> None:
    stage = stage_with(found("worker-1"), found("worker-2"), desired=1)
    assert names(stage.tick(), Stop) == ["worker-2"]


@pytest.mark.parametrize("name", ["kafka", "worker-", "worker-0", "worker-01", "worker-1x", "my-worker-1", "worker-٣"])
def test_a_name_that_we_do_not_give_is_left_alone(name: str) -> None:
    """Running or ended, whatever is wanted."""
    for process in (found(name), found(name, exit_=Exit(at_seconds=950.0, code=1))):
        told = stage_with(process, desired=0, names_given=5).tick()
        assert (told.actions, told.happenings, dict(told.fleet.pods)) == ((), (), {})


def test_a_process_whose_pod_is_gone_is_told_to_go() -> None:
    """A name that was given out has had its pod: a launch that came after it was dropped."""
    stage = stage_with(found("worker-3"), desired=1, names_given=4)
    told = stage.tick()
    assert (names(told, Stop), names(told, Launch)) == (["worker-3"], ["worker-5"])


def test_of_two_processes_of_one_name_the_one_that_runs_counts() -> None:
    stage = Stage(
        desired=1,
        found={
            "old": found("worker-1", exit_=Exit(at_seconds=950.0, code=1)),
            "new": found("worker-1", generation=1),
        },
    )
    assert not stage.tick().actions
    assert stage.pod().generation == 1


def test_of_two_that_run_the_one_launched_last_counts() -> None:
    stage = Stage(desired=1, found={"new": found("worker-1", generation=1), "old": found("worker-1")})
    stage.tick()
    assert stage.pod().generation == 1


def test_what_is_left_of_a_later_launch_is_not_taken_for_the_next_one() -> None:
    """The autoscaler forgot launches that it could not see; a backend takes no generation twice."""
    stage = Stage()
    stage.tick(obey=False)
    stage.found["worker-1"] = found("worker-1", generation=4, exit_=Exit(at_seconds=950.0, code=1))
    assert not stage.tick(1).actions
    assert stage.tick(4).actions == (Remove(name="worker-1"), Launch(name="worker-1", generation=5, revision="1"))
