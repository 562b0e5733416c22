"""`python -m broker`: the same as `weir kafka`."""

import sys

from broker.cli import app
from contract.errors import WeirError


def main() -> None:
    """Run, and print what a user can act on without a traceback."""
    try:
        app()
    except WeirError as error:
        sys.stderr.write(f"error: {error}\n")
        sys.exit(error.exit_code)


main()
