"""The controller in virtual time: what it keeps, and what is left of a tick when a part of it fails."""

import asyncio
import time
from decimal import Decimal
from pathlib import Path

import pytest

from autoscaler.backends.memory import Script
from autoscaler.controller import Report
from autoscaler.journal import Journal, Tick, read_journal
from autoscaler.model import Memory, Observation, Step
from autoscaler.panel import Seat
from autoscaler.policies.fixed import fixed_plan
from autoscaler.reconciler.launches import LAUNCH_SECONDS_MAX
from contract.errors import KafkaError
from tests.controllers import Fallible, Rig, broken, plan_of


class Full(Journal):
    """A journal on a disk that has no room left."""

    def append(self, tick: Tick) -> None:
        del tick
        raise OSError(28, "No space left on device")


@pytest.mark.parametrize("wanted", [pytest.param(n, id=f"{n} workers") for n in (0, 1, 5)])
async def test_the_wanted_number_is_kept(wanted: int) -> None:
    """From two at the start; they become ready, and nothing more is done."""
    rig = Rig(fixed_plan(wanted), desired=2)
    reports = await rig.ticks(6)
    assert len(await rig.alive()) == wanted
    assert [pod.ready for pod in reports[-1].fleet.pods.values()] == [True] * wanted
    assert reports[-1].happenings == ()
    assert reports[-1].held is None


async def test_who_dies_is_replaced() -> None:
    rig = Rig(fixed_plan(2))
    await rig.ticks(3)
    await rig.backend.kill("worker-1")
    reports = await rig.ticks(2)
    assert await rig.alive() == ["worker-1", "worker-2"]
    assert [happening.kind for happening in reports[0].happenings] == ["exit", "launch"]


async def test_a_backend_that_does_not_answer_keeps_its_workers() -> None:
    """Nothing is done, nobody is thought dead, it is told and counted, and later all goes on."""
    rig = Rig(fixed_plan(2))
    before = (await rig.ticks(3))[-1].fleet
    rig.backend.broken.add("list")
    rig.backend.asked.clear()
    blind = await rig.ticks(3)
    assert [report.held for report in blind] == ["backend: nobody answers"] * 3
    assert all(report.fleet == before for report in blind)
    assert rig.backend.asked == []
    assert rig.controller.holds.failures == {"backend": 3}
    rig.backend.broken.clear()
    assert (await rig.tick()).held is None


async def test_without_an_observer_nothing_is_decided_and_workers_are_kept() -> None:
    """Also those that die meanwhile."""
    rig = Rig(fixed_plan(5), desired=2)
    rig.eyes.fault = KafkaError("no brokers")
    await rig.ticks(3)
    await rig.backend.kill("worker-2")
    report = (await rig.ticks(2))[-1]
    assert await rig.alive() == ["worker-1", "worker-2"]
    assert (report.held, report.desired, report.look, report.answer) == ("observer: no brokers", 2, None, None)
    assert rig.controller.holds.failures == {"observer": 5}
    rig.eyes.fault = None
    await rig.ticks(2)
    assert len(await rig.alive()) == 5


async def test_a_failure_without_words_is_told_by_its_name() -> None:
    rig = Rig(fixed_plan(2))
    rig.eyes.fault = TimeoutError()
    assert (await rig.tick()).held == "observer: TimeoutError"


async def test_a_policy_that_fails_moves_nothing() -> None:
    """The number stays, and the workers are kept alive."""
    rig = Rig(plan_of(broken), desired=2)
    report = (await rig.ticks(2))[-1]
    assert report.held == "the policy policy failed: no workers, no mean"
    assert report.desired == 2
    assert rig.controller.holds.failures == {"policy": 2}
    assert len(await rig.alive()) == 2


async def test_every_part_that_fails_is_told() -> None:
    """One after the other, with a semicolon between."""
    rig = Rig(plan_of(broken), desired=2)
    rig.backend.broken.add("list")
    assert (await rig.tick()).held == "backend: nobody answers; the policy policy failed: no workers, no mean"


async def test_a_journal_that_cannot_be_written_stops_nothing(tmp_path: Path) -> None:
    with Full(tmp_path / "decisions.jsonl") as journal:
        rig = Rig(fixed_plan(2), journal=journal)
        report = (await rig.ticks(2))[-1]
    assert report.held == "the journal could not be written: [Errno 28] No space left on device"
    assert rig.controller.holds.failures == {"journal": 2}
    assert len(await rig.alive()) == 2


async def test_numbers_that_json_cannot_hold_stop_nothing(tmp_path: Path) -> None:
    """A policy of the user's own may name anything in its step, a Decimal for instance."""

    def odd(seen: Observation, memory: Memory) -> Step:
        del memory
        return Step(rule="odd", replicas=seen.spec_replicas, why="w", numbers={"odd": Decimal(1)})  # type: ignore[dict-item]

    with Journal(tmp_path / "decisions.jsonl") as journal:
        rig = Rig(plan_of(odd), journal=journal)
        report = await rig.tick()
    assert report.held is not None
    assert report.held.startswith("the journal could not be written: ")
    assert rig.controller.holds.failures == {"journal": 1}


async def test_a_launch_that_fails_is_told_and_asked_again() -> None:
    """As long as it fails; each launch that was lost is told, and none counts as a restart."""
    rig = Rig(fixed_plan(1), desired=1)
    rig.backend.broken.add("launch")
    assert (await rig.tick()).held == "backend: worker-1: no room"
    rig.backend.broken.clear()
    reports = await rig.ticks(int(LAUNCH_SECONDS_MAX) + 1)
    assert await rig.alive() == ["worker-1"]
    told = [happening.detail for report in reports for happening in report.happenings if happening.kind == "launch"]
    assert told == ["again: the launch before was never seen"]
    assert reports[-1].fleet.pods["worker-1"].restarts == 0


