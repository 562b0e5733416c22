"""`weir stack`: what the services of compose.yaml run beside producer, autoscaler and load test."""

import typer

app = typer.Typer(no_args_is_help=True, help="Parts of the compose stack, run by compose.yaml.")
