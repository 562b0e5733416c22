"""How an event becomes a line: its keys in order, secrets hidden, a traceback as one of them."""

import json
import re
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import orjson
import structlog
from structlog.typing import EventDict, Processor

FIRST = ("timestamp", "level", "event", "logger", "service", "run", "worker", "group")
HIDDEN = "[hidden]"
_LEFTOVERS = ("message", "asctime")
_SECRET = re.compile(r"password|secret|token|credential|authorization", re.IGNORECASE)


def before_rendering(bound: Mapping[str, str]) -> Sequence[Processor]:
    """What is done to every event, whoever says it."""

    def bind(_logger: Any, _method: str, event: EventDict) -> EventDict:
        return {**bound, **event}

    return (
        bind,
        _origin,
        _hide,
        structlog.processors.StackInfoRenderer(),
        structlog.processors.UnicodeDecoder(),
        _sort,
    )


def as_json(_logger: Any, _method: str, event: EventDict) -> str:
    """One line, whatever the values are; a traceback is the text of `exception`, without values of variables."""
    event = dict(structlog.processors.format_exc_info(_logger, _method, event))
    try:
        return orjson.dumps(event, default=str, option=orjson.OPT_NON_STR_KEYS).decode()
    except TypeError:  # integers of more than 64 bits, text that is no Unicode
        return json.dumps(event, default=str)


def as_text(*, colors: bool) -> Processor:
    """For people.  Tracebacks are plain, since a pretty one would show what variables hold."""
    plain = structlog.dev.plain_traceback
    return structlog.dev.ConsoleRenderer(colors=colors, sort_keys=False, exception_formatter=plain)


def without_leftovers(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """What another handler's formatter left in a record of the standard library is not among its extras."""
    return {key: value for key, value in event.items() if key not in _LEFTOVERS}


def timestamp(at_seconds: float) -> str:
    """RFC 3339 in UTC, with milliseconds."""
    return datetime.fromtimestamp(at_seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _origin(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """Where it comes from and when it was; one that tells of an earlier moment has its own timestamp already."""
    record = event.get("_record")
    event.setdefault("timestamp", timestamp(record.created if record else time.time()))
    if record:
        event.update(level=record.levelname.lower(), logger=record.name)
    return event


def _hide(_logger: Any, _method: str, event: EventDict) -> EventDict:
    return {key: HIDDEN if _SECRET.search(str(key)) else value for key, value in event.items()}


def _sort(_logger: Any, _method: str, event: EventDict) -> EventDict:
    return {key: event[key] for key in FIRST if key in event} | dict(event)
