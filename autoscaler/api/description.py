"""The OpenAPI document: what FastAPI makes of the calls, with our problems in the place of its own errors."""

from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from autoscaler.api.problems import MEDIA_TYPE, FieldFault, ProblemDocument
from autoscaler.board.documents import Document

TITLE = "Weir: control of an autoscaler"
DESCRIPTION = """
What a live autoscaler sees, decides and does, and the orders that it takes.

Times are seconds since the epoch, durations seconds, rates events per second. `null` is what is not known, never 0.
Reading needs no token. Every order needs `Authorization: Bearer TOKEN` and leaves a line in the audit, accepted or
refused. Errors are problem details (RFC 9457).
"""
TAGS = [
    {"name": "reads", "description": "What is going on."},
    {"name": "orders", "description": "What an operator may change; they need the token."},
    {"name": "metrics", "description": "For Prometheus."},
    {"name": "health", "description": "For probes."},
]
REFERENCE = "#/components/schemas/"
FRAMEWORKS_OWN = ("HTTPValidationError", "ValidationError")


def describe(app: FastAPI) -> dict[str, Any]:
    """The document, made once."""
    if app.openapi_schema is None:
        document = get_openapi(
            title=app.title, version=app.version, description=app.description, routes=app.routes, tags=app.openapi_tags
        )
        schemas = document.setdefault("components", {}).setdefault("schemas", {})
        for name in FRAMEWORKS_OWN:
            schemas.pop(name, None)
        for error in (ProblemDocument, FieldFault):
            schema = error.model_json_schema(ref_template=REFERENCE + "{model}")
            schema.pop("$defs", None)
            schemas[error.__name__] = schema
        for model in _documents(Document):
            if model.__name__ in schemas:  # FastAPI leaves out what is null, also in examples
                schemas[model.__name__]["example"] = model.model_config["json_schema_extra"]["example"]  # type: ignore[index]  # a mapping: see `example`
        for operations in document["paths"].values():
            for operation in operations.values():
                operation["responses"].pop("422", None)
                operation["responses"]["default"] = _problem()
        app.openapi_schema = document
    return app.openapi_schema


def _documents(kind: type[Document]) -> Iterator[type[Document]]:
    for below in kind.__subclasses__():
        yield below
        yield from _documents(below)


def _problem() -> dict[str, Any]:
    return {
        "description": "Refused, or failed: what was expected, what was found, what to do.",
        "content": {MEDIA_TYPE: {"schema": {"$ref": REFERENCE + ProblemDocument.__name__}}},
    }
