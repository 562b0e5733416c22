"""More workers, fewer workers, and who goes."""

import pytest

from autoscaler.reconciler.model import Kill, Launch, Pod, Remove, Stop
from autoscaler.reconciler.victims import victims
from contract.pods import PodSpec, Probes
from tests.fleets import BARE, Stage, kinds, names


def pod(name: str, *, ready: bool = True, created_at: float = 0.0) -> Pod:
    return Pod(name=name, created_at=created_at, ready=ready)


@pytest.mark.parametrize(
    ("pods", "partitions", "first"),
    [
        pytest.param(
            [pod("a"), pod("b", ready=False), pod("c")],
            {"b": 9},
            "b",
            id="one that is not ready goes first, even if it has the most partitions",
        ),
        pytest.param(
            [pod("a"), pod("b"), pod("c", created_at=9.0)],
            {"a": 3, "b": 1, "c": 3},
            "b",
            id="among ready ones the fewest partitions, even if it is older",
        ),
        pytest.param(
            [pod("a", created_at=5.0), pod("b", created_at=9.0), pod("c", created_at=7.0)],
            {"a": 2, "b": 2, "c": 2},
            "b",
            id="with the same partitions the youngest",
        ),
        pytest.param([pod("a"), pod("b"), pod("c")], {}, "c", id="of one tick's pods the one named last"),
        pytest.param([pod("a"), pod("b")], {"b": 1}, "a", id="an unknown number of partitions counts as none"),
    ],
)
def test_who_goes(pods: list[Pod], partitions: dict[str, int], first: str) -> None:
    """Not ready first, then fewest partitions, then youngest."""
    assert victims(pods, 1, partitions)[0].name == first


def test_pods_are_named_one_after_the_other_and_launched_at_once() -> None:
    stage = Stage(desired=3)
    told = stage.tick()
    assert [action for action in told.actions if isinstance(action, Launch)] == [
        Launch(name="worker-1", generation=0, revision="1"),
        Launch(name="worker-2", generation=0, revision="1"),
        Launch(name="worker-3", generation=0, revision="1"),
    ]
    assert [p.ready_changed_at for p in told.fleet.pods.values()] == [stage.now] * 3


def test_a_name_is_never_given_twice() -> None:
    stage = Stage(desired=2)
    stage.tick()
    stage.desired = 1
    stage.tick(1)
    stage.ends("worker-2", code=0)
    stage.tick(1)
    stage.desired = 2
    assert names(stage.tick(1), Launch) == ["worker-3"]


def test_scaling_down_asks_then_waits_then_kills_and_forgets() -> None:
    """The whole grace period, one Stop, one Kill, and the pod is gone when its process is."""
    stage = Stage(desired=2)
    stage.tick()
    stage.tick(1)
    stage.desired = 1
    told = stage.tick(1)
    assert (names(told, Stop), kinds(told)) == (["worker-2"], ["stop"])
    assert not stage.pod("worker-2").ready
    asked_at = stage.now
    while not names(told, Kill):
        told = stage.tick(1)
        assert not names(told, Stop)
    assert (stage.now - asked_at, kinds(told)) == (BARE.grace_seconds, ["grace-kill"])
    told = stage.tick(1)
    assert (names(told, Remove), kinds(told), list(told.fleet.pods)) == (["worker-2"], ["gone"], ["worker-1"])
    assert not stage.tick(1).actions


def test_a_kill_that_is_lost_is_repeated_and_told_once() -> None:
    stage = Stage(desired=1)
    stage.tick()
    stage.tick(1)
    stage.desired = 0
    stage.tick(1)
    assert kinds(stage.tick(BARE.grace_seconds, obey=False)) == ["grace-kill"]
    told = stage.tick(1)
    assert (names(told, Kill), kinds(told)) == (["worker-1"], [])


def test_a_stop_that_is_lost_is_repeated_until_the_backend_shows_it() -> None:
    stage = Stage(desired=1)
    stage.tick()
    stage.tick(1)
    stage.desired = 0
    stage.tick(1, obey=False)
    assert not stage.tick(0, obey=False).actions
    assert names(stage.tick(1), Stop) == ["worker-1"]
    assert not stage.tick(1).actions


def test_without_grace_it_is_killed_in_the_same_tick() -> None:
    stage = Stage(spec=PodSpec(grace_seconds=0, probes=Probes(readiness=None)))
    stage.tick()
    stage.tick(1)
    stage.desired = 0
    assert stage.tick(1).actions == (Stop(name="worker-1"), Kill(name="worker-1"))


def test_scaling_up_again_calls_nobody_back() -> None:
    """A pod that is to go does not count; the new one is another."""
    stage = Stage(desired=2)
    stage.tick()
    stage.tick(1)
    stage.desired = 1
    stage.tick(1)
    stage.desired = 2
    assert names(stage.tick(1), Launch) == ["worker-3"]
    assert stage.pod("worker-2").deleted_at is not None


def test_a_pod_that_waits_for_its_restart_is_dropped_with_what_is_left_of_it() -> None:
    stage = Stage()
    stage.tick()
    for _ in range(2):  # the second end in a row brings a wait
        stage.tick(1)
        stage.ends()
        stage.tick(1)
    stage.desired = 0
    told = stage.tick(1)
    assert (told.actions, kinds(told)) == ((Remove(name="worker-1"),), ["gone"])
    assert not told.fleet.pods


def test_a_pod_deleted_before_its_process_shows_is_told_as_soon_as_it_does() -> None:
    stage = Stage()
    told = stage.tick(obey=False)
    stage.desired = 0
    assert not stage.tick(1).actions
    for action in told.actions:
        stage._obey(action)
    assert names(stage.tick(1), Stop) == ["worker-1"]


def test_a_pod_deleted_before_its_process_shows_goes_if_it_never_does() -> None:
    stage = Stage()
    stage.tick(obey=False)
    stage.desired = 0
    stage.tick(1)
    told = stage.tick(5)
    assert (told.actions, kinds(told), dict(told.fleet.pods)) == ((), ["gone"], {})
