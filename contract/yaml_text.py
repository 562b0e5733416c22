"""YAML that people wrote, read in one way: what PyYAML takes silently, or falls over, is a fault with its line.

Its one rule: a text is read as it is meant or refused.  A key that stands twice is refused, as the last would silently
win; so are values that cannot be made (the 30th of February), and texts that are small and explode: sections nested
without end, and aliases of aliases.
"""

from typing import Any

import yaml

DEPTH_MAX = 100
VALUES_MAX = 1_000_000
"""How much a document may hold, every alias written out."""
INTEGER_BITS_MAX = 1024
"""What is longer is larger than any float."""
FOUND_CHARACTERS = 60


def read_yaml(text: str) -> Any:
    """The one document in a text; None for an empty one.  Raises yaml.YAMLError."""
    loader = _StrictLoader(text)
    try:
        return loader.get_single_data()
    finally:
        loader.dispose()


def read_yaml_documents(text: str) -> list[tuple[yaml.Node, Any]]:
    """Every document with the node that it was made from, which knows its place.  Raises yaml.YAMLError."""
    loader, found = _StrictLoader(text), []
    try:
        while loader.check_node():
            node = loader.get_node()
            assert node is not None, "there is one, as it was just said"
            found.append((node, loader.construct_document(node)))
    finally:
        loader.dispose()
    return found


class _StrictLoader(yaml.SafeLoader):
    """PyYAML's safe loader with the checks that it lacks."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._depth = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self._depth == DEPTH_MAX:
            raise _too_deep(self.peek_event().start_mark)  # type: ignore[no-untyped-call]
        self._depth += 1
        node = super().compose_node(parent, index)
        self._depth -= 1
        return node

    def compose_mapping_node(self, anchor: Any) -> yaml.MappingNode:
        node = super().compose_mapping_node(anchor)
        seen: set[tuple[str, str]] = set()
        for key, _ in node.value:
            name = (key.tag, key.value)
            if isinstance(key, yaml.ScalarNode) and name in seen:
                raise _fault(f"the key {key.value!r} stands twice", key.start_mark)
            if isinstance(key, yaml.ScalarNode):
                seen.add(name)
        return node

    def compose_document(self) -> yaml.Node | None:
        node = super().compose_document()
        if node is not None and _extent(node, {}, 0)[0] > VALUES_MAX:
            raise _fault(f"it holds more than {VALUES_MAX:,} values, aliases written out", node.start_mark)
        return node

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:  # noqa: FBT002  # PyYAML's signature
        try:
            value = super().construct_object(node, deep)
            if isinstance(value, str) and not value.isascii():
                # JSON is read as well: there a pair of escapes may be one character
                value = value.encode("utf-16", "surrogatepass").decode("utf-16")
        except (ValueError, ArithmeticError, LookupError, AttributeError) as error:  # whatever its converters fall over
            raise _no_value(node) from error
        if isinstance(value, int) and value.bit_length() > INTEGER_BITS_MAX:
            raise _no_value(node)
        return value


def _extent(node: yaml.Node, known: dict[int, tuple[int, int]], depth: int) -> tuple[int, int]:
    """How many values a node holds and how deep they go, every alias written out.  One within itself has no end."""
    if depth + known.get(id(node), (0, 1))[1] > DEPTH_MAX:
        raise _too_deep(node.start_mark)
    if id(node) not in known:
        parts = [_extent(part, known, depth + 1) for part in _parts(node)]
        known[id(node)] = 1 + sum(size for size, _ in parts), 1 + max((height for _, height in parts), default=0)
    return known[id(node)]


def _parts(node: yaml.Node) -> list[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        return [part for entry in node.value for part in entry]
    return node.value if isinstance(node, yaml.SequenceNode) else []


def _too_deep(mark: Any) -> yaml.YAMLError:
    return _fault(f"it is nested more than {DEPTH_MAX} deep, or an alias stands within itself", mark)


def _no_value(node: yaml.Node) -> yaml.YAMLError:
    text, kind = ascii(node.value), node.tag.rpartition(":")[2]
    short = text if len(text) <= FOUND_CHARACTERS else f"{text[:FOUND_CHARACTERS]}…"
    return _fault(
        f"expected a value of type {kind}, found {short}; what is meant as text needs quotes", node.start_mark
    )


def _fault(problem: str, mark: Any) -> yaml.YAMLError:
    return yaml.MarkedYAMLError(problem=problem, problem_mark=mark)
