"""The names in a PromQL expression, read well enough to hold our own rules and boards against the table of metrics."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from prometheus_client import Histogram

from contract.metrics import METRICS

WORDS = {"and", "or", "unless", "offset", "bool", "by", "without", "on", "ignoring", "group_left", "group_right"}
OF_PROMETHEUS = {"up"}
"""Metrics that it makes itself, of every target.  Our pages have no `process_…`: each has a registry of its own."""
OF_TARGETS = {"job", "instance"}
OF_WORKERS = {"worker", "group", "revision"}
"""Given by HTTP service discovery (docs/api.md)."""
WORKERS_TOO = ("worker_", "pipeline_", "weir_", "event_loop_")
"""Metrics that workers export begin so."""
PARTS = ("_bucket", "_count", "_sum")

_TEXT = re.compile(r'"(?:[^"\\]|\\.)*"')
_GROUPING = re.compile(r"\b(?:by|without|on|ignoring|group_left|group_right)\s*\(([^)]*)\)")
_RANGE = re.compile(r"\[[^\]]*\]|\boffset\s+\w+")
_SELECTOR = re.compile(r"(?<![\w:.])([a-zA-Z_:][\w:]*)\s*(\{[^}]*\})?(?!\s*\()(?![\w:])")
_MATCHER = re.compile(r"(\w+)\s*(?:=~|!~|!=|=)")


@dataclass(frozen=True, slots=True)
class Names:
    """`selected`: each metric with the labels that it is selected by; `grouped`: labels in by, on and group_left."""

    selected: tuple[tuple[str, frozenset[str]], ...]
    grouped: frozenset[str]


def names(expr: str) -> Names:
    """Those of an expression without comments."""
    bare = _RANGE.sub("", _TEXT.sub('""', expr))
    grouped = {label for inside in _GROUPING.findall(bare) for label in re.findall(r"\w+", inside)}
    rest = _GROUPING.sub("", bare)
    selected = [
        (name, frozenset(_MATCHER.findall(matchers))) for name, matchers in _SELECTOR.findall(rest) if name not in WORDS
    ]
    return Names(tuple(selected), frozenset(grouped))


def labels_of(name: str, records: Mapping[str, str]) -> set[str] | None:
    """The labels that its series may have; None = there is no such metric.  `records`: recording rules by name."""
    if name in records:
        return {label for source in _sources(name, records) for label in labels_of(source, {}) or ()}
    if name in OF_PROMETHEUS:
        return OF_TARGETS | OF_WORKERS
    base = next((name.removesuffix(part) for part in PARTS if name.endswith(part)), name)
    row = METRICS.get(base)
    if row is None or (row.kind is Histogram) != (base != name):
        return None
    workers = OF_WORKERS if name.startswith(WORKERS_TOO) else set()
    return {*row.labels, *OF_TARGETS, *workers, *(["le"] if name.endswith("_bucket") else [])}


def _sources(name: str, records: Mapping[str, str], seen: frozenset[str] = frozenset()) -> Iterator[str]:
    """The metrics that a recording rule is made from in the end; one may be made from itself."""
    for source, _ in names(records[name]).selected:
        if source in records and source not in seen:
            yield from _sources(source, records, seen | {name})
        elif source not in records:
            yield source


def faults(expr: str, records: Mapping[str, str]) -> list[str]:
    """What it names and there is not, in words."""
    found, known = names(expr), set[str]()
    told = []
    for name, labels in found.selected:
        possible = labels_of(name, records)
        if possible is None:
            told.append(f"there is no metric {name}")
        else:
            known |= possible
            told += [f"{name} has no label {label}" for label in sorted(labels - possible)]
    return told + [f"no metric here has the label {label}" for label in sorted(found.grouped - known)]
