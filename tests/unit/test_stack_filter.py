"""What the filter before the Docker engine lets through, and what not: each refusal is one change to a worker."""

import asyncio
import copy
import json
from collections.abc import Mapping
from contextlib import closing
from typing import Any

import httpx
import pytest
from docker import APIClient
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route
from typer.testing import CliRunner

from autoscaler.backends.docker.recipe import USER, Host, Place, recipe
from contract.pods import PodSpec
from stack.filter import cli as filter_cli
from stack.filter.app import Filter
from stack.filter.bodies import worker_body
from stack.filter.calls import Kind, RefusedError, read_call
from stack.filter.leftovers import end_leftovers
from stack.filter.rules import Rules
from tests.templates import template_of
from weir.cli import application

LABELS = {"com.docker.compose.project": "p", "com.docker.compose.service": "worker"}
RULES = Rules(
    image="weir:1", network="p_events", labels=LABELS, secrets="p_worker", cores_max=2, memory_bytes_max=1 << 30
)
WORKER, OTHER = "a" * 64, "b" * 64


def body(*, secrets: str | None = None, limits: Mapping[str, str] | None = None) -> dict[str, Any]:
    """What the SDK sends for a worker that the backend makes."""
    spec = PodSpec.model_validate({"resources": {"limits": limits or {"cpu": "500m", "memory": "256Mi"}}})
    arguments = recipe(
        "worker-1",
        0,
        template_of(spec, lambda _: {"WEIR_WORKER_GROUP": "g", "WEIR_KAFKA_SASL_PASSWORD": "x" if secrets else ""}),
        place=Place(
            owner="g.c", image="weir:1", network="p_events", command=["process"], labels=LABELS, secrets=secrets
        ),
        host=Host(api_version="1.41", cores=2, has_init=True),
        launched_at=1.0,
    )
    if not secrets:
        arguments["environment"].pop("WEIR_KAFKA_SASL_PASSWORD")
    return sent_by_the_sdk(arguments)


def sent_by_the_sdk(arguments: dict[str, Any]) -> dict[str, Any]:
    sent: dict[str, Any] = {}

    class Client(APIClient):
        def _post_json(self, _url: str, data: dict[str, Any], **_: Any) -> None:
            sent.update(data)

        def _result(self, *_: Any, **__: Any) -> dict[str, Any]:
            return {}

    with closing(Client(version="1.41")) as client:
        client.create_container(**arguments)
    told: dict[str, Any] = json.loads(json.dumps(sent))
    return told


def changed(path: str, value: Any) -> dict[str, Any]:
    """A worker's body with one thing changed."""
    made = copy.deepcopy(body())
    *parents, last = path.split(".")
    section = made
    for name in parents:
        section = section[name]
    section[last] = value
    return made


@pytest.mark.parametrize("secrets", [None, "p_worker"])
def test_a_worker_as_the_backend_makes_it_is_let_through(secrets: str | None) -> None:
    worker_body(body(secrets=secrets), RULES)


