"""The documents of a YAML file with the place of every field, also of those that no reader would accept."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from autoscaler.lint.model import Path
from contract.yaml_text import read_yaml_documents

Node = yaml.Node


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Manifest:
    """One document (or one item of a `kind: List`).  `others` are the rest of the file."""

    kind: str
    name: str
    data: Mapping[str, Any]
    node: Node
    shared: frozenset[int]
    """Ids of nodes that an alias uses again: to edit one would edit several places."""
    others: "tuple[Manifest, ...]" = ()

    @property
    def title(self) -> str:
        """How messages call it."""
        return f"{self.kind or 'no kind'} {self.name}".strip()

    def may_share_namespace(self, other: "Manifest") -> bool:
        """Whether both may be in one namespace: where none is named, it is the one that the file is applied to."""
        own, others = (each.get("metadata", "namespace") for each in (self, other))
        return not own or not others or bool(own == others)

    def get(self, *path: int | str, default: Any = None) -> Any:
        """The value there; the default where the way ends before, or at a null."""
        place: Any = self.data
        for part in path:
            place = child(place, part)
        return default if place is None else place

    def items(self, *path: int | str) -> list[Any]:
        """The list there; nothing where there is none."""
        place = self.get(*path)
        return place if isinstance(place, list) else []

    def line(self, path: Path) -> int:
        """The line of the field, or of the nearest section around it that is there; the first line is 1."""
        node, mark = self.node, self.node.start_mark
        for part in path:
            entry = find(node, part)
            if entry is None:
                break
            node, mark = entry.value, entry.key.start_mark
        return mark.line + 1


@dataclass(frozen=True, slots=True)
class Entry:
    """A field's name and value; an item of a sequence is its own name."""

    key: Node
    value: Node


def read_manifests(text: str) -> tuple[Manifest, ...]:
    """Every document in the file, of one that is no mapping only its place.  Raises yaml.YAMLError."""
    found = read_yaml_documents(text)
    shared = _shared([node for node, _ in found])
    alone = [manifest for node, data in found for manifest in _manifests(node, data, shared)]
    return tuple(
        Manifest(
            kind=one.kind,
            name=one.name,
            data=one.data,
            node=one.node,
            shared=shared,
            others=tuple(other for other in alone if other is not one),
        )
        for one in alone
    )


def child(place: Any, part: int | str) -> Any:
    """What stands at `part` of a mapping or a list, or None."""
    if isinstance(place, Mapping):
        return place.get(part)
    if isinstance(place, list) and isinstance(part, int):
        return place[part] if part < len(place) else None
    return None


def find(node: Node, part: int | str) -> Entry | None:
    """The entry of a node; of a name that stands twice the last one, as in what PyYAML makes of it."""
    if isinstance(node, yaml.SequenceNode):
        inside = isinstance(part, int) and part < len(node.value)
        return Entry(node.value[part], node.value[part]) if inside else None
    if isinstance(node, yaml.MappingNode):
        matching = [Entry(key, value) for key, value in node.value if key.value == part]
        return matching[-1] if matching else None
    return None


def _manifests(node: Node, data: Any, shared: frozenset[int]) -> Iterator[Manifest]:
    if data is None:
        return
    if not isinstance(data, Mapping):
        data = {}
    items, entry = data.get("items"), find(node, "items")
    if data.get("kind") == "List" and isinstance(items, list) and entry is not None:
        for item, item_node in zip(items, entry.value.value, strict=True):
            yield from _manifests(item_node, item, shared)
        return
    name = child(data.get("metadata"), "name") or data.get("name") or ""
    yield Manifest(kind=str(data.get("kind", "")), name=str(name), data=data, node=node, shared=shared)


def _shared(roots: list[Node]) -> frozenset[int]:
    """Nodes that are reached by more than one way."""
    seen: set[int] = set()
    twice: set[int] = set()
    pending = list(roots)
    while pending:
        node = pending.pop()
        if id(node) in seen:
            twice.add(id(node))
            continue
        seen.add(id(node))
        if isinstance(node, yaml.MappingNode):
            pending += [part for pair in node.value for part in pair]
        elif isinstance(node, yaml.SequenceNode):
            pending += node.value
    return frozenset(twice)
