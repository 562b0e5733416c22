"""Faults: when they happen, whom they hit, and what is told of them."""

from collections.abc import Sequence
from itertools import islice, pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoscaler.backends.base import Backend
from autoscaler.backends.memory import MemoryBackend, Script
from autoscaler.errors import BackendError
from autoscaler.releases import Releases, templates_of
from autoscaler.rollout.changes import begin
from contract.errors import KafkaError
from contract.kafka import KafkaSettings
from contract.ledger import InjectedRange
from contract.record import RunEvent
from contract.scenario import Fault, FreezeFault, KillFault, PoisonFault, RolloutFault, Scenario, WorkerSpec
from loadtests.fault_plan import choose, planned
from loadtests.faults import Faults
from loadtests.poison import Poisoner
from tests.templates import BARE

NAMES = ("w-1", "w-2", "w-3", "w-4", "w-5")


def kill(at_seconds: float, workers: int = 1, every_seconds: float | None = None) -> KillFault:
    return KillFault(kind="kill", at_seconds=at_seconds, workers=workers, every_seconds=every_seconds)


def freeze(at_seconds: float, hold_seconds: float, workers: int = 1) -> FreezeFault:
    return FreezeFault(kind="freeze", at_seconds=at_seconds, workers=workers, hold_seconds=hold_seconds)


def poison(at_seconds: float, events: int = 1) -> PoisonFault:
    return PoisonFault(kind="poison", at_seconds=at_seconds, events=events)


@pytest.mark.parametrize(
    ("faults", "seconds", "expected"),
    [
        pytest.param([], 60.0, [], id="no faults"),
        pytest.param([kill(5)], 60.0, [(5.0, "kill")], id="once"),
        pytest.param([kill(5, every_seconds=20)], 60.0, [(5.0, "kill"), (25.0, "kill"), (45.0, "kill")], id="repeated"),
        pytest.param([kill(0, every_seconds=30)], 60.0, [(0.0, "kill"), (30.0, "kill")], id="not at the very end"),
        pytest.param([kill(60)], 60.0, [], id="after the load nothing happens"),
        pytest.param(
            [poison(9), freeze(3, 1), kill(1, every_seconds=5)],
            10.0,
            [(1.0, "kill"), (3.0, "freeze"), (6.0, "kill"), (9.0, "poison")],
            id="in the order of time, not of the file",
        ),
        pytest.param([poison(3), kill(3)], 10.0, [(3.0, "poison"), (3.0, "kill")], id="at once: in the file's order"),
        pytest.param(
            [kill(0.1, every_seconds=0.1)], 0.35, [(0.1, "kill"), (0.2, "kill"), (0.3, "kill")], id="no drift"
        ),
    ],
)
def test_when_faults_happen(faults: list[Fault], seconds: float, expected: list[tuple[float, str]]) -> None:
    found = list(planned(faults, seconds))
    assert [at for at, _ in found] == pytest.approx([at for at, _ in expected])
    assert [fault.kind for _, fault in found] == [kind for _, kind in expected]


def test_a_week_of_kills_is_not_made_in_advance() -> None:
    plan = planned([kill(0, every_seconds=1e-3)], 604_800.0)
    assert [at for at, _ in islice(plan, 3)] == [0.0, 0.001, 0.002]


@given(st.lists(st.sampled_from(NAMES), unique=True), st.integers(1, 7), st.integers(0), st.integers(0, 1_000))
def test_the_choice_is_made_by_the_seed_alone(ready: list[str], wanted: int, seed: int, number: int) -> None:
    """As many as wanted or as there are, whatever the order; who is left out when others go is hit instead of them."""
    chosen = choose(ready, wanted, seed, number)
    assert len(set(chosen)) == len(chosen) == min(wanted, len(ready))
    assert set(chosen) <= set(ready)
    assert choose(ready[::-1], wanted, seed, number) == chosen
    for gone in set(ready) - set(chosen):
        assert choose([name for name in ready if name != gone], wanted, seed, number) == chosen


def test_every_worker_is_hit_sooner_or_later() -> None:
    """Neither the number of the fault nor the seed may favour anybody: in 1,000 draws each is hit about 200 times."""
    for draws in ([choose(NAMES, 1, 1, n) for n in range(1_000)], [choose(NAMES, 1, n, 0) for n in range(1_000)]):
        hits = {name: draws.count([name]) for name in NAMES}
        assert all(137 <= count <= 263 for count in hits.values()), hits
    assert any(a != b for a, b in pairwise([choose(NAMES, 1, 1, n) for n in range(5)]))


