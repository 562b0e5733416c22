"""`python -m loadtests` is `weir loadtest`."""

from loadtests.cli import app

app()
