"""The filter as a process: it serves until it is told to end, and then looks after the workers that are left."""

import asyncio
import logging

import httpx

from contract.errors import SettingsError
from contract.interrupts import run_interruptible
from contract.logs import set_up_logs
from contract.serving import listen, serve
from stack.filter.app import Filter
from stack.filter.leftovers import end_leftovers
from stack.filter.rules import Rules

ANSWER_SECONDS_MAX = 90.0
"""Longer than the Docker backend waits itself."""
UNIX = "unix://"

log = logging.getLogger(__name__)


def serve_filter(rules: Rules, upstream: str, host: str, port: int) -> None:
    """Serve until SIGTERM or Ctrl-C.  Raises SettingsError for an address that cannot be used."""
    set_up_logs("docker-filter")
    run_interruptible(lambda stop: _serve(rules, upstream, host, port, stop), lambda: log.info("ending"))


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
