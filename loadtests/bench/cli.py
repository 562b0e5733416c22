"""`weir bench`: measure, print the table, keep it as text and JSON."""

import json
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
import uvloop
from rich.console import Console

from loadtests.bench.decisions import measure_decide
from loadtests.bench.measure import WHOLE_RUNS, Effort, measure_clients, measure_end_to_end
from loadtests.bench.table import as_markdown
from loadtests.bench.ticks import measure_tick
from loadtests.host import describe_host, versions, weir_version
from loadtests.live import LiveView

FULL = Effort(rounds=3, seconds_each=5.0, end_to_end_seconds=60.0)
QUICK = Effort(rounds=1, seconds_each=0.5, end_to_end_seconds=8.0, decide_lines=10_000, looks=5)


def bench(  # noqa: PLR0917  # typer passes them by name
    out: Annotated[Path | None, typer.Option(help="Where the results go; default runs/bench-TIME.")] = None,
    rounds: Annotated[int, typer.Option(min=1, help="Runs of each client; the table shows medians.")] = FULL.rounds,
    clients: Annotated[bool, typer.Option(help="Measure producers and consumers side by side.")] = True,  # noqa: FBT002  # typer's way to declare a flag
    end_to_end: Annotated[bool, typer.Option(help="Measure whole runs at 50, 100 and 200 thousand events/s.")] = True,  # noqa: FBT002
    decide: Annotated[bool, typer.Option(help="Measure how many lines a second weir decide answers.")] = True,  # noqa: FBT002
    tick: Annotated[bool, typer.Option(help="Measure the observer's look at 1,000 partitions, 100 workers.")] = True,  # noqa: FBT002
    quick: Annotated[bool, typer.Option("--quick", help="A tenth of the work: does everything run?")] = False,  # noqa: FBT002
) -> None:
    """Measure Weir beside other Kafka clients on this machine, on one broker, in turn.

    Needs the extra `bench`: pip install 'confluent-kafka >= 2.15'.  About 15 minutes on two cores.
    """
    effort = QUICK if quick else Effort(rounds=rounds, seconds_each=FULL.seconds_each, end_to_end_seconds=60.0)
    console = Console()
    folder = out or Path("runs") / f"bench-{datetime.now(UTC):%Y%m%d-%H%M%S}"
    folder.mkdir(parents=True, exist_ok=True)
    document: dict[str, Any] = {
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "weir_version": weir_version(),
        "host": describe_host(),
        "versions": versions(),
        "effort": {"rounds": effort.rounds, "seconds_each": effort.seconds_each},
        "clients": uvloop.run(measure_clients(effort, console.print)) if clients else [],
        "end_to_end": [],
        "decide": measure_decide(effort.decide_lines, effort.rounds) if decide else [],
        "tick": uvloop.run(measure_tick(effort.looks, console.print)) if tick else [],
    }
    _keep(document, folder)
    if end_to_end:
        runs = uvloop.run(measure_end_to_end(effort, folder, lambda name, s: LiveView(console, name, s)))
        document["end_to_end"] = [
            run.model_dump(mode="json", exclude={"ledger": {"partitions"}}) | {"setting": asdict(whole)}
            for run, whole in zip(runs, WHOLE_RUNS, strict=True)
        ]
    console.print(_keep(document, folder), markup=False, soft_wrap=True)
    console.print(f"kept in {folder.resolve()}", soft_wrap=True)


def _keep(document: dict[str, Any], folder: Path) -> str:
    (folder / "bench.json").write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    text = as_markdown(document)
    (folder / "bench.md").write_text(text, encoding="utf-8")
    return text
