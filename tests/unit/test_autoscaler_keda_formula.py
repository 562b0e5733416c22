"""The formulas of scalingModifiers."""

import pytest

from autoscaler.policies.keda import FormulaFault, read_formula

NAMES = {"a": 6.0, "b": 4.0, "none": None, "trig_one": 2.0}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("(a + b) / 2", 5.0),
        ("a + b / 2", 8.0),
        ("a - b - 1", 1.0),
        ("a / 4", 1.5),
        ("2 ** 3 ** 2", 512.0),
        ("-2 ^ 2 * 3", -12.0),
        ("2 ** -1", 0.5),
        ("a ** none ?? 2", 36.0),
        ("-a + b", -2.0),
        ("max(a, b, 9)", 9.0),
        ("min(a, b)", 4.0),
        ("ceil(a / b) + floor(a / b) + abs(-1)", 4.0),
        ("float(a)", 6.0),
        ("a > b ? a : b", 6.0),
        ("a < b ? 1 : a == 6 ? 2 : 3", 2.0),
        ("a > 5 and b > 5 ? 1 : 0", 0.0),
        ("a > 5 && b > 3 ? 1 : 0", 1.0),
        ("a > 9 || b >= 4 ? 1 : 0", 1.0),
        ("not (a > 5) or !(b <= 4) ? 1 : 0", 0.0),
        ("a != b ? 1 : 0", 1.0),
        ("none ?? a", 6.0),
        ("(none ?? 1) + 1", 2.0),
        ("1 + none ?? 2 + 3", 6.0),
        ("-none ?? 1 + 1", 0.0),
        ("none ?? none ?? b", 4.0),
        ("(none ?? a) > 5 ? 1 : 0", 1.0),
        ("1 < b < a ? 1 : 0", 1.0),
        ("1 < a < b ? 1 : 0", 0.0),
        ("1 < b == true ? 1 : 0", 1.0),
        ("none == nil ? 7 : none", 7.0),
        ("1e3 + .5 + 1.5", 1002.0),
        ("trig_one > 2 ? trig_one + 3 : 1", 1.0),
        ("true ? a : a / 0", 6.0),
        ("sum([a, b]) + len([a, b, 1])", 13.0),
        ("mean([a, b]) + median(a, b, 100)", 11.0),
        ("max([a, b], 9) - min(a, [b, 5])", 5.0),
        ("count([a, b, trig_one], {# > 3}) > 1 ? 5 : 0", 5.0),
        ("count([a, b, trig_one], # > 3)", 2.0),
        ("any([a, b], {# > 5}) and not all([a, b], {# > 5}) ? 1 : 0", 1.0),
        ("none([a, b], {# > 9}) and one([a, b], {# > 5}) ? 1 : 0", 1.0),
        ("count([none, a], {# == nil})", 1.0),
        ("int(a / b) + round(2.5) + round(-2.5)", 1.0),
        ("1_000 + a", 1006.0),
    ],
)
def test_value(text: str, expected: float) -> None:
    """Operators, precedence and functions as expr has them; only the branch that is taken counts."""
    assert read_formula(text).value(NAMES) == expected


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a / 0", "division by 0"),
        ("0 ** -1", "not finite"),
        ("(-8) ** 0.5", "not finite"),
        ("a == b == b ? 1 : 0", "true or false cannot be compared with a number"),
        ("none + 1", "found nil"),
        ("a > b", "found true"),
        ("a ? 1 : 2", "expected true or false, found 6"),
        ("missing + 1", "no trigger named missing"),
        ("1e308 * 10 + 0", "not finite"),
        ("[a, b]", "expected a number, found an array"),
        ("sum([[a], b])", "an array cannot stand in an array"),
        ("sum(a)", "expected an array such as"),
        ("max([])", "max of nothing"),
        ("any([a], {#})", "expected true or false, found 6"),
    ],
)
def test_no_value(text: str, told: str) -> None:
    """A formula without a value is a fault, never a number."""
    with pytest.raises(FormulaFault, match=told):
        read_formula(text).value(NAMES)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("sum(a, b)", "sum takes one argument, found 2"),
        ("[a, b", "expected '\\]', found the end"),
        ("# + 1", "expected a number or a name, found '#'"),
        ("count([a])", "expected ','"),
        ("filter([a], {# > 1})", "filter is not known"),
        ("__import__('os')", "cannot be used"),
        ("exec(a)", "exec is not known"),
        ("a.b", "'.' cannot be used"),
        ("a % 4", "'%' cannot be used"),
        ("a ?? b + 1", r"\?\? and then \+: put parentheses"),
        ("a ?? b > 1 ? 1 : 0", r"\?\? and then >: put parentheses"),
        ("a in b", "expected the end"),
        ("a +", "found the end"),
        ("(a", "expected '\\)'"),
        ("a b", "expected the end"),
        ("abs(a, b)", "one argument"),
        ("", "the end"),
        ("(" * 70 + "a" + ")" * 70, "nested"),
        ("-" * 70 + "a", "nested"),
        ("1+" * 3000 + "1", "longer"),
    ],
)
def test_refused(text: str, told: str) -> None:
    """What is not in the subset is refused by name when the formula is read."""
    with pytest.raises(FormulaFault, match=told):
        read_formula(text)


def test_nil() -> None:
    """A formula may come to nil, which is no value."""
    formula = read_formula("none ?? none")
    assert formula.result(NAMES) is None
    with pytest.raises(FormulaFault, match="found nil"):
        formula.value(NAMES)


def test_names() -> None:
    """A formula knows which triggers it mentions."""
    assert read_formula("max(a, b) + nil ?? c").names == {"a", "b", "c"}