class PretendedPoisoner(Poisoner):
    """Writes nothing anywhere, or refuses to."""

    def __init__(self, refusal: KafkaError | None = None) -> None:
        super().__init__(KafkaSettings(), topic="events", partitions=1)
        self.refusal = refusal

    async def write(self, records: int) -> None:
        if self.refusal:
            raise self.refusal
        first = sum(i.last_offset - i.first_offset + 1 for i in self.injected)
        self.injected.append(InjectedRange(partition=0, first_offset=first, last_offset=first + records - 1))


def faults_of(*faults: Fault, backend: Backend, seed: int = 1) -> Faults:
    """The faults of a run of 60 s, whose poison goes nowhere."""
    scenario = Scenario(name="faulty", seconds=60, seed=seed, faults=faults)
    made = Faults(scenario, backend, Releases.only(BARE), KafkaSettings(), topic="events")
    made.poisoner = PretendedPoisoner()
    return made


class Scene:
    """Five workers in virtual time, and the faults of a run."""

    def __init__(self, *faults: Fault, seed: int = 1) -> None:
        self.backend = MemoryBackend(script=lambda _name, _generation: Script(cpu_cores=1.0))
        self.faults = faults_of(*faults, backend=self.backend, seed=seed)

    async def launched(self) -> "Scene":
        for name in NAMES:
            await self.backend.launch(name, 0, BARE)
        return self

    async def killed(self) -> set[str]:
        return {found.name for found in await self.backend.list() if found.exit and found.exit.signal == 9}

    async def still(self) -> set[str]:
        """Who uses no CPU in a second."""
        before = await self.backend.usage()
        self.backend.advance(1.0)
        after = await self.backend.usage()
        return {name for name in after if after[name].cpu_seconds == before[name].cpu_seconds}


def told(events: Sequence[RunEvent]) -> list[tuple[str, str, str]]:
    return [(event.kind, event.subject, event.detail) for event in events]


async def test_a_kill_hits_as_many_ready_workers_as_it_says_and_only_once() -> None:
    scene = await Scene(kill(5, workers=2)).launched()
    assert await scene.faults.due(4.9, NAMES) == []
    events = await scene.faults.due(5.3, NAMES[:3])
    victims = await scene.killed()
    assert len(victims) == 2
    assert victims < set(NAMES[:3])
    assert {(e.at_seconds, e.kind, e.subject, e.detail) for e in events} == {
        (5.3, "fault-kill", name, "killed without warning") for name in victims
    }
    assert await scene.faults.due(6.0, NAMES) == []
    assert await scene.killed() == victims


async def test_the_same_seed_hits_the_same_workers_and_another_one_others() -> None:
    victims = []
    for seed in (1, 1, 2, 3, 4):
        scene = await Scene(kill(1, workers=2), seed=seed).launched()
        await scene.faults.due(1.0, NAMES)
        victims.append(frozenset(await scene.killed()))
    assert victims[0] == victims[1]
    assert len(set(victims)) > 1


async def test_kills_that_are_overdue_together_hit_different_workers() -> None:
    """The machine slept through three of them: nobody is killed twice in one look."""
    scene = await Scene(kill(1, every_seconds=1)).launched()
    events = await scene.faults.due(3.5, NAMES)
    assert [event.kind for event in events] == ["fault-kill"] * 3
    assert len(await scene.killed()) == 3


async def test_too_few_ready_workers_are_told() -> None:
    scene = await Scene(kill(1, workers=3)).launched()
    events = await scene.faults.due(1.0, ["w-2"])
    assert told(events) == [
        ("fault-kill", "w-2", "killed without warning"),
        ("fault-short", "workers", "kill: 3 workers were to be hit, 1 were ready"),
    ]


async def test_a_frozen_worker_stands_still_until_its_time_is_over() -> None:
    scene = await Scene(freeze(2, hold_seconds=3, workers=2)).launched()
    events = await scene.faults.due(2.0, NAMES)
    frozen = {event.subject for event in events}
    assert {(e.kind, e.detail) for e in events} == {("fault-freeze", "frozen for 3 s")}
    assert await scene.still() == frozen
    assert await scene.faults.due(4.9, NAMES) == []
    assert await scene.still() == frozen
    assert sorted(told(await scene.faults.due(5.0, NAMES))) == [
        ("fault-thaw", name, "goes on") for name in sorted(frozen)
    ]
    assert await scene.still() == set()
    assert await scene.faults.end(6.0) == []


async def test_who_is_frozen_is_not_hit_again() -> None:
    scene = await Scene(freeze(1, hold_seconds=9, workers=4), freeze(2, hold_seconds=9, workers=4)).launched()
    first = {event.subject for event in await scene.faults.due(1.0, NAMES)}
    second = told(await scene.faults.due(2.0, NAMES))
    (left,) = set(NAMES) - first
    assert second == [
        ("fault-freeze", left, "frozen for 9 s"),
        ("fault-short", "workers", "freeze: 4 workers were to be hit, 1 were ready"),
    ]


