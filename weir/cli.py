"""`weir`: one command, a sub-command for each thing that one can do.

Only the command that is asked for is imported: Kafka clients and data frames cost half a second that `weir decide` in a
pipe, or a typing error, should not have to wait for.  Help and shell completion need all of them.
"""

import sys
from collections.abc import Iterable, Mapping
from importlib import import_module

import typer

from contract.errors import WeirError

COMMANDS: Mapping[str, str] = {
    "kafka": "broker.cli:app",
    "loadtest": "loadtests.cli:app",
    "produce": "producer.cli:produce",
    "process": "processor.cli:process",
    "bench": "loadtests.bench.cli:bench",
    "decide": "autoscaler.decide_cli:decide",
    "explain": "autoscaler.explain_cli:explain",
    "lint": "autoscaler.lint_cli:lint_policy",
    "manifest": "autoscaler.manifest_cli:manifest",
    "autoscale": "autoscaler.autoscale_cli:autoscale",
}
"""Where each command is.  One with examples has them as EPILOG in its module."""


def main() -> None:
    """Run the command line.  Our own errors are for the user: a message and an exit code, no traceback."""
    asked = sys.argv[1] if len(sys.argv) > 1 else ""
    try:
        application([asked] if asked in COMMANDS else COMMANDS)()
    except WeirError as error:
        typer.secho(f"weir: {error}", fg=typer.colors.RED, err=True)
        sys.exit(error.exit_code)


def application(names: Iterable[str]) -> typer.Typer:
    """The command line with these commands."""
    app = typer.Typer(
        name="weir",
        no_args_is_help=True,
        pretty_exceptions_show_locals=False,
        help="A testbed for Kafka stream processors and their autoscalers: real load, real workers, and a proof of it.",
    )
    app.callback()(_nothing)  # or one command alone would take the place of all
    for name in names:
        _mount(app, name)
    return app


def _nothing() -> None:
    """A testbed for Kafka stream processors and their autoscalers: real load, real workers, and a proof of it."""


def _mount(app: typer.Typer, name: str) -> None:
    place, _, attribute = COMMANDS[name].partition(":")
    module = import_module(place)
    command = getattr(module, attribute)
    if isinstance(command, typer.Typer):
        app.add_typer(command, name=name)
    else:
        app.command(name, epilog=getattr(module, "EPILOG", None))(command)
