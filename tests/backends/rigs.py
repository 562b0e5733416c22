"""What the shared suite needs of each backend: to make one, to let time pass, and to find what it left behind.

A further backend (containers, pods) takes part with a rig of its own and a line in RIGS.
"""

import asyncio
import json
import time
import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import Any, Protocol

import psutil
from docker import APIClient
from docker.utils import kwargs_from_env

from autoscaler.backends.base import Backend, Template, WorkerEnvironment
from autoscaler.backends.docker import DockerBackend, Engine
from autoscaler.backends.docker.seen import OWNER
from autoscaler.backends.memory import MemoryBackend, Script, World
from autoscaler.backends.process import ProcessBackend
from contract.pods import PodSpec
from tests.backends.images import actor_image
from tests.templates import template_of
from tests.workers import ROOT

PATIENCE_SECONDS = 20.0
STEP_SECONDS = 0.02
OBEDIENT = Script()
IMPATIENT = PodSpec(grace_seconds=0.2)
BARE_BYTES = 64 << 20
"""More than a worker holds in any of these backends that was told to hold nothing."""


class Rig(Protocol):
    """One kind of backend."""

    template: Template
    """What the workers of the backend made last are made from."""

    def backend(self, script: Script = ..., spec: PodSpec = ..., owner: str = ...) -> Backend:
        """A backend whose workers follow `script`.  Another one of the same owner is the one after a restart."""

    async def until(self, holds: Callable[[], Awaitable[bool]]) -> None:
        """Let time pass until something is so; fails when it never is."""

    async def wait(self, seconds: float) -> None:
        """Let that much time pass."""

    async def remains(self) -> Sequence[str]:
        """What is left: workers, files, names."""

    def close(self) -> None:
        """Let go of what the rig itself holds."""


class MemoryRig:
    """Virtual time."""

    def __init__(self, _folder: Path) -> None:
        self._world = World()

    def backend(self, script: Script = OBEDIENT, spec: PodSpec = IMPATIENT, owner: str = "suite") -> Backend:
        self.template = template_of(spec)
        return MemoryBackend(script=lambda _name, _generation: script, owner=owner, world=self._world)

    async def until(self, holds: Callable[[], Awaitable[bool]]) -> None:
        limit = self._world.at_seconds + PATIENCE_SECONDS
        while not await holds():
            assert self._world.at_seconds < limit, "waited in vain"
            self._world.advance(STEP_SECONDS)

    async def wait(self, seconds: float) -> None:
        self._world.advance(seconds)

    async def remains(self) -> Sequence[str]:
        return [name for workers in self._world.owners.values() for name in workers]

    def close(self) -> None:
        pass


class _RealTime:
    """Waits as everybody does."""

    async def until(self, holds: Callable[[], Awaitable[bool]]) -> None:
        limit = time.monotonic() + PATIENCE_SECONDS
        while not await holds():
            assert time.monotonic() < limit, "waited in vain"
            await asyncio.sleep(STEP_SECONDS)

    async def wait(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class ProcessRig(_RealTime):
    """Real processes of tests/backends/actor.py."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._before = self._children()

    def backend(self, script: Script = OBEDIENT, spec: PodSpec = IMPATIENT, owner: str = "suite") -> Backend:
        def environment(_worker: str) -> Mapping[str, str]:
            return {"ACTOR": json.dumps(asdict(script)), "PYTHONPATH": str(ROOT)}

        self.template = template_of(spec, environment)
        return ProcessBackend(owner=owner, folder=self._folder, module="tests.backends.actor")

    async def remains(self) -> Sequence[str]:
        processes = [f"process {pid}" for pid in self._children() - self._before]
        return processes + [str(path) for path in self._folder.glob("workers/**/*")]

    def close(self) -> None:
        pass

    def _children(self) -> set[int]:
        """Zombies too."""
        return {child.pid for child in psutil.Process().children(recursive=True)}


def acting(script: Script) -> WorkerEnvironment:
    """What tells an actor in a container what to do."""

    def environment(_worker: str) -> Mapping[str, str]:
        return {"ACTOR": json.dumps(asdict(script))}

    return environment


class DockerRig(_RealTime):
    """Containers of an image that holds nothing but Python and tests/backends/actor.py."""

    def __init__(self, _folder: Path) -> None:
        self._image = actor_image()
        self._engine = Engine()
        self._test = uuid.uuid4().hex[:8]

    def backend(self, script: Script = OBEDIENT, spec: PodSpec = IMPATIENT, owner: str = "suite") -> Backend:
        self.template = template_of(spec, acting(script))
        return DockerBackend(
            self._engine, owner=f"{self._test}/{owner}", image=self._image, command=(), usage_wait_seconds=3.0
        )

    async def remains(self) -> Sequence[str]:
        return [str(entry["Names"]) for entry in await self._engine.ask("", self._own)]

    def close(self) -> None:
        """A test that failed may have left some."""
        self._engine.close()
        with closing(APIClient(**kwargs_from_env())) as client:
            for entry in self._own(client):
                client.remove_container(entry["Id"], force=True, v=True)

    def _own(self, client: APIClient) -> list[dict[str, Any]]:
        entries = client.containers(all=True, filters={"label": OWNER})
        return [entry for entry in entries if entry["Labels"][OWNER].startswith(f"{self._test}/")]


RIGS: Mapping[str, Callable[[Path], Rig]] = {"memory": MemoryRig, "process": ProcessRig, "docker": DockerRig}
