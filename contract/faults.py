"""Faults that pydantic found, in the words of somebody who writes YAML and has never heard of it."""

import difflib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, get_args

from pydantic import BaseModel

FOUND_CHARACTERS = 80
NAMES_MAX = 14
NEAR, ALIKE = 0.6, 0.75
"""How alike two names must be, 1 = the same: long names of options, and the short ones of fields."""
IN_YAML: Mapping[type, str] = {
    type(None): "nothing",
    bool: "true or false",
    int: "a number",
    float: "a number",
    str: "a text",
    list: "a list",
    dict: "a section",
}


def in_yaml(value: Any) -> str:
    """What a value is called in a file."""
    return IN_YAML.get(type(value), type(value).__name__)


def in_words(fault: Mapping[str, Any], model: type[BaseModel] | None) -> str:
    """What is wrong, and what was found.  With the model that was read, also which fields and kinds there are."""
    location = fault["loc"]
    if fault["type"] == "extra_forbidden":
        names = (name for each in _models_at(location[:-1], model) for name in each.model_fields)
        return f"there is no such field{_known(names, str(location[-1]))}"
    if fault["type"] == "union_tag_not_found":
        return f"its kind is missing{_known(kind for each in _models_at(location, model) for kind in _kinds(each))}"
    told = _WORDS.get(fault["type"])
    if told is not None:
        return told(fault)
    return str(fault["msg"]).removeprefix("Value error, ") + _found(fault["input"])


def _found(value: Any) -> str:
    """What was found, cut short; nothing for a whole section, which may hold secrets and never is the fault itself."""
    if isinstance(value, dict | BaseModel):
        return ""
    text = "nothing" if value is None else repr(value)
    return f", found {text if len(text) <= FOUND_CHARACTERS else text[:FOUND_CHARACTERS] + '…'}"


def _no_section(fault: Mapping[str, Any]) -> str:
    return f"expected a section with fields, found {in_yaml(fault['input'])}"


def _no_list(fault: Mapping[str, Any]) -> str:
    return f"expected a list, found {in_yaml(fault['input'])}"


def _no_such_kind(fault: Mapping[str, Any]) -> str:
    known = str(fault["ctx"]["expected_tags"]).replace("'", "")
    return f"the kind {fault['ctx']['tag']!r} is none of {known}"


_WORDS: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "missing": lambda _: "Field required",
    "union_tag_invalid": _no_such_kind,
    "too_short": lambda fault: f"expected {fault['ctx']['min_length']} or more, found {fault['ctx']['actual_length']}",
    "model_type": _no_section,
    "model_attributes_type": _no_section,
    "dict_type": _no_section,
    "tuple_type": _no_list,
    "list_type": _no_list,
}
"""By pydantic's name of the fault; its own words are good enough for the others."""


def meant_perhaps(slip: str, known: Iterable[str], *, cutoff: float = NEAR) -> str:
    """What an unknown name may have been meant for; where nothing is near, what there is; nothing where nothing is."""
    names = list(dict.fromkeys(known))
    near = difflib.get_close_matches(slip, names, n=3, cutoff=cutoff)
    if near:
        return f"did you mean {' or '.join(near)}?"
    more = f" and {len(names) - NAMES_MAX} more" if len(names) > NAMES_MAX else ""
    return f"known: {', '.join(names[:NAMES_MAX])}{more}" if names else ""


def _known(names: Iterable[str], slip: str = "") -> str:
    hint = meant_perhaps(slip, sorted(names), cutoff=ALIKE)
    return f"; {hint}" if hint else ""


def _models_at(location: Sequence[int | str], model: type[BaseModel] | None) -> list[type[BaseModel]]:
    """What the section at `location` may be.  Numbers are places in lists; what is no field is the name of a kind."""
    models = [model] if model else []
    for part in location:
        annotations = [each.model_fields[part].annotation for each in models if part in each.model_fields]
        below = [found for annotation in annotations for found in _models(annotation)]
        models = below or [each for each in models if part in _kinds(each)] or models
    return models


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _models(part)


def _kinds(model: type[BaseModel]) -> tuple[Any, ...]:
    kind = model.model_fields.get("kind")
    return get_args(kind.annotation) if kind else ()
