"""`weir rollout`: another version of the workers of a live autoscaler, how far it has come, and the way back."""

import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from autoscaler.commands.client import DEFAULT_TOKEN_FILE, DEFAULT_URL, ApiClient, ApiUrl, AsJson, TokenFile
from autoscaler.commands.control import WHERE, show_json
from autoscaler.options import StrategySettings
from autoscaler.rollout.model import Phase
from autoscaler.rollout.view import in_words
from autoscaler.worker_file import read_strategy, read_worker
from contract.errors import SettingsError

POLL_SECONDS = 1.0
STALLED = 1
"""The exit code of `status`, as kubectl has it."""

app = typer.Typer(
    no_args_is_help=True, help="Another version of a live autoscaler's workers: roll it out, watch it, undo it."
)

START_EPILOG = f"""
Examples:

  weir rollout start --worker worker.yaml                # a scenario's section `worker`, alone or in a whole scenario

  weir rollout start --image weir:0.2.0                  # containers: the same settings, another image

  weir rollout start --worker worker.yaml --strategy max_surge=1 --strategy max_unavailable=0

  weir rollout start --worker worker.yaml --watch        # and wait; exit code 1 if it stalls

What the file leaves out has its default, or what the environment says; it is not merged with the present settings.
The same holds for --strategy.  Without it, and without `rollout` in the file, the present strategy stays.
{WHERE}"""
STATUS_EPILOG = """
Examples:

  weir rollout status                                    # a line

  weir rollout status --watch                            # a line for each change, until it is complete or stalled

Reading needs no token.  Exit codes: 0 complete, or still going on; 1 stalled; 2 nobody answers.
"""
UNDO_EPILOG = f"""
Examples:

  weir rollout undo                                      # to the version that was wanted before

  weir rollout undo --to 3                               # to one that weir rollout history shows
{WHERE}"""
HISTORY_EPILOG = """
Examples:

  weir rollout history

  weir rollout history --json                            # with the settings of each

Reading needs no token.  Exit codes: 0 told, 2 nobody answers.
"""

Watch = Annotated[bool, typer.Option("--watch", help="Wait until it is complete or stalled.")]


@app.command(epilog=START_EPILOG)
def start(  # noqa: PLR0917  # typer passes them by name
    worker: Annotated[Path | None, typer.Option(metavar="WORKER.yaml", help="The new settings.")] = None,
    image: Annotated[str | None, typer.Option(metavar="IMAGE", help="Of containers.")] = None,
    strategy: StrategySettings = None,
    watch: Watch = False,  # noqa: FBT002  # typer's way to declare a flag
    api: ApiUrl = DEFAULT_URL,
    token_file: TokenFile = DEFAULT_TOKEN_FILE,
    as_json: AsJson = False,  # noqa: FBT002  # typer's way to declare a flag
) -> None:
    """Replace all workers, step by step, by those of another version."""
    if worker is None and image is None:
        raise SettingsError("expected --worker FILE, --image IMAGE, or both: there is nothing to roll out")
    how = read_strategy(worker, strategy or ())
    order = {
        "worker": read_worker(worker).model_dump(mode="json", exclude_unset=True) if worker else None,
        "image": image,
        "strategy": how.model_dump(mode="json") if how else None,
    }
    with ApiClient(api, token_file) as client:
        _told(client, client.order("PUT", "rollout", json=order), as_json=as_json, watch=watch)


@app.command(epilog=STATUS_EPILOG)
def status(
    watch: Watch = False,  # noqa: FBT002  # typer's way to declare a flag
    api: ApiUrl = DEFAULT_URL,
    as_json: AsJson = False,  # noqa: FBT002  # typer's way to declare a flag
) -> None:
    """How far the wanted version has come."""
    with ApiClient(api) as client:
        _told(client, client.read("rollout"), as_json=as_json, watch=watch)


@app.command(epilog=UNDO_EPILOG)
def undo(
    to: Annotated[int | None, typer.Option(metavar="REVISION", min=1, help="Which one; left out: the last.")] = None,
    watch: Watch = False,  # noqa: FBT002  # typer's way to declare a flag
    api: ApiUrl = DEFAULT_URL,
    token_file: TokenFile = DEFAULT_TOKEN_FILE,
    as_json: AsJson = False,  # noqa: FBT002  # typer's way to declare a flag
) -> None:
    """Go back to an earlier version, also in the middle of a rollout."""
    with ApiClient(api, token_file) as client:
        _told(client, client.order("POST", "rollout/undo", json={"to": to}), as_json=as_json, watch=watch)


@app.command(epilog=HISTORY_EPILOG)
def history(api: ApiUrl = DEFAULT_URL, as_json: AsJson = False) -> None:  # noqa: FBT002  # typer's way to declare a flag
    """The versions that can be gone back to."""
    with ApiClient(api) as client:
        rollout = client.read("rollout")
    if as_json:
        show_json(rollout)
        return
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for name in ("revision", "made", "image", "settings that differ from the one above"):
        table.add_column(name, overflow="fold")
    before: Mapping[str, Any] = {}
    for revision in rollout["revisions"]:
        name = f"{revision['revision']}{' *' if revision['current'] else ''}"
        table.add_row(name, _when(revision["made_at"]), revision["image"] or "", _differences(before, revision))
        before = revision["worker"]
    Console(highlight=False).print(table)


def _told(client: ApiClient, rollout: Mapping[str, Any], *, as_json: bool, watch: bool) -> None:
    """One answer, or one for each change until nothing more is to come."""
    for state in _changes(client, rollout) if watch else (rollout,):
        if as_json:
            show_json(state)
        else:
            typer.echo(in_words(state))
        rollout = state
    if rollout["phase"] == Phase.STALLED:
        raise typer.Exit(STALLED)


def _changes(client: ApiClient, rollout: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield rollout
    while rollout["phase"] == Phase.PROGRESSING:
        time.sleep(POLL_SECONDS)
        before, rollout = rollout, client.read("rollout")
        if in_words(rollout) != in_words(before):
            yield rollout


def _when(at_seconds: float | None) -> str:
    return "at the start" if at_seconds is None else f"{datetime.fromtimestamp(at_seconds, UTC):%Y-%m-%d %H:%M:%S} UTC"


def _differences(before: Mapping[str, Any], revision: Mapping[str, Any]) -> str:
    """The sections and fields at the top that are not as in the version above."""
    now = revision["worker"]
    changed = sorted(name for name in {*before, *now} if before.get(name) != now.get(name))
    return ", ".join(f"{name}: {now.get(name, 'left out')}" for name in changed) if before else ""
