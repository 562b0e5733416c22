"""Everything here needs a Docker engine, and says so by failing when there is none."""

import uuid
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import closing
from typing import Any

import pytest
from docker import APIClient
from docker.utils import kwargs_from_env

from autoscaler.backends.base import Template
from autoscaler.backends.docker import DockerBackend, Engine
from autoscaler.backends.docker.seen import OWNER
from autoscaler.backends.memory import Script
from contract.pods import PodSpec
from tests.backends.images import actor_image
from tests.backends.rigs import IMPATIENT, OBEDIENT, acting
from tests.templates import template_of

Ours = Callable[[], list[str]]
Make = Callable[..., DockerBackend]
MakeTemplate = Callable[..., Template]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark all of this folder."""
    for item in items:
        if "tests/docker/" in item.nodeid:
            item.add_marker(pytest.mark.docker)


@pytest.fixture(scope="session")
def image() -> str:
    """The actor's."""
    return actor_image()


@pytest.fixture
def client() -> Iterator[APIClient]:
    """The engine itself, to look with other eyes than the backend's."""
    with closing(APIClient(**kwargs_from_env())) as one:
        yield one


@pytest.fixture
def owner(client: APIClient) -> Iterator[str]:
    """An owner of the test's own; what a failed test leaves of it is removed."""
    name = f"test-{uuid.uuid4().hex[:8]}"
    yield name
    for entry in client.containers(all=True, filters={"label": [f"{OWNER}={name}"]}):
        client.remove_container(entry["Id"], force=True, v=True)


@pytest.fixture
def ours(client: APIClient, owner: str) -> Ours:
    """The names of the owner's containers, as the engine has them."""

    def names() -> list[str]:
        entries = client.containers(all=True, filters={"label": [f"{OWNER}={owner}"]})
        return [name for entry in entries for name in entry["Names"]]

    return names


@pytest.fixture
def engine() -> Iterator[Engine]:
    """As the environment says."""
    with Engine() as one:
        yield one


@pytest.fixture
async def make(owner: str, image: str, engine: Engine) -> AsyncIterator[Make]:
    """Backends of this owner; all are closed."""
    made: list[DockerBackend] = []

    def one(**changes: Any) -> DockerBackend:
        arguments: Mapping[str, Any] = {"owner": owner, "image": image, "command": (), **changes}
        backend = DockerBackend(
            arguments.get("engine", engine), **{k: v for k, v in arguments.items() if k != "engine"}
        )
        made.append(backend)
        return backend

    yield one
    for backend in made:
        await backend.close()


@pytest.fixture
def template() -> MakeTemplate:
    """What actors are made from."""

    def one(script: Script = OBEDIENT, spec: PodSpec = IMPATIENT) -> Template:
        return template_of(spec, acting(script))

    return one
