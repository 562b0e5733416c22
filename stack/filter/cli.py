"""`weir stack filter`: a door before the Docker engine that lets through what scaling workers needs."""

from typing import Annotated

import typer

from contract.addresses import read_host_port
from contract.errors import SettingsError
from stack.filter.rules import Rules

EPILOG = """
Example:

  weir stack filter --upstream http://socket-proxy:2375 --image weir:0.1.0 --network weir_events --label stack=mine

Each option can also stand in the environment, as WEIR_FILTER_IMAGE or WEIR_FILTER_CONTAINERS_MAX; labels in
WEIR_FILTER_LABEL with spaces between them.

Its client, with DOCKER_HOST=tcp://HOST:2375, may list, start, measure and end containers of that image, on that network
and with these labels, made as the Docker backend makes them (docs/docker.md), and nothing else.  When it is told to end
it ends workers that no autoscaler of their compose project is left to end.
"""


def filter_calls(  # noqa: PLR0917  # typer passes them by name
    image: Annotated[str, typer.Option(help="What workers are made from.")],
    network: Annotated[str, typer.Option(help="Where they are.")],
    label: Annotated[list[str], typer.Option(metavar="KEY=VALUE", help="What each of them bears; at least one.")],
    upstream: Annotated[str, typer.Option(metavar="URL", help="The engine, or a proxy: http://… or unix://…")],
    secrets: Annotated[str | None, typer.Option(metavar="VOLUME", help="The one volume they may mount.")] = None,
    host: Annotated[
        str, typer.Option("--listen", metavar="HOST:PORT", envvar="WEIR_FILTER_LISTEN", help="Where to serve.")
    ] = "127.0.0.1:2375",
    cores_max: Annotated[float, typer.Option(min=0.01, help="Most CPU for one worker.")] = 4.0,
    memory_mib_max: Annotated[int, typer.Option(min=6, help="Most memory for one worker.")] = 4096,
    containers_max: Annotated[int, typer.Option(min=1, help="Most workers at a time.")] = 100,
) -> None:
    """Let through to the Docker engine what scaling workers needs."""
    rules = Rules(
        image=image,
        network=network,
        labels=_labels(label),
        secrets=secrets,
        cores_max=cores_max,
        memory_bytes_max=memory_mib_max << 20,
        containers_max=containers_max,
    )
    name, port = read_host_port(host, option="--listen", expected="0.0.0.0:2375")
    from stack.filter.serving import serve_filter  # noqa: PLC0415  # its libraries are slow to import

    serve_filter(rules, upstream, name, port)


def _labels(pairs: list[str]) -> dict[str, str]:
    labels = dict(pair.partition("=")[::2] for pair in pairs)
    if not all(key and value for key, value in labels.items()):
        raise SettingsError(f"--label {', '.join(pairs)}: expected KEY=VALUE each")
    return labels
