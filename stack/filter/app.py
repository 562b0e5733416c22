"""The filter as an ASGI application: what may be asked is asked of the engine, the answer comes as it comes.

Its one rule: a container is looked at before it is touched, and touched by the identifier that was looked at.  A name
can go to another container in between, an identifier cannot.
"""

import json
import logging
from collections.abc import AsyncIterator, Mapping
from typing import Any
from urllib.parse import quote, urlencode

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp

from stack.filter.bodies import worker_body
from stack.filter.calls import Call, Kind, RefusedError, read_call
from stack.filter.rules import Rules

BODY_BYTES_MAX = 64 << 10
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT"]
FORBIDDEN, AWAY = 403, 502
log = logging.getLogger(__name__)


class AbsentError(Exception):
    """The engine's answer when it was asked about a container: most often that there is none."""

    def __init__(self, answer: httpx.Response) -> None:
        super().__init__(answer.text)
        self.answer = answer


class Filter:
    """Between one client of the engine and the engine at `upstream`, which is the caller's to close."""

    def __init__(self, rules: Rules, upstream: httpx.AsyncClient) -> None:
        self._rules = rules
        self._upstream = upstream
        self._workers: set[str] = set()
        """Identifiers that were looked at; labels never change."""
        self._making = 0
        """Workers that the engine is asked for and that need not be in its list yet."""

    def application(self) -> ASGIApp:
        """What is to be served."""
        return Starlette(routes=[Route("/{path:path}", self._handle, methods=METHODS)])

    async def _handle(self, request: Request) -> Response:
        raw = request.scope["raw_path"].decode("ascii", "replace")
        try:
            call = read_call(request.method, raw, request.query_params.multi_items(), self._rules)
            if call.kind is Kind.CREATE:
                return await self._make(call, await _body(request, self._rules))
            return await self._pass_on(call, await self._path(call), None)
        except RefusedError as error:
            log.warning("refused", extra={"call": f"{request.method} {raw}", "why": str(error)})
            return JSONResponse({"message": f"refused by weir's filter: {error}"}, FORBIDDEN)
        except AbsentError as error:
            return Response(error.answer.content, error.answer.status_code, media_type="application/json")
        except httpx.HTTPError as error:
            why = str(error) or type(error).__name__
            return JSONResponse({"message": f"the engine does not answer weir's filter: {why}"}, AWAY)

    async def _make(self, call: Call, body: Any) -> Response:
        """One more worker, if there may be one.

        Who comes later counts who came before: at worst twice, as one that is made and listed, but never not at all.
        """
        self._making += 1
        making = self._making
        try:
            present = await containers(self._upstream, self._rules.labels, everyone=True)
            if len(present) + making > self._rules.containers_max:
                raise RefusedError(f"there are {self._rules.containers_max} workers, which is the most that may be")
            return await self._pass_on(call, call.path, body)
        finally:
            self._making -= 1

    async def _path(self, call: Call) -> str:
        """With the container's identifier, if it is a worker's."""
        if call.container is None:
            return call.path
        if call.container in self._workers:
            return call.path.format(id=call.container)
        answer = await self._upstream.get(f"/containers/{quote(call.container, safe='')}/json")
        if answer.status_code != httpx.codes.OK:
            raise AbsentError(answer)
        found = answer.json()
        borne: Mapping[str, str] = found["Config"].get("Labels") or {}
        if any(borne.get(name) != value for name, value in self._rules.labels.items()):
            raise RefusedError(f"the container {call.container} is no worker")
        self._workers.add(found["Id"])
        return call.path.format(id=found["Id"])

    async def _pass_on(self, call: Call, path: str, body: Any) -> Response:
        """Written anew from what was looked at; only a new worker has a body."""
        query = f"?{urlencode(call.query)}" if call.query else ""
        asked = self._upstream.build_request(call.method, path + query, json=body)
        answer = await self._upstream.send(asked, stream=True)
        headers = {name: value for name in ("content-type", "api-version") if (value := answer.headers.get(name))}
        return StreamingResponse(_chunks(answer), answer.status_code, headers)


async def _body(request: Request, rules: Rules) -> Any:
    """The configuration of a new worker, looked at."""
    raw = b""
    async for chunk in request.stream():
        raw += chunk
        if len(raw) > BODY_BYTES_MAX:
            raise RefusedError(f"a worker's configuration has at most {BODY_BYTES_MAX:,} bytes")
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise RefusedError(f"expected JSON: {error}") from error
    return worker_body(body, rules)


async def _chunks(answer: httpx.Response) -> AsyncIterator[bytes]:
    """As they come: logs and samples are streams.  Whoever hangs up in between hangs up upstream as well."""
    try:
        async for chunk in answer.aiter_raw():
            yield chunk
    finally:
        await answer.aclose()


async def containers(upstream: httpx.AsyncClient, labels: Mapping[str, str], *, everyone: bool) -> list[str]:
    """Identifiers of the containers with these labels, ended ones too if `everyone`.  Raises httpx.HTTPError."""
    filters = json.dumps({"label": [f"{name}={value}" for name, value in labels.items()]})
    answer = await upstream.get("/containers/json", params={"all": "1" if everyone else "0", "filters": filters})
    answer.raise_for_status()
    return [entry["Id"] for entry in answer.json()]
