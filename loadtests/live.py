"""What a person sees while a run goes on: a table that renews itself, or plain lines when there is no terminal."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from contract.record import Sample

PLAIN_EVERY_SECONDS = 4.9  # samples come a few milliseconds after their second
NOT_KNOWN = "?"


@dataclass(slots=True)
class LiveView:
    """Shows the last sample.  `say` prints a line that stays."""

    console: Console
    name: str
    seconds: float
    _live: Live | None = None
    _before: Sample | None = None
    _printed_at: float = field(default=float("-inf"))

    def say(self, text: str) -> None:
        """A line of progress, above the table."""
        self.console.print(Text(text), style="dim" if self.console.is_terminal else None, soft_wrap=True)

    def show(self, sample: Sample) -> None:
        """Renew the table, or print a line every few seconds."""
        rows = list(_rows(self._before, sample, self.seconds))
        self._before = sample
        if self._live:
            self._live.update(self._table(rows))
        elif sample.at_seconds - self._printed_at >= PLAIN_EVERY_SECONDS:
            self._printed_at = sample.at_seconds
            self.console.print(Text("  ".join(f"{name} {value}" for name, value in rows)), soft_wrap=True)

    @contextmanager
    def running(self) -> Iterator[None]:
        """While this lasts the table is on the screen."""
        if not self.console.is_terminal:
            yield
            return
        with Live(console=self.console, refresh_per_second=4, transient=True) as self._live:
            yield
        self._live = None

    def _table(self, rows: list[tuple[str, str]]) -> Table:
        table = Table(title=f"weir · {self.name}", show_header=False, title_style="bold", min_width=44)
        table.add_column(style="dim")
        table.add_column(justify="right")
        for row in rows:
            table.add_row(*row)
        return table


def _rows(before: Sample | None, now: Sample, seconds: float) -> Iterator[tuple[str, str]]:
    yield "time", f"{now.at_seconds:.0f} s of {seconds:g} ({now.phase})"
    for title, name in (("planned", "planned_events"), ("produced", "acked_events"), ("processed", "processed_events")):
        yield f"{title}/s", _rate(before, now, name)
    yield "lag", _count(now.lag_events)
    yield "end-to-end p50", _millis(now.end_to_end_p50_seconds)
    yield "end-to-end p99", _millis(now.end_to_end_p99_seconds)
    yield "workers", f"{now.workers_ready} ready of {now.workers_alive}"
    yield "time left", f"{max(0.0, seconds - now.at_seconds):.0f} s"


def _rate(before: Sample | None, now: Sample, name: str) -> str:
    old, new = getattr(before, name, None), getattr(now, name)
    if before is None or old is None or new is None or now.at_seconds <= before.at_seconds:
        return NOT_KNOWN
    return f"{(new - old) / (now.at_seconds - before.at_seconds):,.0f}"


def _count(value: int | None) -> str:
    return NOT_KNOWN if value is None else f"{value:,}"


def _millis(seconds: float | None) -> str:
    return NOT_KNOWN if seconds is None else f"{seconds * 1000:.1f} ms"
