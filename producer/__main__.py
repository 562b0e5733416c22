"""`python -m producer` is `weir produce`."""

import sys

import typer

from contract.errors import WeirError
from producer.cli import produce

app = typer.Typer(pretty_exceptions_show_locals=False)
app.command()(produce)

try:
    app(prog_name="python -m producer")
except WeirError as error:
    typer.secho(f"producer: {error}", fg=typer.colors.RED, err=True)
    sys.exit(error.exit_code)
