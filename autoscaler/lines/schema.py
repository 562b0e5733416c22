"""The format's JSON Schema, made from the same annotations as its readers."""

import ast
import dataclasses
import inspect
import types
from collections.abc import Mapping
from enum import Enum
from functools import cache
from typing import Any, Union, get_args, get_origin, get_type_hints

from autoscaler.lines.readers import QUANTITIES, may_be_negative, required_of
from autoscaler.model import Condition, Memory, Observation, Reading, Step

Schema = dict[str, Any]
DRAFT = "https://json-schema.org/draft/2020-12/schema"
PLAIN = {str: "string", bool: "boolean", int: "integer", float: "number"}


def line_schema(version: int, tick: type) -> Schema:
    """The schema of a state's line, of an answer's and of a journal's, under `$defs/State`, `Answer` and `Tick`."""
    defs: Schema = {}
    number, steps, conditions = {"const": version}, _schema(Step, "", defs), _schema(Condition, "", defs)
    memory = _schema(Memory, "", defs)
    state = _object(Observation, defs)
    state["properties"] |= {"version": number, "memory": {"anyOf": [memory, {"type": "null"}]}}
    answer = {
        "version": number,
        "line": {"type": "integer", "minimum": 1},
        "at_seconds": {"type": "number"},
        "replicas": {"type": "integer", "minimum": 0},
        "recommendation": {"type": ["integer", "null"]},
        "trail": {"type": "array", "items": steps, "minItems": 1},
        "conditions": {"type": "array", "items": conditions},
        "memory": memory,
    }
    defs["Answer"] = {"type": "object", "properties": answer, "required": list(answer), "additionalProperties": False}
    defs["State"] = state
    defs["Tick"] = _tick(number, tick, defs)
    title = "A line that weir decide reads; $defs/Answer is one that it writes, $defs/Tick one of a journal"
    return {"$schema": DRAFT, "title": title, "$ref": "#/$defs/State", "$defs": dict(sorted(defs.items()))}


def _tick(number: Schema, tick: type, defs: Schema) -> Schema:
    """A journal's line: what was seen and remembered stands in `state`, as `weir decide` reads it."""
    line = _object(tick, defs)
    del defs["Observation"]  # a state, which has its place
    own = {name: schema for name, schema in line["properties"].items() if name not in ("seen", "memory")}
    properties = {"version": number, "state": {"$ref": "#/$defs/State"}} | own
    required = ["version", "state", *(name for name in line["required"] if name in own)]
    return line | {"properties": properties, "required": required}


def _schema(kind: Any, name: str, defs: Schema) -> Schema:
    if kind in PLAIN:
        return _plain(kind, name)
    origin = get_origin(kind)
    if origin is not None:
        return _generic(origin, get_args(kind), name, defs)
    if issubclass(kind, Enum):
        return {"enum": [member.value for member in kind]}
    if issubclass(kind, tuple):
        return _row([_schema(hint, field, defs) for field, hint in get_type_hints(kind).items()], kind)
    if kind.__name__ not in defs:
        defs[kind.__name__] = {}  # its place, before its fields put theirs
        defs[kind.__name__] = _object(kind, defs)
    whole = {"$ref": f"#/$defs/{kind.__name__}"}
    return {"anyOf": [{"type": ["number", "null"]}, whole]} if kind is Reading else whole


def _generic(origin: Any, members: tuple[Any, ...], name: str, defs: Schema) -> Schema:
    if origin in (Union, types.UnionType):
        return {"anyOf": [{"type": "null"} if m is type(None) else _schema(m, name, defs) for m in members]}
    if origin is tuple and members[-1] is Ellipsis:
        return {"type": "array", "items": _schema(members[0], name, defs)}
    if origin is tuple:
        return _row([_schema(member, name, defs) for member in members])
    assert issubclass(origin, Mapping), f"no schema for {origin}: the format holds what JSON can hold"
    return {"type": "object", "additionalProperties": _schema(members[1], name, defs)}


def _plain(kind: type, name: str) -> Schema:
    schema: Schema = {"type": PLAIN[kind]}
    if kind in (int, float) and not may_be_negative(name):
        schema["minimum"] = 0
    if name in QUANTITIES:
        return {"anyOf": [schema, {"type": "string", "description": "a Kubernetes quantity: 500m, 1Gi"}]}
    return schema


def _row(items: list[Schema], kind: type | None = None) -> Schema:
    row: Schema = {"type": "array", "prefixItems": items, "minItems": len(items), "maxItems": len(items)}
    return row if kind is None else row | {"description": inspect.getdoc(kind)}


def _object(kind: Any, defs: Schema) -> Schema:
    hints, told = get_type_hints(kind), _told(kind)
    properties = {}
    for field in dataclasses.fields(kind):
        properties[field.name] = _schema(hints[field.name], field.name, defs)
        if field.name in told:
            properties[field.name] = {**properties[field.name], "description": told[field.name]}
    return {
        "type": "object",
        "description": inspect.getdoc(kind),
        "properties": properties,
        "required": sorted(required_of(kind)),
        "additionalProperties": False,
    }


@cache
def _told(kind: type) -> dict[str, str]:
    """What the source says below each field, as Python itself forgets it."""
    body = ast.parse(inspect.getsource(kind)).body[0]
    assert isinstance(body, ast.ClassDef)
    found = {}
    for before, after in zip(body.body, body.body[1:], strict=False):
        if isinstance(before, ast.AnnAssign) and isinstance(before.target, ast.Name):
            text = after.value if isinstance(after, ast.Expr) else None
            if isinstance(text, ast.Constant) and isinstance(text.value, str):
                found[before.target.id] = text.value
    return found
