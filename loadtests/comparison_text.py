"""A comparison for a terminal: one column a run, differences in per cent, `better` and `worse` in words."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from loadtests.compare import Cell, Comparison, Judgement, Row
from loadtests.report.units import bare

_STYLES: dict[Judgement, str] = {"better": "green", "worse": "red"}


def render(comparison: Comparison, failed: list[str], console: Console) -> None:
    """Print warnings, the table, and which conditions failed the comparison."""
    for warning in comparison.warnings:
        console.print(Text(f"Note: {warning}", style="yellow"))
    if comparison.warnings:
        console.print()
    console.print(_table(comparison))
    if failed:
        console.print()
    for sentence in failed:
        console.print(Text.assemble(("FAILED  ", "bold red"), sentence))


def _table(comparison: Comparison) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("", overflow="fold")
    for number, name in enumerate(comparison.runs):
        table.add_column(Text(name), justify="right", overflow="fold")
        if number:
            table.add_column("", justify="left", no_wrap=True)
    table.add_row("result", *_with_gaps(comparison.headlines))
    for row in comparison.rows:
        table.add_row(Text(_label(row)), *_cells(row))
    return table


def _with_gaps(words: Sequence[str]) -> list[str]:
    return [words[0], *(part for word in words[1:] for part in (word, ""))]


def _label(row: Row) -> str:
    unit = row.figure.unit
    return f"{row.figure.label}, {unit}" if unit in _UNITS_IN_LABELS else row.figure.label


_UNITS_IN_LABELS = {"events/s", "MB/s", "ms", "events"}


def _cells(row: Row) -> list[Text]:
    cells = [Text(_value(row, row.cells[0]))]
    for cell in row.cells[1:]:
        cells += [Text(_value(row, cell)), Text(_difference(cell), style=_STYLES.get(cell.judgement, "dim"))]
    return cells


def _value(row: Row, cell: Cell) -> str:
    return bare(cell.value, row.figure.unit)


def _difference(cell: Cell) -> str:
    if cell.judgement in ("same", "unknown"):
        return "same" if cell.judgement == "same" else ""
    size = "" if cell.difference is None else f"{100 * cell.difference:+,.{0 if cell.difference > 1 else 1}f} %"
    return f"{size} {'' if cell.judgement == 'different' else cell.judgement}".strip()
