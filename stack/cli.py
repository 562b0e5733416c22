"""`weir stack`: what the services of compose.yaml run beside producer, autoscaler and load test."""

import typer

from stack.filter.cli import EPILOG as FILTER_EPILOG
from stack.filter.cli import filter_calls
from stack.setup import SETUP_EPILOG, SHOW_EPILOG, setup, show
from stack.topics import EPILOG as TOPICS_EPILOG
from stack.topics import topics

app = typer.Typer(no_args_is_help=True, help="Parts of the compose stack, run by compose.yaml.")

app.command(epilog=SETUP_EPILOG)(setup)
app.command(epilog=SHOW_EPILOG)(show)
app.command(epilog=TOPICS_EPILOG)(topics)
app.command(name="filter", epilog=FILTER_EPILOG, context_settings={"auto_envvar_prefix": "WEIR_FILTER"})(filter_calls)