async def test_the_end_of_a_run_thaws_everybody_and_stops_the_plan() -> None:
    scene = await Scene(freeze(1, hold_seconds=3_000, workers=5), kill(2)).launched()
    await scene.faults.due(1.0, NAMES)
    assert len(await scene.faults.end(1.5)) == 5
    assert await scene.still() == set()
    assert await scene.faults.due(3.0, NAMES) == []
    assert await scene.killed() == set()


async def test_a_frozen_worker_that_was_killed_meanwhile_is_no_trouble() -> None:
    scene = await Scene(freeze(1, hold_seconds=1, workers=5)).launched()
    await scene.faults.due(1.0, NAMES)
    await scene.backend.kill("w-1")
    await scene.backend.remove("w-1")
    assert {event.kind for event in await scene.faults.due(2.0, NAMES)} == {"fault-thaw"}


async def test_poison_is_put_in_without_any_worker() -> None:
    scene = Scene(poison(1, events=1_200), poison(2))
    events = await scene.faults.due(2.0, [])
    assert [(i.first_offset, i.last_offset) for i in scene.faults.injected] == [(0, 1_199), (1_200, 1_200)]
    assert told(events) == [
        ("fault-poison", "topic", "1,200 records of poison were put in"),
        ("fault-poison", "topic", "1 records of poison were put in"),
    ]


class Broken(MemoryBackend):
    """A backend that refuses, as often as it is told."""

    refusals = 1

    async def kill(self, name: str) -> None:
        raise BackendError(f"{name} cannot be reached")

    async def thaw(self, name: str) -> None:
        if self.refusals:
            self.refusals -= 1
            raise BackendError(f"{name} cannot be reached")
        await super().thaw(name)


async def test_what_could_not_be_done_is_told_and_the_plan_goes_on() -> None:
    backend = Broken()
    await backend.launch("w-1", 0, BARE)
    faults = faults_of(kill(1), poison(2), freeze(3, hold_seconds=1), backend=backend)
    faults.poisoner = PretendedPoisoner(KafkaError("no Kafka"))
    assert told(await faults.due(1.0, ["w-1"])) == [("fault-failed", "w-1", "kill: w-1 cannot be reached")]
    assert told(await faults.due(2.0, ["w-1"])) == [("fault-failed", "topic", "poison: no Kafka")]
    assert told(await faults.due(3.0, ["w-1"])) == [("fault-freeze", "w-1", "frozen for 1 s")]
    assert told(await faults.due(4.0, ["w-1"])) == [("fault-failed", "w-1", "w-1 cannot be reached")]
    assert told(await faults.due(5.0, ["w-1"])) == [("fault-thaw", "w-1", "goes on")], "a thaw is tried until it works"


def rollout(at_seconds: float, **changes: Any) -> RolloutFault:
    return RolloutFault(kind="rollout", at_seconds=at_seconds, **changes)


async def test_a_rollout_starts_another_version_and_an_undo_goes_back() -> None:
    """What it changes is merged into the scenario's settings; an undo of nothing is told, and the run goes on."""
    section = WorkerSpec.model_validate({"grace_seconds": 9, "handler": {"name": "burn", "cpu_micros": 5}})
    releases = Releases(rollout=begin(section), templates=templates_of(lambda _worker, _name: {}))
    plan = (
        rollout(1, undo=True),
        rollout(2, worker={"handler": {"cpu_micros": 7}}, image="weir:2"),
        rollout(3, undo=True),
    )
    scenario = Scenario(name="rolled", seconds=60, worker=section, faults=plan)
    faults = Faults(scenario, MemoryBackend(), releases, KafkaSettings(), topic="events")
    refused = "rollout: there is nothing to go back to: revision 1 is the only one"
    assert told(await faults.due(1.0, NAMES)) == [("fault-failed", "workers", refused)]
    begun = "revision 2 shall take the place of revision 1"
    assert told(await faults.due(2.0, NAMES)) == [("fault-rollout", "workers", begun)]
    wanted = releases.rollout.current
    assert isinstance(wanted.worker, WorkerSpec)
    assert (wanted.worker.handler.name, wanted.worker.handler.cpu_micros) == ("burn", 7)
    assert (wanted.worker.grace_seconds, wanted.image) == (9, "weir:2")
    back = "revision 1 shall take the place of revision 2"
    assert told(await faults.due(3.0, NAMES)) == [("fault-rollout", "workers", back)]
