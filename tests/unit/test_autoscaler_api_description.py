"""The OpenAPI document: it says everything, its examples are what they are examples of, and the docs keep to it."""

from typing import Any

import pytest
from fastapi import FastAPI
from pydantic import BaseModel, TypeAdapter

from autoscaler.api import changes, discovery, problems, rollout
from autoscaler.api.app import make_app
from autoscaler.api.desk import Desk
from autoscaler.board import documents
from tests.consoles import Console

APP: FastAPI = make_app(Desk(board=Console().board, token=None))
DOCUMENT: dict[str, Any] = APP.openapi()
SCHEMAS: dict[str, Any] = DOCUMENT["components"]["schemas"]
OPERATIONS = [
    pytest.param(path, method, operation, id=f"{method.upper()} {path}")
    for path, operations in DOCUMENT["paths"].items()
    for method, operation in operations.items()
]
NAMED = {
    name: model
    for module in (documents, changes, discovery, problems, rollout)
    for name, model in vars(module).items()
    if isinstance(model, type) and issubclass(model, BaseModel) and name in SCHEMAS
    if model.__module__ == module.__name__
}
MODELS = [pytest.param(model, id=name) for name, model in NAMED.items()]


def test_it_has_a_title_a_version_and_what_everybody_has_to_know() -> None:
    info = DOCUMENT["info"]
    assert (info["title"], info["version"]) == ("Weir: control of an autoscaler", APP.state.desk.board.facts.version)
    assert "Bearer TOKEN" in info["description"]


@pytest.mark.parametrize(("path", "method", "operation"), OPERATIONS)
def test_every_call_says_what_it_does_and_how_it_fails(path: str, method: str, operation: dict[str, Any]) -> None:
    assert operation["summary"]
    assert operation["description"].endswith((".", "`.")), operation["description"]
    assert operation["tags"]
    failed = operation["responses"]["default"]["content"]["application/problem+json"]["schema"]
    assert failed == {"$ref": "#/components/schemas/ProblemDocument"}
    assert "422" not in operation["responses"], "the framework's own errors are never sent"
    changing = method in {"post", "put", "delete"}
    assert bool(operation.get("security")) == changing, f"{path}: a token for changes, and for nothing else"


@pytest.mark.parametrize("model", MODELS)
def test_every_example_is_valid_and_whole(model: type[BaseModel]) -> None:
    schema = SCHEMAS[model.__name__]
    if model is problems.FieldFault:
        assert schema["properties"]["field"]["examples"]
        return
    example = schema["example"]
    read = model.model_validate(example)
    if issubclass(model, documents.Document):
        assert set(example) == set(read.model_dump()), "an answer always has every field"
    assert schema["description"]


def test_every_document_that_there_is_is_an_answer() -> None:
    """And every one of them has been looked at above."""
    assert documented(documents.Document) == {
        name for name, model in NAMED.items() if issubclass(model, documents.Document)
    }


def documented(kind: type[documents.Document]) -> set[str]:
    """The names of all documents below this one."""
    return {below.__name__ for below in kind.__subclasses__()}.union(*map(documented, kind.__subclasses__()))


def test_the_example_of_events_is_an_event() -> None:
    content = DOCUMENT["paths"]["/api/v1/events"]["get"]["responses"]["200"]["content"]["text/event-stream"]
    lines = content["example"].splitlines()
    data = next(line.removeprefix("data: ") for line in lines if line.startswith("data: "))
    TypeAdapter(documents.HappeningDocument).validate_json(data)


def test_the_example_of_a_policy_can_be_honoured() -> None:
    body = DOCUMENT["paths"]["/api/v1/policy"]["put"]["requestBody"]["content"]["application/yaml"]
    assert Console().read_seat(body["example"]).name == "orders"


def test_nothing_refers_to_what_is_not_there() -> None:
    def references(value: Any) -> set[str]:
        if isinstance(value, dict):
            own = {value["$ref"]} if "$ref" in value else set()
            return own.union(*map(references, value.values()))
        return set().union(*map(references, value)) if isinstance(value, list) else set()

    assert {one.rpartition("/")[2] for one in references(DOCUMENT)} <= set(SCHEMAS)
