"""The story and the moment for a terminal and for a log: no box characters, and colour only repeats what words say."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime

from rich.console import Console
from rich.table import Table
from rich.text import Text

from autoscaler.explain.moment import AROUND_SECONDS, Moment, SeenBrief
from autoscaler.explain.reasons import binding_step, why_of
from autoscaler.explain.story import Entry, EntryKind, span_text
from autoscaler.model import Decision, Reading

NOT_KNOWN = "not known"
Row = Sequence[str | Text]


def render_story(entries: Sequence[Entry], title: str, console: Console) -> None:
    """Each entry with its time, what happened, and why."""
    changes = sum(entry.kind is EntryKind.CHANGE for entry in entries)
    times = "once" if changes == 1 else f"{changes} times"
    console.print(Text.assemble((title, "bold"), f": the wanted number of workers changed {times}"))
    console.print()
    console.print(_grid(((_times(entry), _what(entry), "\n".join(entry.why)) for entry in entries), right=True))


def render_moment(moment: Moment, title: str, console: Console) -> None:
    """Headline, trail, conditions, what was seen, shadows, the last change, what was done, what happened around."""
    at = f"{datetime.fromtimestamp(moment.epoch_seconds, UTC):%Y-%m-%d %H:%M:%S} UTC"
    console.print(Text.assemble((f"{title}, second {moment.at_seconds:.1f}", "bold"), f" ({at})"))
    wanted = f"{moment.policy} wants {_workers(moment.desired)}"
    console.print(f"{wanted}; {moment.spec_replicas} asked for before, {moment.status_replicas} exist", highlight=False)
    if moment.held:
        console.print(Text(f"held, because a part failed: {moment.held}", style="yellow"))
    if moment.order:
        console.print(Text(f"instead of the policy's number: {why_of(moment.order)}", style="bold"))
    _trail(moment, console)
    _section(console, "Seen", _seen(moment.seen))
    _section(console, "Shadows", _shadows(moment))
    if moment.last_change:
        _section(console, "Last change", [_changed(moment.last_change, moment.at_seconds)])
    _section(console, "Done in this tick", [(line,) for line in moment.done])
    _section(console, f"What happened within {AROUND_SECONDS:g} s", _events(moment))


def _times(entry: Entry) -> str:
    begins, ends = f"{entry.from_seconds:.1f}", f"{entry.until_seconds:.1f}"
    return f"{begins} s" if begins == ends else f"{begins} - {ends} s"


def _what(entry: Entry) -> Text:
    match entry.kind:
        case EntryKind.START:
            return Text(f"{entry.subject} begins with {entry.before}")
        case EntryKind.POLICY:
            return Text(f"{entry.subject} takes over with {entry.before}", style="bold")
        case EntryKind.CHANGE:
            style = "bold red" if entry.after > entry.before else "bold green"
            return Text(f"{entry.before} → {entry.after}", style=style)
        case EntryKind.HOLD:
            return Text(f"held at {entry.after}", style="dim")
        case EntryKind.FAILURE:
            return Text(f"held at {entry.after}: a part failed", style="yellow")
        case EntryKind.SHADOW:
            return Text(f"shadow {entry.subject}: {span_text(entry.before, entry.after)}", style="cyan")


def _workers(count: int) -> str:
    return f"{count} worker{'' if count == 1 else 's'}"


def _trail(moment: Moment, console: Console) -> None:
    decision = moment.decision
    if decision is None or moment.decided_at is None or moment.decided_from is None:
        _section(console, "Why", [("the policy had not been asked yet",)])
        return
    title = f"Why {decision.replicas}"
    if moment.decided_at != moment.at_seconds:
        title += f" (the policy was asked last at {moment.decided_at:.1f} s)"
    _section(console, title, _steps(decision, moment.decided_from))
    decided = why_of(binding_step(decision.trail, moment.decided_from))
    rows: list[Row] = [("decided by", decided)]
    if decision.recommendation is not None:
        rows.append(("recommended", f"{decision.recommendation}, before stabilisation and limits"))
    console.print(_grid([("", *row) for row in rows]))
    zero = moment.epoch_seconds - moment.at_seconds
    _section(console, "Conditions", _conditions(decision, zero))


def _steps(decision: Decision, before: int) -> Iterator[Row]:
    for step in decision.trail:
        moved = f"{before} → {step.replicas}" if step.replicas != before else f"{step.replicas}"
        numbers = ", ".join(f"{name} {number:,g}" for name, number in step.numbers.items())
        yield step.rule, Text(moved, style="bold" if step.replicas != before else ""), step.why, numbers
        before = step.replicas


def _conditions(decision: Decision, zero: float) -> Iterator[Row]:
    for condition in decision.conditions:
        since = "" if condition.changed_at is None else f"since {condition.changed_at - zero:.1f} s"
        yield condition.type, "true" if condition.status else "false", since, f"{condition.reason}: {condition.message}"


def _seen(seen: SeenBrief) -> Iterator[Row]:
    yield "lag", _reading(seen.lag, f"events in {seen.partitions} partitions")
    if seen.lag_of_worst_partition.value is not None:
        yield "", f"{_reading(seen.lag_of_worst_partition, 'events')} in the one that has most"
    yield "time lag", _number(seen.time_lag_seconds, "{:,.1f} s")
    yield "arriving", _number(seen.arrival_rate, "{:,.0f} events/s")
    yield "processed", _number(seen.processing_rate, "{:,.0f} events/s")
    yield "group", f"{seen.group_state or NOT_KNOWN}, {_number(seen.group_members, '{:,}')} members"
    if seen.host_cpu_ratio is not None:
        yield "host CPU", _number(seen.host_cpu_ratio * 100, "{:.0f} %")
    yield "workers", _phases(seen)
    for name, reading in seen.metrics.items():
        yield name, _reading(reading)


def _phases(seen: SeenBrief) -> str:
    phases = ", ".join(f"{count} {phase}" for phase, count in seen.workers.items()) or "none"
    told = f", {seen.workers_deleted} told to go" if seen.workers_deleted else ""
    return f"{phases}; the Ready condition is true for {seen.workers_ready}{told}"


def _shadows(moment: Moment) -> Iterator[Row]:
    for name, watched in moment.shadows.items():
        at_seconds, answer = watched.at_seconds, watched.answer
        more = answer.replicas - moment.desired
        other = "the same" if not more else f"{abs(more)} {'more' if more > 0 else 'fewer'}"
        asked = "" if at_seconds == moment.at_seconds else f" (asked at {at_seconds:.1f} s)"
        yield name, Text(str(answer.replicas), style="bold"), other, answer.why + asked


def _changed(change: Entry, now: float) -> Row:
    ago = now - change.from_seconds
    when = f"{change.from_seconds:.1f} s" + (f", {ago:.1f} s before" if ago else ", in this tick")
    return when, f"{change.before} → {change.after}", "\n".join(change.why)


def _events(moment: Moment) -> Iterator[Row]:
    for event in moment.events:
        yield f"{event.at_seconds:.1f} s", event.kind, event.subject, event.detail


def _reading(reading: Reading, unit: str = "") -> str:
    if reading.value is None:
        return f"{NOT_KNOWN}: {reading.error}" if reading.error else NOT_KNOWN
    return f"{reading.value:,.10g} {unit}".rstrip()


def _number(number: float | None, form: str) -> str:
    return NOT_KNOWN if number is None else form.format(number)


def _section(console: Console, title: str, rows: Iterable[Row]) -> None:
    """Nothing at all if there are no rows."""
    found = list(rows)
    if found:
        console.print()
        console.print(Text(title, style="bold"))
        console.print(_grid([("", *row) for row in found]))


def _grid(rows: Iterable[Row], *, right: bool = False) -> Table:
    """Columns side by side; only the last ones, which have the words, are folded."""
    found = list(rows)
    grid = Table.grid(padding=(0, 2, 0, 0))
    for column in range(max(map(len, found), default=0)):
        widest = max((_width(row, column) for row in found), default=0)
        grid.add_column(justify="right" if right and not column else "left", no_wrap=widest <= NEVER_FOLDED)
    for row in found:
        grid.add_row(*(Text(cell) if isinstance(cell, str) else cell for cell in row))
    return grid


NEVER_FOLDED = 22
"""Columns up to this width keep their lines whole."""


def _width(row: Row, column: int) -> int:
    return max(map(len, str(row[column]).split("\n"))) if column < len(row) else 0
