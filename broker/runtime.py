"""What a broker runs on: a Java, the verified jars and, where Java can use one, a start-up cache.

Its one rule: a machine is prepared by one process at a time; the others wait and find everything done.
"""

import asyncio
import fcntl
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from broker.jars import KAFKA_VERSION, Say, cache_folder, resolve_jars
from broker.java import java_command
from broker.startup_cache import cache_path, is_supported

LOOK_SECONDS = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Runtime:
    """Java, class path, and the file (if any) from which Java starts faster."""

    java: Path
    jars: tuple[Path, ...]
    startup_cache: Path | None = None
    record_cache: Path | None = None


@asynccontextmanager
async def prepared(java: Path | None, *, say: Say) -> AsyncIterator[Runtime]:
    """Java and jars, with this machine's cache folder held for whoever wants to add to it.

    The runtime's `startup_cache` is set when the file exists, its `record_cache` when it could be made.
    """
    program = await asyncio.to_thread(java_command, java)
    async with cache_held(say):
        runtime = Runtime(java=program, jars=tuple(await fetched(say)))
        yield with_cache(runtime)


def given_up_path(cache: Path) -> Path:
    """The note that is left where a start-up cache could not be made."""
    return cache.with_suffix(".failed")


def with_cache(runtime: Runtime) -> Runtime:
    """Point to the start-up cache of exactly this Java and these jars."""
    if not is_supported(runtime.java):
        return runtime
    path = cache_path(runtime.java)
    if not path.exists():
        return replace(runtime, record_cache=path)
    path.touch()  # the ones used last are kept, see training
    return replace(runtime, startup_cache=path)


async def fetched(say: Say) -> list[Path]:
    """`resolve_jars` beside the event loop; a cancelled start ends the download too."""
    stopped = threading.Event()
    try:
        return await asyncio.to_thread(resolve_jars, say, stopped=stopped)
    finally:
        stopped.set()


@asynccontextmanager
async def cache_held(say: Say) -> AsyncIterator[None]:
    """Hold the cache folder; the kernel lets go of it when this process ends in whatever way."""
    path = cache_folder() / f"kafka-{KAFKA_VERSION}" / "lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as lock:
        waiting = False
        while not taken(lock.fileno()):
            if not waiting:
                say(f"waiting for another process that is preparing Kafka in {path.parent}")
            waiting = True
            await asyncio.sleep(LOOK_SECONDS)
        yield


def taken(descriptor: int) -> bool:
    """Try to take the lock."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
