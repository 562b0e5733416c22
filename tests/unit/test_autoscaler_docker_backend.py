"""The Docker backend over an engine that refuses, is slow or tells odd things, as a real one does once a month."""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest
import requests
from docker import APIClient
from docker.errors import APIError

from autoscaler.backends.docker import DockerBackend
from autoscaler.backends.docker.engine import MEASUREMENTS, AwayError, Engine, Lane
from autoscaler.backends.docker.seen import GENERATION, LAUNCHED_AT, OWNER, REVISION, WORKER
from autoscaler.errors import BackendError
from autoscaler.reconciler.model import Exit, Found
from tests.templates import BARE


class Output:
    """A stream of the engine's, chunk by chunk."""

    def __init__(self, chunks: list[bytes]) -> None:
        self._chunks = chunks
        self.read, self.closed = 0, False

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self._chunks:
            self.read += 1
            yield chunk

    def close(self) -> None:
        self.closed = True


@dataclass
class Client:
    """The part of the SDK's client that the backend uses; `refused` are calls that it says no to."""

    entries: dict[str, dict[str, Any]] = field(default_factory=dict)
    refused: set[str] = field(default_factory=set)
    signals: list[tuple[str, str]] = field(default_factory=list)
    gate: threading.Event | None = None
    """Holds up `create_container`."""
    inspected: int = 0
    output: "Output" = field(default_factory=lambda: Output([]))
    """What every worker has written to its standard output."""
    api_version: str = "1.41"

    def add(self, name: str, generation: int, state: str = "running") -> None:
        """A container that somebody made."""
        labels = {OWNER: "shop", WORKER: name, GENERATION: str(generation), REVISION: "1", LAUNCHED_AT: "1.0"}
        made = f"id-{len(self.entries)}"
        self.entries[made] = {"Id": made, "Names": [f"/weir-shop-{name}"], "Labels": labels, "State": state}

    def end(self, name: str) -> None:
        for entry in self.entries.values():
            if entry["Labels"][WORKER] == name:
                entry["State"] = "exited"

    def info(self) -> dict[str, Any]:
        return {"InitBinary": "docker-init", "NCPU": 2}

    def containers(self, **_: Any) -> list[dict[str, Any]]:
        return [dict(entry) for entry in self.entries.values()]

    def create_container(self, **arguments: Any) -> dict[str, str]:
        self._refuse("create_container")
        if self.gate:
            self.gate.wait(10)
        self.add(arguments["labels"][WORKER], int(arguments["labels"][GENERATION]), "created")
        return {"Id": next(reversed(self.entries))}

    def start(self, made: str) -> None:
        self.entries[made]["State"] = "running"

    def rename(self, made: str, name: str) -> None:
        self.entries[made]["Names"] = [f"/{name}"]

    def kill(self, made: str, number: str) -> None:
        self._refuse(f"kill {self.entries[made]['Labels'][WORKER]}")
        self.signals.append((made, number))
        self.entries[made]["State"] = "exited"

    def remove_container(self, made: str, **_: Any) -> None:
        self.entries.pop(made, None)

    def logs(self, _made: str, *, stream: bool = False, **_: Any) -> "bytes | Output":
        self._refuse("logs")
        return self.output if stream else b"bye"

    def inspect_container(self, _made: str) -> dict[str, Any]:
        self.inspected += 1
        self._refuse("inspect")
        return {"State": {"ExitCode": 3, "FinishedAt": "1970-01-01T00:01:00Z"}}

    def _refuse(self, call: str) -> None:
        if call in self.refused:
            raise APIError(call, explanation="the engine would rather not")


