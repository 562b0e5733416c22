"""What is done with workers when the stack goes down: those that nobody is left to scale are ended.

`docker compose down` knows what it has started, and workers it has not.  An autoscaler ends its own as it goes; one
that was dead already has left them.  The filter goes after it, and is the last that may touch a worker.
"""

import asyncio
from collections.abc import Mapping

import httpx

from stack.filter.app import containers

PROJECT, SERVICE = "com.docker.compose.project", "com.docker.compose.service"
SCALERS = ("autoscaler", "loadtest")
GRACE_SECONDS = 8
"""Compose waits ten by default."""


async def end_leftovers(upstream: httpx.AsyncClient, labels: Mapping[str, str]) -> int:
    """How many were ended: none while an autoscaler or a load test of the project runs, as in a mere restart.

    Raises httpx.HTTPError when the engine does not answer.
    """
    project = labels.get(PROJECT)
    if project is None:
        return 0
    for service in SCALERS:
        if await containers(upstream, {PROJECT: project, SERVICE: service}, everyone=False):
            return 0
    left = await containers(upstream, labels, everyone=True)
    await asyncio.gather(*(_end(upstream, container) for container in left))
    return len(left)


async def _end(upstream: httpx.AsyncClient, container: str) -> None:
    """It finishes what it holds, and is gone."""
    await upstream.post(f"/containers/{container}/stop", params={"t": GRACE_SECONDS}, timeout=GRACE_SECONDS + 5)
    await upstream.delete(f"/containers/{container}", params={"force": "1", "v": "1"})
