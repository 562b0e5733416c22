"""Runs side by side: the first one is the baseline, the others are better or worse than it, figure by figure.

Pure.  A comparison says so when the scenarios or the machines differ, for then it compares more than one thing.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from loadtests.headline import Headline, headline
from loadtests.report.figures import FIGURES, Figure, flatten
from loadtests.report.records import RunRecords

NOISE_RATIO = 0.01  # smaller differences are the weather: two runs of one scenario on a shared machine vary by more
FIELDS_NAMED_MAX = 6

Judgement = Literal["better", "worse", "same", "different", "unknown"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One figure of one run.  `difference` is relative to the baseline: 0.03 = 3 % more; None = cannot be told."""

    value: float | None
    difference: float | None
    judgement: Judgement


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One figure of all runs; the first cell is the baseline's."""

    figure: Figure
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """All figures that at least one run has, and what makes the runs hard to compare."""

    runs: tuple[str, ...]
    verdicts: tuple[str, ...]
    headlines: tuple[Headline, ...]
    """What people read: a run may have passed and violated its SLO all the same."""
    rows: tuple[Row, ...]
    warnings: tuple[str, ...]


def compare(runs: Sequence[RunRecords]) -> Comparison:
    """Hold `runs` against the first of them."""
    numbers = [flatten(run.summary) for run in runs]
    rows = (Row(figure=figure, cells=tuple(_cells(figure, numbers))) for figure in FIGURES)
    return Comparison(
        runs=tuple(run_name(run) for run in runs),
        verdicts=tuple(run.summary.verdict for run in runs),
        headlines=tuple(headline(run.summary) for run in runs),
        rows=tuple(row for row in rows if any(cell.value is not None for cell in row.cells)),
        warnings=tuple(warning for run in runs[1:] for warning in _warnings(runs[0], run)),
    )


def run_name(run: RunRecords) -> str:
    """What a run is called in tables and messages: the name of its directory."""
    return run.path.resolve().name


def _cells(figure: Figure, numbers: Sequence[Mapping[str, float]]) -> Iterable[Cell]:
    base = numbers[0].get(figure.path)
    for values in numbers:
        value = values.get(figure.path)
        difference = _difference(base, value)
        yield Cell(value=value, difference=difference, judgement=_judge(figure, base, value, difference))


def _difference(base: float | None, value: float | None) -> float | None:
    if base is None or value is None:
        return None
    if base == value:
        return 0.0
    return None if base == 0 else (value - base) / abs(base)


def _judge(figure: Figure, base: float | None, value: float | None, difference: float | None) -> Judgement:
    if base is None or value is None:
        return "unknown"
    if difference is not None and abs(difference) < NOISE_RATIO:
        return "same"
    if figure.better is None:
        return "different"
    return "better" if (value > base) == (figure.better == "higher") else "worse"


def _warnings(base: RunRecords, run: RunRecords) -> Iterable[str]:
    """What else differs between two runs, a sentence a kind."""
    for part, what in (("scenario", "scenarios"), ("host", "hosts"), ("kafka", "Kafkas"), ("versions", "versions")):
        differing = sorted(_differing(base.run.get(part), run.run.get(part)))
        differing = [name for name in differing if name not in _UNIMPORTANT]
        if differing:
            named = ", ".join(differing[:FIELDS_NAMED_MAX])
            more = len(differing) - FIELDS_NAMED_MAX
            yield (
                f"{run_name(run)}: the {what} differ from the baseline's in {named}"
                + (f" and {more} more" if more > 0 else "")
            )


_UNIMPORTANT = {"name", "description", "load_average", "bootstrap_servers"}


def _differing(one: Any, other: Any, path: str = "") -> Iterable[str]:
    """Dotted paths at which two documents differ."""
    if isinstance(one, dict) and isinstance(other, dict):
        for name in [*one, *(n for n in other if n not in one)]:
            yield from _differing(one.get(name), other.get(name), f"{path}.{name}" if path else str(name))
    elif one != other:
        yield path or "everything"
