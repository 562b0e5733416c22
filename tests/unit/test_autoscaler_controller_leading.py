"""The controller of two autoscalers on a group: on standby, holding, and taking over."""

from pathlib import Path

import pytest

from autoscaler.backends.memory import Script
from autoscaler.journal import Journal
from autoscaler.model import Memory, Observation, Step
from autoscaler.policies.fixed import fixed_plan
from tests.controllers import Fallible, Lease, Rig, broken, plan_of
from tests.templates import BARE


async def test_the_leader_leaves_the_number_that_it_wants() -> None:
    lease = Lease()
    await Rig(fixed_plan(5), desired=2, lease=lease).tick()
    assert lease.replicas == 5


async def test_a_standby_looks_decides_nothing_and_touches_nothing(tmp_path: Path) -> None:
    """Not even the journal; it knows how many workers the leader wants."""
    lease, path = Lease(), tmp_path / "decisions.jsonl"
    lease.lose()
    lease.replicas = 7
    with Journal(path) as journal:
        rig = Rig(plan_of(broken), desired=2, lease=lease, journal=journal)
        await rig.backend.launch("worker-1", 0, BARE)
        rig.backend.asked.clear()
        report = (await rig.ticks(3))[-1]
    assert (report.standby, report.held, report.desired, report.answer) == (True, None, 7, None)
    assert report.look is not None
    assert report.fleet.pods == {}
    assert rig.backend.asked == []
    assert await rig.alive() == ["worker-1"]
    assert path.read_bytes() == b""


@pytest.mark.parametrize(
    ("wanted", "found", "begins_with"),
    [
        pytest.param(4, 3, 4, id="what the last leader wanted"),
        pytest.param(None, 3, 3, id="as many as there are, if nobody left a number"),
        pytest.param(None, 0, 2, id="the number at the start, if there is neither"),
        pytest.param(0, 0, 0, id="none, if that was wanted"),
    ],
)
async def test_a_new_leader_begins_with_what_there_is(wanted: int | None, found: int, begins_with: int) -> None:
    """It adopts the workers, and its policy sees that number first, whatever the number at the start was."""
    seen = list[int]()

    def watch(observation: Observation, memory: Memory) -> Step:
        del memory
        seen.append(observation.spec_replicas)
        return Step(rule="keep", replicas=observation.spec_replicas, why="as it is")

    lease = Lease()
    lease.lose()
    rig = Rig(plan_of(watch), desired=2, lease=lease)
    for number in range(1, found + 1):
        await rig.backend.launch(f"worker-{number}", 0, BARE)
    await rig.ticks(2)
    lease.win(term=2)
    lease.replicas = wanted
    report = await rig.tick()
    assert seen[0] == begins_with
    told = [happening.kind for happening in report.happenings]
    assert told.count("adopt") == found
    assert len(await rig.alive()) == begins_with


async def test_a_new_leader_waits_for_the_backend() -> None:
    """Before it knows which workers there are it would start them all again."""
    lease = Lease()
    rig = Rig(fixed_plan(3), lease=lease)
    rig.backend.broken.add("list")
    report = await rig.tick()
    assert (report.held, report.answer) == ("backend: nobody answers", None)
    rig.backend.broken.clear()
    await rig.ticks(2)
    assert len(await rig.alive()) == 3


async def test_a_lease_that_cannot_be_renewed_holds_everything() -> None:
    """Nothing is decided and nobody replaced; in the same term it goes on where it was."""
    lease = Lease()
    rig = Rig(fixed_plan(2), lease=lease)
    await rig.ticks(3)
    lease.why = "the lease could not be renewed in time"
    await rig.backend.kill("worker-1")
    rig.backend.asked.clear()
    report = (await rig.ticks(3))[-1]
    assert (report.held, report.standby, report.answer) == (lease.why, False, None)
    assert rig.controller.holds.failures["lease"] == 3
    assert rig.backend.asked == []
    lease.why = None
    reports = await rig.ticks(2)
    assert await rig.alive() == ["worker-1", "worker-2"]
    assert "adopt" not in [happening.kind for report in reports for happening in report.happenings]


async def test_back_from_another_leader_it_begins_anew() -> None:
    """With that one's workers, and without what its policy remembered of the time before."""
    memories = list[Memory]()

    def watch(observation: Observation, memory: Memory) -> Step:
        memories.append(memory)
        return Step(rule="keep", replicas=observation.spec_replicas, why="as it is")

    lease = Lease()
    rig = Rig(plan_of(watch), desired=2, lease=lease)
    await rig.ticks(3)
    assert memories[-1].created_at == memories[0].created_at
    lease.lose()
    await rig.tick()
    lease.replicas = 3
    await rig.backend.launch("worker-7", 0, BARE)
    lease.win(term=3)
    await rig.tick()
    assert memories[-1].created_at == rig.backend.world.at_seconds
    assert await rig.alive() == ["worker-1", "worker-2", "worker-7"]


class Own(Fallible):
    """Its workers end with it, as child processes do."""

    @property
    def adoptable(self) -> bool:
        return False


async def test_who_lost_the_lease_ends_workers_that_nobody_else_can_have() -> None:
    """In order, as when they are scaled down; later it starts new ones."""
    lease = Lease()
    rig = Rig(fixed_plan(2), lease=lease, script=Script(stop_seconds=1.5), kind=Own)
    own = rig.backend
    await rig.ticks(3)
    lease.lose()
    own.asked.clear()
    reports = await rig.ticks(4)
    assert own.asked == ["stop worker-1", "stop worker-2", "remove worker-1", "remove worker-2"]
    assert reports[-1].standby
    assert await rig.alive() == []
    lease.win(term=3)
    await rig.ticks(2)
    assert await rig.alive() == ["worker-3", "worker-4"]
