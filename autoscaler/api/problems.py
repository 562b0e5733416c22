"""Errors as problem details (RFC 9457): what was expected, what was found, what to do, for people and programs."""

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from contract.faults import in_words

MEDIA_TYPE = "application/problem+json"


class ProblemType(StrEnum):
    """What went wrong, for programs: a `type` never changes its meaning."""

    HTTP = "about:blank"
    """Nothing more than what the status says."""
    NO_TOKEN = "urn:weir:problem:no-token"  # noqa: S105  # a name
    WRONG_TOKEN = "urn:weir:problem:wrong-token"  # noqa: S105  # a name
    NO_CHANGES = "urn:weir:problem:no-changes"
    """This autoscaler takes no orders at all."""
    NOT_ACTING = "urn:weir:problem:not-acting"
    NO_TARGET = "urn:weir:problem:no-target"
    INVALID = "urn:weir:problem:invalid-request"
    BAD_POLICY = "urn:weir:problem:bad-policy"
    NO_ROLLOUT = "urn:weir:problem:no-rollout"
    """There is nothing to roll out, or nothing to go back to."""
    FOREIGN_HOST = "urn:weir:problem:foreign-host"
    TOO_EARLY = "urn:weir:problem:no-tick-yet"
    TOO_MANY = "urn:weir:problem:too-many-readers"


class FieldFault(BaseModel):
    """What is wrong with one field."""

    field: str = Field(examples=["spec.maxReplicas"])
    message: str = Field(examples=["expected a whole number, found 'none'"])


class ProblemDocument(BaseModel):
    """An error."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "type": "urn:weir:problem:invalid-request",
                "title": "Invalid request",
                "status": 422,
                "detail": "1 field is not as expected",
                "errors": [{"field": "for_seconds", "message": "Input should be greater than 0, found -5"}],
            }
        }
    )

    type: str
    title: str
    status: int
    detail: str
    errors: list[FieldFault] = Field(default=[], description="what is wrong with single fields")


class ProblemError(HTTPException):
    """On its way to becoming the answer.  Of the framework's own kind, which it lets pass wherever it is raised."""

    def __init__(
        self,
        status: int,
        kind: ProblemType,
        title: str,
        detail: str,
        *,
        errors: Sequence[FieldFault] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(status, detail, headers)
        self.kind, self.title, self.errors = kind, title, tuple(errors)


def answer(problem: ProblemError, request: Request) -> Response:
    """The response; the audit finds the detail in the request."""
    request.state.problem = "; ".join([problem.detail, *(f"{one.field}: {one.message}" for one in problem.errors)])
    document = ProblemDocument(
        type=problem.kind,
        title=problem.title,
        status=problem.status_code,
        detail=problem.detail,
        errors=list(problem.errors),
    )
    return JSONResponse(
        document.model_dump(exclude_defaults=True),
        problem.status_code,
        headers=dict(problem.headers or {}),
        media_type=MEDIA_TYPE,
    )


def install(app: FastAPI) -> None:
    """Let every error of `app` be a problem."""
    app.add_exception_handler(ProblemError, _told)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(Exception, _unexpected)


async def _told(request: Request, error: Exception) -> Response:
    assert isinstance(error, ProblemError)
    return answer(error, request)


async def _http(request: Request, error: Exception) -> Response:
    """What the framework itself refuses: no such path, not that method."""
    assert isinstance(error, HTTPException)
    status, path = error.status_code, request.url.path
    told = {
        404: ("Not Found", f"there is no {path}; all calls are listed in /openapi.json"),
        405: ("Method Not Allowed", f"{path} cannot be asked with {request.method}"),
    }
    title, detail = told.get(status, (HTTPStatus(status).phrase, str(error.detail)))
    return answer(ProblemError(status, ProblemType.HTTP, title, detail, headers=error.headers), request)


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    errors = tuple(_faults(error.errors()))
    fields = "1 field is" if len(errors) == 1 else f"{len(errors)} fields are"
    detail = f"{fields} not as expected; nothing was changed"
    return answer(ProblemError(422, ProblemType.INVALID, "Invalid request", detail, errors=errors), request)


async def _unexpected(request: Request, error: Exception) -> Response:
    """A fault of ours: its words are for the log."""
    detail = f"{type(error).__name__}: a fault of the autoscaler's own; its log has more"
    return answer(ProblemError(500, ProblemType.HTTP, "Internal Server Error", detail), request)


def _faults(faults: Iterable[Mapping[str, Any]]) -> Iterable[FieldFault]:
    for fault in faults:
        _, *path = fault["loc"]
        if fault["type"] == "json_invalid":
            yield FieldFault(field="(body)", message=f"not JSON: {fault['ctx']['error']}")
        else:
            yield FieldFault(field=".".join(map(str, path)) or "(body)", message=in_words(fault, None))
