"""The report for a terminal and for a log: verdict first, then figures, 80 columns, no box characters.

Colour only repeats what the words say, so nothing is missing where there is none.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from contract.record import RunDirectory
from loadtests.headline import Headline, headline
from loadtests.report import elasticity, environment, tables
from loadtests.report.cards import verdict_sentences
from loadtests.report.records import RunRecords
from loadtests.report.slos import slo_line
from loadtests.report.units import UNMEASURED, bare, duration
from loadtests.score import Summary

_STYLES: dict[Headline, str] = {
    "passed": "bold green",
    "SLO violated": "bold yellow",
    "SLO missed": "bold yellow",
    "ledger failed": "bold red",
}


def render_text(summary: Summary, run_json: dict[str, Any], console: Console) -> None:
    """Print the figures of a run: what `weir loadtest run` ends with."""
    _verdict(summary, console)
    _grid(console, "Rates", ("", "events/s", "of planned", "MB/s"), tables.rates(summary), _measured(summary))
    _grid(console, "Latency, ms", ("", "p50", "p90", "p99", "p99.9", "max"), tables.latencies(summary))
    _grid(console, "Flow", ("", ""), _flow(summary))
    _elasticity(summary, console)
    _grid(console, "Cost", ("", "CPU s / million events", "cores", "memory, max"), tables.costs(summary))
    _slos(summary, console)
    _grid(
        console,
        "Ledger",
        ("", "events", "", "events"),
        list(_two_abreast([(label, number) for label, number, _, _ in tables.ledger(summary)])),
    )
    used = ", ".join(f"{name} {version}" for name, version in environment.versions(run_json))
    _pairs(console, "Measured on", [*environment.environment(run_json), *([("Versions", used)] if used else [])])


def render_records(records: RunRecords, console: Console) -> None:
    """Print a recorded run: the figures, what could not be used, and where the files are."""
    render_text(records.summary, records.run, console)
    for note in records.notes:
        console.print(Text(f"Note: {note}", style="yellow"))
    print_files(records.path, console)


def print_files(path: Path, console: Console) -> None:
    """Where the run's files are, on one line each that is never wrapped."""
    directory = RunDirectory(path)
    files = [f for f in (directory.report_html, directory.summary_json, directory.samples_parquet) if f.is_file()]
    _title(console, "Files", "")
    for file in files or [path]:
        console.print(Text(f"  {file}"), soft_wrap=True)


def _verdict(summary: Summary, console: Console) -> None:
    told = headline(summary)
    console.print(Text.assemble((told.upper(), _STYLES[told]), "  ", (summary.name, "bold")))
    for sentence in verdict_sentences(summary):
        console.print(Text(sentence[:1].upper() + sentence[1:]))


def _measured(summary: Summary) -> str:
    return f"{duration(summary.measured_seconds)} measured after {duration(summary.warmup_seconds)} warm-up"


def _flow(summary: Summary) -> list[tuple[str, ...]]:
    return [
        ("Highest lag, events", bare(summary.lag_events_max, "events")),
        ("Mean lag, events", bare(summary.lag_events_mean, "events")),
        ("Lag at the end, events", bare(summary.lag_events_end, "events")),
        ("Drained after", duration(summary.drained_after_seconds)),
        *((name, value) for name, value in tables.asides(summary) if name != "Mean lag"),
    ]


def _elasticity(summary: Summary, console: Console) -> None:
    pairs = [(label, value) for label, value, _ in elasticity.table(summary)]
    if pairs:
        _grid(console, "Elasticity", ("", "", "", ""), list(_two_abreast(pairs)))
        for sentence in elasticity.calm(summary):
            console.print(Padding(Text(sentence[:1].upper() + sentence[1:]), (0, 0, 0, 2)))


def _slos(summary: Summary, console: Console) -> None:
    lines = [slo_line(slo) for slo in summary.slos]
    rows = [(line.label, line.limit, line.actual, "held" if line.held else "MISSED") for line in lines]
    _grid(console, "SLO", ("", "limit", "measured", ""), rows or [("the scenario asks for none", "", "", "")])


def _two_abreast(counts: Sequence[tuple[str, str]]) -> Iterable[tuple[str, str, str, str]]:
    half = (len(counts) + 1) // 2
    for number, left in enumerate(counts[:half]):
        right = counts[half + number] if half + number < len(counts) else ("", "")
        yield (*left, *right)


def _grid(
    console: Console, title: str, heads: Sequence[str], rows: Sequence[tuple[str, ...]], remark: str = ""
) -> None:
    """A table without lines: words to the left, numbers to the right."""
    grid = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0), header_style="dim", show_header=any(heads))
    for column, head in enumerate(heads):
        words = not any(_is_number(row[column]) for row in rows if row[column])
        grid.add_column(head, justify="left" if words else "right", no_wrap=True)
    for row in rows:
        grid.add_row(*(Text(cell, style="bold red" if cell == "MISSED" else "") for cell in row))
    _title(console, title, remark)
    console.print(_indented(grid))


def _pairs(console: Console, title: str, pairs: Sequence[tuple[str, str]]) -> None:
    grid = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0), show_header=False)
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    for name, value in pairs:
        grid.add_row(Text(name), Text(value))
    if pairs:
        _title(console, title, "")
        console.print(_indented(grid))


def _title(console: Console, title: str, remark: str) -> None:
    console.print()
    console.print(Text.assemble((title, "bold"), (f"  {remark}" if remark else "", "dim")))


def _indented(grid: Table) -> Padding:
    return Padding(grid, (0, 0, 0, 2), expand=False)


def _is_number(cell: str) -> bool:
    return cell == UNMEASURED or cell.lstrip("≤≥ -")[:1].isdigit()
