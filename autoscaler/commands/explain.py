"""`weir explain`: why there were that many workers in a recorded run, as a story or at one second."""

import math
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer
from rich.console import Console

from autoscaler.errors import StateError
from autoscaler.explain import look_up, render_moment, render_story, tell_story
from autoscaler.journal import Tick, read_journal
from contract.record import RunDirectory, RunEvent

EPILOG = """
Examples:

  weir explain runs/init-storm             # the story of the run: each change, what held the number, who disagreed

  weir explain runs/init-storm --at 42     # everything about one second

  weir explain decisions.jsonl --all       # a journal alone; every hold with its reason, every disagreement

  weir explain runs/init-storm --json      # for programs

Exit codes: 0 explained, 2 there is nothing to explain (no journal, a broken one, a second outside the run).
"""


PLAIN_WIDTH = 120
"""Columns where there is no terminal to ask."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """What was left behind: where the ticks are, when second 0 was, what happened."""

    title: str
    journal: Path
    zero: float
    events: tuple[RunEvent, ...] = ()

    def ticks(self) -> Iterator[Tick]:
        """From the front; raises StateError."""
        return read_journal(self.journal)


def explain(
    place: Annotated[Path, typer.Argument(metavar="DIR", help="A run directory, or a journal alone.")],
    at: Annotated[float | None, typer.Option(metavar="SECONDS", help="Explain this second of the run in full.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Every reason to hold, every disagreement.")] = False,  # noqa: FBT002  # typer's way to declare a flag
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for programs.")] = False,  # noqa: FBT002
) -> None:
    """Say why there were that many workers: the story of a recorded run, or one second of it.

    Seconds are those of the run: 0 is when the load began (with a journal alone: the first tick).
    """
    if at is not None and not math.isfinite(at):
        raise StateError(f"--at {at:g}: expected a second of the run, for example 42")
    recorded = open_recorded(place)
    console = Console() if sys.stdout.isatty() else Console(width=PLAIN_WIDTH)
    if at is not None:
        moment = look_up(recorded.ticks(), zero=recorded.zero, at_seconds=at, events=recorded.events)
        _print_json(moment) if as_json else render_moment(moment, recorded.title, console)
        return
    entries = tell_story(recorded.ticks(), zero=recorded.zero, everything=everything)
    _print_json(entries) if as_json else render_story(entries, recorded.title, console)


def open_recorded(place: Path) -> Recorded:
    """A run directory or a journal.  Raises StateError when there is no journal with a whole tick in it."""
    if place.is_file():
        return Recorded(title=place.stem, journal=place, zero=_first(place))
    directory = RunDirectory(place)
    if not directory.decisions_jsonl.is_file():
        raise StateError(f"there is no journal in {place}: expected {directory.decisions_jsonl.name}, {_hint(place)}")
    run = _run(directory)
    started_us, first = run.get("started_us"), _first(directory.decisions_jsonl)
    zero = started_us / 1e6 if isinstance(started_us, int) else first
    return Recorded(
        title=str(run.get("name") or place.name),
        journal=directory.decisions_jsonl,
        zero=zero,
        events=tuple(directory.events()),
    )


def _run(directory: RunDirectory) -> dict[str, Any]:
    """What run.json says; nothing if there is none, as beside a journal that was copied."""
    if not directory.run_json.is_file():
        return {}
    run = directory.read_json(directory.run_json)
    return run if isinstance(run, dict) else {}


def _first(journal: Path) -> float:
    """When the first tick was."""
    for tick in read_journal(journal):
        return tick.seen.at_seconds
    raise StateError(f"{journal} holds no whole line: the autoscaler ended before its first tick was over")


def _hint(place: Path) -> str:
    if not place.exists():
        return "and the folder itself does not exist"
    return "which a run writes when a policy scales it (a fixed number of workers may have none)"


def _print_json(document: Any) -> None:
    typer.echo(orjson.dumps(document, default=tuple, option=orjson.OPT_INDENT_2))
