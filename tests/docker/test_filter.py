"""The filter before a real engine: the backend does all of its work through it, and nothing else can be done."""

import asyncio
import io
import json
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import closing
from dataclasses import asdict
from typing import Any

import httpx
import pytest
from docker import APIClient

from autoscaler.backends.docker import DockerBackend, Engine
from autoscaler.backends.docker.recipe import Place, read_host, recipe
from autoscaler.backends.docker.seen import OWNER, container_name
from autoscaler.backends.docker.site import open_run_site, open_site
from autoscaler.backends.memory import Script
from autoscaler.errors import BackendError
from autoscaler.options import Containers
from contract.pods import PodSpec, ResourceAmounts, Resources
from contract.serving import listen, serve
from stack.filter.app import Filter
from stack.filter.rules import Rules
from stack.filter.serving import _client
from tests.backends.images import actor_image
from tests.backends.rigs import PATIENCE_SECONDS
from tests.docker.conftest import Ours
from tests.docker.test_containers import until
from tests.filtered import sent_by_the_sdk
from tests.templates import template_of

IMAGE = "weir-test-told-actor:latest"
SCRIPT = Script(cpu_cores=0.1, last_words="farewell\n")
LIMITS = Resources(limits=ResourceAmounts(cpu=0.5, memory=128 << 20))
TEMPLATE = template_of(PodSpec(grace_seconds=0.2, resources=LIMITS))
Sleeper = Callable[..., str]


@pytest.fixture(scope="session")
def told_image() -> str:
    """The actor's, which finds its script in the image: the filter lets nobody tell it."""
    told = json.dumps(asdict(SCRIPT)).replace('"', '\\"')
    dockerfile = f'FROM {actor_image()}\nENV ACTOR="{told}"\n'
    with closing(APIClient()) as client:
        answers = [*client.build(fileobj=io.BytesIO(dockerfile.encode()), tag=IMAGE, rm=True, decode=True)]
    assert not [answer for answer in answers if "error" in answer]
    return IMAGE


@pytest.fixture
def network(client: APIClient, owner: str) -> Iterator[str]:
    """The workers'."""
    client.create_network(owner, labels={"test": owner})
    yield owner
    client.remove_network(owner)


@pytest.fixture
def sleeper(client: APIClient, told_image: str) -> Iterator[Sleeper]:
    """Makes containers that are no workers of the filter's, and run."""
    made: list[str] = []

    def one(**labels: str) -> str:
        made.append(client.create_container(told_image, labels=labels, name=f"weir-test-{uuid.uuid4().hex[:8]}")["Id"])
        client.start(made[-1])
        return made[-1]

    yield one
    for container in made:
        client.remove_container(container, force=True, v=True)


@pytest.fixture
async def door(owner: str, network: str, told_image: str) -> AsyncIterator[str]:
    """Where the filter is served; its workers bear the test's label."""
    rules = Rules(image=told_image, network=network, labels={"test": owner}, cores_max=2, memory_bytes_max=1 << 30)
    listening = listen("127.0.0.1", 0, what="the filter")
    async with (
        _client("unix:///var/run/docker.sock") as upstream,
        serve(Filter(rules, upstream).application(), listening, name="filter"),
    ):
        yield f"127.0.0.1:{listening.getsockname()[1]}"


@pytest.fixture
async def backend(door: str, owner: str, network: str) -> AsyncIterator[DockerBackend]:
    """Behind the filter."""
    with Engine(f"tcp://{door}") as engine:
        one = DockerBackend(
            engine, owner=owner, image=IMAGE, network=network, labels={"test": owner}, usage_wait_seconds=3.0
        )
        yield one
        await one.close()


@pytest.fixture
async def caller(door: str) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody who has the filter's address, and ideas."""
    async with httpx.AsyncClient(base_url=f"http://{door}", timeout=PATIENCE_SECONDS) as one:
        yield one


@pytest.fixture
def body(client: APIClient, owner: str, network: str) -> dict[str, Any]:
    """A worker as the backend asks for it."""
    place = Place(owner=owner, image=IMAGE, network=network, command=("process",), labels={"test": owner})
    host = read_host(client.info(), "1.41")
    return sent_by_the_sdk(recipe("worker-9", 0, TEMPLATE, place=place, host=host, launched_at=1.0))


async def test_a_worker_lives_and_dies_through_the_filter(backend: DockerBackend, ours: Ours) -> None:
    await backend.launch("worker-1", 0, TEMPLATE)
    await until(backend, lambda found: found["worker-1"].url)
    usage = (await backend.usage())["worker-1"]
    assert usage.memory_bytes > 0
    await backend.freeze("worker-1")
    await backend.thaw("worker-1")
    await backend.stop("worker-1")
    found = await until(backend, lambda found: found["worker-1"].exit)
    exit_ = found["worker-1"].exit
    assert exit_
    assert (exit_.code, exit_.signal) == (0, None)
    assert "farewell" in exit_.last_words
    await backend.remove("worker-1")
    assert (await backend.list(), ours()) == ([], [])


