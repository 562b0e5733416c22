"""Where the containers of one run or one autoscaler live: an engine that answers, an image that is there, a network."""

import os
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace

from autoscaler.backends.base import Refusal, never
from autoscaler.backends.docker.backend import DEFAULT_IMAGE, DockerBackend
from autoscaler.backends.docker.engine import Engine
from autoscaler.backends.docker.network import (
    make_network,
    remove_network,
    remove_stale,
    require_image,
    require_network,
)
from autoscaler.backends.docker.seen import GROUP, RUN
from autoscaler.backends.docker.starter import Here, labels_of
from autoscaler.options import Containers
from contract.pods import ResourceAmounts

CLUSTER_CHARACTERS = 8
"""Of the 22 of an id: 48 bits tell the clusters of one engine apart, and container names stay readable."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """`gateway` is the machine's own address on a network that was made for the run; None on any other network."""

    engine: Engine
    image: str
    image_id: str
    network: str
    gateway: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    secrets: str | None = None
    """A volume with the workers' settings."""
    default_limits: ResourceAmounts = field(default_factory=ResourceAmounts)

    def backend(
        self, group: str, cluster: str, node_labels: Mapping[str, str], refusal: Refusal = never
    ) -> DockerBackend:
        """The backend of that consumer group of that Kafka cluster, which together own the containers."""
        return DockerBackend(
            self.engine,
            owner=owner_of(group, cluster),
            network=self.network,
            image=self.image,
            labels={**self.labels, GROUP: group},
            secrets=self.secrets,
            default_limits=self.default_limits,
            node_labels=node_labels,
            refusal=refusal,
        )

    def describe(self) -> Mapping[str, str]:
        """For the records of a run."""
        return {"backend": "docker", "image": self.image, "image_id": self.image_id, "network": self.network}


@asynccontextmanager
async def open_site(where: Containers) -> AsyncIterator[Site]:
    """On a network of the user's own.  Raises BackendError before anything is started."""
    assert where.network is not None
    with Engine() as engine:
        image_id = await require_image(engine, where.image or DEFAULT_IMAGE)
        await require_network(engine, where.network)
        yield _site(where, engine, image_id, where.network, where.labels)


@asynccontextmanager
async def open_run_site(where: Containers, *, run_id: str, say: Callable[[str], None]) -> AsyncIterator[Site]:
    """For one run: on the network that is named, or on one of its own, which goes with the run.

    What runs left behind whose process was killed is removed first.
    """
    here = Here.now()
    labels = {**where.labels, **labels_of(os.getpid(), here), RUN: run_id}
    async with AsyncExitStack() as stack:
        engine = stack.enter_context(Engine())
        image_id = await require_image(engine, where.image or DEFAULT_IMAGE)
        for removed in await remove_stale(engine, here):
            say(f"removed {removed}, left behind by a run that was killed")
        if where.network is not None:
            await require_network(engine, where.network)
            yield _site(where, engine, image_id, where.network, labels)
            return
        network = f"weir-{run_id}"
        gateway = await make_network(engine, network, labels)
        stack.push_async_callback(remove_network, engine, network)
        yield replace(_site(where, engine, image_id, network, labels), gateway=gateway)


def _site(where: Containers, engine: Engine, image_id: str, network: str, labels: Mapping[str, str]) -> Site:
    return Site(
        engine=engine,
        image=where.image or DEFAULT_IMAGE,
        image_id=image_id,
        network=network,
        labels=labels,
        secrets=where.secrets,
        default_limits=where.default_limits,
    )


def owner_of(group: str, cluster: str) -> str:
    """Groups of one name on two clusters have containers of their own, also on the same engine."""
    return f"{group}.{cluster[:CLUSTER_CHARACTERS]}"
