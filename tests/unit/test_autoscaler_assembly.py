"""How an autoscaler with a lease ends: who ends which workers, and when the lease is given back."""

from contextlib import AsyncExitStack

import pytest

from autoscaler.assembly import _guarded
from autoscaler.backends.memory import MemoryBackend, World
from autoscaler.lease.lease import Lease
from tests.templates import BARE
from tests.unit.test_autoscaler_lease_keeping import TIMING, Kafka


class Own(MemoryBackend):
    """Its workers cannot be adopted, as child processes cannot."""

    @property
    def adoptable(self) -> bool:
        return False


class Witness(Lease):
    """Writes down who was there when the lease was given back."""

    def __init__(self, kafka: Kafka, world: World) -> None:
        super().__init__(kafka, me="me", timing=TIMING)
        self._world = world
        self.saw: list[str] | None = None

    async def release(self) -> None:
        if self.saw is None:
            self.saw = alive(self._world)
        await super().release()


def alive(world: World) -> list[str]:
    return [name for workers in world.owners.values() for name in workers]


@pytest.mark.parametrize(
    ("kind", "leave", "at_release", "in_the_end"),
    [
        pytest.param(MemoryBackend, False, [], [], id="containers end before the next leader can adopt them"),
        pytest.param(MemoryBackend, True, ["worker-1"], ["worker-1"], id="containers that are to be left go on"),
        pytest.param(Own, False, ["worker-1"], [], id="processes end while the next leader starts its own"),
    ],
)
async def test_the_order_of_the_end(
    kind: type[MemoryBackend], leave: bool, at_release: list[str], in_the_end: list[str]
) -> None:
    world = World()
    lease = Witness(Kafka(), world)
    await lease.start()
    async with AsyncExitStack() as stack:
        stack.push_async_callback(lease.release)
        backend = _guarded(stack, kind(world=world), lease, leave=leave)
        await backend.launch("worker-1", 0, BARE)
    assert (lease.saw, alive(world)) == (at_release, in_the_end)
