"""The formulas of `scalingModifiers`: the part of the expr language that people use, and nothing beyond it.

Numbers, names of triggers, `+ - * / ** ^`, comparisons, `and or not && || !`, `a ? b : c`, `??`, nil, true, false, and
the functions below.  Anything else is refused by name when the formula is read, also `%`: expr takes only whole numbers
there, and no trigger is one.  Its one rule: pure, and what has no value (a division by 0, arithmetic with nil) is a
`FormulaFault`, never a number.
"""

import math
import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

Value = float | bool | None
Names = Mapping[str, float | None]
Run = Callable[[Names], Value]

LENGTH_MAX = 4_096
DEPTH_MAX = 64
SCANNER = re.compile(
    r"\s*(?:(\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+)|([A-Za-z_]\w*)|(\?\?|&&|\|\||\*\*|[=!<>]=|[-+*/^<>?:(),!]))"
)


class FormulaFault(ValueError):  # noqa: N818  # an answer on its way to a condition or a refusal, never shown as an error
    """A formula that cannot be read, or that has no value for these triggers."""


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula that was read; equal texts are equal formulas."""

    text: str
    names: frozenset[str] = field(compare=False)
    """The triggers that it mentions."""
    _run: Run = field(compare=False, repr=False)

    def value(self, triggers: Names) -> float:
        """Its value; a trigger of None is nil.  Raises FormulaFault, also for nil."""
        return _number(self.result(triggers))

    def result(self, triggers: Names) -> float | None:
        """Its value; None = it comes to nil.  Raises FormulaFault."""
        result = self._run(triggers)
        return None if result is None else _number(result)


def read_formula(text: str) -> Formula:
    """Raises FormulaFault naming what it does not know."""
    if len(text) > LENGTH_MAX:
        raise FormulaFault(f"longer than {LENGTH_MAX} characters")
    reader = _Reader(_tokens(text))
    run = reader.ternary()
    if reader.next:
        raise FormulaFault(f"expected the end, found {reader.next!r}")
    return Formula(text, frozenset(reader.names), run)


def _tokens(text: str) -> list[str]:
    found, at, text = [], 0, text.rstrip()
    while at < len(text):
        match = SCANNER.match(text, at)
        if match is None:
            raise FormulaFault(f"{text[at:].strip()[:1]!r} cannot be used in a formula here")
        found.append(match.group().strip())
        at = match.end()
    return found


class _Reader:
    """Recursive descent with expr's precedences: `??` binds tightest, then powers, signs, `* /`, `not`, and so on."""

    def __init__(self, tokens: list[str]) -> None:
        self.tokens = tokens
        self.at = 0
        self.depth = 0
        self.names: set[str] = set()

    @property
    def next(self) -> str:
        """The token to come; empty at the end."""
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def take(self, *wanted: str) -> str:
        """The next token if it is one of these, else nothing."""
        if self.next not in wanted or not self.next:
            return ""
        self.at += 1
        return self.tokens[self.at - 1]

    def ternary(self) -> Run:
        """`a ? b : c`, which binds least and to the right."""
        self.depth += 1
        if self.depth > DEPTH_MAX:
            raise FormulaFault(f"nested more than {DEPTH_MAX} deep")
        run = self.binary(0)
        if self.take("?"):
            then = self.ternary()
            self.need(":")
            run = _choice(run, then, self.ternary())
        self.depth -= 1
        return run

    def binary(self, least: int) -> Run:
        """Operators that bind at least as tightly as `least`, each to the left but powers.

        Beside `??` expr wants parentheses: `(a ?? b) + 1`, though `1 + a ?? b` is clear to it.
        """
        run, before = self.unary(), ""
        while (binding := BINDING.get(self.next, -1)) >= least:
            sign = self.take(self.next)
            if before == "??" != sign:
                raise FormulaFault(f"?? and then {sign}: put parentheses around one of them")
            if sign in ORDERS:
                run = self.chain(run, sign)
            else:
                run = _apply(sign, run, self.binary(binding + (sign not in POWERS)))
            before = sign
        return run

    def chain(self, left: Run, sign: str) -> Run:
        """Comparisons in a row: `a < b < c` is `a < b and b < c`."""
        right = self.binary(BINDING[sign] + 1)
        run = _apply(sign, left, right)
        while sign := self.take(*ORDERS):
            left, right = right, self.binary(BINDING[sign] + 1)
            run = _apply("and", run, _apply(sign, left, right))
        return run

    def unary(self) -> Run:
        """Signs and negation: `not a == b` is `(not a) == b`, as in expr."""
        sign = self.take("-", "+", "!", "not")
        if not sign:
            return self.primary()
        self.depth += 1
        if self.depth > DEPTH_MAX:
            raise FormulaFault(f"nested more than {DEPTH_MAX} deep")
        run = self.binary(SIGN_BINDING if sign in "-+" else NOT_BINDING)
        self.depth -= 1
        if sign in ("!", "not"):
            return lambda names: not _truth(run(names))
        return (lambda names: -_number(run(names))) if sign == "-" else (lambda names: _number(run(names)))

    def primary(self) -> Run:
        """A number, a name, a call, or something in parentheses."""
        token = self.next
        self.at += 1
        if token == "(":  # noqa: S105  # a parenthesis, not a password
            run = self.ternary()
            self.need(")")
            return run
        if token[:1].isdigit() or (token[:1] == "." and len(token) > 1):
            number = float(token)
            return lambda _: number
        if not token[:1].isalpha() and token[:1] != "_":
            raise FormulaFault(f"expected a number or a name, found {repr(token) if token else 'the end'}")
        return self.call(token) if self.next == "(" else self.word(token)

    def call(self, name: str) -> Run:
        """One of the known functions."""
        if name not in FUNCTIONS:
            raise FormulaFault(f"the function {name} is not known here; known are {', '.join(FUNCTIONS)}")
        self.need("(")
        arguments = [self.ternary()]
        while self.take(","):
            arguments.append(self.ternary())
        self.need(")")
        function, many = FUNCTIONS[name]
        if not many and len(arguments) > 1:
            raise FormulaFault(f"{name} takes one argument, found {len(arguments)}")
        return lambda names: function([_number(argument(names)) for argument in arguments])

    def word(self, name: str) -> Run:
        """A constant or a trigger."""
        if name in CONSTANTS:
            constant = CONSTANTS[name]
            return lambda _: constant
        if name in BINDING or name in REFUSED:
            raise FormulaFault(f"{name} cannot be used here")
        self.names.add(name)
        return lambda names: _named(names, name)

    def need(self, token: str) -> None:
        """Take this token or fail."""
        if not self.take(token):
            raise FormulaFault(f"expected {token!r}, found {repr(self.next) if self.next else 'the end'}")


