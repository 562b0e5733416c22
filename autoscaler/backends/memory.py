"""Workers that are only pretended, in virtual time: for tests of everything above backends, and for simulators.

Each worker follows a `Script` on a clock of its own, which stands still while it is frozen.  Nothing happens unless
`advance` is called.  It keeps the promises of the process backend, and one suite of tests holds both to them.
"""

import signal
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from autoscaler.backends.base import Template, Usage
from autoscaler.errors import BackendError
from autoscaler.reconciler.model import Exit, Found, Node

MIB = 1 << 20
FIRST_PORT = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """What a worker will do.  Seconds count from its launch, without those in which it was frozen."""

    url_seconds: float | None = 0.0
    """When it tells where its status page is; None = never."""
    ends_seconds: float | None = None
    """When it ends on its own, with `exit_code`; None = never."""
    exit_code: int = 0
    ignores_stop: bool = False
    stop_seconds: float = 0.0
    """From being told to stop until it ends, with code 0."""
    cpu_cores: float = 0.0
    memory_bytes: float = 16.0 * MIB
    memory_bytes_per_second: float = 0.0
    """What it holds grows by this."""
    last_words: str = ""


@dataclass(slots=True)
class _Process:
    script: Script
    generation: int
    template: Template
    launched_at: float
    port: int
    lived_seconds: float = 0.0
    stopped_seconds: float | None = None
    """How long it had lived when it was told to stop."""
    stopping: bool = False
    frozen: bool = False
    exit: Exit | None = None

    @property
    def memory_bytes(self) -> float:
        return self.script.memory_bytes + self.script.memory_bytes_per_second * self.lived_seconds

    @property
    def left_seconds(self) -> float | None:
        """How much longer it will live if nothing is done to it; None = for ever."""
        ends = [] if self.script.ends_seconds is None else [self.script.ends_seconds]
        if self.stopped_seconds is not None:
            ends.append(self.stopped_seconds + self.script.stop_seconds)
        return max(0.0, min(ends) - self.lived_seconds) if ends else None

    @property
    def url(self) -> str | None:
        told = self.script.url_seconds is not None and self.lived_seconds >= self.script.url_seconds
        return f"http://127.0.0.1:{self.port}" if told else None


@dataclass(slots=True)
class World:
    """Where pretended workers live, also longer than the backend that launched them."""

    at_seconds: float = 0.0
    owners: dict[str, dict[str, _Process]] = field(default_factory=dict)
    launches: int = 0

    def advance(self, seconds: float) -> None:
        """Let time pass; who ends in it ends at the right moment."""
        for process in (p for workers in self.owners.values() for p in workers.values()):
            if process.exit is None and not process.frozen:
                left = process.left_seconds
                if left is not None and left <= seconds:
                    self._end(process, left)
                else:
                    process.lived_seconds += seconds
        self.at_seconds += seconds

    def _end(self, process: _Process, after_seconds: float) -> None:
        process.lived_seconds += after_seconds
        script = process.script
        own_end = script.ends_seconds is not None and process.lived_seconds >= script.ends_seconds
        code = script.exit_code if own_end else 0
        at = self.at_seconds + after_seconds
        process.exit = Exit(at_seconds=at, code=code, last_words=script.last_words)


class MemoryBackend:
    """A Backend.  `script` says what the worker of a name and generation does; a second one on `world` takes over.

    `node_list` may be changed at any time.
    """

    def __init__(
        self,
        *,
        script: Callable[[str, int], Script] = lambda _name, _generation: Script(),
        owner: str = "memory",
        world: World | None = None,
        nodes: Sequence[Node] = (Node(name="memory"),),
    ) -> None:
        self.node_list = nodes
        self.world = World() if world is None else world
        self._script = script
        self._workers = self.world.owners.setdefault(owner, {})
        self._closed = False

    def advance(self, seconds: float) -> None:
        """Let time pass, for every worker of this world."""
        self.world.advance(seconds)

    @property
    def adoptable(self) -> bool:
        """They live as long as their world."""
        return True

    async def list(self) -> Sequence[Found]:
        """Every worker; who holds too much memory is killed now."""
        self._enforce()
        return [
            Found(
                name=name,
                generation=p.generation,
                launched_at=p.launched_at,
                revision=p.template.revision,
                exit=p.exit,
                url=p.url,
                stopping=p.stopping,
            )
            for name, p in self._workers.items()
        ]

    async def launch(self, name: str, generation: int, template: Template) -> None:
        """Begin its script; a generation that was launched already is left as it is."""
        if self._closed:
            raise BackendError(f"{name} cannot be launched: the backend is closed")
        known = self._workers.get(name)
        if known and known.generation >= generation:
            return
        if known and known.exit is None:
            raise BackendError(f"{name} cannot be launched again: it still runs")
        world, port = self.world, FIRST_PORT + self.world.launches
        self._workers[name] = _Process(self._script(name, generation), generation, template, world.at_seconds, port)
        world.launches += 1

    async def stop(self, name: str) -> None:
        """Ask it; a script may ignore that.  One that takes no time to end ends when it next lives."""
        if process := self._running(name):
            process.stopping = True
            if not process.script.ignores_stop and process.stopped_seconds is None:
                process.stopped_seconds = process.lived_seconds

    async def kill(self, name: str) -> None:
        """End it at once."""
        if process := self._running(name):
            self._kill(process)

    async def remove(self, name: str) -> None:
        """Forget it.  Raises BackendError while it runs."""
        if self._running(name):
            raise BackendError(f"{name} cannot be removed: it still runs")
        self._workers.pop(name, None)

    async def freeze(self, name: str) -> None:
        """Stop its clock."""
        if process := self._running(name):
            process.frozen = True

    async def thaw(self, name: str) -> None:
        """Let its clock go on."""
        if process := self._running(name):
            process.frozen = False

    async def nodes(self) -> Sequence[Node]:
        """Those that were given."""
        return self.node_list

    async def usage(self) -> Mapping[str, Usage]:
        """What the scripts say, of those that run."""
        running = {name: process for name, process in self._workers.items() if process.exit is None}
        usage = {
            name: Usage(
                generation=p.generation,
                at_seconds=self.world.at_seconds,
                cpu_seconds=p.script.cpu_cores * p.lived_seconds,
                memory_bytes=p.memory_bytes,
            )
            for name, p in running.items()
        }
        self._enforce()
        return usage

    async def close(self) -> None:
        """End and forget all of them, without taking time."""
        self._closed = True
        self._workers.clear()

    async def detach(self) -> None:
        """Leave them to the next backend on this world."""
        self._closed = True

    def _running(self, name: str) -> _Process | None:
        process = self._workers.get(name)
        return process if process and process.exit is None else None

    def _enforce(self) -> None:
        for process in self._workers.values():
            limit = process.template.spec.resources.limits.memory
            if limit is not None and process.exit is None and process.memory_bytes > limit:
                self._kill(process, oom_killed=True)

    def _kill(self, process: _Process, *, oom_killed: bool = False) -> None:
        process.exit = Exit(
            at_seconds=self.world.at_seconds,
            signal=signal.SIGKILL,
            oom_killed=oom_killed,
            last_words=process.script.last_words,
        )
