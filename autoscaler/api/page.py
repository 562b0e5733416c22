"""The live page: static files, all from here."""

from pathlib import Path

from fastapi import APIRouter
from starlette.responses import FileResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from autoscaler.api.problems import ProblemError, ProblemType

PAGE = Path(__file__).parents[1] / "page"
FRESH = {"Cache-Control": "no-cache"}
"""Kept, but asked for again: after an update the old page would not know the new API."""

router = APIRouter(include_in_schema=False)


@router.get("/")
async def index() -> Response:
    """The page itself."""
    if not (PAGE / "index.html").is_file():
        detail = "the live page is not part of this installation; all calls are listed in /openapi.json"
        raise ProblemError(404, ProblemType.HTTP, "Not Found", detail)
    return FileResponse(PAGE / "index.html", headers=FRESH)


class PageFiles(StaticFiles):
    """What the page consists of."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """As usual, but never stale."""
        response = await super().get_response(path, scope)
        response.headers.update(FRESH)
        return response


def page_files() -> PageFiles:
    """For /page."""
    return PageFiles(directory=PAGE, check_dir=False)
