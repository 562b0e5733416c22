"""Networks that Weir makes for a run, and what runs left behind that were killed.

A run's network is a bridge of its own.  It leads nowhere: its containers reach each other, and the machine by the
network's gateway, where the run's Kafka listens.
"""

from collections.abc import Awaitable, Mapping, Sequence
from typing import Any

from docker import APIClient

from autoscaler.backends.docker.containers import IMAGE_ADVICE, NOT_FOUND, unless_gone
from autoscaler.backends.docker.engine import ORDERS, Engine, RefusedError
from autoscaler.backends.docker.seen import RUN
from autoscaler.backends.docker.starter import Here, is_gone
from autoscaler.backends.docker.stats import read_time
from autoscaler.errors import BackendError

FORBIDDEN = 403
FOREIGN = ("host", "none")


async def make_network(engine: Engine, name: str, labels: Mapping[str, str]) -> str:
    """Make it; the address of its gateway.  A network that cannot be used is taken away again."""
    what = f"the network {name} cannot be made"
    await engine.ask(
        what,
        lambda client: client.create_network(
            name, driver="bridge", internal=True, check_duplicate=True, labels=dict(labels)
        ),
        ORDERS,
    )
    try:
        return _gateway(what, await engine.ask(what, lambda client: client.inspect_network(name)))
    except BaseException:
        await remove_network(engine, name)
        raise


def _gateway(what: str, made: Mapping[str, Any]) -> str:
    configs = (made.get("IPAM") or {}).get("Config") or []
    gateway = next((str(config["Gateway"]) for config in configs if config.get("Gateway")), None)
    if gateway is None:
        raise BackendError(f"{what}: the engine gave it no gateway")
    return gateway


async def remove_network(engine: Engine, name: str, *, urgent: bool = True) -> None:
    """Remove it; one that is gone is no error."""
    try:
        await engine.ask(
            f"the network {name} cannot be removed", lambda client: client.remove_network(name), ORDERS, urgent=urgent
        )
    except RefusedError as error:
        if error.status != NOT_FOUND:
            raise


async def require_network(engine: Engine, name: str) -> None:
    """Raises BackendError unless containers may be put there."""
    if name in FOREIGN or ":" in name:
        raise BackendError(f"--network {name}: workers get a network between containers, never one of the host's")
    try:
        await engine.ask(f"--network {name}", lambda client: client.inspect_network(name))
    except RefusedError as error:
        why = f"--network {name}: no such network on the engine" if error.status == NOT_FOUND else str(error)
        raise BackendError(f"{why}; docker network ls lists those that there are") from error


async def require_image(engine: Engine, name: str) -> str:
    """The identifier of that image.  Raises BackendError when the engine does not have it."""
    try:
        inspected = await engine.ask(f"the image {name}", lambda client: _inspect_image(client, name))
    except RefusedError as error:
        why = f"No such image on the engine: {name}" if error.status == NOT_FOUND else str(error)
        raise BackendError(f"{why}; {IMAGE_ADVICE}") from error
    return str(inspected["Id"])


def _inspect_image(client: APIClient, name: str) -> Mapping[str, Any]:
    inspected: Mapping[str, Any] = client.inspect_image(name)  # type: ignore[no-untyped-call]  # its stub says nothing
    return inspected


async def remove_stale(engine: Engine, here: Here) -> Sequence[str]:
    """Remove containers and networks of runs whose process is gone for certain; their names.

    A network stays as long as somebody else's container is on it.
    """
    containers = [entry for entry in await _containers(engine) if _stale(entry, here)]
    networks = [entry for entry in await _networks(engine) if _stale(entry, here)]
    return [
        *[await _remove_container(engine, entry) for entry in containers],
        *[f"network {entry['Name']}" for entry in networks if await _unused(remove_network(engine, entry["Id"]))],
    ]


async def _unused(removal: Awaitable[None]) -> bool:
    try:
        await removal
    except RefusedError as error:
        if error.status != FORBIDDEN:
            raise
        return False
    return True


def _stale(entry: Mapping[str, Any], here: Here) -> bool:
    """Containers tell when they were made in seconds, networks in words."""
    labels, made = entry.get("Labels") or {}, entry.get("Created", 0)
    made_at = read_time(made) if isinstance(made, str) else float(made)
    return RUN in labels and is_gone(labels, made_at, here)


async def _containers(engine: Engine) -> list[Any]:
    filters = {"label": [RUN]}
    return list(
        await engine.ask("what runs left cannot be listed", lambda client: client.containers(all=True, filters=filters))
    )


async def _networks(engine: Engine) -> list[Any]:
    """None where a filter stands before the engine that lets nobody make networks."""
    filters = {"label": [RUN]}
    try:
        return list(
            await engine.ask("what runs left cannot be listed", lambda client: client.networks(filters=filters))
        )
    except RefusedError as error:
        if error.status != FORBIDDEN:
            raise
        return []


async def _remove_container(engine: Engine, entry: Mapping[str, Any]) -> str:
    name = str(next(iter(entry.get("Names") or ()), entry["Id"])).removeprefix("/")
    removal = engine.ask(
        f"{name} cannot be removed", lambda client: client.remove_container(entry["Id"], v=True, force=True), ORDERS
    )
    await unless_gone(removal)
    return f"container {name}"
