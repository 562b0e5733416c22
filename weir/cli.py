"""`weir`: one command, a sub-command for each thing that one can do.

Only the command that is asked for is imported: Kafka clients and data frames cost half a second that `weir decide` in a
pipe, or a typing error, should not have to wait for.  Help and shell completion need all of them.
"""

import sys
from collections.abc import Iterable, Mapping
from importlib import import_module, metadata
from typing import Annotated

import typer

from contract.errors import WeirError
from weir.output import NobodyReadsError, watch_output

COMMANDS: Mapping[str, str] = {
    "kafka": "broker.cli:app",
    "loadtest": "loadtests.cli:app",
    "produce": "producer.cli:produce",
    "process": "processor.cli:process",
    "bench": "loadtests.bench.cli:bench",
    "decide": "autoscaler.commands.decide:decide",
    "explain": "autoscaler.commands.explain:explain",
    "lint": "autoscaler.commands.lint:lint_policy",
    "manifest": "autoscaler.commands.manifest:manifest",
    "autoscale": "autoscaler.commands.autoscale:autoscale",
    "status": "autoscaler.commands.control:status",
    "pause": "autoscaler.commands.control:pause",
    "resume": "autoscaler.commands.control:resume",
    "scale": "autoscaler.commands.control:scale",
    "policy": "autoscaler.commands.policy:app",
    "rollout": "autoscaler.commands.rollout:app",
    "stack": "stack.cli:app",
}
"""Where each command is.  One with examples has them as EPILOG in its module, or in EPILOGS if it has neighbours."""


def main() -> None:
    """Run the command line.  Our own errors are for the user: a message and an exit code, no traceback."""
    asked = sys.argv[1] if len(sys.argv) > 1 else ""
    watch_output()
    try:
        _run([asked] if asked in COMMANDS else COMMANDS)
    except NobodyReadsError as error:
        sys.exit(error.exit_code)
    except WeirError as error:
        typer.secho(f"weir: {error}", fg=typer.colors.RED, err=True)
        sys.exit(error.exit_code)


def _run(names: Iterable[str]) -> None:
    """Whatever it ends with, what it wrote has to reach standard output before."""
    try:
        application(names)()
    finally:
        sys.stdout.flush()


def application(names: Iterable[str]) -> typer.Typer:
    """The command line with these commands."""
    app = typer.Typer(
        name="weir",
        no_args_is_help=True,
        pretty_exceptions_show_locals=False,
        context_settings={"help_option_names": ["-h", "--help"]},
        help="A testbed for Kafka stream processors and their autoscalers: real load, real workers, and a proof of it.",
    )
    app.callback()(_general)  # or one command alone would take the place of all
    for name in names:
        _mount(app, name)
    return app


def _tell_version(asked: bool) -> None:
    if asked:
        typer.echo(f"weir {metadata.version('weir')}")
        raise typer.Exit


def _general(
    *,
    version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_tell_version, help="Show the version and exit.")
    ] = False,
) -> None:
    """A testbed for Kafka stream processors and their autoscalers: real load, real workers, and a proof of it."""


def _mount(app: typer.Typer, name: str) -> None:
    place, _, attribute = COMMANDS[name].partition(":")
    module = import_module(place)
    command = getattr(module, attribute)
    if isinstance(command, typer.Typer):
        app.add_typer(command, name=name)
    else:
        epilog = getattr(module, "EPILOGS", {}).get(name) or getattr(module, "EPILOG", None)
        app.command(name, epilog=epilog)(command)
