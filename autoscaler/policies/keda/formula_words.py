"""The words of a formula: what its operators and functions do with values.

Apart from the reader because this is a table that grows.  Its one rule: pure, and what has no value (a division by 0,
arithmetic with nil) is a `FormulaFault`, never a number.
"""

import math
import operator
import statistics
from collections.abc import Callable, Mapping, Sequence

Plain = float | bool | None
Value = Plain | tuple[Plain, ...]
Names = Mapping[str, Plain]
Run = Callable[[Names], Value]
ELEMENT = "#"
"""The name that a predicate has for the element of the array that it is asked about."""


class FormulaFault(ValueError):  # noqa: N818  # an answer on its way to a condition or a refusal, never shown as an error
    """A formula that cannot be read, or that has no value for these triggers."""


class NotFinite(FormulaFault):
    """A division by 0, or a number beyond all bounds: Go computes on with an infinity, of which nothing follows."""


def apply(sign: str, left: Run, right: Run) -> Run:
    """An operator between two values; the right one is asked for only where expr asks for it."""
    if sign in ("or", "||"):
        return lambda names: truth(left(names)) or truth(right(names))
    if sign in ("and", "&&"):
        return lambda names: truth(left(names)) and truth(right(names))
    if sign == "??":
        return lambda names: right(names) if (value := left(names)) is None else value
    if sign in ("==", "!="):
        return lambda names: _equal(left(names), right(names)) == (sign == "==")
    arithmetic = ARITHMETIC[sign]
    return lambda names: arithmetic(number(left(names)), number(right(names)))


def called(name: str, arguments: Sequence[Run]) -> Run:
    """A function with its arguments.  Raises FormulaFault for a wrong number of them."""
    if name in OF_NUMBERS:
        return lambda names: _of_numbers(name, [argument(names) for argument in arguments])
    if name in OF_ONE or name in OF_AN_ARRAY:
        if len(arguments) != 1:
            raise FormulaFault(f"{name} takes one argument, found {len(arguments)}")
        (argument,) = arguments
        if name in OF_ONE:
            return lambda names: OF_ONE[name](number(argument(names)))
        return lambda names: OF_AN_ARRAY[name]([number(item) for item in array(argument(names))])
    if len(arguments) != 2:  # noqa: PLR2004  # the array and the predicate
        raise FormulaFault(f"{name} takes an array and a predicate, found {len(arguments)} arguments")
    items, holds = arguments
    return lambda names: OF_A_PREDICATE[name]([truth(holds({**names, ELEMENT: item})) for item in array(items(names))])


def choice(condition: Run, then: Run, otherwise: Run) -> Run:
    """`condition ? then : otherwise`; only the branch that is taken counts."""
    return lambda names: then(names) if truth(condition(names)) else otherwise(names)


def gathered(items: Sequence[Run]) -> Run:
    """An array; arrays in arrays are refused."""
    return lambda names: tuple(plain(item(names)) for item in items)


def named(names: Names, name: str) -> Plain:
    """A trigger's value."""
    if name not in names:
        raise FormulaFault(f"there is no trigger named {name}")
    return names[name]


def number(value: Value) -> float:
    """The value if it is a finite number."""
    if value is None or isinstance(value, bool | tuple):
        raise FormulaFault(f"expected a number, found {_told(value)}")
    if not math.isfinite(value):
        raise NotFinite("the value is not finite")
    return value


def truth(value: Value) -> bool:
    """The value if it is true or false."""
    if not isinstance(value, bool):
        raise FormulaFault(f"expected true or false, found {_told(value)}")
    return value


def array(value: Value) -> tuple[Plain, ...]:
    """The value if it is an array."""
    if not isinstance(value, tuple):
        raise FormulaFault(f"expected an array such as [a, b], found {_told(value)}")
    return value


def plain(value: Value) -> Plain:
    """The value if it is no array."""
    if isinstance(value, tuple):
        raise FormulaFault("an array cannot stand in an array here")
    return value


def _told(value: Value) -> str:
    if isinstance(value, tuple):
        return "an array"
    if value is None:
        return "nil"
    return str(value).lower() if isinstance(value, bool) else f"{value:g}"


def _of_numbers(name: str, given: Sequence[Value]) -> float:
    """Numbers and arrays of numbers, all together."""
    numbers = [number(item) for value in given for item in (value if isinstance(value, tuple) else (value,))]
    if not numbers:
        raise FormulaFault(f"{name} of nothing")
    return OF_NUMBERS[name](numbers)


def _divided(left: float, right: float) -> float:
    if right == 0:
        raise NotFinite("a division by 0")
    return left / right


def _power(left: float, right: float) -> float:
    try:
        return math.pow(left, right)
    except (OverflowError, ValueError):
        raise NotFinite("the value is not finite") from None


def _rounded(value: float) -> float:
    """Halves away from 0, as Go rounds."""
    return math.copysign(math.floor(abs(value) + 0.5), value)


def _equal(left: Value, right: Value) -> bool:
    if left is not None and right is not None and _kind(left) != _kind(right):
        raise FormulaFault(f"{_kind_words(left)} cannot be compared with {_kind_words(right)}")
    return left == right


def _kind(value: Value) -> type:
    return type(value) if isinstance(value, bool | tuple) else float


def _kind_words(value: Value) -> str:
    if isinstance(value, tuple):
        return "an array"
    return "true or false" if isinstance(value, bool) else "a number"


ARITHMETIC: Mapping[str, Callable[[float, float], Plain]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": _divided,
    "**": _power,
    "^": _power,
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
}
OF_NUMBERS: Mapping[str, Callable[[Sequence[float]], float]] = {
    "min": min,
    "max": max,
    "mean": statistics.fmean,
    "median": statistics.median,
}
OF_ONE: Mapping[str, Callable[[float], float]] = {
    "abs": abs,
    "ceil": lambda value: float(math.ceil(value)),
    "floor": lambda value: float(math.floor(value)),
    "round": _rounded,
    "int": lambda value: float(int(value)),
    "float": float,
}
OF_AN_ARRAY: Mapping[str, Callable[[Sequence[float]], float]] = {"sum": math.fsum, "len": len}
OF_A_PREDICATE: Mapping[str, Callable[[Sequence[bool]], Plain]] = {
    "count": lambda found: float(sum(found)),
    "any": any,
    "all": all,
    "none": lambda found: not any(found),
    "one": lambda found: sum(found) == 1,
}
FUNCTIONS = (*OF_NUMBERS, *OF_ONE, *OF_AN_ARRAY, *OF_A_PREDICATE)
CONSTANTS: Mapping[str, Plain] = {"nil": None, "true": True, "false": False}
REFUSED = frozenset({"in", "matches", "contains", "startsWith", "endsWith", "let", "if", "else"})
"""Words of the language that have no meaning here, so that they are not taken for triggers."""
