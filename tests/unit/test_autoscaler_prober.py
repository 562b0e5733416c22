"""Probes over HTTP, against servers that answer as told."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from autoscaler.fetch import get
from autoscaler.prober import Prober
from autoscaler.reconciler.model import ProbeKind, ProbeOrder, ProbeResult

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def serving(handler: Handler) -> AsyncIterator[str]:
    """The address of a server that treats each connection so."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await handler(reader, writer)
        finally:
            writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()


def says(answer: bytes, heard: list[str] | None = None) -> Handler:
    """Answer every request with these bytes, and note what was asked for."""

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        if heard is not None:
            heard.append(head.split()[1].decode())
        writer.write(answer)
        await writer.drain()

    return handler


async def says_nothing(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
    """Take the request and leave it unanswered until the other side gives up."""
    await reader.read(-1)


def order(url: str, kind: ProbeKind = ProbeKind.LIVENESS, *, timeout_seconds: float = 5.0) -> ProbeOrder:
    return ProbeOrder(name="worker-1", generation=2, kind=kind, url=url, timeout_seconds=timeout_seconds)


async def answered(prober: Prober, count: int) -> list[ProbeResult]:
    """The next `count` results."""
    results: list[ProbeResult] = []
    async with asyncio.timeout(10):
        while len(results) < count:
            await asyncio.sleep(0)
            results += prober.collect()
    return results


@pytest.mark.parametrize(
    ("answer", "ok", "detail"),
    [
        pytest.param(b"HTTP/1.1 200 OK\r\n\r\nok", True, "", id="200 is a success"),
        pytest.param(b"HTTP/1.1 399 Odd\r\n\r\n", True, "", id="so is everything below 400"),
        pytest.param(b"HTTP/1.1 400 Bad\r\n\r\n", False, "400", id="400 is a failure"),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
            True,
            "",
            id="an answer in chunks is one too",
        ),
        pytest.param(
            b"HTTP/1.1 100 Go\r\n\r\nHTTP/1.1 200 OK\r\n\r\n", True, "", id="what is only informational is passed over"
        ),
        pytest.param(b"HTTP/1.1 503 No\r\nA: b\r\n\r\njoining\n", False, "503: joining", id="a failure says why"),
        pytest.param(
            b"HTTP/1.1 500 No\r\n\r\n" + b"x" * 900, False, "500: " + "x" * 200, id="what it says is cut at 200 letters"
        ),
        pytest.param(b"", False, "the connection was closed without an answer", id="closing is no answer"),
        pytest.param(b"SSH-2.0-x\r\n\r\n", False, "an answer that is no HTTP", id="another protocol is no answer"),
        pytest.param(b"HTTP/1.1 abc\r\n\r\n", False, "an answer that is no HTTP", id="nor is a code in letters"),
        pytest.param(b"HTTP/1.1 200 OK\r\n", False, "an answer that is no HTTP", id="nor is half a head"),
        pytest.param(
            b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * (2 << 20),
            False,
            "an answer of more than 1048576 bytes",
            id="nor is one without end",
        ),
    ],
)
async def test_what_an_answer_means(answer: bytes, ok: bool, detail: str) -> None:
    """From 200 to 399 the probe succeeded; any other answer is the reason why it failed."""
    async with serving(says(answer)) as url:
        prober = Prober(clock=lambda: 42.0)
        prober.ask([order(url)])
        assert await answered(prober, 1) == [
            ProbeResult(name="worker-1", generation=2, kind=ProbeKind.LIVENESS, at_seconds=42.0, ok=ok, detail=detail)
        ]


@pytest.mark.parametrize(
    ("kind", "path"),
    [(ProbeKind.STARTUP, "/startupz"), (ProbeKind.LIVENESS, "/livez"), (ProbeKind.READINESS, "/readyz")],
)
async def test_what_is_asked(kind: ProbeKind, path: str) -> None:
    heard: list[str] = []
    async with serving(says(b"HTTP/1.1 200 OK\r\n\r\n", heard)) as url:
        prober = Prober()
        prober.ask([order(url, kind)])
        (result,) = await answered(prober, 1)
    assert (heard, result.ok, result.kind) == ([path], True, kind)


async def test_nobody_listens() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: nobody else can take the port
        prober = Prober()
        prober.ask([order(f"http://127.0.0.1:{taken.getsockname()[1]}")])
        (result,) = await answered(prober, 1)
    assert (result.ok, result.detail) == (False, "connection refused")


async def test_an_address_that_is_none() -> None:
    prober = Prober()
    prober.ask([order("http://127.0.0.1:what")])
    (result,) = await answered(prober, 1)
    assert not result.ok
    assert "what" in result.detail


async def test_an_answer_that_does_not_come_in_time() -> None:
    async with serving(says_nothing) as url:
        prober = Prober()
        prober.ask([order(url, timeout_seconds=0.05)])
        (result,) = await answered(prober, 1)
    assert (result.ok, result.detail) == (False, "no answer within 0.05 s")


async def test_a_slow_worker_keeps_no_other_waiting() -> None:
    async with serving(says_nothing) as slow, serving(says(b"HTTP/1.1 200 OK\r\n\r\n")) as quick:
        prober = Prober()
        prober.ask([order(slow), order(quick, ProbeKind.READINESS)])
        (result,) = await answered(prober, 1)
        assert (result.ok, result.kind) == (True, ProbeKind.READINESS)
        await prober.close()


async def test_results_are_given_once() -> None:
    async with serving(says(b"HTTP/1.1 200 OK\r\n\r\n")) as url:
        prober = Prober()
        prober.ask([order(url), order(url), order(url)])
        assert len(await answered(prober, 3)) == 3
        assert prober.collect() == []


async def test_after_close_nothing_is_asked_any_more() -> None:
    """What was not answered yet gives no result; closing twice does no harm."""
    async with serving(says_nothing) as url:
        prober = Prober()
        prober.ask([order(url)])
        await asyncio.sleep(0)
        await prober.close()
        await prober.close()
        assert prober.collect() == []
        assert not [task for task in asyncio.all_tasks() if "probe of" in task.get_name()]


async def test_a_page_with_its_body() -> None:
    """The body may come in pieces, and may have anything in it."""
    body = bytes(range(256)) * 400
    async with serving(says(b"HTTP/1.1 200 OK\r\nContent-Type: x\r\n\r\n" + body)) as url:
        assert await get(url + "/status") == (200, body)
