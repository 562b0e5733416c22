"""The containers of one owner as they were when the engine was last asked, and what is asked only once of each."""

import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from autoscaler.backends.docker.containers import Containers
from autoscaler.backends.docker.seen import Seen, State
from autoscaler.errors import BackendError
from autoscaler.reconciler.model import Exit, Found
from contract.clock import steady_seconds

START_SECONDS_MAX = 10.0
"""A container that is made and not started for longer than this was left so by an autoscaler that died."""
ASK_AGAIN_SECONDS = 10.0
NEVER_STARTED = "its container was made and never started: the autoscaler ended meanwhile"


@dataclass(slots=True)
class Facts:
    """What never changes of a container once it is known."""

    port: int | None = None
    exit: Exit | None = None
    ask_again_at: float = 0.0
    """When its end may be asked for again, on the monotonic clock: an engine that hangs over it takes five seconds."""
    told_at: float | None = None
    """When this process last sent it SIGTERM, on the monotonic clock."""


class View:
    """Renewed by `look`, in one call; `all` is None before the first."""

    def __init__(self, containers: Containers) -> None:
        self.containers = containers
        self.all: Sequence[Seen] | None = None
        self._facts: dict[str, Facts] = {}

    async def look(self, *, urgent: bool = False) -> None:
        """Ask which containers there are; what is gone needs no facts."""
        self.all = await self.containers.all(urgent=urgent)
        self._facts = {seen.id: self.facts(seen) for seen in self.all}

    async def known(self, name: str) -> Seen | None:
        """The newest container of that worker."""
        if self.all is None:
            await self.look()
        return self.newest().get(name)

    def newest(self) -> Mapping[str, Seen]:
        """By name.  What is left of an earlier launch counts only as long as there is no later one."""
        ordered = sorted(self.all or (), key=lambda seen: seen.generation)
        return {seen.name: seen for seen in ordered if seen.state is not State.REMOVING}

    def every(self, name: str) -> Sequence[Seen]:
        """All containers of that worker."""
        return [seen for seen in self.all or () if seen.name == name]

    def facts(self, seen: Seen) -> Facts:
        """What is known of it beside."""
        return self._facts.setdefault(seen.id, Facts())

    def put(self, changed: Seen) -> None:
        """Know at once what was done to it."""
        self.all = [changed if seen.id == changed.id else seen for seen in self.all or ()]

    def forget(self, name: str) -> None:
        """Its containers were removed."""
        self.all = [seen for seen in self.all or () if seen.name != name]

    async def learn(self, seen: Seen) -> None:
        """Ask what is not known yet: the port of one that runs, the end of one that ended.

        Without its end a worker is shown as running: one of which the engine tells nothing must not hide the others.
        """
        facts = self.facts(seen)
        if seen.ended and facts.exit is None and time.monotonic() >= facts.ask_again_at:
            facts.ask_again_at = time.monotonic() + ASK_AGAIN_SECONDS
            with suppress(BackendError):
                facts.exit = await self.containers.exit(seen.id)
        if seen.state is State.RUNNING and facts.port is None:
            with suppress(BackendError):
                facts.port = await self.containers.port(seen.id)

    def found(self, seen: Seen) -> Found:
        """What there is to show of it."""
        facts = self.facts(seen)
        told = seen.running and seen.address and facts.port
        return Found(
            name=seen.name,
            generation=seen.generation,
            launched_at=seen.launched_at,
            revision=seen.revision,
            exit=facts.exit if seen.ended else _orphaned(seen, steady_seconds()),
            url=f"http://{seen.address}:{facts.port}" if told else None,
            stopping=seen.stopping,
        )


def thawed(seen: Seen) -> Seen:
    """As it is when it goes on."""
    return replace(seen, state=State.RUNNING)


def _orphaned(seen: Seen, now: float) -> Exit | None:
    """The end of one that was made and not started, when that is so long ago that nobody is about to do it."""
    waits = seen.state is State.CREATED and now - seen.launched_at > START_SECONDS_MAX
    return Exit(at_seconds=seen.launched_at, started=False, last_words=NEVER_STARTED) if waits else None
