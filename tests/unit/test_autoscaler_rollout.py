"""A rolling update from begin to end: how it goes on, how it stalls, how it is undone, and what is said of it."""

import pytest

from autoscaler.backends.memory import MemoryBackend
from autoscaler.errors import RolloutError
from autoscaler.rollout.model import Counts, Phase
from contract.rollout import RolloutStrategy
from tests.rollouts import CRASHES, GOOD, NEVER_READY, Rolling, Version, told, worker

TWO_MORE = RolloutStrategy(max_surge=2, max_unavailable=1, progress_deadline_seconds=30)


async def until(rolling: Rolling, phase: Phase, seconds: int = 100) -> list[str]:
    """What was told until then."""
    lines: list[str] = []
    for _ in range(seconds):
        if rolling.rollout.phase is phase:
            return lines
        lines += told(await rolling.ticks(1))
    raise AssertionError(f"still {rolling.rollout.phase}: {rolling.rollout.reason}")


async def test_five_workers_are_replaced_step_by_step() -> None:
    """Told when it begins and when it is complete; nobody is left of the old version, and the number is as wanted."""
    rolling = await Rolling(5, TWO_MORE, {"2": GOOD}).up()
    rolling.start(2)
    told_ = await until(rolling, Phase.COMPLETE)
    assert [line.split(" after")[0] for line in told_] == [
        "revision 2 begins: from revision 1, up to 2 more and 1 fewer at a time",
        "revision 2 complete",
    ]
    assert [pod.revision for pod in rolling.pods] == ["2"] * 5
    assert rolling.rollout.counts == Counts(desired=5, updated=5, ready=5, available=5, old=0)
    found = await MemoryBackend.list(rolling.backend)
    assert [one.revision for one in found] == ["2"] * 5


async def test_the_first_version_comes_up_without_a_word() -> None:
    """There was nobody to replace; but it is told when it does not come up."""
    rolling = Rolling(2)
    assert told(await rolling.ticks(6)) == []
    assert rolling.rollout.phase is Phase.COMPLETE
    broken = Rolling(1, TWO_MORE, {"1": NEVER_READY})
    (line,) = told(await broken.ticks(40))
    assert line.startswith("revision 1 stalled: no progress for 30 s: worker-1: the readiness probe has not succeeded")


async def test_who_dies_meanwhile_comes_back_as_what_it_was() -> None:
    rolling = await Rolling(5, TWO_MORE, {"2": NEVER_READY}).up()
    rolling.start(2)
    await rolling.ticks(2)
    victim = rolling.staying("1")[0].name
    await rolling.backend.kill(victim)
    rolling.backend.launched.clear()
    await rolling.ticks(2)
    assert rolling.backend.launched == [(victim, "1")]
    assert rolling.controller.fleet.pods[victim].restarts == 1


async def test_a_worker_counts_when_it_was_ready_for_long_enough() -> None:
    """With 10 s of patience and one at a time, two workers take their time."""
    strategy = RolloutStrategy(max_surge=1, max_unavailable=0, min_ready_seconds=10)
    rolling = Rolling(2, strategy, {"2": GOOD})
    await rolling.ticks(15)
    rolling.start(2)
    began = rolling.now
    await rolling.ticks(4)
    assert len(rolling.staying("1")) == 2, "ready, but not for long"
    await until(rolling, Phase.COMPLETE)
    assert rolling.now - began >= 20


async def test_a_version_that_never_becomes_ready_stops_the_update() -> None:
    """The old workers keep serving, nothing is torn down any more, and it says why."""
    rolling = await Rolling(5, TWO_MORE, {"2": NEVER_READY}).up()
    rolling.start(2)
    (_, line) = await until(rolling, Phase.STALLED)
    assert (
        "no progress for 30 s: worker-6, worker-7, worker-8: the readiness probe has not succeeded: 503: joining"
        in line
    )
    assert line.endswith("4 workers are available")
    before = [pod.name for pod in rolling.staying()]
    await rolling.backend.kill(rolling.staying("1")[0].name)
    await rolling.ticks(20)
    assert [pod.name for pod in rolling.staying()] == before
    assert rolling.available() == 4


async def test_a_stalled_one_goes_on_when_it_gets_further() -> None:
    rolling = await Rolling(3, TWO_MORE, {"2": NEVER_READY}).up()
    rolling.start(2)
    await until(rolling, Phase.STALLED)
    rolling.versions["2"] = GOOD
    lines = await until(rolling, Phase.COMPLETE)
    assert lines[0] == "revision 2 goes on"


async def test_growth_in_the_middle_of_a_stalled_one_goes_to_the_version_that_works() -> None:
    rolling = await Rolling(5, TWO_MORE, {"2": NEVER_READY}).up()
    rolling.start(2)
    await until(rolling, Phase.STALLED)
    rolling.want(8)
    await rolling.ticks(5)
    assert (len(rolling.staying("1")), len(rolling.staying("2"))) == (7, 3)
    assert rolling.available() == 7


async def test_growth_in_the_middle_is_shared() -> None:
    """The documentation's example, on a version that does not come up."""
    rolling = await Rolling(10, RolloutStrategy(max_surge=3, max_unavailable=2), {"2": NEVER_READY}).up()
    rolling.start(2)
    await rolling.ticks(3)
    assert (len(rolling.staying("1")), len(rolling.staying("2"))) == (8, 5)
    rolling.want(15)
    await rolling.ticks(2)
    assert (len(rolling.staying("1")), len(rolling.staying("2"))) == (11, 7)


