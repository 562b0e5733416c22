"""`python -m processor`: the worker as a program of its own, which is how the testbed launches many."""

import sys

import typer

from contract.errors import WeirError
from processor.cli import process


def main() -> None:
    """Run; errors that a person can act on become a message and an exit code."""
    app = typer.Typer(pretty_exceptions_show_locals=False, add_completion=False)
    app.command()(process)
    try:
        app()
    except WeirError as error:
        typer.secho(f"processor: {error}", fg=typer.colors.RED, err=True)
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
