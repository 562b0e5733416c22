"""The application: every call behind the gate.  A new group of calls is a router in the list."""

from fastapi import APIRouter, FastAPI

from autoscaler.api import changes, discovery, events, metrics, page, problems, reads, rollout
from autoscaler.api.description import DESCRIPTION, TAGS, TITLE, describe
from autoscaler.api.desk import Desk
from autoscaler.api.gate import Gate

ROUTERS: tuple[APIRouter, ...] = (
    reads.router,
    changes.reading,
    changes.router,
    rollout.reading,
    rollout.router,
    events.router,
    discovery.router,
    metrics.router,
    reads.health,
    page.router,
)


def make_app(desk: Desk) -> FastAPI:
    """The API over one autoscaler.  It has no pages of its own for its documents: those come from other hosts."""
    app = FastAPI(
        title=TITLE,
        description=DESCRIPTION,
        version=desk.board.facts.version,
        openapi_tags=TAGS,
        docs_url=None,
        redoc_url=None,
    )
    app.state.desk = desk
    for router in ROUTERS:
        app.include_router(router)
    app.mount("/page", page.page_files())
    app.openapi = lambda: describe(app)  # type: ignore[method-assign]  # as FastAPI's documentation says
    app.add_middleware(Gate, desk=desk)
    problems.install(app)
    return app
