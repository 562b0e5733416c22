"""The table of a contest as rows of ready words: the page only lays them out."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from loadtests.report.figures import Figure
from loadtests.report.units import UNMEASURED, Unit, bare
from loadtests.standings import GROUPS, TABLE, Spread, Standing, best

HIDDEN_AT_ZERO = ("violation_unknown_seconds",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One figure of one policy: the median, the spread of its runs, how many could tell, whether it is the best."""

    median: str
    spread: str
    told: str
    best: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One figure of all policies, in their order."""

    label: str
    cells: tuple[Cell, ...]


def rows(policies: Sequence[Standing]) -> dict[str, list[Row]]:
    """The rows by their group; a figure that nobody has is left out."""
    groups = {
        title: [_row(TABLE[name], policies) for name in names if _worth_a_row(name, policies)]
        for title, names in GROUPS.items()
    }
    return {title: found for title, found in groups.items() if found}


def _worth_a_row(name: str, policies: Iterable[Standing]) -> bool:
    known = [standing.figures[name] for standing in policies if name in standing.figures]
    return bool(known) and (name not in HIDDEN_AT_ZERO or any(spread.most for spread in known))


def _row(figure: Figure, policies: Sequence[Standing]) -> Row:
    ahead = best(figure, policies)
    unit = _UNIT_WORDS.get(figure.unit)
    return Row(
        label=f"{figure.label}, {unit}" if unit else figure.label,
        cells=tuple(_cell(figure, standing, standing.policy in ahead) for standing in policies),
    )


_UNIT_WORDS: Mapping[Unit, str] = {"events": "events", "ms": "ms"}


def _cell(figure: Figure, standing: Standing, ahead: bool) -> Cell:
    found = standing.figures.get(figure.name)
    if found is None:
        return Cell(median=UNMEASURED, spread="", told="", best=False)
    runs = len(standing.runs)
    return Cell(
        median=bare(found.median, figure.unit),
        spread=_spread(found, figure.unit),
        told=f"{found.runs} of {runs} runs" if found.runs < runs else "",
        best=ahead,
    )


def _spread(found: Spread, unit: Unit) -> str:
    least, most = bare(found.least, unit), bare(found.most, unit)
    return "" if least == most else f"{least} – {most}"  # noqa: RUF001  # an en dash between two numbers
