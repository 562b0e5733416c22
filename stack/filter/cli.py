"""`weir stack filter`: a door before the Docker engine that lets through what scaling workers needs."""

import asyncio
import logging
from typing import Annotated

import httpx
import typer

from contract.errors import SettingsError
from contract.interrupts import run_interruptible
from contract.logs import set_up_logs
from contract.serving import listen, serve
from stack.filter.app import Filter
from stack.filter.leftovers import end_leftovers
from stack.filter.rules import Rules

log = logging.getLogger(__name__)

ANSWER_SECONDS_MAX = 90.0
"""Longer than the Docker backend waits itself."""
UNIX = "unix://"

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
    name, _, port = host.rpartition(":")
    if not name or not port.isdecimal():
        raise SettingsError(f"--listen {host}: expected HOST:PORT, such as 0.0.0.0:2375")
    set_up_logs("docker-filter")
    run_interruptible(lambda stop: _serve(rules, upstream, name, int(port), stop), lambda: log.info("ending"))


async def _serve(rules: Rules, upstream: str, host: str, port: int, stop: asyncio.Event) -> None:
    async with _client(upstream) as client:
        async with serve(Filter(rules, client).application(), listen(host, port, what="--listen"), name="filter"):
            log.info("open", extra={"image": rules.image, "network": rules.network, "upstream": upstream})
            await stop.wait()
        try:
            ended = await end_leftovers(client, rules.labels)
        except httpx.HTTPError as error:
            log.error("what workers are left is not known", extra={"why": repr(error)})  # noqa: TRY400  # no fault of ours
        else:
            log.info("closed", extra={"leftovers_ended": ended})


def _client(upstream: str) -> httpx.AsyncClient:
    """The engine's; sockets have no host, but HTTP wants one."""
    limits = httpx.Limits(max_connections=64, keepalive_expiry=30)
    timeout = httpx.Timeout(ANSWER_SECONDS_MAX, connect=5)
    if upstream.startswith(UNIX):
        transport = httpx.AsyncHTTPTransport(uds=upstream.removeprefix(UNIX), limits=limits)
        return httpx.AsyncClient(base_url="http://engine", transport=transport, timeout=timeout)
    if not upstream.startswith("http://"):
        raise SettingsError(f"--upstream {upstream}: expected http://HOST:PORT or {UNIX}/PATH")
    return httpx.AsyncClient(base_url=upstream, limits=limits, timeout=timeout, trust_env=False)


def _labels(pairs: list[str]) -> dict[str, str]:
    labels = dict(pair.partition("=")[::2] for pair in pairs)
    if not all(key and value for key, value in labels.items()):
        raise SettingsError(f"--label {', '.join(pairs)}: expected KEY=VALUE each")
    return labels
