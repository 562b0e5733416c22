"""Values as JSON without what they hold by default: a tick of many workers and partitions has little else.

The readers put the defaults back, so what was written and read again is equal to what was there.
"""

import dataclasses
from functools import cache
from operator import attrgetter
from typing import Any

import orjson

_OPTIONS = orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_APPEND_NEWLINE


def slim_line(document: Any) -> bytes:
    """One line, with its newline.  Infinity and NaN, which JSON does not have, become null."""
    return orjson.dumps(document, default=slim, option=_OPTIONS)


def slim(value: Any) -> Any:
    """A dataclass as the fields that differ from their defaults, a named tuple as a tuple."""
    if isinstance(value, tuple):
        return tuple(value)
    get, names, defaults = _shape(value.__class__)
    return {
        name: item
        for name, item, default in zip(names, get(value), defaults, strict=True)
        if item is not default and item != default
    }


@cache
def _shape(kind: Any) -> tuple["attrgetter[Any]", tuple[str, ...], tuple[Any, ...]]:
    """Reads all fields at once; their names; their defaults."""
    if not dataclasses.is_dataclass(kind):
        raise TypeError(f"{kind.__name__} cannot stand in a journal: only what JSON can hold, dataclasses and tuples")
    fields = dataclasses.fields(kind)
    names = tuple(field.name for field in fields)
    assert len(names) > 1, "attrgetter gives a tuple for two names or more"
    return attrgetter(*names), names, tuple(map(_default, fields))


def _default(field: "dataclasses.Field[Any]") -> Any:
    """`MISSING`, which no value equals, where there is none."""
    return field.default if field.default_factory is dataclasses.MISSING else field.default_factory()