def _apply(sign: str, left: Run, right: Run) -> Run:
    if sign in ("or", "||"):
        return lambda names: _truth(left(names)) or _truth(right(names))
    if sign in ("and", "&&"):
        return lambda names: _truth(left(names)) and _truth(right(names))
    if sign == "??":
        return lambda names: right(names) if (value := left(names)) is None else value
    if sign in ("==", "!="):
        return lambda names: _equal(left(names), right(names)) == (sign == "==")
    arithmetic = ARITHMETIC[sign]
    return lambda names: arithmetic(_number(left(names)), _number(right(names)))


def _choice(condition: Run, then: Run, otherwise: Run) -> Run:
    return lambda names: then(names) if _truth(condition(names)) else otherwise(names)


def _named(names: Names, name: str) -> float | None:
    if name not in names:
        raise FormulaFault(f"there is no trigger named {name}")
    return names[name]


def _number(value: Value) -> float:
    if value is None or isinstance(value, bool):
        raise FormulaFault(f"expected a number, found {'nil' if value is None else str(value).lower()}")
    if not math.isfinite(value):
        raise FormulaFault("the value is not finite")
    return value


def _truth(value: Value) -> bool:
    if not isinstance(value, bool):
        raise FormulaFault(f"expected true or false, found {'nil' if value is None else f'{value:g}'}")
    return value


def _divided(left: float, right: float) -> float:
    if right == 0:
        raise FormulaFault("a division by 0")
    return left / right


def _power(left: float, right: float) -> float:
    try:
        return math.pow(left, right)
    except (OverflowError, ValueError):
        raise FormulaFault("the value is not finite") from None


def _equal(left: Value, right: Value) -> bool:
    if left is not None and right is not None and isinstance(left, bool) != isinstance(right, bool):
        raise FormulaFault("a number cannot be compared with true or false")
    return left == right


NOT_BINDING, SIGN_BINDING = 50, 90
BINDING: Mapping[str, int] = {
    **dict.fromkeys(("or", "||"), 10),
    **dict.fromkeys(("and", "&&"), 15),
    **dict.fromkeys(("==", "!=", "<", ">", "<=", ">="), 20),
    **dict.fromkeys("+-", 30),
    **dict.fromkeys("*/", 60),
    **dict.fromkeys(("**", "^"), 100),
    "??": 500,
}
"""How tightly each operator binds, in expr's own numbers."""
ORDERS, POWERS = ("<", ">", "<=", ">="), ("**", "^")
ARITHMETIC: Mapping[str, Callable[[float, float], Value]] = {
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
FUNCTIONS: Mapping[str, tuple[Callable[[list[float]], float], bool]] = {
    "min": (min, True),
    "max": (max, True),
    "abs": (lambda numbers: abs(numbers[0]), False),
    "ceil": (lambda numbers: float(math.ceil(numbers[0])), False),
    "floor": (lambda numbers: float(math.floor(numbers[0])), False),
    "float": (lambda numbers: numbers[0], False),
}
CONSTANTS: Mapping[str, Value] = {"nil": None, "true": True, "false": False}
REFUSED = frozenset({"in", "matches", "contains", "startsWith", "endsWith", "let", "if", "else"})
"""Words of the language that have no meaning here, so that they are not taken for triggers."""
