"""Real brokers for the integration tests: one shared by the whole session, or one of a test's own.

Fixtures are plain functions, and a `Broker` is bound to no event loop, so that tests may use it in loops of theirs.
"""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from broker import Broker, BrokerSettings, start_broker
from tests.producers import Program

TEST_HEAP_MIB = 512  # several brokers may run side by side


def quiet(_line: str) -> None:
    """Progress is for people."""


def started(data: Path) -> Iterator[Broker]:
    """A broker on a fresh folder and a free port, stopped afterwards."""
    settings = BrokerSettings(data=data, heap_mib=TEST_HEAP_MIB)
    broker = asyncio.run(start_broker(settings, say=quiet))
    try:
        yield broker
    finally:
        asyncio.run(broker.stop())


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """The session's broker.  Tests share it: make topics of your own, and never stop it."""
    yield from started(tmp_path_factory.mktemp("kafka"))


@pytest.fixture
def own_kafka(tmp_path: Path) -> Iterator[Broker]:
    """A broker of the test's own, to stop, kill and restart."""
    yield from started(tmp_path / "kafka")


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Program]]:
    """Starts producers, and ends those that a test left behind."""
    started: list[Program] = []

    def start(broker: Broker | str, *arguments: str, **settings: Any) -> Program:
        started.append(Program(broker, tmp_path, *arguments, **settings))
        return started[-1]

    yield start
    for program in started:
        program.kill()
