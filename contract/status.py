"""The HTTP side of every Weir process: `/startupz`, `/livez`, `/readyz`, `/metrics`, `/status`, nothing else.

Starlette on uvicorn, in the event loop of the process itself: when the loop starves, the probes do too, and that
is what the testbed wants to see.  FastAPI, which the control API uses, would add 0.3 CPU seconds to every cold start.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from pydantic import BaseModel
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from contract.serving import listen, serve

Verdict = Callable[[], str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusPage:
    """What a process tells about itself.  The verdicts answer None for yes, or the reason why not.

    `started` is about initialisation only: over and done with, whatever came of it later.
    """

    status: Callable[[], BaseModel]
    live: Verdict
    ready: Verdict
    started: Verdict = lambda: None  # a process without initialisation
    registry: CollectorRegistry


@asynccontextmanager
async def serve_status(page: StatusPage, *, host: str, port: int) -> AsyncIterator[int]:
    """Serve `page` while the context lasts; yields the port (0 asks for a free one).  Raises SettingsError if taken."""
    listening = listen(host, port, what="the status port")
    async with serve(_application(page), listening, name="status"):
        yield listening.getsockname()[1]


def _application(page: StatusPage) -> Starlette:
    async def status(_: Request) -> Response:
        return Response(page.status().model_dump_json(), media_type="application/json")

    async def metrics(_: Request) -> Response:
        return Response(generate_latest(page.registry), media_type=CONTENT_TYPE_LATEST)

    async def started(_: Request) -> Response:
        return _verdict(page.started())

    async def live(_: Request) -> Response:
        return _verdict(page.live())

    async def ready(_: Request) -> Response:
        return _verdict(page.ready())

    routes = {"/status": status, "/metrics": metrics, "/startupz": started, "/livez": live, "/readyz": ready}
    return Starlette(routes=[Route(path, endpoint) for path, endpoint in routes.items()])


def _verdict(problem: str | None) -> Response:
    return PlainTextResponse(problem or "ok", status_code=503 if problem else 200)