async def test_a_worker_is_killed_and_what_is_left_goes_with_the_backend(backend: DockerBackend, ours: Ours) -> None:
    for name in ("worker-1", "worker-2"):
        await backend.launch(name, 0, TEMPLATE)
    await until(backend, lambda found: all(one.url for one in found.values()))
    await backend.kill("worker-1")
    await until(backend, lambda found: found["worker-1"].exit)
    await backend.close()
    assert ours() == []


async def test_a_worker_without_limits_is_a_refusal_that_says_what_is_missing(
    backend: DockerBackend, ours: Ours
) -> None:
    await backend.launch("worker-1", 0, template_of())
    found = await until(backend, lambda found: found["worker-1"].exit)
    exit_ = found["worker-1"].exit
    assert exit_
    assert not exit_.started
    assert "worker.resources.limits.memory" in exit_.last_words
    assert ours() == []


async def test_a_site_is_opened_through_the_filter_when_its_network_is_named(
    door: str, network: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"tcp://{door}")
    where = Containers(image=IMAGE, network=network)
    async with open_site(where) as site:
        assert site.network == network
    async with open_run_site(where, run_id="x", say=lambda _: None) as site:
        assert site.network == network


async def test_a_network_for_a_run_is_refused_and_said_so(door: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"tcp://{door}")
    with pytest.raises(BackendError, match=r"cannot be made: refused by weir's filter"):
        async with open_run_site(Containers(image=IMAGE), run_id="x", say=lambda _: None):
            pass


async def test_a_log_that_is_followed_comes_while_it_is_written(
    backend: DockerBackend, caller: httpx.AsyncClient, owner: str
) -> None:
    """The worker writes a line and lives on: what waited for the end would wait in vain."""
    await backend.launch("worker-1", 0, TEMPLATE)
    await until(backend, lambda found: found["worker-1"].url)
    path = f"/containers/{container_name(owner, 'worker-1')}/logs?stdout=1&follow=1"
    async with asyncio.timeout(5), caller.stream("GET", path) as answer:
        assert b"status_port" in await anext(answer.aiter_raw())
    assert not (await backend.list())[0].exit


@pytest.mark.parametrize(
    ("section", "change"),
    [
        pytest.param("", {"Image": "python:3.13-slim"}, id="another image"),
        pytest.param("", {"User": "0"}, id="root"),
        pytest.param("", {"Entrypoint": ["sh"]}, id="another program"),
        pytest.param("", {"Labels": {}}, id="no label"),
        pytest.param("HostConfig", {"Binds": ["/:/host"]}, id="a bind mount"),
        pytest.param(
            "HostConfig", {"Mounts": [{"Type": "bind", "Source": "/", "Target": "/h"}]}, id="a bind mount, as a mount"
        ),
        pytest.param(
            "HostConfig",
            {"Mounts": [{"Type": "volume", "Source": "weir-test-volume", "Target": "/v"}]},
            id="a volume, made in passing",
        ),
        pytest.param("HostConfig", {"Privileged": True}, id="all privileges"),
        pytest.param("HostConfig", {"NetworkMode": "host"}, id="the host's network"),
        pytest.param("HostConfig", {"PidMode": "host"}, id="the host's processes"),
        pytest.param("HostConfig", {"NanoCpus": 0, "Memory": 0, "MemorySwap": 0}, id="no limits"),
    ],
)
async def test_no_container_is_made_with(
    caller: httpx.AsyncClient, body: dict[str, Any], ours: Ours, section: str, change: dict[str, Any]
) -> None:
    (body[section] if section else body).update(change)
    answer = await caller.post("/v1.41/containers/create?name=weir-test-refused", json=body)
    assert answer.status_code == 403
    assert "this is no worker" in answer.json()["message"]
    assert ours() == []


@pytest.mark.parametrize(
    ("section", "change"),
    [
        pytest.param("", {"hostconfig": None}, id="nothing of how it is confined"),
        pytest.param("", {"user": ""}, id="the image's own user"),
        pytest.param("HostConfig", {"memory": 0, "nanocpus": 0, "pidslimit": 0, "memoryswap": 0}, id="no limits"),
        pytest.param("HostConfig", {"capdrop": [], "readonlyrootfs": False}, id="the usual rights"),
    ],
)
async def test_other_spellings_loosen_nothing(
    caller: httpx.AsyncClient, client: APIClient, body: dict[str, Any], section: str, change: dict[str, Any]
) -> None:
    """The engine would take each for the key that it resembles."""
    (body[section] if section else body).update(change)
    answer = await caller.post(f"/v1.41/containers/create?name=weir-test-{uuid.uuid4().hex[:8]}", json=body)
    assert answer.status_code == 201
    inspected = client.inspect_container(answer.json()["Id"])
    host = inspected["HostConfig"]
    assert inspected["Config"]["User"] == body["User"]
    assert (host["NanoCpus"], host["Memory"], host["PidsLimit"]) == (500_000_000, 128 << 20, 256)
    assert (host["CapDrop"], host["ReadonlyRootfs"], host["NetworkMode"]) == (["ALL"], True, body["Labels"]["test"])


