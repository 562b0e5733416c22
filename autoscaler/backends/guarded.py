"""A backend that may be used only while this autoscaler leads: asked anew right before each action.

What a worker's end means depends on where it runs.  Workers that outlive their autoscaler belong to whoever leads, so
every action on them is refused without the lease.  Child processes belong to their parent alone: nobody else can adopt
them, so an autoscaler that lost the lease may start none, and has to end its own.
"""

from collections.abc import Mapping, Sequence

from autoscaler.backends.base import Backend, Refusal, Template, Usage
from autoscaler.errors import BackendError
from autoscaler.reconciler.model import Found, Node


class GuardedBackend:
    """A Backend around another one.  `refusal` says why nothing may be done at this very moment; None = it may.

    Between its answer and what the inner backend does lies as long as that takes, and as long as the process stands
    still just there: the part of the lease in which nobody acts is for that.
    """

    def __init__(self, inner: Backend, refusal: Refusal) -> None:
        self._inner, self._refusal = inner, refusal

    @property
    def adoptable(self) -> bool:
        """As the inner one."""
        return self._inner.adoptable

    async def list(self) -> Sequence[Found]:
        """Looking is free."""
        return await self._inner.list()

    async def launch(self, name: str, generation: int, template: Template) -> None:
        """Raises BackendError without the lease."""
        self._refuse(f"{name} is not launched")
        await self._inner.launch(name, generation, template)

    async def stop(self, name: str) -> None:
        """Raises BackendError without the lease, if another autoscaler can have adopted it."""
        self._refuse_adoptable(f"{name} is not stopped")
        await self._inner.stop(name)

    async def kill(self, name: str) -> None:
        """As `stop`."""
        self._refuse_adoptable(f"{name} is not killed")
        await self._inner.kill(name)

    async def remove(self, name: str) -> None:
        """As `stop`."""
        self._refuse_adoptable(f"{name} is not removed")
        await self._inner.remove(name)

    async def freeze(self, name: str) -> None:
        """As `stop`."""
        self._refuse_adoptable(f"{name} is not frozen")
        await self._inner.freeze(name)

    async def thaw(self, name: str) -> None:
        """As `stop`."""
        self._refuse_adoptable(f"{name} is not thawed")
        await self._inner.thaw(name)

    async def nodes(self) -> Sequence[Node]:
        """Looking is free."""
        return await self._inner.nodes()

    async def usage(self) -> Mapping[str, Usage]:
        """Looking is free."""
        return await self._inner.usage()

    async def close(self) -> None:
        """End all workers; those of another leader are left alone."""
        if self.adoptable and self._refusal() is not None:
            await self._inner.detach()
        else:
            await self._inner.close()

    async def detach(self) -> None:
        """As the inner one."""
        await self._inner.detach()

    def _refuse_adoptable(self, what: str) -> None:
        if self.adoptable:
            self._refuse(what)

    def _refuse(self, what: str) -> None:
        if why := self._refusal():
            raise BackendError(f"not the leader, so {what}: {why}")
