"""The formulas of `scalingModifiers`: the part of the expr language that people use, and nothing beyond it.

Numbers, names of triggers, arrays, `+ - * / ** ^`, comparisons, `and or not && || !`, `a ? b : c`, `??`, nil, true,
false, and the functions of `formula_words`.  Anything else is refused by name when the formula is read, also `%`: expr
takes only whole numbers there, and no trigger is one.  Its one rule: a formula that was read has no surprises but those
of its values.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from autoscaler.policies.keda.formula_words import (
    CONSTANTS,
    ELEMENT,
    FUNCTIONS,
    OF_A_PREDICATE,
    REFUSED,
    FormulaFault,
    Names,
    Run,
    apply,
    called,
    choice,
    gathered,
    named,
    number,
    truth,
)

LENGTH_MAX = 4_096
DEPTH_MAX = 64
SCANNER = re.compile(
    r"\s*(?:(\d[\d_]*\.?\d*(?:[eE][+-]?\d+)?|\.\d+)|([A-Za-z_]\w*)|(\?\?|&&|\|\||\*\*|[=!<>]=|[-+*/^<>?:(),!\[\]{}#]))"
)
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


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula that was read; equal texts are equal formulas."""

    text: str
    names: frozenset[str] = field(compare=False)
    """The triggers that it mentions."""
    _run: Run = field(compare=False, repr=False)

    def value(self, triggers: Names) -> float:
        """Its value; a trigger of None is nil.  Raises FormulaFault, also for nil."""
        return number(self.result(triggers))

    def result(self, triggers: Names) -> float | None:
        """Its value; None = it comes to nil.  Raises FormulaFault."""
        result = self._run(triggers)
        return None if result is None else number(result)


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
        self.predicates = 0
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
            run = choice(run, then, self.ternary())
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
                run = apply(sign, run, self.binary(binding + (sign not in POWERS)))
            before = sign
        return run

    def chain(self, left: Run, sign: str) -> Run:
        """Comparisons in a row: `a < b < c` is `a < b and b < c`."""
        right = self.binary(BINDING[sign] + 1)
        run = apply(sign, left, right)
        while sign := self.take(*ORDERS):
            left, right = right, self.binary(BINDING[sign] + 1)
            run = apply("and", run, apply(sign, left, right))
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
            return lambda names: not truth(run(names))
        return (lambda names: -number(run(names))) if sign == "-" else (lambda names: number(run(names)))

    def primary(self) -> Run:
        """A number, a name, a call, or something in parentheses."""
        token = self.next
        self.at += 1
        if token == "(":  # noqa: S105  # a parenthesis, not a password
            run = self.ternary()
            self.need(")")
            return run
        if token == "[":  # noqa: S105  # a bracket
            return gathered(self.series("]"))
        if token == ELEMENT and self.predicates:
            return lambda names: named(names, ELEMENT)
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
        if name not in OF_A_PREDICATE:
            return called(name, self.series(")"))
        items = self.ternary()
        self.need(",")
        holds = self.predicate()
        self.need(")")
        return called(name, (items, holds))

    def series(self, end: str) -> list[Run]:
        """Values up to the bracket that ends them."""
        if self.take(end):
            return []
        items = [self.ternary()]
        while self.take(","):
            items.append(self.ternary())
        self.need(end)
        return items

    def predicate(self) -> Run:
        """What is asked of each element, which is `#`; the braces may be left out."""
        self.predicates += 1
        braced = self.take("{")
        run = self.ternary()
        if braced:
            self.need("}")
        self.predicates -= 1
        return run

    def word(self, name: str) -> Run:
        """A constant or a trigger."""
        if name in CONSTANTS:
            constant = CONSTANTS[name]
            return lambda _: constant
        if name in BINDING or name in REFUSED:
            raise FormulaFault(f"{name} cannot be used here")
        self.names.add(name)
        return lambda names: named(names, name)

    def need(self, token: str) -> None:
        """Take this token or fail."""
        if not self.take(token):
            raise FormulaFault(f"expected {token!r}, found {repr(self.next) if self.next else 'the end'}")