@pytest.mark.parametrize(
    ("method", "call"),
    [
        pytest.param("GET", "json", id="a look"),
        pytest.param("GET", "logs?stdout=1", id="a look at its log"),
        pytest.param("POST", "stop", id="a stop"),
        pytest.param("POST", "kill?signal=SIGKILL", id="a kill"),
        pytest.param("POST", "pause", id="a pause"),
        pytest.param("POST", "rename?name=weir-test-taken", id="another name"),
        pytest.param("POST", "exec", id="a command in it"),
        pytest.param("DELETE", "", id="its removal"),
    ],
)
async def test_a_container_that_is_no_worker_stays_as_it_is(
    caller: httpx.AsyncClient, client: APIClient, sleeper: Sleeper, method: str, call: str
) -> None:
    """By its identifier, by the beginning of it and by its name; not even with another label of that name."""
    stranger = sleeper(test="another")
    name = client.inspect_container(stranger)["Name"]
    for named in (stranger, stranger[:12], name.removeprefix("/")):
        answer = await caller.request(method, f"/v1.41/containers/{named}/{call}".rstrip("/"))
        assert answer.status_code == 403
        assert answer.json()["message"].startswith("refused by weir's filter: ")
    inspected = client.inspect_container(stranger)
    assert (inspected["State"]["Status"], inspected["Name"]) == ("running", name)


async def test_a_list_shows_no_container_that_is_no_worker(
    backend: DockerBackend, caller: httpx.AsyncClient, owner: str, sleeper: Sleeper
) -> None:
    sleeper(**{OWNER: owner, "test": "another"})
    await backend.launch("worker-1", 0, TEMPLATE)
    await until(backend, lambda found: found["worker-1"].url)
    shown = (await caller.get("/containers/json?all=1")).json()
    assert [entry["Names"] for entry in shown] == [[f"/{container_name(owner, 'worker-1')}"]]


@pytest.mark.parametrize(
    ("method", "path", "content"),
    [
        pytest.param("POST", "/images/create?fromImage=alpine", {}, id="a pull"),
        pytest.param("POST", "/build", {}, id="a build"),
        pytest.param("DELETE", f"/images/{IMAGE}", {}, id="the removal of the image"),
        pytest.param("POST", "/volumes/create", {"Name": "weir-test-volume"}, id="a volume"),
        pytest.param("POST", "/networks/create", {"Name": "weir-test-network"}, id="a network"),
        pytest.param("POST", "/swarm/init", {"ListenAddr": "127.0.0.1"}, id="a swarm"),
        pytest.param("GET", "/volumes", {}, id="which volumes there are"),
        pytest.param("GET", "/networks/host", {}, id="the host's network"),
        pytest.param("GET", "/events", {}, id="what happens on the engine"),
        pytest.param("GET", "/system/df", {}, id="all there is"),
    ],
)
async def test_nothing_else_of_the_engine_is_reached(
    caller: httpx.AsyncClient, client: APIClient, method: str, path: str, content: dict[str, str]
) -> None:
    answer = await caller.request(method, f"/v1.41{path}", json=content)
    assert answer.status_code == 403
    assert "not a call" in answer.json()["message"] or "none of workers" in answer.json()["message"]
    assert not client.volumes(filters={"name": "weir-test-volume"})["Volumes"]
    assert not client.networks(names=["weir-test-network"])
    assert client.info()["Swarm"]["LocalNodeState"] == "inactive"
    assert client.images(IMAGE)


async def test_a_worker_takes_no_command_through_the_filter(
    backend: DockerBackend, caller: httpx.AsyncClient, owner: str
) -> None:
    await backend.launch("worker-1", 0, TEMPLATE)
    await until(backend, lambda found: found["worker-1"].url)
    name = container_name(owner, "worker-1")
    for call in ("exec", "attach", "update", "archive?path=/"):
        assert (await caller.post(f"/containers/{name}/{call}", json={"Cmd": ["sh"]})).status_code == 403


async def test_a_ping_goes_all_the_way_to_the_engine(caller: httpx.AsyncClient) -> None:
    answer = await caller.get("/_ping")
    assert (answer.status_code, answer.text) == (200, "OK")
