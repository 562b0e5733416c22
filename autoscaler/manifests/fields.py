"""Documents checked against a shape: unknown fields, wrong types and wrong numbers, each named by its path.

Shared by the readers of all kinds.  Paths are written as Kubernetes writes them: `spec.metrics[0].object.target`.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError
from pydantic.alias_generators import to_camel

from autoscaler.manifests.kinds import Refusal
from contract.quantities import approximate, parse_milli

FOUND_CHARACTERS = 60


class Shape(BaseModel):
    """A section of a manifest: camelCase names, no field beside those declared, no value of another type."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, alias_generator=to_camel)


Model = TypeVar("Model", bound=Shape)
MilliQuantity = Annotated[int, BeforeValidator(parse_milli)]
"""A Kubernetes quantity, in thousandths."""
ApproximateQuantity = Annotated[float, BeforeValidator(approximate)]
"""A Kubernetes quantity as the float that its controllers compute with."""


def shaped(shape: type[Model], document: Mapping[str, Any]) -> Model:
    """The document in that shape.  Raises Refusal with a line for each fault."""
    try:
        return shape.model_validate(document)
    except ValidationError as error:
        raise Refusal(*(_fault(fault) for fault in error.errors(include_url=False))) from error


def path_of(parts: Sequence[int | str]) -> str:
    """A path as Kubernetes writes it."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in parts)
    return text.removeprefix(".") or "(whole)"


def _fault(fault: Any) -> str:
    path, kind = path_of(fault["loc"]), fault["type"]
    if kind == "extra_forbidden":
        return f"{path}: there is no such field, or it cannot be honoured here"
    if kind == "missing":
        return f"{path}: must be set"
    found = repr(fault["input"])
    short = found if len(found) <= FOUND_CHARACTERS else f"{found[:FOUND_CHARACTERS]}…"
    return f"{path}: {fault['msg'].removeprefix('Value error, ')}, found {short}"
