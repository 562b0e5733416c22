"""Faults on purpose: what the plan says is carried out on workers and topic, and told as events of the run.

A fault that could not be carried out is told too, and the run goes on: an experiment does not fail by its own tools.
"""

from collections.abc import Awaitable, Sequence

from autoscaler.backends.base import Backend
from autoscaler.errors import BackendError, RolloutError
from autoscaler.releases import Releases
from contract.clock import steady_seconds
from contract.errors import KafkaError
from contract.kafka import KafkaSettings
from contract.ledger import InjectedRange
from contract.record import RunEvent
from contract.scenario import Fault, FreezeFault, KillFault, PoisonFault, RolloutFault, Scenario, changed_worker
from loadtests.fault_plan import choose, planned
from loadtests.poison import Poisoner


class Faults:
    """The faults of one run.  Its clock is that of the load: second 0 is when the first event was due."""

    def __init__(
        self, scenario: Scenario, backend: Backend, releases: Releases, kafka: KafkaSettings, *, topic: str
    ) -> None:
        self._worker, self._releases = scenario.worker, releases
        self.poisoner = Poisoner(kafka, topic=topic, partitions=scenario.topic.partitions)
        self._plan = planned(scenario.faults, scenario.seconds)
        self._next = next(self._plan, None)
        self._number = 0
        self._seed = scenario.seed
        self._backend = backend
        self._frozen_until: dict[str, float] = {}

    @property
    def injected(self) -> Sequence[InjectedRange]:
        """Where poison was put in so far: what the audit has to know."""
        return self.poisoner.injected

    async def due(self, at_seconds: float, ready: Sequence[str]) -> list[RunEvent]:
        """Carry out what is due by now on the workers that are ready; who was frozen long enough is thawed first.

        Returns what was done.  Poison waits for Kafka's answers, seconds if it does not answer.
        """
        thawed = [name for name, until in self._frozen_until.items() if until <= at_seconds]
        events = await self._thaw(at_seconds, thawed)
        hit: set[str] = set()
        while self._next and self._next[0] <= at_seconds:
            told = await self._carry_out(self._next[1], at_seconds, [name for name in ready if name not in hit])
            hit |= {event.subject for event in told}
            events += told
            self._next = next(self._plan, None)
        return events

    async def end(self, at_seconds: float) -> list[RunEvent]:
        """Thaw whoever still stands still.  No further fault happens."""
        self._next = None
        return await self._thaw(at_seconds, [*self._frozen_until])

    async def _carry_out(self, fault: Fault, at_seconds: float, ready: Sequence[str]) -> list[RunEvent]:
        if isinstance(fault, PoisonFault):
            return [await _told(fault, at_seconds, "topic", self._put_in(fault))]
        if isinstance(fault, RolloutFault):
            return [await _told(fault, at_seconds, "workers", self._roll_out(fault))]
        able = [name for name in ready if name not in self._frozen_until]
        names = choose(able, fault.workers, self._seed, self._number)
        self._number += 1
        events = [await _told(fault, at_seconds, name, self._hit(fault, at_seconds, name)) for name in names]
        if len(names) < fault.workers:
            detail = f"{fault.kind}: {fault.workers} workers were to be hit, {len(names)} were ready"
            events.append(RunEvent(at_seconds=at_seconds, kind="fault-short", subject="workers", detail=detail))
        return events

    async def _put_in(self, fault: PoisonFault) -> str:
        await self.poisoner.write(fault.events)
        return f"{fault.events:,} records of poison were put in"

    async def _roll_out(self, fault: RolloutFault) -> str:
        """From the next tick on; what comes of it is told as it happens."""
        before = self._releases.rollout.current
        if fault.undo:
            rollout = self._releases.undo(now=steady_seconds())
        else:
            image = before.image if fault.image is None else fault.image
            rollout = self._releases.start(changed_worker(self._worker, fault), image, now=steady_seconds())
        return f"revision {rollout.current.number} shall take the place of revision {before.number}"

    async def _hit(self, fault: KillFault | FreezeFault, at_seconds: float, name: str) -> str:
        if isinstance(fault, KillFault):
            await self._backend.kill(name)
            return "killed without warning"
        await self._backend.freeze(name)
        self._frozen_until[name] = at_seconds + fault.hold_seconds
        return f"frozen for {fault.hold_seconds:g} s"

    async def _thaw(self, at_seconds: float, names: Sequence[str]) -> list[RunEvent]:
        """Who cannot be thawed now is tried again next time."""
        events = []
        for name in names:
            try:
                await self._backend.thaw(name)
            except BackendError as error:
                events.append(RunEvent(at_seconds=at_seconds, kind="fault-failed", subject=name, detail=str(error)))
                continue
            del self._frozen_until[name]
            events.append(RunEvent(at_seconds=at_seconds, kind="fault-thaw", subject=name, detail="goes on"))
        return events


async def _told(fault: Fault, at_seconds: float, subject: str, act: Awaitable[str]) -> RunEvent:
    """What came of it, be it nothing."""
    try:
        kind, detail = f"fault-{fault.kind}", await act
    except (BackendError, KafkaError, RolloutError) as error:
        kind, detail = "fault-failed", f"{fault.kind}: {error}"
    return RunEvent(at_seconds=at_seconds, kind=kind, subject=subject, detail=detail)
