"""Changes a YAML text at the places of its fields: comments, order and everything else stay as they are.

The places are those that PyYAML's composer gives, so no second YAML library is needed and no line is written anew.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import yaml

from autoscaler.lint.document import Manifest, find
from autoscaler.lint.model import Edit, Path, Put, Rename


@dataclass(frozen=True, slots=True, order=True)
class Change:
    """Characters `start` to `end` of the text become `text`."""

    start: int
    end: int
    text: str


def fixed(text: str, manifest: Manifest, edits: Iterable[Edit]) -> str:
    """The text with those edits that have a place in it; of two at the same place only the first."""
    changes: list[Change] = []
    for edit in edits:
        change = _change(manifest, edit)
        if change is not None and change not in changes and not any(_meet(change, other) for other in changes):
            changes.append(change)
    for change in sorted(changes, reverse=True):
        text = text[: change.start] + change.text + text[change.end :]
    return text


def can_fix(manifest: Manifest, edits: Iterable[Edit]) -> bool:
    """Whether every one of the edits has a place in the text."""
    return all(_change(manifest, edit) is not None for edit in edits)


def _meet(one: Change, other: Change) -> bool:
    """Two insertions at one place do not disturb each other."""
    return one.start < other.end and other.start < one.end


def _change(manifest: Manifest, edit: Edit) -> Change | None:
    entry = _entry(manifest, edit.path)
    if isinstance(edit, Rename):
        return None if entry is None else _whole(entry[0], edit.name)
    if entry is None:
        return _insertion(manifest, edit)
    value = entry[1]
    block = isinstance(value, yaml.CollectionNode) and not value.flow_style
    return None if block else _whole(value, edit.text)


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
    return Change(node.start_mark.index, node.end_mark.index, text)


def _insertion(manifest: Manifest, edit: Put) -> Change | None:
    """Before the first field of the section, on a line of its own; sections that are missing are made with it."""
    depth = len(list(_way(manifest, edit.path)))
    parent = manifest.node if depth == 0 else (_entry(manifest, edit.path[:depth]) or (None, None))[1]
    if not isinstance(parent, yaml.MappingNode) or not isinstance(edit.path[-1], str):
        return None
    text = f"{edit.path[depth]}: {_nested(edit.path[depth + 1 :], edit.text)}"
    if not parent.value:
        return _whole(parent, f"{{{text}}}")
    own = [key.start_mark for key, _ in parent.value if key.start_mark.index >= parent.start_mark.index]
    if not own:  # everything was merged in from elsewhere
        return None
    mark = own[0]
    between = ", " if parent.flow_style else "\n" + " " * mark.column
    return Change(mark.index, mark.index, text + between)


def _nested(path: Path, text: str) -> str:
    for part in reversed(path):
        text = f"{{{part}: {text}}}"
    return text