async def test_without_deciding_the_present_number_is_kept(tmp_path: Path) -> None:
    """The policy is not asked, and nothing is written."""
    path = tmp_path / "decisions.jsonl"
    with Journal(path) as journal:
        rig = Rig(plan_of(broken), desired=3, journal=journal)
        reports = [await rig.tick(deciding=False) for _ in range(3)]
    assert len(await rig.alive()) == 3
    assert [(report.held, report.answer) for report in reports] == [(None, None)] * 3
    assert path.read_bytes() == b""


async def test_the_journal_has_each_tick(tmp_path: Path) -> None:
    """What was seen, decided and done, with a memory on its first line only."""
    path = tmp_path / "decisions.jsonl"
    with Journal(path) as journal:
        rig = Rig(fixed_plan(3), desired=2, journal=journal)
        await rig.ticks(2)
    first, second = read_journal(path)
    assert (first.seen.spec_replicas, first.desired, first.policy) == (2, 3, "policy")
    assert first.done == ("launch worker-1", "launch worker-2", "launch worker-3")
    assert (first.memory, second.memory) == (Memory(), None)
    assert (second.seen.spec_replicas, second.seen.status_replicas, second.done) == (3, 3, ())


@pytest.mark.parametrize(
    ("members", "present"),
    [
        pytest.param(7, 7, id="the members of the group, whoever started them"),
        pytest.param(0, 0, id="an empty group"),
        pytest.param(None, 2, id="not known: the number at the start"),
    ],
)
async def test_a_dry_run_touches_nothing(members: int | None, present: int) -> None:
    """It takes what there is for the present number, and says what it would do."""

    def one_more(seen: Observation, memory: Memory) -> Step:
        del memory
        return Step(rule="more", replicas=seen.spec_replicas + 1, why="one more")

    rig = Rig(plan_of(one_more), desired=2, dry_run=True)
    rig.eyes.members = members
    report = await rig.tick()
    assert rig.backend.asked == []
    assert await rig.alive() == []
    assert [h.detail for h in report.happenings] == [f"{present} → {present + 1}: more: one more"]
    assert report.look is not None
    assert report.look.observation.spec_replicas == present


async def test_a_dry_run_finds_the_same_again() -> None:
    """What it would have done has not happened: the next tick begins from the members again."""
    rig = Rig(fixed_plan(5), dry_run=True)
    rig.eyes.members = 3
    reports = await rig.ticks(2)
    assert [[h.detail for h in report.happenings] for report in reports] == [["3 → 5: fixed: always 5"]] * 2


async def test_the_actions_of_one_worker_keep_their_order() -> None:
    """Its remains are removed before it is launched again, although others are served at the same time."""
    rig = Rig(fixed_plan(2))
    await rig.ticks(2)
    await rig.backend.kill("worker-1")
    await rig.backend.kill("worker-2")
    rig.backend.asked.clear()
    await rig.tick()
    assert rig.backend.asked == ["remove worker-1", "remove worker-2", "launch worker-1", "launch worker-2"]


async def test_remains_that_cannot_be_removed_are_told_and_keep_nobody_waiting() -> None:
    """The worker is launched all the same."""
    rig = Rig(fixed_plan(2))
    await rig.ticks(2)
    await rig.backend.kill("worker-1")
    rig.backend.broken.add("remove")
    report = await rig.tick()
    assert "backend: worker-1: no room" in (report.held or "")
    assert await rig.alive() == ["worker-1", "worker-2"]


async def test_it_stops_at_once_when_told() -> None:
    """Not at the end of its period."""
    rig, stop, told = Rig(fixed_plan(1)), asyncio.Event(), list[Report]()

    def tell(report: Report) -> None:
        told.append(report)
        asyncio.get_running_loop().call_soon(stop.set)

    began = time.monotonic()
    await rig.controller.run(stop, tell, period_seconds=60.0)
    assert len(told) == 1
    assert time.monotonic() - began < 30


async def test_it_ticks_once_a_period() -> None:
    """Until it is stopped; ticks carry on through failures."""
    rig, stop, told = Rig(plan_of(broken)), asyncio.Event(), list[Report]()

    def tell(report: Report) -> None:
        told.append(report)
        if len(told) == 3:
            stop.set()

    await asyncio.wait_for(rig.controller.run(stop, tell, period_seconds=0.001), 30)
    assert len(told) == 3
    assert rig.controller.holds.failures["policy"] == 3


class Hanging(Fallible):
    """An engine that does not get rid of one container: a stop of that worker never comes back."""

    async def stop(self, name: str) -> None:
        if name == "worker-2":
            await self._note("stop", name)
            await asyncio.Event().wait()
        await super().stop(name)


async def test_an_action_that_hangs_holds_up_neither_the_tick_nor_other_workers() -> None:
    """It is not begun again as long as it is under way."""
    rig = Rig(fixed_plan(2), kind=Hanging, script=Script(stop_seconds=1e9))
    rig.controller.hands.patience_seconds = 0.02
    await rig.ticks(3)
    rig.controller.panel.use(Seat(name="less", plan=fixed_plan(0)))
    reports = await asyncio.wait_for(rig.ticks(3), 5.0)
    assert [asked for asked in rig.backend.asked if asked.startswith("stop")] == ["stop worker-1", "stop worker-2"]
    assert reports[-1].held == "worker-2: stop has to wait: an action is still under way"