async def test_crashes_are_told_long_before_the_deadline_and_once() -> None:
    """With the last words; also a worker that is ready now and then makes no progress by that."""
    rolling = await Rolling(3, TWO_MORE, {"2": CRASHES}).up()
    rolling.start(2)
    lines = told(await rolling.ticks(20))
    failing = [line for line in lines if "failing" in line]
    assert len(failing) == 1
    assert "CrashLoopBackOff: 10 s until restart 2, exit code 1; last words: no such model" in failing[0]
    assert rolling.rollout.phase is Phase.PROGRESSING
    assert rolling.rollout.reason is not None


async def test_a_version_that_is_ready_and_dies_again_and_again_cannot_put_the_deadline_off() -> None:
    """In Kubernetes every time that it is ready is progress."""
    patient = RolloutStrategy(max_surge=1, max_unavailable=0, min_ready_seconds=5, progress_deadline_seconds=30)
    rolling = await Rolling(3, patient, {"2": Version(ready_seconds=0.0, ends_seconds=3.0)}).up()
    await rolling.ticks(5)
    rolling.start(2, back_off={"base_seconds": 1, "max_seconds": 1})
    await until(rolling, Phase.STALLED)
    assert len(rolling.staying("1")) == rolling.available() == 3


async def test_an_undo_takes_the_workers_that_are_left_of_the_old_version_for_good() -> None:
    """They are not started again; those that crash go, and the number is made up."""
    rolling = await Rolling(5, TWO_MORE, {"2": NEVER_READY}).up()
    rolling.start(2)
    await until(rolling, Phase.STALLED)
    left = {pod.name for pod in rolling.staying("1")}
    rolling.undo()
    lines = await until(rolling, Phase.UNDONE)
    assert lines[0].startswith("revision 1 goes back: from revision 2")
    assert lines[-1].startswith("revision 1 undone after")
    assert left < {pod.name for pod in rolling.pods}
    assert [pod.revision for pod in rolling.pods] == ["1"] * 5
    assert all(pod.restarts == 0 for pod in rolling.pods)


async def test_an_undo_of_an_undo_is_the_newer_version_again() -> None:
    rolling = await Rolling(2, TWO_MORE, {"2": GOOD}).up()
    rolling.start(2)
    await rolling.ticks(30)
    for _ in range(2):
        rolling.undo()
        await rolling.ticks(30)
    assert [pod.revision for pod in rolling.pods] == ["2"] * 2


async def test_a_newer_rollout_replaces_one_that_goes_on() -> None:
    rolling = await Rolling(5, TWO_MORE, {"2": NEVER_READY, "3": GOOD}).up()
    rolling.start(2)
    await rolling.ticks(3)
    rolling.start(3)
    await until(rolling, Phase.COMPLETE)
    assert [pod.revision for pod in rolling.pods] == ["3"] * 5
    assert [revision.number for revision in rolling.rollout.revisions] == [1, 2, 3]


async def test_with_no_workers_it_is_complete_at_once() -> None:
    rolling = Rolling(0, TWO_MORE, {"2": GOOD})
    await rolling.ticks(2)
    rolling.start(2)
    await rolling.ticks(1)
    assert rolling.rollout.phase is Phase.COMPLETE
    rolling.want(2)
    await rolling.ticks(5)
    assert [pod.revision for pod in rolling.pods] == ["2"] * 2


async def test_it_is_complete_when_the_last_old_worker_has_ended() -> None:
    """Not when it was told to go: until then it works."""
    rolling = await Rolling(1, RolloutStrategy(max_surge=1, max_unavailable=0), {"2": GOOD}).up()
    rolling.versions["1"] = Version(stop_seconds=4.0)
    rolling.backend.world.owners["memory"]["worker-1"].script = Version(stop_seconds=4.0).script()
    rolling.start(2)
    while len(rolling.staying()) > 1 or rolling.rollout.counts.updated == 0:
        await rolling.tick()
    await rolling.tick()
    assert (rolling.rollout.phase, rolling.rollout.counts.old) == (Phase.PROGRESSING, 1)
    await until(rolling, Phase.COMPLETE)


async def test_settings_that_are_wanted_already_are_refused() -> None:
    rolling = await Rolling(1).up()
    with pytest.raises(RolloutError, match="those of revision 1, which is running already"):
        rolling.start(1)


async def test_each_version_has_its_own_probes_and_grace() -> None:
    rolling = await Rolling(1, RolloutStrategy(max_surge=1, max_unavailable=0), {"2": GOOD}).up()
    rolling.start(2, grace_seconds=1.0, probes={"readiness": None})
    await rolling.ticks(2)
    assert [(pod.revision, pod.spec.grace_seconds) for pod in rolling.pods] == [("1", 5.0), ("2", 1.0)]
    assert worker(2).probes.readiness is not None


async def test_what_a_restart_needs_is_kept_when_it_changes() -> None:
    """Not in every tick."""
    rolling = await Rolling(2, TWO_MORE, {"2": GOOD}).up()
    rolling.kept.clear()
    await rolling.ticks(5)
    assert rolling.kept == []
    rolling.start(2)
    assert [one.phase for one in rolling.kept] == [Phase.PROGRESSING]
    await until(rolling, Phase.COMPLETE)
    assert rolling.kept[-1].phase is Phase.COMPLETE