def test_with_a_volume_of_secrets_none_stands_in_the_environment() -> None:
    made = body(secrets="p_worker")
    assert not [entry for entry in made["Env"] if "SASL" in entry]
    assert "WEIR_SETTINGS_FOLDER=/run/weir" in made["Env"]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        pytest.param("Image", "alpine", id="another image"),
        pytest.param("Image", "weir:1@sha256:aa", id="another spelling of the image"),
        pytest.param("User", "0", id="root"),
        pytest.param("User", "", id="the image's own user"),
        pytest.param("Cmd", ["autoscale"], id="another command"),
        pytest.param("Entrypoint", ["sh", "-c", "x"], id="another program"),
        pytest.param("Labels", {}, id="no label"),
        pytest.param("Labels", {**LABELS, "com.docker.compose.project": "q"}, id="another project's label"),
        pytest.param("Env", ["LD_PRELOAD=/tmp/x"], id="a variable that is not Weir's"),
        pytest.param("Env", ["WEIR_KAFKA_SASL_PASSWORD=x"], id="a password, which anybody could inspect"),
        pytest.param("Env", "WEIR_KAFKA_X=1", id="an environment that is no list"),
        pytest.param("Volumes", {"/x": {}}, id="an anonymous volume"),
        pytest.param("ExposedPorts", {"80/tcp": {}}, id="a port"),
        pytest.param("Healthcheck", {"Test": ["CMD", "x"]}, id="a command as a health check"),
        pytest.param("Healthcheck", {"Test": ["NONE"], "test": ["CMD", "x"]}, id="one in another spelling"),
        pytest.param("hostconfig", {"Binds": ["/:/host"]}, id="a key that Go reads whatever its case"),
        pytest.param("Anything", {"new": 1}, id="a key that is not known"),
        pytest.param("NetworkingConfig", {"EndpointsConfig": {"p_docker-socket": {}}}, id="a second network"),
        pytest.param("HostConfig", None, id="no host configuration"),
        pytest.param("HostConfig.Binds", ["/:/host"], id="the machine's files"),
        pytest.param("HostConfig.Binds", ["/var/run/docker.sock:/s"], id="the engine's socket"),
        pytest.param("HostConfig.Mounts", [{"Type": "bind", "Source": "/", "Target": "/h"}], id="a bind mount"),
        pytest.param(
            "HostConfig.Mounts",
            [{"Type": "volume", "Source": "p_worker", "Target": "/run/weir", "ReadOnly": False}],
            id="its secrets to be written",
        ),
        pytest.param(
            "HostConfig.Mounts",
            [{"Type": "volume", "Source": "p_kafka", "Target": "/run/weir", "ReadOnly": True}],
            id="another service's secrets",
        ),
        pytest.param("HostConfig.VolumesFrom", ["x"], id="another container's volumes"),
        pytest.param("HostConfig.Privileged", True, id="all privileges"),
        pytest.param("HostConfig.CapAdd", ["SYS_ADMIN"], id="a capability"),
        pytest.param("HostConfig.CapDrop", [], id="the usual capabilities"),
        pytest.param("HostConfig.SecurityOpt", [], id="new privileges"),
        pytest.param(
            "HostConfig.SecurityOpt", ["no-new-privileges:true", "seccomp=unconfined"], id="no filter of system calls"
        ),
        pytest.param("HostConfig.Devices", [{"PathOnHost": "/dev/sda"}], id="a device"),
        pytest.param("HostConfig.DeviceRequests", [{"Count": -1}], id="a graphics card"),
        pytest.param("HostConfig.PidMode", "host", id="the host's processes"),
        pytest.param("HostConfig.IpcMode", "host", id="the host's memory"),
        pytest.param("HostConfig.UTSMode", "host", id="the host's name"),
        pytest.param("HostConfig.UsernsMode", "host", id="the host's users"),
        pytest.param("HostConfig.CgroupnsMode", "host", id="the host's control groups"),
        pytest.param("HostConfig.NetworkMode", "host", id="the host's network"),
        pytest.param("HostConfig.NetworkMode", f"container:{OTHER}", id="another container's network"),
        pytest.param("HostConfig.NetworkMode", "p_docker-socket", id="the socket's network"),
        pytest.param("HostConfig.PortBindings", {"80/tcp": [{"HostPort": "80"}]}, id="a published port"),
        pytest.param("HostConfig.PublishAllPorts", True, id="all ports published"),
        pytest.param("HostConfig.NanoCpus", None, id="no limit of CPU"),
        pytest.param("HostConfig.NanoCpus", 3_000_000_000, id="more CPU than a worker may have"),
        pytest.param("HostConfig.Memory", 0, id="no limit of memory"),
        pytest.param("HostConfig.Memory", 2 << 30, id="more memory than a worker may have"),
        pytest.param("HostConfig.MemorySwap", -1, id="all the swap there is"),
        pytest.param("HostConfig.PidsLimit", 0, id="no limit of processes"),
        pytest.param("HostConfig.ReadonlyRootfs", False, id="a file system to be written"),
        pytest.param("HostConfig.Tmpfs", {"/tmp": "rw,exec"}, id="a /tmp to execute from"),  # noqa: S108  # theirs
        pytest.param("HostConfig.RestartPolicy", {"Name": "always"}, id="restarts by the engine"),
        pytest.param("HostConfig.LogConfig", {"Type": "json-file", "Config": {}}, id="an unbounded log"),
        pytest.param("HostConfig.LogConfig", {"Type": "syslog"}, id="a log that goes elsewhere"),
        pytest.param("HostConfig.Sysctls", {"net.ipv4.ip_forward": "1"}, id="a setting of the kernel"),
        pytest.param("HostConfig.OomKillDisable", True, id="memory without an end"),
        pytest.param("HostConfig.OomScoreAdj", -1000, id="others killed before it"),
        pytest.param("HostConfig.CgroupParent", "/", id="another control group"),
        pytest.param("HostConfig.Runtime", "other", id="another runtime"),
        pytest.param("HostConfig.MaskedPaths", ["/x"], id="what of the kernel can be seen"),
    ],
)
def test_it_refuses_a_container_with(path: str, value: Any) -> None:
    with pytest.raises(RefusedError, match=path.rsplit(".", maxsplit=1)[-1]):
        worker_body(changed(path, value), RULES)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        pytest.param("hostconfig", None, id="nothing of how it is confined"),
        pytest.param("user", "", id="the image's own user"),
        pytest.param("u\u017fer", "", id="the same in letters that Go takes for others"),
        pytest.param("HostConfig.memory", 0, id="no limit of memory"),
        pytest.param("HostConfig.capdrop", [], id="the usual capabilities"),
        pytest.param("HostConfig.readonlyrootfs", False, id="a file system to be written"),
        pytest.param("Tty", False, id="what says nothing"),
    ],
)
def test_a_key_that_is_not_known_goes_nowhere_however_little_it_says(path: str, value: Any) -> None:
    """Go's decoder takes a key for another one that differs in case, and the last one counts."""
    passed = worker_body(changed(path, value), RULES)
    assert passed == worker_body(body(), RULES)
    assert passed["User"] == USER
    assert path.rsplit(".", maxsplit=1)[-1] not in {*passed, *passed["HostConfig"]}


