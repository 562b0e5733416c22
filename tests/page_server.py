"""The live page without a Kafka: the API's read side and its changes over a made-up autoscaler, on loopback.

For tests, and to work on the page:

    python -m tests.page_server --port 8099 --workers 100 --hours 24 --speed 5

Its token is `letmein`.  Once a test is given the real API with a filled board, only `Served` has to be taken out.
"""

import argparse
import asyncio
import contextlib
import itertools
import socket
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware, RequestResponseEndpoint
from starlette.requests import Request
from starlette.responses import FileResponse, Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from tests.page_board import Board
from tests.page_day import day_columns
from tests.page_world import Frame, World

PAGE = Path(__file__).parents[1] / "autoscaler" / "page"
TOKEN = "letmein"
POLICY = "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
_RUNS = itertools.count(1)


@dataclass(slots=True, kw_only=True)
class Served:
    """A server in a thread of its own, and the world that it tells of.  `advance` is the only clock."""

    world: World
    history: dict[str, list[float | None]] | None = None
    """Samples from before the world's first second."""
    port: int = 0
    board: Board = field(default_factory=lambda: Board(run=f"r{next(_RUNS)}"))
    _loop: asyncio.AbstractEventLoop | None = None
    _server: uvicorn.Server | None = None
    _thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    def start(self) -> "Served":
        """Serve, on the same port as before if there was one."""
        if self.history is not None:
            self.board.columns = {name: list(column) for name, column in self.history.items()}
        listening = socket.socket()
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(("127.0.0.1", self.port))
        listening.listen()  # whoever is early waits
        self.port = listening.getsockname()[1]
        config = uvicorn.Config(application(self), log_config=None, access_log=False, lifespan="off")
        self._server = uvicorn.Server(config)
        started = threading.Event()
        self._thread = threading.Thread(target=self._serve, args=(listening, started), daemon=True)
        self._thread.start()
        started.wait(10)
        return self

    def _serve(self, listening: socket.socket, started: threading.Event) -> None:
        async def serve() -> None:
            self._loop = asyncio.get_running_loop()
            started.set()
            assert self._server is not None
            with contextlib.suppress(asyncio.CancelledError):
                await self._server.serve(sockets=[listening])

        asyncio.run(serve())
        listening.close()

    def stop(self) -> None:
        """Everything that it knew is gone, as when the autoscaler ends."""
        if self._server is None or self._thread is None:
            return
        self._server.should_exit = True
        self._call(self._dismiss)
        self._thread.join(10)
        self._server = None

    def _dismiss(self) -> None:
        self._tell(None)

    def _tell(self, text: bytes | None) -> None:
        for reader in self.board.readers:
            reader.put_nowait(text)

    def restart(self) -> None:
        """A new life on the same port, with an empty board."""
        self.stop()
        self.board, self.history = Board(run=f"r{next(_RUNS)}"), None
        self.start()

    def advance(self, seconds: int) -> None:
        """Turn the world on, and tell everybody."""
        for frame in self.world.frames(seconds):
            self.add(frame)

    def add(self, frame: Frame) -> None:
        """One tick."""
        self._call(self.board.add, frame)

    def ping(self) -> None:
        """A sign of life to everybody, which says nothing."""
        self._call(self._tell, b": ping\n\n")

    def _call(self, function: Callable[..., object], *arguments: object) -> None:
        """In the server's loop, and wait for it."""
        assert self._loop is not None
        done = threading.Event()

        def call() -> None:
            function(*arguments)
            done.set()

        self._loop.call_soon_threadsafe(call)
        done.wait(10)


def application(served: Served) -> Starlette:
    """The API over what `served` knows; a server that was started again is another application."""
    routes = [
        Route("/", lambda _: FileResponse(PAGE / "index.html")),
        Route("/api/v1/state", _reader(lambda board, _: board.state)),
        Route("/api/v1/workers", _reader(lambda board, _: board.workers)),
        Route("/api/v1/samples", _reader(_samples)),
        Route("/api/v1/decisions", _reader(lambda board, query: board.decisions[: int(query.get("limit", 100))])),
        Route("/api/v1/happenings", _reader(lambda board, query: board.happenings[: int(query.get("limit", 100))])),
        Route("/api/v1/events", _events),
        Route("/api/v1/{change:path}", _change, methods=["POST", "PUT", "DELETE"]),
        Mount("/page", StaticFiles(directory=PAGE)),
    ]
    application = Starlette(routes=routes, middleware=[Middleware(BaseHTTPMiddleware, dispatch=_secure)])
    application.state.served = served
    return application


