"""`weir loadtest clean`: what runs left on the Docker engine whose process was killed."""

import asyncio

import typer

EPILOG = """
Example:

  weir loadtest clean                                      # containers and networks of runs that were killed

Only what bears a run's label goes, and only if the process that started it is gone for certain: it ran on this machine,
and no process of its number and start time is there any more.  A run with --backend docker does the same before it
starts.  Exit codes: 0 nothing is left, 2 the engine does not answer.
"""


def clean() -> None:
    """Remove containers and networks that killed runs left behind."""
    from autoscaler.backends.docker.engine import Engine  # noqa: PLC0415  # its SDK is slow to import
    from autoscaler.backends.docker.network import remove_stale  # noqa: PLC0415
    from autoscaler.backends.docker.starter import Here  # noqa: PLC0415

    with Engine() as engine:
        removed = asyncio.run(remove_stale(engine, Here.now()))
    for name in removed:
        typer.echo(f"removed {name}")
    if not removed:
        typer.echo("there is nothing to remove")
