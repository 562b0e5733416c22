"""The engine's calls, each for one thing that a backend wants of one owner's containers.

Its one rule: identifiers come from `all` alone, which has looked at the owner's label; they are never given twice.
"""

import signal
from collections.abc import Awaitable, Mapping, Sequence
from typing import Any, TypeVar

from docker import APIClient

from autoscaler.backends.base import Usage
from autoscaler.backends.docker.engine import MEASUREMENTS, ORDERS, Engine, RefusedError
from autoscaler.backends.docker.recipe import Host, read_host, read_node
from autoscaler.backends.docker.seen import OWNER, STOPPING_MARK, Seen, read_container, read_exit
from autoscaler.backends.docker.stats import read_usage
from autoscaler.backends.words import HEAD_BYTES, LAST_LINES, last_words, told_port
from autoscaler.reconciler.model import Exit, Node

Value = TypeVar("Value")

NOT_FOUND, CONFLICT = 404, 409
IMAGE_ADVICE = "make image builds Weir's own; another one is named with --image"
ONE_SHOT_SINCE = (1, 41)
"""Version of the API in which `stats` learnt to answer without waiting for a second sample."""


class Containers:
    """Those of one owner."""

    def __init__(self, engine: Engine, owner: str) -> None:
        self.engine = engine
        self.owner = owner

    async def host(self) -> Host:
        """What the engine is able to do."""
        version = await self.engine.api_version()
        info = await self.engine.ask("what the engine is able to do cannot be read", lambda client: client.info())
        return read_host(info, version)

    async def node(self, labels: Mapping[str, str]) -> Node:
        """The engine's machine, with these labels on top of its own."""
        info = await self.engine.ask("the engine's labels cannot be read", lambda client: client.info())
        return read_node(info, labels)

    async def all(self, *, urgent: bool = False) -> Sequence[Seen]:
        """Every container of this owner, in one call."""

        def listed(client: APIClient) -> list[Mapping[str, Any]]:
            return list(client.containers(all=True, filters={"label": [f"{OWNER}={self.owner}"]}))

        entries = await self.engine.ask("the workers cannot be listed", listed, urgent=urgent)
        return [seen for entry in entries if (seen := read_container(entry, self.owner))]

    async def launch(self, name: str, arguments: Mapping[str, Any]) -> str:
        """Make a container and start it; its identifier.  One that cannot be started is taken away again."""
        what = f"{name} cannot be launched"
        try:
            made = await self.engine.ask(what, lambda client: client.create_container(**arguments), ORDERS)
        except RefusedError as error:
            if error.status == NOT_FOUND:
                raise RefusedError(f"{error}; {IMAGE_ADVICE}", error.status) from error
            raise
        made_id = str(made["Id"])
        try:
            await self.engine.ask(what, lambda client: client.start(made_id), ORDERS)
        except BaseException:
            await self.remove(made_id, urgent=True)
            raise
        return made_id

    async def mark_stopping(self, container_id: str, container: str) -> str:
        """Write into its name that it was told to stop; the new name."""
        if container.endswith(STOPPING_MARK):
            return container
        marked = container + STOPPING_MARK
        await unless_gone(
            self.engine.ask(
                f"{container} cannot be marked as stopping", lambda client: client.rename(container_id, marked), ORDERS
            )
        )
        return marked

    async def signal(self, container_id: str, number: signal.Signals, *, urgent: bool = False) -> None:
        """Send a signal to its first process; SIGKILL ends all of them.  One that is gone is no error."""
        what = f"the worker cannot be sent {number.name}"
        call = self.engine.ask(what, lambda client: client.kill(container_id, number.name), ORDERS, urgent=urgent)
        await unless_gone(call)

    async def pause(self, container_id: str) -> None:
        """Let it stand still."""
        await unless_gone(
            self.engine.ask("the worker cannot be frozen", lambda client: client.pause(container_id), ORDERS)
        )

    async def unpause(self, container_id: str) -> None:
        """Let it go on."""
        await unless_gone(
            self.engine.ask("the worker cannot be thawed", lambda client: client.unpause(container_id), ORDERS)
        )

    async def remove(self, container_id: str, *, urgent: bool = False) -> None:
        """End it if it still runs, and take it away with what it wrote."""
        call = self.engine.ask(
            "the worker cannot be removed",
            lambda client: client.remove_container(container_id, v=True, force=True),
            ORDERS,
            urgent=urgent,
        )
        await unless_gone(call)

    async def port(self, container_id: str) -> int | None:
        """Where its status page listens, as it said on its standard output; None until it has."""
        output = await self.engine.ask("the worker's output cannot be read", lambda client: _head(client, container_id))
        return told_port(output)

    async def exit(self, container_id: str) -> Exit:
        """How it ended.  A log that the engine cannot read, such as a damaged one, keeps nobody from being buried."""
        inspected = await self.engine.ask(
            "the worker's end cannot be read", lambda client: client.inspect_container(container_id)
        )
        try:
            log = await self.engine.ask(
                "the worker's log cannot be read",
                lambda client: client.logs(container_id, stdout=False, tail=LAST_LINES),
            )
        except RefusedError as error:
            return read_exit(inspected["State"], f"({error})")
        return read_exit(inspected["State"], last_words(log))

    async def usage(self, container_id: str, generation: int) -> Usage | None:
        """What it has used so far; None when it has just ended."""
        stats = await self.engine.ask(
            "the worker's usage cannot be read", lambda client: _stats(client, container_id), MEASUREMENTS
        )
        return read_usage(stats, generation)


def _stats(client: APIClient, container_id: str) -> Mapping[str, Any]:
    """One sample.  Engines before 20.10 wait for a second one unless they are asked for a stream of them."""
    if tuple(map(int, client.api_version.split("."))) >= ONE_SHOT_SINCE:
        answer: Mapping[str, Any] = client.stats(container_id, stream=False, one_shot=True)
        return answer
    stream = client.stats(container_id, decode=True)
    try:
        return next(iter(stream))
    finally:
        stream.close()


async def unless_gone(call: Awaitable[Value]) -> None:
    """What is gone, or has ended, or is so already, needs nothing."""
    try:
        await call
    except RefusedError as error:
        if error.status not in {NOT_FOUND, CONFLICT}:
            raise


def _head(client: APIClient, container_id: str) -> bytes:
    """The beginning of its standard output, and no more: a worker may have written megabytes."""
    head = b""
    output = client.logs(container_id, stderr=False, stream=True, follow=False)
    for chunk in output:
        head += chunk
        if len(head) >= HEAD_BYTES:
            output.close()  # hangs up; one that was read to its end has hung up by itself
            break
    return head
