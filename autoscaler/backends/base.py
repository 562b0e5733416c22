"""What every backend can do: run workers under names, tell which there are, what they use, and end them.

Backends hold no opinions: how many workers there should be, which go, when one is started again is the reconciler's.
Their one rule: they act only on workers of their own owner, and no call blocks the event loop.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from autoscaler.reconciler.model import Found, Node
from contract.pods import PodSpec

WorkerEnvironment = Callable[[str], Mapping[str, str]]
"""What a worker of this id is told, as environment variables."""

Refusal = Callable[[], str | None]
"""Why nothing may be done at this very moment; None = it may."""

FIRST_REVISION = "1"


def never() -> None:
    """The Refusal of an autoscaler that is alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """What a worker is made from.  `revision` names it: two templates of one group never share a revision."""

    revision: str
    spec: PodSpec
    environment: WorkerEnvironment
    image: str | None = None
    """Of containers; None = the backend's usual one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What one process has used since it was started.  `cpu_seconds` never falls within one generation."""

    generation: int
    at_seconds: float
    cpu_seconds: float
    memory_bytes: float


class Backend(Protocol):
    """A place where workers run.  Every method may raise BackendError; the world is then as it was, as far as known."""

    @property
    def adoptable(self) -> bool:
        """Whether its workers outlive this process, so that another autoscaler of the group finds them."""

    async def list(self) -> Sequence[Found]:
        """Every worker of this owner, also those that ended and were not removed yet; also those of a predecessor."""

    async def launch(self, name: str, generation: int, template: Template) -> None:
        """Start a process made from `template`; returns as soon as it is asked for, long before it is ready."""

    async def stop(self, name: str) -> None:
        """Ask it to finish.  A worker that is gone already is no error."""

    async def kill(self, name: str) -> None:
        """End it at once.  A worker that is gone already is no error."""

    async def remove(self, name: str) -> None:
        """Forget an ended worker."""

    async def freeze(self, name: str) -> None:
        """Let it stand still, for experiments; `thaw` lets it go on."""

    async def thaw(self, name: str) -> None:
        """Let a frozen worker go on.  One that is gone is no error."""

    async def nodes(self) -> Sequence[Node]:
        """Where workers can run, with the labels of each."""

    async def usage(self) -> Mapping[str, Usage]:
        """CPU and memory of those that run; one that cannot be measured is missing."""

    async def close(self) -> None:
        """End all workers of this owner and leave nothing behind.  May be called twice."""

    async def detach(self) -> None:
        """Let go of all workers without touching them; those that nobody else can find are ended, as by `close`."""


def worker_id(name: str, generation: int) -> str:
    """What a process calls itself in ledger, logs and metrics: the name, and from the second launch on its number."""
    return name if generation == 0 else f"{name}.{generation}"
