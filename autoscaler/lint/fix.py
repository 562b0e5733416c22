"""Changes a YAML text at the places of its fields: comments, order, quotes and everything else stay as they are.

The places are those that PyYAML's composer gives, so no second YAML library is needed and no line is written anew.
JSON is YAML as well, and stays JSON.
"""

import copy
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from autoscaler.lint.document import Manifest, find
from autoscaler.lint.model import Edit, Path, Put, Rename
from contract.yaml_text import read_yaml

BLOCKS = ("|", ">")
"""How a text begins that goes on over lines of its own."""


@dataclass(frozen=True, slots=True, order=True)
class Change:
    """Characters `start` to `end` of the text become `text`."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Style:
    """How names and values are written around a place; `compact` = without blanks, as programs write JSON."""

    json: bool
    compact: bool

    def dumps(self, value: Any) -> str:
        """The value as JSON on one line."""
        return json.dumps(value, separators=(",", ":") if self.compact else (", ", ": "))


def fixed(text: str, manifest: Manifest, edits: Iterable[Edit]) -> str:
    """The text with those edits that have a place in it; of two at the same place only the first."""
    changes: list[Change] = []
    for edit in edits:
        change = _change(manifest, edit)
        if change is not None and change not in changes and not any(_meet(change, other) for other in changes):
            changes.append(change)
    line_end = "\r\n" if "\r\n" in text else "\n"
    for change in sorted(changes, reverse=True):
        text = text[: change.start] + change.text.replace("\n", line_end) + text[change.end :]
    return text


def can_fix(manifest: Manifest, edits: Iterable[Edit]) -> bool:
    """Whether every one of the edits has a place in the text."""
    return all(_change(manifest, edit) is not None for edit in edits)


def meant(manifest: Manifest, edits: Iterable[Edit]) -> Any:
    """What the document is to hold after the edits, whatever the text will say."""
    data = copy.deepcopy(manifest.data)
    for edit in edits:
        place: Any = data
        for part in edit.path[:-1]:
            place = place.setdefault(part, {}) if isinstance(place, dict) else place[part]
        if isinstance(edit, Rename):
            place[edit.name] = place.pop(edit.path[-1])
        else:
            place[edit.path[-1]] = read_yaml(edit.text)
    return data


def _meet(one: Change, other: Change) -> bool:
    """Two insertions at one place do not disturb each other."""
    return one.start < other.end and other.start < one.end


def _change(manifest: Manifest, edit: Edit) -> Change | None:
    entry = _entry(manifest, edit.path)
    if isinstance(edit, Rename):
        taken = len(list(_way(manifest, (*edit.path[:-1], edit.name)))) == len(edit.path)
        return None if entry is None or taken else _whole(entry[0], _quoted(edit.name, entry[0]))
    if entry is None:
        return _insertion(manifest, edit)
    value = entry[1]
    block = not value.flow_style if isinstance(value, yaml.CollectionNode) else getattr(value, "style", "") in BLOCKS
    return None if block else _whole(value, _written(edit.text, value, _style(manifest, edit.path)))


def _entry(manifest: Manifest, path: Path) -> tuple[yaml.Node, yaml.Node] | None:
    """The nodes of the name and the value, unless an alias uses something on the way as well."""
    nodes = list(_way(manifest, path))
    if len(nodes) < len(path) or any(id(node) in manifest.shared for pair in nodes for node in pair):
        return None
    return nodes[-1]


def _way(manifest: Manifest, path: Path) -> Iterator[tuple[yaml.Node, yaml.Node]]:
    node = manifest.node
    for part in path:
        entry = find(node, part)
        if entry is None:
            return
        yield entry.key, entry.value
        node = entry.value


def _whole(node: yaml.Node, text: str) -> Change:
    """A value that is nothing at all begins right behind its colon."""
    start, end = node.start_mark.index, node.end_mark.index
    return Change(start, end, text if start < end else f" {text}")


def _insertion(manifest: Manifest, edit: Put) -> Change | None:
    """Before the first field of the section, on a line of its own; sections that are missing are made with it."""
    depth = len(list(_way(manifest, edit.path)))
    parent = manifest.node if depth == 0 else (_entry(manifest, edit.path[:depth]) or (None, None))[1]
    if not isinstance(parent, yaml.MappingNode) or not isinstance(edit.path[-1], str):
        return None
    style, names = _style(manifest, edit.path), edit.path[depth:]
    if not parent.value:
        return _whole(parent, f"{{{_field(names, edit.text, style)}}}")
    own = [key for key, _ in parent.value if key.start_mark.index >= parent.start_mark.index]
    if not own:  # everything was merged in from elsewhere
        return None
    mark, line = own[0].start_mark, "\n" + " " * own[0].start_mark.column
    if parent.flow_style:
        line = "," + (line if mark.line > parent.start_mark.line else " " * (not style.compact))
    return Change(mark.index, mark.index, _field(names, edit.text, style, own[0]) + line)


def _field(names: Path, text: str, style: Style, beside: yaml.Node | None = None) -> str:
    """A new field with the sections that it makes, quoted as the one beside it."""
    if style.json:
        value = read_yaml(text)
        for name in reversed(names):
            value = {name: value}
        return style.dumps(value)[1:-1]
    for name in reversed(names[1:]):
        text = f"{{{name}: {text}}}"
    return f"{_quoted(str(names[0]), beside)}: {text}"


def _style(manifest: Manifest, path: Path) -> Style:
    """As the innermost section on the way that has fields."""
    nodes = [manifest.node, *(value for _, value in _way(manifest, path))]
    fields = [node for node in nodes if isinstance(node, yaml.MappingNode) and node.value][-1]
    key, value = fields.value[0]
    return Style(
        json=bool(fields.flow_style) and all(getattr(name, "style", "") == '"' for name, _ in fields.value),
        compact=value.start_mark.index == key.end_mark.index + 1,
    )


def _written(text: str, old: yaml.Node, style: Style) -> str:
    """A value in the quotes of the one before it."""
    value = read_yaml(text)
    if style.json:
        return style.dumps(value)
    return _quoted(value, old) if isinstance(value, str) and text == value else text


def _quoted(word: str, like: yaml.Node | None) -> str:
    quote = getattr(like, "style", None)
    return f"{quote}{word}{quote}" if quote in ("'", '"') else word
