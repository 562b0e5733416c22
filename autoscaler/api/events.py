"""Server-sent events: what happens, as it happens."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Header
from sse_starlette.sse import EventSourceResponse

from autoscaler.api.desk import DeskHere
from autoscaler.api.problems import ProblemError, ProblemType
from autoscaler.board.stream import FullError, Reader, Stream

PING_SECONDS = 10
SEND_SECONDS_MAX = 20.0
"""A reader that takes nothing for so long is gone."""
EXAMPLE = """id: 5f2c9a10-42
event: happening
data: {"at":1767225600.0,"kind":"launch","subject":"worker-3","detail":""}

"""

router = APIRouter(prefix="/api/v1", tags=["reads"])


@router.get(
    "/events",
    summary="What happens, as it happens",
    response_class=EventSourceResponse,
    responses={200: {"content": {"text/event-stream": {"schema": {"type": "string"}, "example": EXAMPLE}}}},
)
async def events(
    desk: DeskHere,
    last_event_id: Annotated[
        str | None, Header(description="the last `id` that was read: what came after it is told first")
    ] = None,
) -> EventSourceResponse:
    """Server-sent events: sample, state and workers once a tick, decision and happening when there is one.

    The data are the documents of the other calls; a sample is one row, with `at` beside the series.  Whoever comes back
    with an id of the same autoscaler is told the samples, decisions and happenings in between, as far as they are still
    there (some quarter of an hour); an id of another life is passed over.  Who does not read is cut off.
    """
    stream = desk.board.stream
    try:
        reader = stream.join(last_event_id)
    except FullError as error:
        headers = {"Retry-After": "10"}
        raise ProblemError(503, ProblemType.TOO_MANY, "Too many readers", str(error), headers=headers) from error
    return EventSourceResponse(_told(stream, reader), ping=PING_SECONDS, sep="\n", send_timeout=SEND_SECONDS_MAX)


async def _told(stream: Stream, reader: Reader) -> AsyncIterator[bytes]:
    try:
        async for event in reader.events():
            yield event
    finally:
        stream.leave(reader)
