"""Which calls of the engine the filter knows at all."""

import json

import pytest

from stack.filter.calls import Kind, RefusedError, read_call
from tests.filtered import LABELS, RULES, WORKER


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
        pytest.param("GET", "/containers/json", [("filters", "[" * 60_000)], id="filters without an end"),
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
