"""Launches that are under way, or that the engine refused: what `list` shows until there is a container to show."""

import asyncio
import signal
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from autoscaler.backends.base import Refusal, Template
from autoscaler.backends.docker.recipe import Host, Place, recipe
from autoscaler.backends.docker.seen import Seen, State
from autoscaler.backends.docker.together import together
from autoscaler.backends.docker.view import View
from autoscaler.errors import BackendError
from autoscaler.reconciler.model import Exit, Found
from contract.clock import steady_seconds


@dataclass(slots=True, kw_only=True)
class Launching:
    """One launch.  `told` is the signal that it was given meanwhile: before it runs there is nobody to give it to."""

    name: str
    generation: int
    template: Template
    launched_at: float
    told: signal.Signals | None = None
    container_id: str | None = None
    """Once it has been started."""
    exit: Exit | None = None
    """Once it is clear that it will not be."""
    task: "asyncio.Task[None] | None" = field(default=None, repr=False)

    @property
    def under_way(self) -> bool:
        """Neither started nor given up."""
        return self.exit is None and self.container_id is None

    def outdated(self, seen: Seen) -> bool:
        """Whether that container is what came of it, or of a later launch by somebody else."""
        return seen.generation >= self.generation or (self.exit is not None and seen.running)

    def give_up(self, why: str) -> None:
        """It will not run: the reconciler backs off and tells the reason."""
        self.exit = Exit(at_seconds=steady_seconds(), started=False, last_words=why)

    def found(self) -> Found:
        """As a worker that has not told anything yet."""
        return Found(
            name=self.name,
            generation=self.generation,
            launched_at=self.launched_at,
            revision=self.template.revision,
            exit=self.exit,
            stopping=self.told is not None,
        )


class Launches:
    """By name.  Each is carried out in a task of its own."""

    def __init__(self, view: View, place: Place, refusal: Refusal) -> None:
        self._view, self._place, self._refusal = view, place, refusal
        self._containers = view.containers
        self._launches: dict[str, Launching] = {}
        self._host: Host | None = None

    def __iter__(self) -> Iterator[Launching]:
        return iter(self._launches.values())

    def get(self, name: str) -> Launching | None:
        """The launch of that name that no container shows yet."""
        return self._launches.get(name)

    def under_way(self, name: str) -> Launching | None:
        """The same, if it is neither started nor given up."""
        launching = self._launches.get(name)
        return launching if launching and launching.under_way else None

    def begin(self, name: str, generation: int, template: Template) -> None:
        """Start to make it."""
        launching = Launching(name=name, generation=generation, template=template, launched_at=steady_seconds())
        self._launches[name] = launching
        launching.task = asyncio.create_task(self._carry_out(launching))

    async def end(self, seconds: float) -> None:
        """Wait for those under way, since a call to the engine cannot be taken back, and forget all.

        Those that take longer are given up: what the engine still makes of them is not started any more.
        """
        for launching in self._launches.values():
            launching.told = launching.told or signal.SIGTERM
        if tasks := [one.task for one in self._launches.values() if one.task]:
            _, late = await asyncio.wait(tasks, timeout=seconds)
            for task in late:
                task.cancel()
        self._launches.clear()

    def settle(self) -> None:
        """Drop those that the engine shows as containers now, and refused ones where another leader's worker runs."""
        for seen in self._view.newest().values():
            launching = self._launches.get(seen.name)
            if launching and seen.state is not State.CREATED and launching.outdated(seen):
                del self._launches[seen.name]

    def forget(self, name: str) -> None:
        """It was refused, and that has been seen."""
        self._launches.pop(name, None)

    async def host(self) -> Host:
        """What the engine is able to do, asked once."""
        self._host = self._host or await self._containers.host()
        return self._host

    async def _carry_out(self, launching: Launching) -> None:
        """Whatever goes wrong is told by `list`, so that the reconciler backs off."""
        try:
            arguments = await self._prepare(launching)
            if launching.told:
                launching.give_up("it was told to go before it was started")
                return
            if why := self._refusal():
                launching.give_up(f"not the leader any more: {why}")
                return
            started = await self._containers.launch(launching.name, arguments)
            await self._pass_on(launching, started, arguments["name"])
            launching.container_id = started
        except BackendError as error:
            launching.give_up(str(error))
        except Exception as error:  # noqa: BLE001  # nobody would see what a task dies of
            launching.give_up(f"{launching.name} cannot be launched: {error!r}")

    async def _prepare(self, launching: Launching) -> dict[str, Any]:
        """What is left of the launch before goes first, for it may have the name."""
        await together(self._containers.remove(seen.id) for seen in self._view.every(launching.name))
        return recipe(
            launching.name,
            launching.generation,
            launching.template,
            place=self._place,
            host=await self.host(),
            launched_at=launching.launched_at,
        )

    async def _pass_on(self, launching: Launching, container_id: str, container: str) -> None:
        """What it was told while it was made."""
        if launching.told is signal.SIGTERM:
            await self._containers.mark_stopping(container_id, container)
        if launching.told:
            await self._containers.signal(container_id, launching.told)
