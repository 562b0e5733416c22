"""How things stand, for a terminal: the API's documents in words.  What is not known is a question mark."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from autoscaler.rollout.model import Phase
from autoscaler.rollout.view import in_words

UNKNOWN = "?"
Document = Mapping[str, Any]
MINUTE, HOUR, DAY = 60, 3_600, 86_400


def render_status(
    state: Document, workers: Sequence[Document], decisions: Sequence[Document], console: Console
) -> None:
    """The head, who decides, what is there, why; then the workers."""
    console.print(
        Text.assemble(
            (state["group"], "bold"),
            f" reads {state['topic']}, workers: {state['backend']}, mode: ",
            (state["mode"], "bold" if state["mode"] != "automatic" else ""),
        )
    )
    for text, style in _alarms(state):
        console.print(Text(text, style=style))
    console.print()
    grid = Table.grid(padding=(0, 2))
    for name, words in _facts(state, decisions):
        grid.add_row(Text(name, style="dim"), Text(words))
    console.print(grid)
    if workers:
        console.print()
        console.print(_table(workers, state["at"]))


def _alarms(state: Document) -> Iterator[tuple[str, str]]:
    if state["storm"]["active"]:
        yield f"INIT STORM: {state['storm']['evidence']}", "bold red"
    if state["held"]:
        yield f"holding: {state['held']}", "yellow"
    if (rollout := state["rollout"]) and rollout["phase"] == Phase.STALLED:
        yield f"rollout: {in_words(rollout)}", "yellow"
    for problem in state["problems"]:
        yield problem, "yellow"


def _facts(state: Document, decisions: Sequence[Document]) -> Iterator[tuple[str, str]]:
    replicas, lag, rates, policy = state["replicas"], state["lag"], state["rates"], state["policy"]
    yield "policy", f"{policy['name']} ({policy['kind']}), {_bounds(policy)}"
    if state["paused"]:
        yield "paused", _because(f"since {_clock(state['paused']['since'])}", state["paused"]["reason"])
    if manual := state["manual"]:
        left = _span(manual["until"] - state["at"])
        yield "manual", _because(f"{manual['replicas']} for {left} more", manual["reason"])
    if leader := state["leader"]:
        yield "leader", f"{leader['holder']}{' (this one)' if leader['self'] else ''}, term {leader['term']}"
    counts = ", ".join(f"{number(replicas[name])} {name}" for name in ("desired", "current", "ready", "needed"))
    yield "workers", f"{counts}; {number(state['group_members'])} members in the group"
    if (rollout := state["rollout"]) and rollout["phase"] == Phase.PROGRESSING:
        yield "rollout", in_words(rollout)
    limit = state["slo_time_lag_seconds"]
    slo = "" if limit is None else f" (limit {limit:g} s)"
    yield "lag", f"{number(lag['events'])} events, {number(lag['seconds'], 1)} s{slo}"
    yield "rates", f"{number(rates['arrival'])}/s arrive, {number(rates['processing'])}/s are processed"
    for decision in decisions[:1]:
        times = f" ({decision['count']} times)" if decision["count"] > 1 else ""
        yield "because", f"{decision['reason']}{times}"
    for shadow in state["shadows"]:
        yield "shadow", f"{shadow['name']} would have {number(shadow['replicas'])}: {shadow['why'] or 'not asked yet'}"


def _table(workers: Iterable[Document], now: float) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("worker")
    table.add_column("phase")
    for name in ("age", "restarts", "cores", "memory", "busy", "events/s", "partitions"):
        table.add_column(name, justify="right")
    table.add_column("", overflow="fold")
    for worker in workers:
        table.add_row(*_row(worker, now))
    return table


def _row(worker: Document, now: float) -> list[str]:
    memory, busy = worker["memory_bytes"], worker["busy_ratio"]
    return [
        worker["name"],
        "stopping" if worker["deleted"] else worker["phase"] or worker["pod_phase"],
        _span(now - worker["created_at"]),
        str(worker["restarts"]),
        number(worker["cpu_cores"], 2),
        UNKNOWN if memory is None else f"{memory / 2**20:,.0f} MiB",
        UNKNOWN if busy is None else f"{busy:.0%}",
        number(worker["processing_rate"]),
        number(worker["partitions"]),
        worker["pending_reason"] or (f"last: {worker['last_exit']}" if worker["last_exit"] else ""),
    ]


def number(value: float | None, digits: int = 0) -> str:
    """With thousands apart."""
    return UNKNOWN if value is None else f"{value:,.{digits}f}"


def _bounds(policy: Document) -> str:
    least, most = policy["replicas_min"], policy["replicas_max"]
    if least is None and most is None:
        return "no bounds"
    return f"{0 if least is None else least} to {'any' if most is None else most} workers"


def _because(words: str, reason: str | None) -> str:
    return f"{words}: {reason}" if reason else words


def _clock(at: float) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M:%S} UTC"


def _span(seconds: float) -> str:
    """In the two largest units."""
    left = max(0, round(seconds))
    for size, name, below, small in ((DAY, "d", HOUR, "h"), (HOUR, "h", MINUTE, "m"), (MINUTE, "m", 1, "s")):
        if left >= size:
            return f"{left // size} {name} {left % size // below} {small}"
    return f"{left} s"
