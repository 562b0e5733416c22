"""Workers as containers of a Docker engine.

What is not remembered cannot be wrong: each `list` asks the engine for all containers with this owner's label, in one
call, and only what has changed is looked at more closely.  An ended container stays until it is removed, a stop is
written into the container's name, and so a successor of this autoscaler finds everything that this one knew.
"""

import asyncio
import shlex
import signal
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from importlib import metadata

from autoscaler.backends.base import Refusal, Template, Usage, never
from autoscaler.backends.docker.containers import Containers
from autoscaler.backends.docker.engine import AwayError, Engine, RefusedError
from autoscaler.backends.docker.launches import Launches
from autoscaler.backends.docker.measuring import Measuring
from autoscaler.backends.docker.recipe import Place
from autoscaler.backends.docker.seen import OWNER, Seen, State
from autoscaler.backends.docker.together import together
from autoscaler.backends.docker.view import View, thawed
from autoscaler.errors import BackendError
from autoscaler.reconciler.model import Found, Node
from contract.clock import steady_seconds
from contract.pods import ResourceAmounts

DEFAULT_IMAGE = f"weir:{metadata.version('weir')}"
DEFAULT_NETWORK = "bridge"
CLOSE_SECONDS_MAX = 25.0
GONE_SECONDS_MAX = 10.0
POLL_SECONDS = 0.1
AGAIN_SECONDS = 1.0
"""Without an init process a stop is repeated: Python may not have listened yet."""