def test_what_is_passed_on_is_all_that_the_backend_says() -> None:
    made, passed = body(secrets="p_worker"), worker_body(body(secrets="p_worker"), RULES)
    assert {key for key, value in made.items() if value} <= set(passed)
    assert {key for key, value in made["HostConfig"].items() if value} <= set(passed["HostConfig"])


@pytest.mark.parametrize("found", [None, [], "x", 1, {}, {"HostConfig": []}])
def test_what_is_no_configuration_is_refused(found: Any) -> None:
    with pytest.raises(RefusedError):
        worker_body(found, RULES)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        pytest.param("GET", "/images/json", id="which images there are"),
        pytest.param("GET", "/images/alpine/json", id="another image"),
        pytest.param("POST", "/images/create", id="a pull"),
        pytest.param("POST", "/build", id="a build"),
        pytest.param("GET", "/networks/host", id="another network"),
        pytest.param("GET", "/networks", id="which networks there are"),
        pytest.param("POST", "/networks/create", id="a new network"),
        pytest.param("POST", "/networks/p_events/connect", id="a container put on a network"),
        pytest.param("POST", "/volumes/create", id="a volume"),
        pytest.param("POST", f"/containers/{WORKER}/exec", id="a command in a container"),
        pytest.param("POST", f"/exec/{WORKER}/start", id="the start of one"),
        pytest.param("POST", f"/containers/{WORKER}/attach", id="a hand on its terminal"),
        pytest.param("POST", f"/containers/{WORKER}/update", id="other limits"),
        pytest.param("GET", f"/containers/{WORKER}/archive", id="its files"),
        pytest.param("PUT", f"/containers/{WORKER}/archive", id="files into it"),
        pytest.param("GET", f"/containers/{WORKER}/export", id="all its files"),
        pytest.param("POST", "/commit", id="an image made of it"),
        pytest.param("POST", "/containers/prune", id="the removal of all that have ended"),
        pytest.param("GET", "/events", id="what happens on the engine"),
        pytest.param("GET", "/swarm", id="a swarm"),
        pytest.param("GET", "/secrets", id="its secrets"),
        pytest.param("POST", "/session", id="a session"),
        pytest.param("GET", "/v1.23/version", id="a version whose `start` takes rights"),
        pytest.param("GET", "/v2.0/version", id="a version that is not known"),
        pytest.param("GET", "/containers/../images/json", id="a way back up"),
        pytest.param("GET", "//version", id="a double slash"),
        pytest.param("GET", "/containers/%61/json", id="an encoded character"),
        pytest.param("GET", "/containers/a%2F..%2Fjson", id="an encoded slash"),
        pytest.param("PATCH", "/version", id="a method that is not known"),
        pytest.param("OPTIONS", "/version", id="options"),
    ],
)
def test_it_refuses_the_call_for(method: str, path: str) -> None:
    with pytest.raises(RefusedError):
        read_call(method, path, [], RULES)


