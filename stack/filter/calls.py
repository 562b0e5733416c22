"""Which calls there are at all, and what has to be looked at before one is passed on.  Pure.

Its one rule: what is not known is refused.  A call is written anew from its parts, so that nothing reaches the engine
that was not looked at: neither a body that nobody reads, nor another spelling of a path.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum, auto

from stack.filter.rules import Rules

NAME = r"[A-Za-z0-9][A-Za-z0-9_.-]*"
VERSION = re.compile(r"/v1\.(\d{2})(?=/)")
VERSION_MIN = 24
"""Before it the engine took a container's rights from the body of `start`."""


class Kind(StrEnum):
    """What a call needs."""

    PLAIN = auto()
    """Nothing more."""
    LIST = auto()
    """Only workers may be in the answer."""
    CREATE = auto()
    """Its body has to be looked at."""
    WORKER = auto()
    """The container has to be a worker."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One that may be passed on, once what its kind needs is seen to.  `path` has {id} for the container's."""

    kind: Kind
    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    container: str | None = None


class RefusedError(Exception):
    """What was asked for is not for workers.  The text says why, and what is allowed."""


@dataclass(frozen=True, slots=True)
class Route:
    """One line of the table.  `query`: the parameters that it may have."""

    method: str
    pattern: str
    kind: Kind
    query: Sequence[str] = ()


ROUTES = (
    Route("GET", r"/_ping", Kind.PLAIN),
    Route("HEAD", r"/_ping", Kind.PLAIN),
    Route("GET", r"/version", Kind.PLAIN),
    Route("GET", r"/info", Kind.PLAIN),
    Route("GET", r"/images/(?P<image>.+)/json", Kind.PLAIN),
    Route("GET", r"/networks/(?P<network>[^/]+)", Kind.PLAIN),
    Route("GET", r"/containers/json", Kind.LIST, ("all", "filters", "limit", "size", "trunc_cmd")),
    Route("POST", r"/containers/create", Kind.CREATE, ("name",)),
    Route("GET", rf"/containers/(?P<container>{NAME})/json", Kind.WORKER),
    Route(
        "GET",
        rf"/containers/(?P<container>{NAME})/logs",
        Kind.WORKER,
        ("stdout", "stderr", "tail", "follow", "timestamps", "since", "until"),
    ),
    Route("GET", rf"/containers/(?P<container>{NAME})/stats", Kind.WORKER, ("stream", "one-shot")),
    Route("POST", rf"/containers/(?P<container>{NAME})/(?:start|pause|unpause)", Kind.WORKER),
    Route("POST", rf"/containers/(?P<container>{NAME})/kill", Kind.WORKER, ("signal",)),
    Route("POST", rf"/containers/(?P<container>{NAME})/stop", Kind.WORKER, ("t",)),
    Route("POST", rf"/containers/(?P<container>{NAME})/rename", Kind.WORKER, ("name",)),
    Route("DELETE", rf"/containers/(?P<container>{NAME})", Kind.WORKER, ("v", "force", "link")),
)


def read_call(method: str, raw_path: str, query: Sequence[tuple[str, str]], rules: Rules) -> Call:
    """The call that this is.  `raw_path` is as it was sent, so that no two readers can read it differently.

    Raises RefusedError.
    """
    version, path = _parts(raw_path)
    route, match = _route(method, path)
    found = match.groupdict()
    _refuse_other("image", found.get("image"), rules.image)
    _refuse_other("network", found.get("network"), rules.network)
    container = found.get("container")
    rest = f"{path[: match.start('container')]}{{id}}{path[match.end('container') :]}" if container else path
    asked = _query(query, route, rules)
    return Call(kind=route.kind, method=method, path=version + rest, query=asked, container=container)


def _route(method: str, path: str) -> tuple[Route, re.Match[str]]:
    for route in ROUTES:
        if route.method == method and (match := re.fullmatch(route.pattern, path)):
            return route, match
    raise RefusedError(f"{method} {path} is not a call that workers need")


def _parts(raw_path: str) -> tuple[str, str]:
    """The version of the API and the path after it."""
    if not re.fullmatch(r"/[A-Za-z0-9_.:/@-]+", raw_path) or "//" in raw_path or "/.." in raw_path or "/./" in raw_path:
        raise RefusedError(f"{raw_path!r} is not how a path of the engine's API is written")
    match = VERSION.match(raw_path)
    if match is None:
        return "", raw_path
    if int(match[1]) < VERSION_MIN:
        raise RefusedError(f"version 1.{match[1]} of the API is not let through, only 1.{VERSION_MIN} and later")
    return match[0], raw_path[match.end() :]


def _query(query: Sequence[tuple[str, str]], route: Route, rules: Rules) -> Mapping[str, str]:
    """The parameters that are to be passed on."""
    names = [name for name, _ in query]
    if unknown := sorted({name for name in names if name not in route.query or names.count(name) > 1}):
        raise RefusedError(f"{', '.join(unknown)}: not a parameter of this call, or given twice")
    asked = dict(query)
    if route.kind is Kind.LIST:
        asked["filters"] = _forced(asked.get("filters"), rules)
    if asked.pop("link", "0").lower() not in {"0", "false"}:  # the SDK always says so
        raise RefusedError("links are not for workers")
    if "name" in asked and not re.fullmatch(rf"weir-{NAME}", asked["name"]):
        raise RefusedError(f"a worker's container is called weir-…, not {asked['name']!r}")
    return asked


def _refuse_other(what: str, asked: str | None, allowed: str) -> None:
    if asked is not None and asked != allowed:
        raise RefusedError(f"the {what} {asked} is none of workers, only {allowed} is")


def _forced(filters: str | None, rules: Rules) -> str:
    """The caller's filters, with the labels of workers added: labels are joined by `and`."""
    try:
        asked = json.loads(filters or "{}")
        labels = asked.get("label", [])
        listed = [name for name, on in labels.items() if on] if isinstance(labels, dict) else [str(v) for v in labels]
        return json.dumps({**asked, "label": [*listed, *(f"{name}={value}" for name, value in rules.labels.items())]})
    except (ValueError, AttributeError, TypeError, RecursionError) as error:
        raise RefusedError(f"filters are a JSON object of lists, found {str(filters)[:100]!r}") from error
