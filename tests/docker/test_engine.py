"""An engine that is away, slow or comes back: what callers are told, and how often it is asked."""

import asyncio
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import pytest

from autoscaler.backends.docker import DockerBackend, Engine
from autoscaler.backends.docker.seen import OWNER
from autoscaler.errors import BackendError
from autoscaler.reconciler.model import Found
from tests.backends.rigs import PATIENCE_SECONDS
from tests.docker.conftest import Make, MakeTemplate, Ours
from tests.docker.proxy import EngineProxy
from tests.docker.test_containers import until


@pytest.fixture
def proxy(tmp_path: Path) -> Iterator[EngineProxy]:
    """In front of the engine, open."""
    one = EngineProxy(tmp_path)
    one.start()
    yield one
    one.stop()


@pytest.fixture
def far_engine(proxy: EngineProxy) -> Iterator[Engine]:
    """The engine behind the proxy."""
    with Engine(proxy.url) as one:
        yield one


async def recovered(backend: DockerBackend) -> Sequence[Found]:
    """The workers, once the engine is asked again."""
    limit = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < limit:
        with suppress(BackendError):
            return await backend.list()
        await asyncio.sleep(0.1)
    raise AssertionError("it did not recover")


async def test_an_engine_that_is_away_is_told_and_found_again(
    make: Make, template: MakeTemplate, proxy: EngineProxy, far_engine: Engine
) -> None:
    """Meanwhile nothing is done, and nothing is lost: the same workers are there when it is back."""
    backend = make(engine=far_engine)
    await backend.launch("worker-1", 0, template())
    before = await until(backend, lambda found: found["worker-1"].url)
    proxy.stop()
    with pytest.raises(BackendError, match=r"cannot be listed: the Docker engine at unix://.* does not answer"):
        await backend.list()
    with pytest.raises(BackendError, match="it is asked again in"):
        await backend.list()
    for act in (backend.stop, backend.kill, backend.freeze):
        with pytest.raises(BackendError, match="does not answer"):
            await act("worker-1")
    proxy.start()
    assert {found.name: found for found in await recovered(backend)} == before
    await backend.close()


async def test_an_engine_that_stays_away_is_asked_less_and_less_often(proxy: EngineProxy, far_engine: Engine) -> None:
    """Told in the terms of the questions that reach it: the others are answered here."""
    proxy.stop()
    asked, until_seconds = 0, time.monotonic() + 3.0
    while time.monotonic() < until_seconds:
        try:
            await far_engine.ask("x", lambda client: client.info())
        except BackendError as error:
            asked += "asked again" not in str(error)
        await asyncio.sleep(0.05)
    assert 2 <= asked <= 3, "three seconds have room for 0, 0.5 and 1.5"


async def test_an_engine_that_is_silent_is_given_up_in_time_and_the_loop_goes_on(
    proxy: EngineProxy, far_engine: Engine
) -> None:
    proxy.silent = True
    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            await asyncio.sleep(0.01)
            ticks += 1

    ticking = asyncio.create_task(tick())
    with pytest.raises(BackendError, match="no answer in time"):
        await far_engine.ask("the workers cannot be listed", lambda client: client.containers())
    ticking.cancel()
    assert ticks > 50


async def test_a_launch_that_meets_an_engine_that_is_away_is_an_end_with_that_reason(
    make: Make, template: MakeTemplate, proxy: EngineProxy, far_engine: Engine
) -> None:
    backend = make(engine=far_engine)
    await backend.list()
    proxy.stop()
    await backend.launch("worker-1", 0, template())
    (launching,) = backend._launches
    assert launching.task
    await launching.task
    proxy.start()
    (found,) = await recovered(backend)
    exit_ = found.exit
    assert exit_
    assert not exit_.started
    assert "does not answer" in exit_.last_words
    await backend.close()


async def test_close_says_what_may_be_left_when_the_engine_is_away_and_can_be_repeated(
    make: Make, template: MakeTemplate, proxy: EngineProxy, far_engine: Engine, ours: Ours
) -> None:
    backend = make(engine=far_engine)
    await backend.launch("worker-1", 0, template())
    await until(backend, lambda found: found["worker-1"].url)
    proxy.stop()
    with pytest.raises(BackendError, match=rf"docker rm --force .*label={OWNER}=test-"):
        await backend.close()
    proxy.start()
    await backend.close()
    assert ours() == []


async def test_an_address_where_no_engine_is_is_told(tmp_path: Path) -> None:
    with (
        Engine(f"unix://{tmp_path}/nothing.sock") as engine,
        pytest.raises(BackendError, match=r"No such file or directory.*is it running"),
    ):
        await engine.api_version()
