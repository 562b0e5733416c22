"""A controller in virtual time: what it sees, what it does its work with, and who leads."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from autoscaler.backends.base import Template
from autoscaler.backends.memory import MemoryBackend, Script, World
from autoscaler.controller import Controller, Report
from autoscaler.errors import BackendError, LeaseError
from autoscaler.lease.leadership import Leader
from autoscaler.model import Memory, Observation, Plan, Step
from autoscaler.observer.observer import Look, Observer
from autoscaler.panel import Panel, Seat
from autoscaler.prober import Prober
from autoscaler.reconciler.model import Found, Happening, Pods, ProbeOrder, ProbeResult
from autoscaler.releases import Releases
from contract.pods import PodSpec, Probe, Probes
from tests.templates import template_of

BEGAN_AT = 1_000_000.0


def look_of(observation: Observation, **measured: Any) -> Look:
    """One look in which nothing else was measured but this."""
    fields: dict[str, Any] = {
        "statuses": {},
        "offsets": None,
        "usage": {},
        "worker_cpu_seconds": 0.0,
        "init_cpu_seconds": 0.0,
        "partitions_stopped": None,
        "rebalances": None,
        "took_seconds": 0.0,
    } | measured
    return Look(observation=observation, **fields)


class Eyes(Observer):
    """Sees the pods, and a group of `members`; or fails with `fault`."""

    def __init__(self) -> None:
        self.fault: Exception | None = None
        self.members: int | None = None

    async def look(self, *, now: float, pods: Pods, spec_replicas: int) -> Look:
        if self.fault:
            raise self.fault
        running = sum(pod.running for pod in pods.values())
        return look_of(
            Observation(
                at_seconds=now, spec_replicas=spec_replicas, status_replicas=running, group_members=self.members
            )
        )


class Lease:
    """A Leadership as the test has it: leading in term 1 at first."""

    def __init__(self) -> None:
        self.why: str | None = None
        self.term: int | None = 1
        self.replicas: int | None = None
        self.state: bytes | None = None
        self.leader: Leader | None = None

    @property
    def standby(self) -> bool:
        return self.term is None

    def refusal(self) -> str | None:
        return self.why

    def wants(self, replicas: int) -> None:
        self.replicas = replicas

    def saved_state(self) -> bytes | None:
        return self.state

    def keep_state(self, state: bytes) -> None:
        if self.why:
            raise LeaseError(self.why)
        self.state = state

    def happenings(self) -> Sequence[Happening]:
        return ()

    def view(self) -> Leader | None:
        return self.leader

    def lose(self) -> None:
        """Somebody else leads."""
        self.term, self.why = None, "other leads, term 2"

    def win(self, term: int) -> None:
        """Back from somebody else."""
        self.term, self.why = term, None


class Nods(Prober):
    """Every probe succeeds, and is answered by the next tick."""

    def ask(self, orders: Iterable[ProbeOrder]) -> None:
        self._results += [
            ProbeResult(name=order.name, generation=order.generation, kind=order.kind, at_seconds=0.0, ok=True)
            for order in orders
        ]


class Fallible(MemoryBackend):
    """Writes down what it is asked to do; what is named in `broken` fails."""

    def __init__(self, world: World, script: Callable[[str, int], Script]) -> None:
        super().__init__(world=world, script=script)
        self.broken: set[str] = set()
        self.asked: list[str] = []

    async def list(self) -> Sequence[Found]:
        if "list" in self.broken:
            raise BackendError("nobody answers")
        return await super().list()

    async def launch(self, name: str, generation: int, template: Template) -> None:
        await self._note("launch", name)
        await super().launch(name, generation, template)

    async def stop(self, name: str) -> None:
        await self._note("stop", name)
        await super().stop(name)

    async def remove(self, name: str) -> None:
        await self._note("remove", name)
        await super().remove(name)

    async def _note(self, what: str, name: str) -> None:
        """Lets everybody else go first, as a backend does that has to wait for an answer."""
        if what in self.broken:
            raise BackendError(f"{name}: no room")
        self.asked.append(f"{what} {name}")
        await asyncio.sleep(0)


class Rig:
    """One controller and its world; a tick each second."""

    def __init__(
        self,
        plan: Plan,
        *,
        desired: int = 2,
        script: Script | None = None,
        kind: "type[Fallible]" = Fallible,
        **more: Any,
    ) -> None:
        self.backend = kind(World(at_seconds=BEGAN_AT), lambda _name, _generation: script or Script())
        self.eyes = Eyes()
        self.controller = Controller(
            observer=self.eyes,
            backend=self.backend,
            prober=Nods(),
            releases=Releases.only(template_of(PodSpec(probes=Probes(readiness=Probe(period_seconds=1.0))))),
            panel=Panel(acting=Seat(name="policy", plan=plan), desired=desired),
            **more,
        )

    async def tick(self, *, deciding: bool = True) -> Report:
        self.backend.advance(1.0)
        return await self.controller.tick(self.backend.world.at_seconds, deciding=deciding)

    async def ticks(self, count: int) -> list[Report]:
        return [await self.tick() for _ in range(count)]

    async def alive(self) -> list[str]:
        """Who really runs."""
        return sorted(found.name for found in await MemoryBackend.list(self.backend) if found.exit is None)


def plan_of(policy: Callable[[Observation, Memory], Step]) -> Plan:
    return Plan(policy=policy)


def broken(seen: Observation, memory: Memory) -> Step:
    del seen, memory
    raise ZeroDivisionError("no workers, no mean")
