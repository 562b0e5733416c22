"""`weir`: one command, a sub-command for each thing that one can do."""

import sys

import typer

from autoscaler.autoscale_cli import EPILOG as AUTOSCALE_EPILOG
from autoscaler.autoscale_cli import autoscale
from autoscaler.decide_cli import EPILOG as DECIDE_EPILOG
from autoscaler.decide_cli import decide
from autoscaler.explain_cli import EPILOG as EXPLAIN_EPILOG
from autoscaler.explain_cli import explain
from autoscaler.lint_cli import EPILOG as LINT_EPILOG
from autoscaler.lint_cli import lint_policy
from autoscaler.manifest_cli import EPILOG as MANIFEST_EPILOG
from autoscaler.manifest_cli import manifest
from broker.cli import app as kafka
from contract.errors import WeirError
from loadtests.bench.cli import bench
from loadtests.cli import app as loadtest
from processor.cli import process
from producer.cli import produce

app = typer.Typer(
    name="weir",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,
    help="A testbed for Kafka stream processors: real load, real workers, and a ledger that proves none was lost.",
)
app.add_typer(kafka, name="kafka", help="The embedded Apache Kafka.")
app.add_typer(loadtest, name="loadtest")
app.command()(produce)
app.command()(process)
app.command()(bench)
app.command(epilog=DECIDE_EPILOG)(decide)
app.command(epilog=EXPLAIN_EPILOG)(explain)
app.command("lint", epilog=LINT_EPILOG)(lint_policy)
app.command(epilog=MANIFEST_EPILOG)(manifest)
app.command(epilog=AUTOSCALE_EPILOG)(autoscale)


def main() -> None:
    """Run the command line.  Our own errors are for the user: a message and an exit code, no traceback."""
    try:
        app()
    except WeirError as error:
        typer.secho(f"weir: {error}", fg=typer.colors.RED, err=True)
        sys.exit(error.exit_code)
