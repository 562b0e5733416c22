"""Conditions on which a comparison fails, such as `processed_rate<0.98x` or `end_to_end_p99_seconds>0.05`.

`x` means times the baseline's figure.  Pure.  Its one rule: what was not measured fails, for a gate that opens when a
figure is missing guards nothing.
"""

import difflib
import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from contract.errors import SettingsError
from loadtests.compare import run_name
from loadtests.report.figures import FIGURES, flatten
from loadtests.report.records import RunRecords
from loadtests.score import Summary

_OPERATORS: Mapping[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_FORM = re.compile(
    r"^\s*(?P<figure>[\w.]+)\s*(?P<sign><=|>=|<|>)\s*(?P<number>[-+]?\d[\d_]*\.?\d*(?:e[-+]?\d+)?)\s*(?P<times>x?)\s*$",
    re.IGNORECASE,
)
_SHORT = {figure.name: figure.path for figure in FIGURES}


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """`path` leads into the Summary; with `relative`, `number` is a multiple of the baseline's figure."""

    text: str
    path: str
    sign: str
    number: float
    relative: bool


def failures(conditions: Sequence[Condition], runs: Sequence[RunRecords]) -> list[str]:
    """A sentence for each run after the baseline and each condition that holds for it."""
    base = flatten(runs[0].summary)
    return [
        f"{run_name(run)}: {told}"
        for run in runs[1:]
        for condition in conditions
        if (told := _failure(condition, base, flatten(run.summary)))
    ]


def read_condition(text: str, known: Summary) -> Condition:
    """A condition from its text; `known` tells which figures exist.  Raises SettingsError."""
    found = _FORM.match(text)
    if not found:
        raise SettingsError(
            f"--fail-on {text!r}: expected FIGURE OP NUMBER with OP one of < <= > >=, "
            "and an x after the number for times the baseline, e.g. processed_rate<0.98x"
        )
    return Condition(
        text=text,
        path=_path(text, found["figure"], known),
        sign=found["sign"],
        number=float(found["number"]),
        relative=bool(found["times"]),
    )


def _path(text: str, name: str, known: Summary) -> str:
    paths = numeric_paths(known)
    if name in _SHORT:
        return _SHORT[name]
    if name in paths:
        return name
    near = difflib.get_close_matches(name, {**_SHORT, **dict.fromkeys(paths)}, n=4, cutoff=0.5)
    hint = f"near it: {', '.join(near)}" if near else f"known: {', '.join(_SHORT)}"
    raise SettingsError(f"--fail-on {text!r}: there is no figure {name!r}; {hint}")


def numeric_paths(summary: Summary) -> set[str]:
    """All dotted paths of figures: those of this summary, and the table's, measured or not."""
    return {*flatten(summary), *(figure.path for figure in FIGURES)}


def _failure(condition: Condition, base: Mapping[str, float], values: Mapping[str, float]) -> str | None:
    value, baseline = values.get(condition.path), base.get(condition.path)
    if value is None:
        return f"{condition.text} cannot be told, {condition.path} was not measured"
    if not condition.relative:
        holds = _OPERATORS[condition.sign](value, condition.number)
        return f"{condition.text}, it is {value:.6g}" if holds else None
    if baseline is None:
        return f"{condition.text} cannot be told, the baseline has no {condition.path}"
    limit = condition.number * baseline
    holds = _OPERATORS[condition.sign](value, limit)
    times = f"{condition.number:g} times the baseline's {baseline:.6g} is {limit:.6g}"
    return f"{condition.text}, it is {value:.6g} and {times}" if holds else None