class DockerBackend:
    """A Backend.  A second one of the same owner takes over, also in another process."""

    def __init__(
        self,
        engine: Engine,
        *,
        owner: str,
        network: str = DEFAULT_NETWORK,
        image: str = DEFAULT_IMAGE,
        command: Sequence[str] = ("process",),
        labels: Mapping[str, str] | None = None,
        secrets: str | None = None,
        default_limits: ResourceAmounts | None = None,
        node_labels: Mapping[str, str] | None = None,
        usage_wait_seconds: float = 0.2,
        refusal: Refusal = never,
    ) -> None:
        """Nothing is asked yet.  The engine is the caller's to close; `labels` are put beside our own.

        `secrets` names a volume with settings, which workers mount; `default_limits` are those of workers without.

        `node_labels` are those of the engine's machine, on top of those that its daemon tells.  `refusal` is asked in
        the middle of what takes long: a launch that waits, and the end.
        """
        place = Place(
            owner=owner,
            image=image,
            network=network,
            command=command,
            labels=labels or {},
            secrets=secrets,
            default_limits=default_limits or ResourceAmounts(),
        )
        self._owner = owner
        self._node_labels = node_labels or {}
        self._containers = Containers(engine, owner)
        self._view = View(self._containers)
        self._refusal = refusal
        self._launches = Launches(self._view, place, refusal)
        self._measuring = Measuring(self._containers, wait_seconds=usage_wait_seconds)
        self._closed = self._cleared = False

    @staticmethod
    def notes(template: Template) -> Sequence[str]:
        """What of the template cannot be honoured here, a sentence each, for the caller to show."""
        if template.spec.nice == 0:
            return ()
        return (f"nice ({template.spec.nice}) is not honoured for containers: give them less requests.cpu",)

    @property
    def adoptable(self) -> bool:
        """Containers go on without us, and any autoscaler of this owner finds them."""
        return True

    async def list(self) -> Sequence[Found]:
        """Every worker, ended ones until they are removed; also those that are still being made, or were refused."""
        await self._look()
        newest = self._view.newest()
        await asyncio.gather(*(self._view.learn(seen) for seen in newest.values()))
        await asyncio.gather(*(self._remind(seen) for seen in newest.values()))
        shown = {name: self._view.found(seen) for name, seen in newest.items()}
        return [*{**shown, **{launching.name: launching.found() for launching in self._launches}}.values()]

    async def launch(self, name: str, generation: int, template: Template) -> None:
        """Begin to make it, in a task; a generation that was launched already is left as it is."""
        if self._closed:
            raise BackendError(f"{name} cannot be launched: the backend is closed")
        known, asked = await self._view.known(name), self._launches.get(name)
        if any(one and one.generation >= generation for one in (known, asked)):
            return
        if (known and known.running) or (asked and asked.exit is None):
            raise BackendError(f"{name} cannot be launched again: it still runs")
        self._launches.begin(name, generation, template)

    async def stop(self, name: str) -> None:
        """SIGTERM, and a mark on it that outlives this autoscaler.  A frozen one is told when it is thawed."""
        if launching := self._launches.under_way(name):
            launching.told = launching.told or signal.SIGTERM
        elif seen := await self._running(name):
            await self._tell(seen)

    async def kill(self, name: str) -> None:
        """SIGKILL to all its processes; frozen ones too."""
        if launching := self._launches.under_way(name):
            launching.told = signal.SIGKILL
        elif seen := await self._running(name):
            await self._containers.signal(seen.id, signal.SIGKILL)

    async def remove(self, name: str) -> None:
        """Forget it.  Raises BackendError while it runs."""
        if self._launches.under_way(name) or await self._running(name):
            raise BackendError(f"{name} cannot be removed: it still runs")
        await together(self._containers.remove(seen.id) for seen in self._view.every(name))
        self._view.forget(name)
        self._launches.forget(name)

    async def freeze(self, name: str) -> None:
        """The engine's pause: it keeps memory, connections and its place, and does nothing."""
        if seen := await self._started(name):
            await self._containers.pause(seen.id)
            self._view.put(replace(seen, state=State.PAUSED))

    async def thaw(self, name: str) -> None:
        """Let it go on; now it hears what it was told while it stood still."""
        if seen := await self._started(name):
            await self._containers.unpause(seen.id)
            self._view.put(awake := thawed(seen))
            if awake.stopping:
                await self._tell(awake)

    async def nodes(self) -> Sequence[Node]:
        """The engine's machine, with the labels that its daemon was given (`dockerd --label gpu=true`)."""
        return [await self._containers.node(self._node_labels)]

    async def usage(self) -> Mapping[str, Usage]:
        """CPU and working set of every container that runs.  What is still being made has used nothing."""
        if self._view.all is None:
            await self._look()
        running = {seen.id: (seen.name, seen.generation) for seen in self._view.newest().values() if seen.running}
        started = {one.container_id: (one.name, one.generation) for one in self._launches if one.container_id}
        measured = await self._measuring.usage({**running, **started})
        unborn = {
            one.name: Usage(generation=one.generation, at_seconds=steady_seconds(), cpu_seconds=0.0, memory_bytes=0.0)
            for one in self._launches
            if one.exit is None
        }
        return {**unborn, **measured}

    async def close(self) -> None:
        """SIGTERM to all, SIGKILL to those that run when the grace period (25 s at most) is over; nothing stays."""
        self._closed = True
        if self._cleared:
            return
        try:
            await self._end()
        except AwayError as error:
            raise BackendError(f"{error} When it is back, remove what may be left: {self._advice()}") from error
        finally:
            await self._measuring.close()
        self._cleared = True

    async def detach(self) -> None:
        """Leave all containers to the next autoscaler; launches that are under way are still ours, and are ended."""
        self._closed = True
        await self._launches.end(CLOSE_SECONDS_MAX)
        await self._measuring.close()

    async def _look(self, *, urgent: bool = False) -> None:
        await self._view.look(urgent=urgent)
        self._launches.settle()

    async def _running(self, name: str) -> Seen | None:
        """The one that runs, as far as known: to the engine's calls it is no error that it has ended since.

        What was started after the last list is in no list yet.
        """
        if (launching := self._launches.get(name)) and launching.container_id:
            await self._look()
        seen = await self._view.known(name)
        return seen if seen and seen.running else None

    async def _started(self, name: str) -> Seen | None:
        """The same, once it has been made."""
        if (launching := self._launches.under_way(name)) and launching.task:
            await asyncio.wait({launching.task})
        return await self._running(name)

    async def _tell(self, seen: Seen) -> None:
        """Mark it as stopping and, unless it stands still, send SIGTERM: a signal would let it go on."""
        self._view.put(replace(seen, container=await self._containers.mark_stopping(seen.id, seen.container)))
        if seen.state is not State.PAUSED:
            await self._containers.signal(seen.id, signal.SIGTERM)
            self._view.facts(seen).told_at = time.monotonic()

    async def _remind(self, seen: Seen) -> None:
        """Tell one that was marked and may not have heard: by an autoscaler before us, or before it listened."""
        if not seen.stopping or seen.state is not State.RUNNING:
            return
        told_at = self._view.facts(seen).told_at
        with suppress(BackendError):  # it is told again at the next look
            if told_at is None or (await self._may_be_deaf() and time.monotonic() - told_at >= AGAIN_SECONDS):
                await self._tell(seen)

    async def _may_be_deaf(self) -> bool:
        """The first process of a container gets only signals that it listens to, and Python takes a while to."""
        return not (await self._launches.host()).has_init

    async def _end(self) -> None:
        try:
            await self._launches.end(CLOSE_SECONDS_MAX)
            await self._look(urgent=True)
            await self._let_end()
        except asyncio.CancelledError:  # whoever is in a hurry wants an end, not containers left behind
            await asyncio.shield(self._clear())
            raise
        await self._clear()

    async def _let_end(self) -> None:
        """Tell everybody, and wait until all have ended or the longest grace is over."""
        running = self._all_running()
        await together(self._bid_farewell(seen) for seen in running)
        grace_seconds = max((seen.grace_seconds for seen in running), default=0.0)
        limit = time.monotonic() + min(grace_seconds, CLOSE_SECONDS_MAX)
        while self._all_running() and time.monotonic() < limit:
            await asyncio.sleep(POLL_SECONDS)
            await self._look(urgent=True)
            await together(self._remind(seen) for seen in self._all_running())

    async def _bid_farewell(self, seen: Seen) -> None:
        """One that the engine does not let us tell is removed all the same, when the others have ended."""
        with suppress(RefusedError):
            if seen.state is State.PAUSED:
                await self._containers.unpause(seen.id)
            await self._tell(thawed(seen))

    async def _clear(self) -> None:
        """Remove all there are, and again until the engine shows none.  Raises BackendError when it does not."""
        await self._launches.end(CLOSE_SECONDS_MAX)
        limit = time.monotonic() + GONE_SECONDS_MAX
        await self._look(urgent=True)
        while left := self._view.all:
            names = ", ".join(seen.container for seen in left)
            if why := self._refusal():
                raise BackendError(f"{names} {'is' if len(left) == 1 else 'are'} left to the next leader: {why}")
            if time.monotonic() > limit:
                raise BackendError(f"the engine does not remove {names}: {self._advice()}")
            await together(self._containers.remove(seen.id, urgent=True) for seen in left)
            await self._look(urgent=True)
            await asyncio.sleep(POLL_SECONDS if self._view.all else 0)

    def _all_running(self) -> Sequence[Seen]:
        return [seen for seen in self._view.all or () if seen.running]

    def _advice(self) -> str:
        label = shlex.quote(f"label={OWNER}={self._owner}")
        return f"docker rm --force $(docker ps --all --quiet --filter {label})"