@pytest.mark.parametrize(
    ("method", "path", "query"),
    [
        pytest.param("POST", "/containers/create", [("platform", "x")], id="an unknown parameter"),
        pytest.param("POST", "/containers/create", [("name", "kafka")], id="a name that is no worker's"),
        pytest.param("POST", f"/containers/{WORKER}/rename", [("name", "p-kafka-1")], id="a worker renamed"),
        pytest.param("DELETE", f"/containers/{WORKER}", [("link", "1")], id="a link"),
        pytest.param("GET", f"/containers/{WORKER}/logs", [("tail", "1"), ("tail", "2")], id="a parameter twice"),
        pytest.param("GET", "/containers/json", [("filters", "{")], id="filters that are no JSON"),
        pytest.param("GET", "/containers/json", [("filters", "[]")], id="filters that are a list"),
    ],
)  # fmt: skip
def test_it_refuses_the_parameters_of(method: str, path: str, query: list[tuple[str, str]]) -> None:
    with pytest.raises(RefusedError):
        read_call(method, path, query, RULES)


@pytest.mark.parametrize(
    "asked",
    [
        pytest.param([], id="no filters"),
        pytest.param([("all", "1"), ("filters", '{"label": ["weir.owner=g"]}')], id="labels as a list"),
        pytest.param([("filters", '{"label": {"weir.owner=g": true}}')], id="labels as an object"),
    ],
)
def test_a_list_shows_workers_alone_whatever_is_asked_for(asked: list[tuple[str, str]]) -> None:
    call = read_call("GET", "/v1.41/containers/json", asked, RULES)
    assert call.kind is Kind.LIST
    labels = json.loads(call.query["filters"])["label"]
    assert {f"{name}={value}" for name, value in LABELS.items()} <= set(labels)
    assert ("weir.owner=g" in labels) == any("weir.owner" in value for _, value in asked)


