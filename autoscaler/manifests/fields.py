"""Documents checked against a shape: unknown fields, wrong types and wrong numbers, each named by its path.

Shared by the readers of all kinds.  Paths are written as Kubernetes writes them: `spec.metrics[0].object.target`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Annotated, Any, TypeVar, get_args, get_origin

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError, model_validator
from pydantic.alias_generators import to_camel

from autoscaler.manifests.kinds import Refusal
from contract.faults import meant_perhaps
from contract.quantities import approximate, parse_milli

FOUND_CHARACTERS = 60


class Shape(BaseModel):
    """A section of a manifest: camelCase names, no field beside those declared, no value of another type."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, alias_generator=to_camel)

    @model_validator(mode="before")
    @classmethod
    def _without_nulls(cls, section: Any) -> Any:
        """A field without a value is not set, as in Kubernetes."""
        if not isinstance(section, Mapping):
            return section
        names = {field.alias for field in cls.model_fields.values()}
        return {name: value for name, value in section.items() if value is not None or name not in names}


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
        raise Refusal(*(_fault(shape, fault) for fault in error.errors(include_url=False))) from error


def path_of(parts: Sequence[int | str]) -> str:
    """A path as Kubernetes writes it."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in parts)
    return text.removeprefix(".") or "(whole)"


def told(fault: Any) -> str:
    """A fault of pydantic's in words, with what was found."""
    return with_found(str(fault["msg"]).removeprefix("Value error, "), fault["input"])


def with_found(message: str, value: object) -> str:
    """The message with what was found, cut short, unless the message has it already."""
    found = repr(value)
    short = found if len(found) <= FOUND_CHARACTERS else f"{found[:FOUND_CHARACTERS]}…"
    return message if ", found " in message else f"{message}, found {short}"


def _fault(shape: type[Shape], fault: Any) -> str:
    path, kind = path_of(fault["loc"]), fault["type"]
    if kind == "extra_forbidden":
        *section, name = fault["loc"]
        hint = meant_perhaps(str(name), _names_in(shape, section))
        return f"{path}: there is no such field, or it cannot be honoured here; {hint}"
    return f"{path}: must be set" if kind == "missing" else f"{path}: {told(fault)}"


def _names_in(shape: type[Shape], section: Iterable[int | str]) -> Iterator[str]:
    """The fields of a section of the shape."""
    shapes = [shape]
    for part in section:
        if isinstance(part, str):
            inner = (field.annotation for each in shapes for field in each.model_fields.values() if field.alias == part)
            shapes = [found for annotation in inner for found in _shapes(annotation)]
    return (field.alias or name for each in shapes for name, field in each.model_fields.items())


def _shapes(annotation: Any) -> Iterator[type[Shape]]:
    """Those that an annotation such as `list[Shape] | None` speaks of."""
    if isinstance(annotation, type) and get_origin(annotation) is None and issubclass(annotation, Shape):
        yield annotation
    for part in get_args(annotation):
        yield from _shapes(part)
