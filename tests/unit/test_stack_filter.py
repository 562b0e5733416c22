"""The filter between a client and a fake engine: what reaches the engine, and what the client is answered."""

import asyncio
import json
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route
from typer.testing import CliRunner

from stack.filter import serving
from stack.filter.app import Filter
from stack.filter.bodies import worker_body
from stack.filter.leftovers import end_leftovers
from stack.filter.rules import Rules
from tests.filtered import LABELS, OTHER, RULES, WORKER, body
from weir.cli import application


@pytest.mark.parametrize(
    "words", [["--label", "a=b", "--label", "c=d", "--listen", "h:1", "--containers-max", "7"], []]
)
def test_its_options_can_stand_in_the_environment(words: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[tuple[Any, ...]] = []

    async def served(*arguments: Any) -> None:
        told.append(arguments)

    monkeypatch.setattr(serving, "_serve", served)
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
        self.answered = asyncio.Event()
        """Until then it does not answer who wants a worker named `weir-slow`."""

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
            await (self.answered.wait() if request.query_params.get("name") == "weir-slow" else asyncio.sleep(0.01))
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
    """Those that are being made count as well."""
    few = Rules(image="weir:1", network="p_events", labels=LABELS, containers_max=3)
    client = through(engine, few)
    answers = await asyncio.gather(*(client.post("/containers/create", json=body()) for _ in range(6)))
    assert sorted(answer.status_code for answer in answers) == [201, 201, 403, 403, 403, 403]


async def test_a_worker_that_is_slow_to_be_made_counts_and_holds_up_no_other(engine: Engine) -> None:
    few = Rules(image="weir:1", network="p_events", labels=LABELS, containers_max=3)
    client = through(engine, few)
    slow = asyncio.create_task(client.post("/containers/create?name=weir-slow", json=body()))
    await asyncio.sleep(0)
    others = [(await client.post("/containers/create", json=body())).status_code for _ in range(2)]
    engine.answered.set()
    assert (others, (await slow).status_code) == ([201, 403], 201)
    engine.running.popitem()
    assert (await client.post("/containers/create", json=body())).status_code == 201


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
