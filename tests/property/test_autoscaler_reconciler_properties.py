"""Whatever the world does to workers: what never happens, and what always happens in the end."""

from dataclasses import dataclass, replace
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from autoscaler.reconciler.model import (
    Action,
    Exit,
    Fleet,
    Found,
    Kill,
    Launch,
    ProbeKind,
    ProbeOrder,
    ProbeResult,
    Reconciled,
    Remove,
    Stop,
)
from autoscaler.reconciler.reconcile import reconcile
from autoscaler.rollout.changes import begin
from contract.pods import BackOff, PodSpec, Probe, Probes
from tests.fleets import answer

PROBES = st.none() | st.builds(
    Probe,
    initial_delay_seconds=st.sampled_from([0.0, 2.0]),
    period_seconds=st.sampled_from([0.5, 1.0, 3.0]),
    failure_threshold=st.integers(1, 3),
    success_threshold=st.integers(1, 2),
)
SPECS = st.builds(
    PodSpec,
    probes=st.builds(Probes, startup=PROBES, liveness=PROBES, readiness=PROBES),
    back_off=st.just(BackOff(base_seconds=1.0, max_seconds=8.0, reset_after_seconds=16.0)),
    grace_seconds=st.sampled_from([0.0, 3.0, 7.5]),
)
STRANGER = Found(name="kafka", generation=0, launched_at=0.0)
QUIET_TICKS = 120
"""Enough for the longest back-off, grace and lost launch one after the other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Nature:
    """How a process behaves."""

    shows_seconds: float = 0.0
    url_seconds: float = 0.0
    ends_seconds: float | None = None
    stop_seconds: float | None = 1.0
    """None = it ignores being asked to stop."""
    healthy: bool = True


NATURES = st.builds(
    Nature,
    shows_seconds=st.sampled_from([0.0, 1.5, 4.0]),
    url_seconds=st.sampled_from([0.0, 0.5, 6.0]),
    ends_seconds=st.none() | st.sampled_from([0.5, 3.0, 20.0]),
    stop_seconds=st.none() | st.sampled_from([0.0, 1.0, 10.0]),
    healthy=st.booleans(),
)


@dataclass(slots=True)
class Process:
    nature: Nature
    found: Found
    told_at: float | None = None

    def live(self, now: float) -> None:
        """End it if its time has come."""
        ends = [] if self.nature.ends_seconds is None else [self.found.launched_at + self.nature.ends_seconds]
        if self.told_at is not None and self.nature.stop_seconds is not None:
            ends.append(self.told_at + self.nature.stop_seconds)
        if self.found.exit is None and ends and min(ends) <= now:
            self.found = replace(self.found, exit=Exit(at_seconds=min(ends), code=0))


class Fleets(RuleBasedStateMachine):
    """An autoscaler over a world with faults of every kind."""

    @initialize(spec=SPECS, desired=st.integers(0, 4))
    def begin(self, spec: PodSpec, desired: int) -> None:
        self.spec, self.desired, self.now = spec, desired, 1_000.0
        self.fleet, self.rollout = Fleet(), begin(spec)
        self.world: dict[str, Process] = {}
        self.orders: list[ProbeOrder] = []
        self.nature = Nature()
        self.asked_to_stop: dict[tuple[str, int], float] = {}
        self.pods_known: set[str] = set()
        self.unknown: set[str] = set()
        """Launched just before a restart of the autoscaler, and not shown then: its name may be given again."""

    @rule(seconds=st.sampled_from([0.1, 0.5, 1.0, 2.0, 6.0]), losing=st.sets(st.integers(0, 5), max_size=2))
    def tick(self, seconds: float, losing: set[int]) -> None:
        self._pass(seconds, losing)

    def _pass(self, seconds: float, losing: set[int]) -> None:
        """Time passes, orders are answered; `losing` are the actions that never reach the backend."""
        self.now += seconds
        shown = self._shown()
        told = self._reconcile(shown, self._answers())
        self._check_new_names(told, shown)
        again = self._reconcile(shown, ())
        assert all(isinstance(action, Remove) and action.name not in again.fleet.pods for action in again.actions)
        assert not again.probes
        for number, action in enumerate(told.actions):
            self._check(action)
            if number not in losing:
                self._obey(action)
        if not losing:
            assert self._settles()

    @rule(desired=st.integers(0, 6))
    def decide(self, desired: int) -> None:
        self.desired = desired

    @rule(nature=NATURES)
    def change_what_is_launched(self, nature: Nature) -> None:
        self.nature = nature

    @precondition(lambda self: self.world)
    @rule(data=st.data(), how=st.sampled_from([{"code": 1}, {"signal": 9}, {"signal": 9, "oom_killed": True}]))
    def die(self, data: st.DataObject, how: dict[str, Any]) -> None:
        process = self.world[data.draw(st.sampled_from(sorted(self.world)))]
        if process.found.exit is None:
            process.found = replace(process.found, exit=Exit(at_seconds=self.now, **how))

    @precondition(lambda self: self.world)
    @rule(data=st.data())
    def vanish(self, data: st.DataObject) -> None:
        del self.world[data.draw(st.sampled_from(sorted(self.world)))]

    @precondition(lambda self: self.world)
    @rule(data=st.data(), healthy=st.booleans())
    def sicken_or_heal(self, data: st.DataObject, healthy: bool) -> None:
        process = self.world[data.draw(st.sampled_from(sorted(self.world)))]
        process.nature = replace(process.nature, healthy=healthy)

    @rule()
    def lose_orders(self) -> None:
        self.orders = []

    @rule()
    def restart_the_autoscaler(self) -> None:
        """Everything is forgotten.  Names may come again then, if nothing in the world bears them any more."""
        shown = {found.name for found in self._shown()}
        self.unknown = self.unknown | (self.world.keys() - shown)
        self.fleet, self.rollout = Fleet(), begin(self.spec)
        self.orders, self.pods_known = [], set()
        self.asked_to_stop = {}

    @invariant()
    def whoever_is_ready_runs_and_stays(self) -> None:
        assert all(pod.running and pod.deleted_at is None for pod in self.fleet.pods.values() if pod.ready)

    def teardown(self) -> None:
        """Faults stop: then there are soon exactly as many workers as desired, all of them ready, and nobody else."""
        if not hasattr(self, "world"):
            return
        self.nature = Nature()
        for process in self.world.values():
            process.nature = replace(process.nature, healthy=True, ends_seconds=None)
        for _ in range(QUIET_TICKS):
            self._pass(1.0, set())
        pods = self.fleet.pods.values()
        assert len(pods) == self.desired == len(self.world)
        assert all(pod.ready and pod.deleted_at is None for pod in pods)
        assert {pod.name for pod in pods} == {name for name, one in self.world.items() if one.found.exit is None}

    def _reconcile(self, shown: list[Found], results: list[ProbeResult] | tuple[()]) -> Reconciled:
        told = reconcile(
            self.fleet,
            desired=self.desired,
            found=shown,
            results=results,
            partitions={},
            now=self.now,
            rollout=self.rollout,
        )
        self.fleet, self.rollout = told.fleet, told.rollout
        self.orders += told.probes
        staying = [pod for pod in told.fleet.pods.values() if pod.deleted_at is None]
        assert len(staying) == self.desired
        return told

    def _settles(self) -> bool:
        """With nothing new but what it asked for itself, it soon asks for nothing."""
        return any(not self._obeyed().actions for _ in range(4))

    def _obeyed(self) -> Reconciled:
        told = self._reconcile(self._shown(), ())
        for action in told.actions:
            self._check(action)
            self._obey(action)
        return told

    def _shown(self) -> list[Found]:
        shown = [STRANGER]
        for process in self.world.values():
            process.live(self.now)
            age = self.now - process.found.launched_at
            url = f"http://{process.found.name}" if age >= process.nature.url_seconds else None
            if age >= process.nature.shows_seconds:
                shown.append(replace(process.found, url=url))
        return shown

    def _answers(self) -> list[ProbeResult]:
        orders, self.orders = self.orders, []
        return [answer(order, ok=self._healthy(order)) for order in orders]

    def _healthy(self, order: ProbeOrder) -> bool:
        assert order.kind in ProbeKind
        process = self.world.get(order.name)
        return process is not None and process.found.exit is None and process.nature.healthy

    def _check_new_names(self, told: Reconciled, shown: list[Found]) -> None:
        """No name is used twice: what is new bears a new name, or is in the world already."""
        new = told.fleet.pods.keys() - self.pods_known
        assert all(told.fleet.names_given >= int(name.removeprefix("worker-")) for name in new)
        self.pods_known |= new
        revived = {pod.name for pod in told.fleet.pods.values() if pod.created_at == self.now} - new
        assert not revived - {found.name for found in shown}

    def _check(self, action: Action) -> None:
        """Nobody is launched beside another, nobody is killed early, nobody is told to go without a reason."""
        assert action.name != STRANGER.name
        process = self.world.get(action.name)
        running = process is not None and process.found.exit is None
        match action:
            case Launch():
                assert not running or action.name in self.unknown
            case Remove():
                assert not running
            case Stop() if process is not None:
                pod = self.fleet.pods[action.name]
                assert pod.deleted_at is not None or pod.kill_reason is not None
                self.asked_to_stop.setdefault((action.name, process.found.generation), self.now)
            case Kill() if process is not None:
                asked_at = self.asked_to_stop.get((action.name, process.found.generation), process.told_at)
                assert asked_at is not None
                assert self.now - asked_at >= self.spec.grace_seconds
            case _:
                pass

    def _obey(self, action: Action) -> None:
        name, process = action.name, self.world.get(action.name)
        match action:
            case Launch(generation=generation) if process is None or process.found.exit is not None:
                found = Found(name=name, generation=generation, launched_at=self.now)
                self.world[name] = Process(nature=self.nature, found=found)
            case Remove():
                self.world.pop(name, None)
            case Stop() if process is not None and process.found.exit is None:
                process.told_at = self.now if process.told_at is None else process.told_at
                process.found = replace(process.found, stopping=True)
            case Kill() if process is not None and process.found.exit is None:
                process.found = replace(process.found, exit=Exit(at_seconds=self.now, signal=9))
            case _:
                pass


TestFleets = Fleets.TestCase
TestFleets.settings = settings(max_examples=50, stateful_step_count=40)
