"""A user's own events: the lines of a JSON Lines file, sent in turn and without end, byte for byte.

All lines are checked and kept at the start, so that a bad one is found before anything is sent.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from producer.errors import ProducerError
from producer.partitioner import partitions_of
from producer.source import Drawn

FAULTS_MAX = 10


@dataclass(frozen=True, slots=True)
class Line:
    """One event of the file; `key` None when no field was named as the key."""

    payload: bytes
    key: bytes | None


class ReplaySource:
    """Event number n is line n modulo the number of lines; without keys they go round the partitions."""

    def __init__(self, lines: list[Line], *, partitions: int) -> None:
        self.lines = lines
        self._partitions = partitions
        keys = [line.key for line in lines if line.key is not None]
        self._partition_of_line = partitions_of(keys, partitions) if keys else None

    def draw(self, first: int, count: int) -> Drawn:
        """`key` is the number of the line; type, value and size mean nothing here."""
        number = np.arange(first, first + count)
        line = (number % len(self.lines)).astype(np.uint32)
        if self._partition_of_line is None:
            partition = (number % self._partitions).astype(np.uint16)
        else:
            partition = self._partition_of_line[line]
        nothing = np.zeros(count, np.uint8)
        return Drawn(partition, line, nothing, nothing.astype(np.uint16), nothing)


def read_lines(file: Path, key_field: str | None) -> list[Line]:
    """All lines but blank ones.  Raises ProducerError that lists the first faults with their line numbers."""
    try:
        texts = file.read_bytes().splitlines()
    except OSError as error:
        raise ProducerError(f"the events to replay, {file}, cannot be read: {error.strerror}") from error
    lines: list[Line] = []
    faults: list[str] = []
    for number, text in enumerate(texts, start=1):
        try:
            lines.extend(_line(text, key_field))
        except ValueError as error:
            faults.append(f"  {file}, line {number}: {error}")
    if faults:
        more = [f"  and {len(faults) - FAULTS_MAX} more"] if len(faults) > FAULTS_MAX else []
        raise ProducerError("\n".join(["these events cannot be replayed:", *faults[:FAULTS_MAX], *more]))
    if not lines:
        raise ProducerError(f"the events to replay: {file} has no lines")
    return lines


def _line(text: bytes, key_field: str | None) -> Iterator[Line]:
    if text.strip():
        event = _parsed(text)
        yield Line(text, _key(event, key_field) if key_field else None)


def _parsed(text: bytes) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise ValueError(f"not JSON ({error}): {_short(text)}") from error


def _key(event: Any, field: str) -> bytes:
    if not isinstance(event, dict) or event.get(field) is None:
        raise ValueError(f"expected an object with the field {field!r}, found {_short(orjson.dumps(event))}")
    value = event[field]
    return value.encode() if isinstance(value, str) else orjson.dumps(value)


def _short(text: bytes, limit: int = 60) -> str:
    shown = text.decode(errors="replace")
    return shown if len(shown) <= limit else f"{shown[:limit]}…"
