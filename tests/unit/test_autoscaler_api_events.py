"""Server-sent events over a real loopback socket, and the server's own beginning and end."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import orjson
import pytest

from autoscaler.api.server import ApiAddress, read_address, refuse_taken, serve_api
from autoscaler.board.stream import QUEUED_MAX, READERS_MAX, EventName
from contract.errors import SettingsError
from tests.consoles import Caller, Console, calling

PATIENCE_SECONDS = 10
EVERY = "0.0.0.0"  # noqa: S104  # the point of these tests


async def events(answer: httpx.Response) -> AsyncIterator[tuple[str, str, object]]:
    """Id, name and document of each."""
    fields: dict[str, str] = {}
    async for line in answer.aiter_lines():
        name, colon, value = line.partition(": ")
        if colon:
            fields[name] = value
        elif fields:
            yield fields["id"], fields["event"], orjson.loads(fields["data"])
            fields = {}


async def some(
    caller: Caller, console: Console, count: int, last_id: str | None = None
) -> list[tuple[str, str, object]]:
    """The next events, while the console ticks."""
    headers = {"Last-Event-ID": last_id} if last_id else {}
    found: list[tuple[str, str, object]] = []
    async with asyncio.timeout(PATIENCE_SECONDS), caller.http.stream("GET", "api/v1/events", headers=headers) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        await console.tick()
        async for event in events(answer):
            found.append(event)
            if len(found) == count:
                break
    return found


async def test_what_happens_is_told_as_it_happens(tmp_path: Path) -> None:
    console = Console()
    await console.tick()
    async with calling(console, tmp_path) as caller:
        found = await some(caller, console, 6)
    names = [name for _, name, _ in found]
    assert names == ["state", "workers", "sample", "decision", "state", "workers"]
    documents = {name: document for _, name, document in found}
    assert isinstance(documents["sample"], dict)
    assert documents["sample"]["replicas_desired"] == 2
    assert documents["sample"]["lag_seconds"] is None
    assert isinstance(documents["workers"], list)


async def test_who_comes_back_goes_on_where_it_was(tmp_path: Path) -> None:
    """What happened in between is told first, and nothing twice."""
    console = Console()
    await console.tick()
    async with calling(console, tmp_path) as caller:
        before = await some(caller, console, 4)
        last_id = before[-1][0]
        await console.ticks(2)
        after = await some(caller, console, 3, last_id)
    assert before[-1][1] == "decision"
    assert [name for _, name, _ in after][:2] == ["happening", "happening"] or after[0][1] == "sample"
    numbers = [int(number.rpartition("-")[2]) for number, _, _ in after]
    assert min(numbers) > int(last_id.rpartition("-")[2])


async def test_an_order_is_told_at_once(tmp_path: Path) -> None:
    """Not with the next tick only."""
    console = Console()
    await console.tick()
    reader = console.board.stream.join()
    async with calling(console, tmp_path) as caller:
        await caller.order("POST", "api/v1/pause")
    event = reader.queue.get_nowait()
    assert event is not None
    assert b'"mode":"paused"' in event


async def test_there_is_an_end_to_readers(tmp_path: Path) -> None:
    console = Console()
    for _ in range(READERS_MAX):
        console.board.stream.join()
    async with calling(console, tmp_path) as caller:
        answer = await caller.http.get("api/v1/events")
    assert (answer.status_code, answer.json()["type"]) == (503, "urn:weir:problem:too-many-readers")
    assert answer.headers["retry-after"] == "10"


async def test_who_goes_away_is_forgotten(tmp_path: Path) -> None:
    console = Console()
    async with calling(console, tmp_path) as caller:
        await some(caller, console, 1)
        async with asyncio.timeout(PATIENCE_SECONDS):
            while console.board.stream.readers:
                await console.tick()
                await asyncio.sleep(0.02)


async def test_a_reader_that_does_not_read_holds_up_nobody(tmp_path: Path) -> None:
    """Its socket fills up, then its queue, then it is cut off; ticks go on, and so do other readers."""
    console = Console()
    async with calling(console, tmp_path) as caller:
        host, port = caller.url.removeprefix("http://").rstrip("/").split(":")
        slow = socket.create_connection((host, int(port)))
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        slow.sendall(f"GET /api/v1/events HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not console.board.stream.readers:  # noqa: ASYNC110  # nothing tells a test
                await asyncio.sleep(0.01)
        large = b'"%s"' % (b"x" * 50_000)
        slowest = 0.0
        for _ in range(2 * QUEUED_MAX):
            began = time.perf_counter()
            console.board.stream.publish(EventName.SAMPLE, large)
            slowest = max(slowest, time.perf_counter() - began)
            await asyncio.sleep(0)
        assert console.board.stream.dropped == 1
        assert slowest < 0.5, "publishing waits for nobody; the margin is for a busy machine"
        assert (await caller.http.get("healthz")).text == "ok"
        slow.close()


async def test_it_ends_quickly_with_readers(tmp_path: Path) -> None:
    console = Console()
    await console.tick()
    async with httpx.AsyncClient(trust_env=False) as http:
        address = ApiAddress(host="127.0.0.1", port=0)
        async with serve_api(console.board, address, folder=tmp_path, say=lambda _: None) as url:
            stream = http.stream("GET", f"{url}api/v1/events")
            answer = await stream.__aenter__()
            await anext(events(answer))
            began = time.monotonic()
        took = time.monotonic() - began
        await stream.__aexit__(None, None, None)
    assert took < 2.0


async def test_afterwards_the_port_is_free(tmp_path: Path) -> None:
    address = ApiAddress(host="127.0.0.1", port=0)
    async with serve_api(Console().board, address, folder=tmp_path, say=lambda _: None) as url:
        pass
    socket.create_server(("127.0.0.1", int(url.rstrip("/").rpartition(":")[2]))).close()


async def test_a_port_that_is_taken_is_told_with_the_option(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = ApiAddress(host="127.0.0.1", port=taken.getsockname()[1])
        message = f"--api.*127.0.0.1:{address.port} cannot be used: Address already in use; choose another"
        with pytest.raises(SettingsError, match=message):
            refuse_taken(address)
        with pytest.raises(SettingsError, match=message):
            async with serve_api(Console().board, address, folder=tmp_path, say=lambda _: None):
                pass
    assert list(tmp_path.iterdir()) == [], "no token was made for it"  # noqa: ASYNC240  # a folder of the test's own


async def test_it_tells_where_it_is_and_where_its_token_is(tmp_path: Path) -> None:
    said: list[str] = []
    address = ApiAddress(host="127.0.0.1", port=0)
    async with serve_api(Console().board, address, folder=tmp_path, say=said.append) as url:
        assert said == [f"live page and API at {url}, orders with the token in {tmp_path / 'api-token'}"]


async def test_a_dry_run_takes_no_orders_and_makes_no_token(tmp_path: Path) -> None:
    console = Console(dry_run=True)
    said: list[str] = []
    address = ApiAddress(host="127.0.0.1", port=0)
    async with (
        serve_api(console.board, address, folder=tmp_path / "new", say=said.append) as url,
        httpx.AsyncClient(trust_env=False) as http,
    ):
        answer = await http.post(f"{url}api/v1/pause", headers={"Authorization": "Bearer anything"})
    assert (answer.status_code, answer.json()["type"]) == (403, "urn:weir:problem:no-changes")
    assert not (tmp_path / "new").exists()
    assert said[0].endswith(", reading only")


@pytest.mark.parametrize(
    ("text", "host", "port", "loopback"),
    [
        pytest.param("127.0.0.1:8080", "127.0.0.1", 8080, True, id="this machine"),
        pytest.param("localhost:0", "localhost", 0, True, id="by name, any port"),
        pytest.param("[::1]:8080", "::1", 8080, True, id="the other loopback"),
        pytest.param("127.5.0.1:1", "127.5.0.1", 1, True, id="any address of it"),
        pytest.param("0.0.0.0:8080", EVERY, 8080, False, id="every address"),
        pytest.param("scaler.example:80", "scaler.example", 80, False, id="a name, which may be anything"),
    ],
)
def test_where_it_is_served(tmp_path: Path, text: str, host: str, port: int, loopback: bool) -> None:
    address = read_address(text, tmp_path / "token")
    assert address is not None
    assert (address.host, address.port, address.loopback) == (host, port, loopback)


def test_it_can_be_off() -> None:
    assert read_address("none", None) is None


@pytest.mark.parametrize("text", ["8080", ":8080", "localhost", "localhost:", "localhost:x", "localhost:65536", ""])
def test_an_address_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(SettingsError, match=r"expected HOST:PORT such as 127.0.0.1:8080, or none"):
        read_address(text, None)


@pytest.mark.parametrize("text", ["0.0.0.0:8080", "[::]:8080", "192.168.1.7:8080", "scaler.example:8080"])
def test_an_address_that_is_open_to_others_needs_a_token(text: str) -> None:
    with pytest.raises(SettingsError, match=r"others can reach this address.*--token-file FILE"):
        read_address(text, None)


async def test_others_are_not_told_paths_and_may_use_any_name(tmp_path: Path) -> None:
    """On an address that others reach its names are not known here; the token is what keeps them out."""
    token = tmp_path / "token"
    token.write_text("a-token-that-nobody-guesses", encoding="utf-8")
    address = ApiAddress(host=EVERY, port=0, token_file=token)
    async with (
        serve_api(Console().board, address, folder=tmp_path, say=lambda _: None) as url,
        httpx.AsyncClient(trust_env=False) as http,
    ):
        port = url.rstrip("/").rpartition(":")[2]
        answer = await http.post(f"http://127.0.0.1:{port}/api/v1/pause", headers={"Host": "scaler.example"})
    assert answer.status_code == 401
    assert str(tmp_path) not in answer.text