@pytest.mark.parametrize(
    "words", [["--label", "a=b", "--label", "c=d", "--listen", "h:1", "--containers-max", "7"], []]
)
def test_its_options_can_stand_in_the_environment(words: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[tuple[Any, ...]] = []

    async def served(*arguments: Any) -> None:
        told.append(arguments)

    monkeypatch.setattr(filter_cli, "_serve", served)
    preset = {"IMAGE": "weir:1", "NETWORK": "n", "UPSTREAM": "http://u:1", "SECRETS": "v", "CORES_MAX": "2"}
    preset |= {} if words else {"LABEL": "a=b c=d", "LISTEN": "h:1", "CONTAINERS_MAX": "7"}
    environment = {f"WEIR_FILTER_{name}": value for name, value in preset.items()}
    result = CliRunner().invoke(application(["stack"]), ["stack", "filter", *words], env=environment)
    assert result.exit_code == 0, result.output
    rules = Rules(image="weir:1", network="n", labels={"a": "b", "c": "d"}, secrets="v", cores_max=2, containers_max=7)
    assert told[0][:4] == (rules, "http://u:1", "h", 1)


class Engine:
    """A fake one: a worker, another container, and a memory of what it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.running: dict[str, dict[str, str]] = {
            WORKER: LABELS,
            OTHER: {**LABELS, "com.docker.compose.service": "kafka"},
        }
        self.names = {"weir-g.c-worker-1": WORKER, "p-kafka-1": OTHER}
        self.bodies: list[bytes] = []

    def client(self) -> httpx.AsyncClient:
        routes = [Route("/{path:path}", self._answer, methods=["GET", "HEAD", "POST", "DELETE"])]
        return httpx.AsyncClient(transport=httpx.ASGITransport(Starlette(routes=routes)), base_url="http://engine")

    async def _answer(self, request: Request) -> Response:
        path = request.url.path
        self.asked.append(f"{request.method} {path}")
        if path.endswith("/containers/json"):
            wanted = json.loads(request.query_params["filters"])["label"]
            shown = [i for i, has in self.running.items() if {f"{k}={v}" for k, v in has.items()} >= set(wanted)]
            return JSONResponse([{"Id": container} for container in shown])
        if path.endswith("/json"):
            container = self.names.get(name := path.split("/")[-2], name)
            if container not in self.running:
                return JSONResponse({"message": f"No such container: {name}"}, 404)
            return JSONResponse({"Id": container, "Config": {"Labels": self.running[container]}})
        if path.endswith("/logs"):
            return StreamingResponse(iter([b"one", b"two"]), media_type="application/octet-stream")
        if request.method == "DELETE":
            self.running.pop(path.split("/")[-1])
        self.bodies.append(await request.body())
        if path.endswith("/create"):
            await asyncio.sleep(0.01)
            self.running[f"{len(self.bodies):064}"] = json.loads(self.bodies[-1])["Labels"]
        return JSONResponse({"Id": "c" * 64}, 201 if path.endswith("/create") else 204)


@pytest.fixture
def engine() -> Engine:
    return Engine()


def through(engine: Engine, rules: Rules = RULES) -> httpx.AsyncClient:
    """A client of the filter before that engine."""
    application = Filter(rules, engine.client()).application()
    return httpx.AsyncClient(transport=httpx.ASGITransport(application), base_url="http://filter")


async def test_a_worker_is_touched_by_the_identifier_that_was_looked_at(engine: Engine) -> None:
    answer = await through(engine).post("/v1.41/containers/weir-g.c-worker-1/kill?signal=SIGTERM")
    assert answer.status_code == 204
    assert engine.asked == ["GET /containers/weir-g.c-worker-1/json", f"POST /v1.41/containers/{WORKER}/kill"]


async def test_a_worker_is_looked_at_once(engine: Engine) -> None:
    client = through(engine)
    for _ in range(3):
        await client.post(f"/containers/{WORKER}/pause")
    assert len(engine.asked) == 4


@pytest.mark.parametrize("named", [OTHER, "p-kafka-1"])
async def test_another_container_is_not_touched(engine: Engine, named: str) -> None:
    answer = await through(engine).delete(f"/containers/{named}?force=1")
    assert answer.status_code == 403
    assert "no worker" in answer.json()["message"]
    assert [asked for asked in engine.asked if asked.startswith("DELETE")] == []


async def test_a_worker_is_removed_as_the_sdk_does_it(engine: Engine) -> None:
    answer = await through(engine).delete(f"/v1.41/containers/{WORKER}?v=True&link=False&force=True")
    assert (answer.status_code, WORKER in engine.running) == (204, False)


async def test_one_that_is_gone_is_answered_as_the_engine_does(engine: Engine) -> None:
    answer = await through(engine).post("/containers/nobody/start")
    assert (answer.status_code, answer.json()) == (404, {"message": "No such container: nobody"})


async def test_a_worker_is_made_from_what_was_looked_at(engine: Engine) -> None:
    doubled = json.dumps(body())[:-1] + ', "Image": "weir:1"}'
    answer = await through(engine).post("/v1.41/containers/create?name=weir-g.c-worker-2", content=doubled)
    assert answer.status_code == 201
    assert json.loads(engine.bodies[-1]) == worker_body(body(), RULES)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        pytest.param(b"{", "JSON", id="what is no JSON"),
        pytest.param(b"[" * 60_000, "JSON", id="what is nested without an end"),
        pytest.param(b'{"x": "' + b"x" * 70_000 + b'"}', "65,536", id="more than a worker needs"),
        pytest.param(json.dumps({**body(), "Image": "alpine"}).encode(), "Image", id="another image"),
    ],
)
async def test_no_container_is_made_from(engine: Engine, content: bytes, why: str) -> None:
    answer = await through(engine).post("/containers/create", content=content)
    assert answer.status_code == 403
    assert why in answer.json()["message"]
    assert engine.bodies == []


async def test_there_is_an_end_to_how_many_workers_there_are(engine: Engine) -> None:
    few = Rules(image="weir:1", network="p_events", labels=LABELS, containers_max=1)
    answer = await through(engine, few).post("/containers/create", json=body())
    assert answer.status_code == 403


async def test_there_is_an_end_to_how_many_are_made_at_once(engine: Engine) -> None:
    """Those that are being made count: each looks how many there are once the one before it is there."""
    few = Rules(image="weir:1", network="p_events", labels=LABELS, containers_max=3)
    client = through(engine, few)
    answers = await asyncio.gather(*(client.post("/containers/create", json=body()) for _ in range(6)))
    assert sorted(answer.status_code for answer in answers) == [201, 201, 403, 403, 403, 403]


async def test_a_name_that_a_path_begins_with_as_well_is_found_where_it_stands(engine: Engine) -> None:
    engine.names["c"] = WORKER
    await through(engine).post("/containers/c/start")
    assert engine.asked[-1] == f"POST /containers/{WORKER}/start"


async def test_a_body_that_nobody_reads_goes_nowhere(engine: Engine) -> None:
    await through(engine).post(f"/containers/{WORKER}/start", json={"Binds": ["/:/host"]})
    assert engine.bodies == [b""]


async def test_a_stream_comes_through_as_it_is(engine: Engine) -> None:
    answer = await through(engine).get(f"/containers/{WORKER}/logs?stdout=1&follow=0")
    assert (answer.content, answer.headers["content-type"]) == (b"onetwo", "application/octet-stream")


async def test_an_engine_that_is_away_is_told_as_such() -> None:
    def away(_: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("nobody there")

    upstream = httpx.AsyncClient(transport=httpx.MockTransport(away), base_url="http://engine")
    application = Filter(RULES, upstream).application()
    client = httpx.AsyncClient(transport=httpx.ASGITransport(application), base_url="http://filter")
    answer = await client.get("/_ping")
    assert (answer.status_code, "nobody there" in answer.json()["message"]) == (502, True)


@pytest.mark.parametrize(
    ("scaler", "ended"),
    [
        pytest.param(None, 1, id="nobody is left to scale them: they end"),
        pytest.param("autoscaler", 0, id="the autoscaler runs, so this is a restart: they stay"),
        pytest.param("loadtest", 0, id="a load test runs: they stay"),
    ],
)
async def test_workers_that_nobody_is_left_to_scale_are_ended(engine: Engine, scaler: str | None, ended: int) -> None:
    if scaler:
        engine.running["d" * 64] = {**LABELS, "com.docker.compose.service": scaler}
    assert await end_leftovers(engine.client(), LABELS) == ended
    assert (WORKER in engine.running) == (ended == 0)
    assert OTHER in engine.running