async def _secure(request: Request, following: RequestResponseEndpoint) -> Response:
    response = await following(request)
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["Cache-Control"] = "no-cache"
    return response


def _reader(read: Callable[[Board, Any], object]) -> Callable[[Request], Response]:
    def endpoint(request: Request) -> Response:
        served: Served = request.app.state.served
        document = read(served.board, request.query_params)
        if document is None:
            return _problem(503, "Not ready", "the first tick has not ended yet")
        return Response(orjson.dumps(document), media_type="application/json")

    return endpoint


def _samples(board: Board, query: Any) -> object:
    since, seconds = (float(query[name]) if name in query else None for name in ("since", "seconds"))
    return board.samples(since, seconds, int(query.get("points", 10_000)))


async def _events(request: Request) -> Response:
    board = request.app.state.served.board
    reader: asyncio.Queue[bytes | None] = asyncio.Queue()
    board.readers.add(reader)

    async def stream() -> AsyncIterator[bytes]:
        try:
            yield b": welcome\n\n"
            for text in board.missed(request.headers.get("last-event-id")):
                yield text
            while (text := await reader.get()) is not None:
                yield text
        finally:
            board.readers.discard(reader)

    return StreamingResponse(stream(), media_type="text/event-stream")


async def _change(request: Request) -> Response:
    """Pause, resume and the manual target, refused as the real API refuses them."""
    if request.headers.get("authorization") != f"Bearer {TOKEN}":
        return _problem(401, "Not authorized", "the token is missing or wrong: send Authorization: Bearer TOKEN")
    world, document = request.app.state.served.world, orjson.loads(await request.body() or b"{}")
    match request.method, request.path_params["change"]:
        case "POST", "pause":
            world.steering["paused"] = {"since": world.at, "reason": document.get("reason")}
        case "POST", "resume":
            world.steering["paused"] = None
        case "PUT", "target" if not 0 <= document["replicas"] <= 1_000:
            fault = {"field": "replicas", "message": "expected 0 to 1000"}
            return _problem(422, "Invalid request", "the target cannot be used", errors=[fault])
        case "PUT", "target":
            until = world.at + document["for_seconds"]
            reason = document.get("reason")
            world.steering["manual"] = {"replicas": document["replicas"], "until": until, "reason": reason}
        case "DELETE", "target":
            world.steering["manual"] = None
        case _:
            return _problem(404, "Not found", "there is no such call")
    return Response(orjson.dumps(world.steering), media_type="application/json")


def _problem(status: int, title: str, detail: str, **more: Any) -> Response:
    document = {"type": "about:blank", "title": title, "status": status, "detail": detail} | more
    return Response(orjson.dumps(document), status, media_type="application/problem+json")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--workers", type=int, default=20, help="the most workers that the policy may ask for")
    parser.add_argument("--hours", type=float, default=0, help="history before the first second")
    parser.add_argument("--ahead", type=int, default=0, help="seconds played before serving")
    parser.add_argument("--speed", type=float, default=1, help="ticks a second; 0 stands still")
    parser.add_argument("--calm", action="store_true", help="without a storm")
    parser.add_argument("--state", default="{}", help="JSON that replaces parts of the state document")
    return parser.parse_args()


def _ticks(speed: float) -> Iterator[float]:
    while True:
        time.sleep(1 / speed if speed else 3_600)
        yield time.time()


def main() -> None:
    """Serve until interrupted."""
    given = _arguments()
    world = World(at=time.time() - given.ahead, replicas_max=given.workers, calm=given.calm)
    world.changes = orjson.loads(given.state)
    hours = int(given.hours * 3_600)
    history = day_columns(world.at - 1, seconds=hours, replicas_max=given.workers) if hours else None
    served = Served(world=world, history=history, port=given.port).start()
    served.advance(given.ahead)
    print(served.url, flush=True)  # noqa: T201  # a tool for people who work on the page
    for _ in _ticks(given.speed):
        served.advance(1)


if __name__ == "__main__":
    main()