class Scripted(Engine):
    """Asks that client."""

    def __init__(self, client: Client, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__("unix:///nowhere", clock=clock)
        self.client = client

    def _client(self, _lane: Lane) -> APIClient:
        return cast("APIClient", self.client)


def backend_of(client: Client) -> DockerBackend:
    return DockerBackend(Scripted(client), owner="shop")


async def test_of_a_worker_that_writes_much_only_the_beginning_is_read() -> None:
    """Once a tick until its port is known: for one that never tells it that is always."""
    client = Client(output=Output([b"x" * 1_023 + b"\n"] * 10_000))
    client.add("worker-1", 0)
    (found,) = await backend_of(client).list()
    assert found.url is None
    assert (client.output.read, client.output.closed) == (64, True)


async def test_a_worker_that_cannot_be_told_to_go_keeps_no_container_behind() -> None:
    client = Client(refused={"kill worker-1"})
    for name in ("worker-1", "worker-2"):
        client.add(name, 0)
    await backend_of(client).close()
    assert client.entries == {}
    assert client.signals == [("id-1", "SIGTERM")], "the other one was asked, and not only removed"


async def test_a_log_that_cannot_be_read_keeps_nobody_from_being_seen() -> None:
    client = Client(refused={"logs"})
    client.add("worker-1", 0, "exited")
    client.add("worker-2", 0)
    found = {one.name: one.exit for one in await backend_of(client).list()}
    words = "(the worker's log cannot be read: the engine would rather not)"
    assert found == {"worker-1": Exit(at_seconds=60.0, code=3, last_words=words), "worker-2": None}


async def test_a_launch_that_was_refused_does_not_hide_the_worker_that_another_leader_started_since() -> None:
    client = Client(refused={"create_container"})
    backend = backend_of(client)
    await backend.launch("worker-1", 4, BARE)
    await until_ended(backend)
    client.add("worker-1", 0)
    (found,) = await backend.list()
    assert (found.generation, found.exit) == (0, None)


async def test_a_launch_that_takes_longer_than_the_end_starts_nothing_afterwards() -> None:
    client = Client(gate=threading.Event())
    backend = backend_of(client)
    await backend.launch("worker-1", 0, BARE)
    await asyncio.sleep(0.05)
    await backend._launches.end(0.05)
    assert client.gate
    client.gate.set()
    await asyncio.sleep(0.1)
    assert [entry["State"] for entry in client.entries.values()] in ([], ["created"])


async def test_samples_that_take_too_long_keep_nobody_from_asking_which_workers_there_are() -> None:
    """A busy engine answers in time where the containers are, and not what each of twenty uses."""

    def late(_: APIClient) -> None:
        raise requests.ReadTimeout

    engine = Scripted(Client())
    with pytest.raises(AwayError, match="no answer in time"):
        await engine.ask("the worker's usage cannot be read", late, MEASUREMENTS)
    assert await engine.ask("x", lambda client: client.api_version) == "1.41"


async def test_an_environment_that_points_to_no_engine_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DOCKER_TLS_VERIFY", "1")
    monkeypatch.setenv("DOCKER_HOST", "tcp://127.0.0.1:1")
    monkeypatch.setenv("DOCKER_CERT_PATH", str(tmp_path / "missing"))
    with pytest.raises(BackendError, match="DOCKER_HOST, DOCKER_TLS_VERIFY and DOCKER_CERT_PATH"):
        Engine()


async def test_a_launch_that_still_waits_when_the_lease_is_lost_is_not_carried_out() -> None:
    client, why = Client(), list[str]()
    backend = DockerBackend(Scripted(client), owner="shop", refusal=lambda: why[0] if why else None)
    await backend.launch("worker-1", 0, BARE)
    why.append("other leads, term 2")
    (found,) = await until_ended(backend)
    assert found.exit
    assert (found.exit.started, found.exit.last_words) == (False, "not the leader any more: other leads, term 2")
    assert client.entries == {}


async def test_an_end_in_which_the_lease_is_lost_leaves_what_is_the_next_leaders() -> None:
    client = Client()
    client.add("worker-1", 0)
    backend = DockerBackend(Scripted(client), owner="shop", refusal=lambda: "other leads" if client.signals else None)
    with pytest.raises(BackendError, match=r"weir-shop-worker-1\.stopping is left to the next leader: other leads"):
        await backend.close()
    assert list(client.entries) == ["id-0"]


async def until_ended(backend: DockerBackend) -> Sequence[Found]:
    """All workers, once the first one has ended."""
    while not (found := await backend.list())[0].exit:  # noqa: ASYNC110  # a launch sets no event
        await asyncio.sleep(0.01)
    return found


async def test_what_is_said_of_an_engine_that_is_left_alone_does_not_change_each_second() -> None:
    """Whoever tells a hold tells it again when its reason changes."""
    now = [100.0]

    def away(_: APIClient) -> None:
        raise requests.ConnectionError("refused")

    engine, said = Scripted(Client(), clock=lambda: now[0]), list[str]()
    for now[0] in (100.0, 100.1, 100.4):
        with pytest.raises(AwayError) as told:
            await engine.ask("x", away)
        said.append(str(told.value))
    assert said[1] == said[2]
    assert "it is asked again in 10 s at most" in said[1]


async def test_one_container_of_which_the_engine_tells_nothing_does_not_hide_the_others() -> None:
    """It counts as running until its end is known, which is asked again now and then, and not in every tick."""
    client = Client(refused={"inspect"})
    client.add("worker-1", 0, "exited")
    client.add("worker-2", 0)
    backend = backend_of(client)
    for _ in range(3):
        assert {one.name: one.exit for one in await backend.list()} == {"worker-1": None, "worker-2": None}
    assert client.inspected == 1
    client.refused.clear()
    backend._view._facts["id-0"].ask_again_at = 0.0
    assert (await backend.list())[0].exit == Exit(at_seconds=60.0, code=3, last_words="bye")
