"""The backend of an autoscaler that may not lead: what it refuses, and what it leaves alone."""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import nullcontext
from pathlib import Path

import pytest

from autoscaler.backends.base import Backend
from autoscaler.backends.guarded import GuardedBackend
from autoscaler.backends.memory import MemoryBackend, World
from autoscaler.backends.process import ProcessBackend
from autoscaler.errors import BackendError
from tests.templates import BARE

WHY = "other leads, term 3"
ACTIONS: Mapping[str, Callable[[Backend], Awaitable[None]]] = {
    "launch": lambda backend: backend.launch("worker-2", 0, BARE),
    "stop": lambda backend: backend.stop("worker-1"),
    "kill": lambda backend: backend.kill("worker-1"),
    "remove": lambda backend: backend.remove("gone"),
    "freeze": lambda backend: backend.freeze("worker-1"),
    "thaw": lambda backend: backend.thaw("worker-1"),
}


class Lease:
    """May be lost."""

    def __init__(self) -> None:
        self.why: str | None = None

    def refusal(self) -> str | None:
        return self.why


class Own(MemoryBackend):
    """Its workers cannot be adopted, as child processes cannot."""

    @property
    def adoptable(self) -> bool:
        return False


async def guarded(kind: type[MemoryBackend]) -> tuple[GuardedBackend, Lease, World]:
    """One worker that was launched while it led."""
    lease, world = Lease(), World()
    backend = GuardedBackend(kind(world=world), lease.refusal)
    await backend.launch("worker-1", 0, BARE)
    return backend, lease, world


@pytest.mark.parametrize("act", [pytest.param(act, id=name) for name, act in ACTIONS.items()])
async def test_with_the_lease_everything_goes_through(act: Callable[[Backend], Awaitable[None]]) -> None:
    backend, _, _ = await guarded(MemoryBackend)
    await act(backend)


@pytest.mark.parametrize(
    ("kind", "refused"),
    [
        pytest.param(MemoryBackend, set(ACTIONS), id="everything, where another leader may have adopted them"),
        pytest.param(Own, {"launch"}, id="launches alone, where nobody else can have them"),
    ],
)
async def test_without_the_lease_it_refuses(kind: type[MemoryBackend], refused: set[str]) -> None:
    """Asked each time: it was given a moment ago."""
    backend, lease, _ = await guarded(kind)
    lease.why = WHY
    for name, act in ACTIONS.items():
        expected = pytest.raises(BackendError, match=f"^not the leader, so .* is not .*: {WHY}$")
        with expected if name in refused else nullcontext():
            await act(backend)


async def test_looking_is_free() -> None:
    backend, lease, _ = await guarded(MemoryBackend)
    lease.why = WHY
    assert [found.name for found in await backend.list()] == ["worker-1"]
    assert set(await backend.usage()) == {"worker-1"}


@pytest.mark.parametrize(
    ("kind", "why", "left"),
    [
        pytest.param(MemoryBackend, None, [], id="the leader ends its workers"),
        pytest.param(MemoryBackend, WHY, ["worker-1"], id="another leader's workers are left alone"),
        pytest.param(Own, WHY, [], id="workers that nobody else can have are ended"),
    ],
)
async def test_what_closing_leaves(kind: type[MemoryBackend], why: str | None, left: list[str]) -> None:
    backend, lease, world = await guarded(kind)
    lease.why = why
    await backend.close()
    assert [name for workers in world.owners.values() for name in workers] == left


async def test_a_process_is_nobody_elses(tmp_path: Path) -> None:
    """The assumption behind all of this."""
    backend = ProcessBackend(owner="g", folder=tmp_path)
    assert not backend.adoptable
    await backend.close()
