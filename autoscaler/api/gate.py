"""What every request has to pass before any call sees it: hosts, tokens, the audit; and headers on every answer.

Apart from the calls, so that one which is added later is behind it as well.
"""

from dataclasses import dataclass
from urllib.parse import urlsplit

from sse_starlette.sse import SendTimeoutError
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from autoscaler.api.audit import AuditLine, words_of
from autoscaler.api.desk import Desk
from autoscaler.api.problems import ProblemError, ProblemType, answer
from contract.addresses import is_loopback
from contract.errors import SettingsError

BODY_BYTES_MAX = 1 << 16
"""Manifests have a few kilobytes.  They are read in the loop, where this much YAML takes 0.2 s and nothing ticks."""
READING = frozenset({"GET", "HEAD", "OPTIONS"})
REALM = 'Bearer realm="weir"'
HEADERS = {
    "Content-Security-Policy": "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
CHANGES = frozenset({"pause", "resume", "target", "policy", "rollout"})
OTHER = "other"
SERVER_ERROR = 500


@dataclass(slots=True)
class Gate:
    """A middleware.  It refuses before a body is read."""

    app: ASGIApp
    desk: Desk

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request, passing = Request(scope, receive), _Passing(send)
        try:
            await self._pass(request, receive, passing)
        except SendTimeoutError:
            return  # a reader of events that takes nothing any more: its connection is closed
        finally:
            if request.method not in READING:
                self._audit(request, passing)

    async def _pass(self, request: Request, receive: Receive, passing: "_Passing") -> None:
        try:
            if self.desk.loopback:
                _refuse_foreign_host(request)
            if request.method not in READING:
                passing.before = self._standing()
                _refuse_strangers(request, self.desk)
                _refuse_too_much(int(request.headers.get("content-length", "0")))  # uvicorn has read it as a number
        except ProblemError as problem:
            await answer(problem, request)(request.scope, receive, passing)
            return
        await self.app(request.scope, _Measured(receive), passing)

    def _standing(self) -> str:
        control = self.desk.control
        revision = control.controller.releases.rollout.current.number
        return f"{words_of(control.steering, control.controller.panel.acting.name)}, revision {revision}"

    def _audit(self, request: Request, passing: "_Passing") -> None:
        change, after = _change_of(request), self._standing()
        accepted = passing.status < 400  # noqa: PLR2004  # the first status of a refusal
        client = request.client
        line = AuditLine(
            change=f"{request.method} {request.url.path}",
            accepted=accepted,
            status=passing.status,
            remote=f"{client.host}:{client.port}" if client else "unknown",
            before=passing.before or after,
            after=after,
            detail=getattr(request.state, "problem", ""),
        )
        self.desk.board.tallies.changes[change, "accepted" if accepted else "refused"] += 1
        self.desk.say(f"audit {line}")


@dataclass(slots=True)
class _Passing:
    """The way of the answer: adds the headers, remembers the status."""

    send: Send
    status: int = SERVER_ERROR
    before: str = ""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
            headers.setdefault("Cache-Control", "no-store")
        await self.send(message)


@dataclass(slots=True)
class _Measured:
    """The way of a body that did not say before how long it is."""

    receive: Receive
    size: int = 0

    async def __call__(self) -> Message:
        message = await self.receive()
        self.size += len(message.get("body", b""))
        _refuse_too_much(self.size)
        return message


def _refuse_too_much(size: int) -> None:
    if size > BODY_BYTES_MAX:
        detail = f"expected a body of at most {BODY_BYTES_MAX:,} bytes, found {size:,} or more; nothing was changed"
        raise ProblemError(413, ProblemType.HTTP, "Content Too Large", detail)


def _refuse_foreign_host(request: Request) -> None:
    """A page of another site may have its name point to this machine (DNS rebinding): its requests bear that name."""
    named = request.headers.get("host", "")
    if not is_loopback(_without_port(named)):
        found = f"found {named}" if named else "there was none"
        detail = f"expected the header Host to name this machine (localhost, 127.0.0.1), {found}"
        raise ProblemError(421, ProblemType.FOREIGN_HOST, "Foreign host", detail)


def _without_port(named: str) -> str:
    try:
        place = urlsplit(f"//{named}")
    except ValueError:
        return ""
    return place.hostname or "" if place.username is None else ""


def _refuse_strangers(request: Request, desk: Desk) -> None:
    if desk.token is None:
        detail = "this autoscaler takes no orders: it is a dry run, or was started without a token"
        raise ProblemError(403, ProblemType.NO_CHANGES, "No orders are taken", detail)
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not given.strip():
        found = "found something else" if scheme else "there was none"  # which may be the token, and is not for a log
        detail = f"expected the header Authorization: Bearer TOKEN, {found}{_where(desk)}"
        raise ProblemError(401, ProblemType.NO_TOKEN, "Token missing", detail, headers={"WWW-Authenticate": REALM})
    try:
        known = desk.token.fits(given.strip())
    except SettingsError as error:
        raise ProblemError(503, ProblemType.HTTP, "Service Unavailable", f"nobody can be let in: {error}") from error
    if not known:
        headers = {"WWW-Authenticate": f'{REALM}, error="invalid_token"'}
        detail = f"this is not the token of this autoscaler{_where(desk)}"
        raise ProblemError(401, ProblemType.WRONG_TOKEN, "Wrong token", detail, headers=headers)


def _where(desk: Desk) -> str:
    """Only for who is on this machine: paths are nobody else's business."""
    return f"; the token is in {desk.token.path}" if desk.loopback and desk.token else ""


def _change_of(request: Request) -> str:
    """One of few names, whatever is asked for."""
    name = request.url.path.removeprefix("/api/v1/").split("/")[0]
    return name if name in CHANGES else OTHER
