"""`weir loadtest report` and `weir loadtest compare`: options in, rendering by `loadtests.report`, exit code out."""

import json
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import Annotated, TextIO

import typer
from rich.console import Console

from contract.errors import SettingsError
from contract.record import RunDirectory
from loadtests import comparison_text
from loadtests.compare import compare as compare_runs
from loadtests.conditions import failures, read_condition
from loadtests.report import RunRecords, as_document, read_run, render_html, render_records, write_csv
from loadtests.report.html import write_html

REPORT_EPILOG = """
Examples:

  weir loadtest report runs/step-*                         # text, one after the other

  weir loadtest report runs/a --format html -o a.html      # one file that opens offline

  weir loadtest report runs/a runs/b --format csv          # a row a second, the run in the first column

  weir loadtest report runs/step-* --html                  # also renew report.html in each

Exit codes: 0 reported, whatever the verdict; 2 a directory that cannot be reported.
"""

COMPARE_EPILOG = """
Examples:

  weir loadtest compare runs/before runs/after             # the first is the baseline

  weir loadtest compare runs/a runs/b --fail-on 'violation_seconds>10' --fail-on 'processed_rate<0.98x'

  weir loadtest compare runs/a runs/b --format json

Exit codes: 0 compared, 1 a condition of --fail-on held, 2 a directory or a condition that cannot be used.
"""


class ReportFormat(StrEnum):
    """What `report` can write."""

    TEXT = "text"
    JSON = "json"
    CSV = "csv"
    HTML = "html"


class CompareFormat(StrEnum):
    """What `compare` can write."""

    TEXT = "text"
    JSON = "json"


Directories = Annotated[list[Path], typer.Argument(metavar="DIR…", help="run directories", show_default=False)]
Output = Annotated[Path | None, typer.Option("--output", "-o", help="write to this file instead of the terminal")]


def report(
    directories: Directories,
    format: Annotated[ReportFormat, typer.Option("--format", "-f", help="how to tell it")] = ReportFormat.TEXT,  # noqa: A002  # the option's name
    output: Output = None,
    html: Annotated[bool, typer.Option("--html", help="write report.html in each DIR again")] = False,  # noqa: FBT002  # how typer declares a flag
) -> None:
    """Report recorded runs, scored anew from their records."""
    if format is ReportFormat.HTML and len(directories) > 1:
        raise SettingsError(
            "--format html is one file a run: give one DIR, or use --html to write each DIR's report.html"
        )
    runs = [read_run(path) for path in directories]
    if html:
        for run in runs:
            write_html(RunDirectory(run.path), run)
    with _sink(output) as sink:
        _WRITERS[format](runs, sink)


def compare(
    directories: Directories,
    fail_on: Annotated[
        list[str] | None,
        typer.Option("--fail-on", metavar="FIGURE OP NUMBER[x]", help="exit 1 when this holds; x = times the baseline"),
    ] = None,
    format: Annotated[CompareFormat, typer.Option("--format", "-f", help="how to tell it")] = CompareFormat.TEXT,  # noqa: A002  # the option's name
    output: Output = None,
) -> None:
    """Compare runs with the first one."""
    if len(directories) < 2:  # noqa: PLR2004  # a baseline and a run
        raise SettingsError(
            "compare needs at least two run directories: the baseline first, then what is held against it"
        )
    runs = [read_run(path) for path in directories]
    conditions = [read_condition(text, runs[0].summary) for text in fail_on or ()]
    comparison, failed = compare_runs(runs), failures(conditions, runs)
    with _sink(output) as sink:
        if format is CompareFormat.JSON:
            _write_json(asdict(comparison) | {"failures": failed}, sink)
        else:
            comparison_text.render(comparison, failed, _console(sink))
    if failed:
        raise typer.Exit(1)


@contextmanager
def _sink(output: Path | None) -> Iterator[TextIO]:
    """Standard output, or a file that is replaced as a whole at the end.  Raises SettingsError when it cannot be."""
    if output is None:
        yield sys.stdout
        return
    special = output.exists() and not output.is_file()  # a pipe or a device is there to be written to directly
    file = output if special else output.resolve()
    draft = file if special else file.with_name(f".{file.name}.{os.getpid()}")
    try:
        with draft.open("w", encoding="utf-8", newline="") as sink:
            yield sink
        if not special:
            draft.replace(file)
    except OSError as error:
        raise SettingsError(f"cannot write {output}: {error.strerror}") from error
    finally:
        if not special:
            draft.unlink(missing_ok=True)


def _console(sink: TextIO) -> Console:
    """As wide as the terminal; files and pipes get 80 columns and no colours."""
    return Console(file=sink, highlight=False, width=None if sink.isatty() else 80)


def _write_text(runs: Sequence[RunRecords], sink: TextIO) -> None:
    console = _console(sink)
    for number, run in enumerate(runs):
        if number:
            console.print("\n" + "-" * 78 + "\n")
        render_records(run, console)


def _write_documents(runs: Sequence[RunRecords], sink: TextIO) -> None:
    documents = [as_document(run) for run in runs]
    _write_json(documents[0] if len(documents) == 1 else documents, sink)


def _write_json(document: object, sink: TextIO) -> None:
    sink.write(json.dumps(document, indent=2, ensure_ascii=False, default=str) + "\n")


def _write_html(runs: Sequence[RunRecords], sink: TextIO) -> None:
    sink.write(render_html(runs[0]))


_WRITERS = {
    ReportFormat.TEXT: _write_text,
    ReportFormat.JSON: _write_documents,
    ReportFormat.CSV: write_csv,
    ReportFormat.HTML: _write_html,
}
