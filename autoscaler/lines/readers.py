"""From decoded JSON to the model's values: a reader for each type, made once from the model's own annotations.

Apart from pydantic, which would be the shorter way, because a recorded day has a million lines: these readers take a
tenth of its time.  Their one rule: what they take is what `schema.py` says, for both come from the same annotations.
"""

import dataclasses
import types
from collections.abc import Callable, Mapping
from enum import Enum
from functools import cache
from typing import Any, Union, get_args, get_origin, get_type_hints

from autoscaler.model import Reading
from contract.quantities import MILLI, parse_milli

Reader = Callable[[Any], Any]
QUANTITIES = frozenset({"cpu_request_cores", "memory_request_bytes", "usage"})
"""Fields that may also be written as a Kubernetes quantity: "500m", "1Gi"."""
SIGNED = frozenset({"change", "value", "metrics", "numbers", "custom"})
"""Fields in which a negative number has a meaning.  Times have any zero, so they may be negative too."""
FOUND_CHARACTERS = 60


class Wrong(Exception):  # noqa: N818  # on its way to a StateError, which adds the line
    """Something that is not as the format says.  `parts` is the path to it, outermost first."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.parts: list[int | str] = []

    def within(self, part: int | str) -> "Wrong":
        """The same fault seen from one level further out."""
        self.parts.insert(0, part)
        return self


def expected(what: str, found: object) -> Wrong:
    """What was expected and what was found, cut short."""
    text = repr(found)
    return Wrong(f"expected {what}, found {text if len(text) <= FOUND_CHARACTERS else text[:FOUND_CHARACTERS] + '…'}")


@cache
def reader_of(kind: Any, name: str = "") -> Reader:
    """The reader for values of this annotation; `name` is the field that holds them."""
    if kind in _SIMPLE:
        return _SIMPLE[kind](name)
    origin = get_origin(kind)
    if origin is not None:
        return _generic(origin, get_args(kind), name)
    if issubclass(kind, Enum):
        return _choice(kind)
    if issubclass(kind, tuple):
        return _row(kind)
    assert dataclasses.is_dataclass(kind), f"no reader for {kind}: the format holds what JSON can hold"
    plain = _object(kind)
    return _shorthand(plain) if kind is Reading else plain


def _generic(origin: Any, members: tuple[Any, ...], name: str) -> Reader:
    if origin in (Union, types.UnionType):
        return _union(members, name)
    if origin is tuple:
        return _array(members, name)
    assert issubclass(origin, Mapping), f"no reader for {origin}: the format holds what JSON can hold"
    return _mapping(reader_of(members[1], name))


def may_be_negative(name: str) -> bool:
    """Whether a number in this field can be below 0."""
    return name in SIGNED or name.endswith(("_at", "at_seconds"))


def _number(name: str) -> Reader:
    signed, quantity = may_be_negative(name), name in QUANTITIES

    def read(value: Any) -> float:
        kind = type(value)
        if kind is float or kind is int:
            if signed or value >= 0:
                return float(value)
            raise expected("a number that is not negative (null = not measured)", value)
        if quantity and kind is str:
            return _quantity(value)
        raise expected("a number or a Kubernetes quantity such as 500m" if quantity else "a number", value)

    return read


def _integer(name: str) -> Reader:
    signed = may_be_negative(name)

    def read(value: Any) -> int:
        if type(value) is int and (signed or value >= 0):
            return value
        raise expected("a whole number" if signed else "a whole number that is not negative", value)

    return read


def _quantity(text: str) -> float:
    try:
        thousandths = parse_milli(text)
    except ValueError as error:
        raise Wrong(str(error)) from error
    if thousandths < 0:
        raise expected("a quantity that is not negative", text)
    return thousandths / MILLI


def _text(name: str) -> Reader:
    del name

    def read(value: Any) -> str:
        if type(value) is str:
            return value
        raise expected("a text", value)

    return read


def _flag(name: str) -> Reader:
    del name

    def read(value: Any) -> bool:
        if value is True or value is False:
            return value
        raise expected("true or false", value)

    return read


_SIMPLE: dict[Any, Callable[[str], Reader]] = {float: _number, int: _integer, str: _text, bool: _flag}


def _union(members: tuple[Any, ...], name: str) -> Reader:
    """`X | None`, which is nearly every one, or a choice of plain values."""
    others = [member for member in members if member is not type(None)]
    if len(others) == 1:
        inner = reader_of(others[0], name)
        return _optional(inner)
    kinds = tuple(others)

    def read(value: Any) -> Any:
        if value is None or isinstance(value, kinds):
            return value
        raise expected("a number, a text, true, false or null", value)

    return read


def _optional(inner: Reader) -> Reader:
    def read(value: Any) -> Any:
        return None if value is None else inner(value)

    return read


def _choice(kind: type[Enum]) -> Reader:
    members = {member.value: member for member in kind}

    def read(value: Any) -> Any:
        try:
            return members[value]
        except (KeyError, TypeError):
            raise expected(f"one of {', '.join(map(str, members))}", value) from None

    return read


def _array(members: tuple[Any, ...], name: str) -> Reader:
    if members[-1] is not Ellipsis:
        return _fixed(tuple, tuple(reader_of(member, name) for member in members))
    inner = reader_of(members[0], name)

    def read(value: Any) -> tuple[Any, ...]:
        if type(value) is not list:
            raise expected("an array", value)
        items: list[Any] = []
        try:
            for item in value:
                items.append(inner(item))  # noqa: PERF401  # the length tells which item was wrong
        except Wrong as wrong:
            raise wrong.within(len(items)) from None
        return tuple(items)

    return read


def _row(kind: type[tuple[Any, ...]]) -> Reader:
    """A named tuple, which JSON has as an array in the order of its fields."""
    hints = get_type_hints(kind)
    return _fixed(lambda values: kind(*values), tuple(reader_of(hint, name) for name, hint in hints.items()))


def _fixed(make: Callable[[list[Any]], Any], readers: tuple[Reader, ...]) -> Reader:
    def read(value: Any) -> Any:
        if type(value) is not list or len(value) != len(readers):
            raise expected(f"an array of {len(readers)}", value)
        return make([reader(item) for reader, item in zip(readers, value, strict=True)])

    return read


def _mapping(inner: Reader) -> Reader:
    def read(value: Any) -> dict[str, Any]:
        if type(value) is not dict:
            raise expected("an object", value)
        found = {}
        for key, item in value.items():
            try:
                found[key] = inner(item)
            except Wrong as wrong:
                raise wrong.within(key) from None
        return found

    return read


def _shorthand(plain: Reader) -> Reader:
    """A reading may be written as its value alone."""

    def read(value: Any) -> Any:
        kind = type(value)
        if kind is int or kind is float:
            return Reading(value=float(value))
        return Reading() if value is None else plain(value)

    return read


def _object(kind: Any) -> Reader:
    """A dataclass: every field known, every one without a default given."""
    hints = get_type_hints(kind)
    fields = {field.name: _field(hints[field.name], field.name) for field in dataclasses.fields(kind)}
    required = required_of(kind)

    def read(value: Any) -> Any:
        if type(value) is not dict:
            raise expected("an object", value)
        name = ""
        try:
            for name, item in value.items():
                right, not_negative, reader = fields[name]
                found = type(item)
                if found not in right and not (found is not_negative and item >= 0):
                    value[name] = reader(item)  # the document is ours, and no key is added
        except KeyError:
            raise Wrong(f"there is no such field; known: {', '.join(fields)}").within(name) from None
        except Wrong as wrong:
            raise wrong.within(name) from None
        if not required <= value.keys():
            raise Wrong("must be given").within(min(required - value.keys()))
        return kind(**value)

    return read


def _field(kind: Any, name: str) -> tuple[frozenset[type], type | None, Reader]:
    """The types of decoded JSON that are the field's value already, the one that is if not negative, and its reader.

    Most values are right as they are; not to ask a reader for each of them halves the time.
    """
    members = get_args(kind) if get_origin(kind) in (Union, types.UnionType) else (kind,)
    number = next((plain for plain in (float, int) if plain in members), None)
    signed = number is not None and may_be_negative(name)
    unchecked: list[type | None] = [str, bool, type(None), number if signed else None]
    right = frozenset(plain for plain in unchecked if plain is not None and plain in members)
    others = [member for member in members if member is not type(None)]
    return right, None if signed else number, reader_of(others[0] if len(others) == 1 else kind, name)


def required_of(kind: Any) -> frozenset[str]:
    """The fields of a dataclass that have no default."""
    missing = dataclasses.MISSING
    return frozenset(
        field.name
        for field in dataclasses.fields(kind)
        if field.default is missing and field.default_factory is missing
    )
