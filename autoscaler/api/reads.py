"""What can be read: the state, workers, samples, decisions, happenings; and whether the autoscaler is well."""

from typing import Annotated

import orjson
from fastapi import APIRouter, Query
from starlette.responses import PlainTextResponse, Response

from autoscaler.api.desk import Desk, DeskHere
from autoscaler.api.problems import ProblemError, ProblemType
from autoscaler.board.documents import StateDocument, WorkerDocument
from autoscaler.board.history import DecisionDocument, HappeningDocument, SamplesDocument
from autoscaler.board.log import DECISIONS_MAX, HAPPENINGS_MAX

POINTS, POINTS_MAX = 10_000, 20_000
"""Rows of samples in one answer: making more of them would keep the loop from ticking."""
LATE_TICKS_MAX = 10
"""After so many ticks that did not come the loop is not well."""

router = APIRouter(prefix="/api/v1", tags=["reads"])
health = APIRouter(tags=["health"])


def too_early() -> ProblemError:
    """Before the first tick nothing is known."""
    detail = "the first tick is not over yet; ask again in a second"
    return ProblemError(503, ProblemType.TOO_EARLY, "No tick yet", detail, headers={"Retry-After": "1"})


@router.get("/state", summary="How things stand")
async def state(desk: DeskHere) -> StateDocument:
    """As the last tick saw it, under the orders of this moment."""
    found = desk.board.state()
    if found is None:
        raise too_early()
    return found


@router.get("/workers", summary="The workers")
async def workers(desk: DeskHere) -> list[WorkerDocument]:
    """Each with its age, restarts, usage and rates, also those that have no process at the moment."""
    if desk.board.report is None:
        raise too_early()
    return desk.board.workers()


@router.get("/samples", summary="Series of the last 24 hours", response_model=SamplesDocument)
async def samples(
    desk: DeskHere,
    since: Annotated[float | None, Query(description="only those later than this second since the epoch")] = None,
    seconds: Annotated[
        float | None, Query(gt=0, description="so many after `since`; without `since`, so many up to now")
    ] = None,
    points: Annotated[
        int, Query(ge=2, le=POINTS_MAX, description="most rows; thinned to them so that no extreme is lost")
    ] = POINTS,
) -> Response:
    """Rates, lag, replicas and CPU, a row a tick, and `shadow:NAME` for each policy that watches."""
    rows = desk.board.samples(since=since, seconds=seconds, points=points)
    document = {"at": rows.at, "series": rows.series}
    return Response(orjson.dumps(document, option=orjson.OPT_SERIALIZE_NUMPY), media_type="application/json")


@router.get("/decisions", summary="Decisions, newest first")
async def decisions(
    desk: DeskHere,
    limit: Annotated[int, Query(ge=1, le=DECISIONS_MAX)] = 100,
    before: Annotated[float | None, Query(description="only those that began before this second")] = None,
) -> list[DecisionDocument]:
    """What was decided and why, step by step.  Those that change nothing for the same reason are one."""
    return desk.board.log.decisions_before(float("inf") if before is None else before, limit)


@router.get("/happenings", summary="What happened, newest first")
async def happenings(
    desk: DeskHere, limit: Annotated[int, Query(ge=1, le=HAPPENINGS_MAX)] = 100
) -> list[HappeningDocument]:
    """Launches, ends, probes that failed, moves, storms, orders."""
    return list(desk.board.log.happenings)[:limit]


@health.get("/healthz", summary="Whether the process answers", response_class=PlainTextResponse)
async def healthz() -> str:
    """The loop that ticks also answers here: a loop that is stuck does not."""
    return "ok"


@health.get("/readyz", summary="Whether it ticks", response_class=PlainTextResponse)
async def readyz(desk: DeskHere) -> str:
    """503 before the first tick, and when none has come for a while.  Who stands by or is paused is ready as well."""
    if (why := _not_ready(desk, desk.control.clock())) is not None:
        raise ProblemError(503, ProblemType.HTTP, "Service Unavailable", why)
    return "ok"


def _not_ready(desk: Desk, now: float) -> str | None:
    report = desk.board.report
    if report is None:
        return "the first tick is not over yet"
    silent = now - report.at_seconds
    return f"the last tick was {silent:,.0f} s ago" if silent > LATE_TICKS_MAX * desk.board.facts.tick_seconds else None
