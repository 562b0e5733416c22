"""Many workers asked at once, over connections that stay open; whoever does not answer is missing."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from autoscaler.observer.status_client import StatusClient
from contract.worker import WorkerPhase, WorkerStatus

STATUS = WorkerStatus(worker="w", phase=WorkerPhase.READY, process_id=1, uptime_seconds=1.0, assignment=(1, 2))
BODY = STATUS.model_dump_json().encode()


def answer(body: bytes = BODY, status: str = "200 OK", headers: str = "") -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n{headers}\r\n".encode() + body


class Server:
    """Answers request by request with what it was given; None = it hangs up, b"" = it says nothing."""

    def __init__(self, *answers: bytes | None) -> None:
        self.answers = list(answers)
        self.requests: list[bytes] = []
        self.connections = 0
        self.url = ""
        self._writers: list[asyncio.StreamWriter] = []

    @asynccontextmanager
    async def serving(self) -> AsyncIterator["Server"]:
        server = await asyncio.start_server(self._talk, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        try:
            yield self
        finally:
            server.close()
            for writer in self._writers:
                writer.close()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._writers.append(writer)
        while not reader.at_eof():
            try:
                self.requests.append(await reader.readuntil(b"\r\n\r\n"))
            except asyncio.IncompleteReadError:
                return
            text = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
            if text is None:
                writer.close()
                return
            writer.write(text)


async def test_all_are_asked_and_connections_are_kept() -> None:
    async with Server(answer()).serving() as one, Server(answer()).serving() as two, StatusClient() as client:
        for _ in range(3):
            assert await client.statuses({"a": one.url, "b": two.url}) == {"a": STATUS, "b": STATUS}
        assert (one.connections, two.connections) == (1, 1)
        assert one.requests[0].startswith(b"GET /status HTTP/1.1\r\nHost: 127.0.0.1:")
        assert client.failures == 0


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param(None, id="it hangs up"),
        pytest.param(b"", id="it says nothing"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n{", id="it stops in the middle"),
        pytest.param(b"what?\r\n\r\n", id="it does not speak HTTP"),
        pytest.param(answer(b"starting", "503 Service Unavailable"), id="it has no status to give"),
        pytest.param(answer(b'{"worker": "w"}'), id="its status lacks fields"),
        pytest.param(answer(b"<html>"), id="it is somebody else"),
    ],
)
async def test_one_that_does_not_answer_is_missing_and_asked_again(wrong: bytes | None) -> None:
    async with (
        Server(answer(), wrong, wrong, answer()).serving() as bad,
        Server(answer()).serving() as good,
        StatusClient(timeout_seconds=0.5) as client,
    ):
        urls = {"bad": bad.url, "good": good.url}
        assert (await client.statuses(urls)).keys() == {"bad", "good"}
        missing = urls.keys() - (await client.statuses(urls)).keys()
        assert missing == {"bad"}
        assert client.failures == 1
        bad.answers = [answer()]
        assert (await client.statuses(urls)).keys() == {"bad", "good"}


async def test_nobody_listens() -> None:
    async with Server(answer()).serving() as gone:
        url = gone.url
    async with StatusClient() as client:
        assert await client.statuses({"gone": url, "odd": "http://127.0.0.1:http"}) == {}
        assert client.failures == 2


async def test_a_connection_that_was_closed_meanwhile_is_made_anew_within_the_same_look() -> None:
    async with Server(answer(), None, answer()).serving() as server, StatusClient() as client:
        assert await client.statuses({"w": server.url}) == {"w": STATUS}
        assert await client.statuses({"w": server.url}) == {"w": STATUS}
        assert (server.connections, client.failures) == (2, 0)


async def test_a_server_that_closes_after_each_answer() -> None:
    async with Server(answer(headers="Connection: close\r\n")).serving() as server, StatusClient() as client:
        for _ in range(2):
            assert await client.statuses({"w": server.url}) == {"w": STATUS}
        assert server.connections == 2


async def test_a_late_answer_is_not_taken_for_the_next_one() -> None:
    late = STATUS.model_copy(update={"uptime_seconds": 99.0}).model_dump_json().encode()
    async with Server(b"", answer(late) + answer()).serving() as server, StatusClient(timeout_seconds=0.5) as client:
        assert await client.statuses({"w": server.url}) == {}
        server.answers = [answer()]
        assert await client.statuses({"w": server.url}) == {"w": STATUS}
        assert server.connections == 2


async def test_workers_that_are_gone_lose_their_connection() -> None:
    async with Server(answer()).serving() as server, StatusClient() as client:
        await client.statuses({"w": server.url})
        assert await client.statuses({}) == {}
        await client.statuses({"w": server.url})
        assert server.connections == 2
