"""One line in, one line out: a state that was recorded, and what was decided on it.

The fields of a line are those of `Observation`, with `version` and `memory` beside them; `docs/decide.md` describes
them.  The one rule: a line that is not as described is an error with its number and the path to the field.
"""

from typing import Any

import orjson

from autoscaler.errors import StateError
from autoscaler.lines.readers import Wrong, expected, reader_of
from autoscaler.model import Decision, Memory, Observation
from autoscaler.model.value import value

VERSION = 1

_read_observation = reader_of(Observation)
_read_memory = reader_of(Memory)


@value(frozen=True, slots=True, kw_only=True)
class State:
    """What one line holds.  A memory of None means: go on from the line before."""

    seen: Observation
    memory: Memory | None
    asked: bool = True
    """False = a journal's line of a tick in which the policy was not asked: there is nothing to answer."""


def read_state(line: bytes, number: int) -> State:
    """The state in a line, which may also be a journal's.  Raises StateError."""
    try:
        document = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise StateError(f"line {number}: not JSON: {error}") from error
    if type(document) is not dict:
        raise StateError(f"line {number}: expected an object with at_seconds, spec_replicas and status_replicas")
    if document.pop("version", VERSION) != VERSION:
        raise StateError(f"line {number}: version: this is not version {VERSION}, the only one that can be read")
    try:
        if "state" in document:
            return _journaled(document)
        return _state(document, asked=True)
    except Wrong as wrong:
        raise StateError(f"line {number}: {path_text(wrong.parts)}: {wrong}") from wrong


def write_decision(decision: Decision, memory: Memory, number: int) -> bytes:
    """The line that answers line `number`, with its newline."""
    answer = {
        "version": VERSION,
        "line": number,
        "at_seconds": decision.at_seconds,
        "replicas": decision.replicas,
        "recommendation": decision.recommendation,
        "trail": decision.trail,
        "conditions": decision.conditions,
        "memory": memory,
    }
    return orjson.dumps(answer, default=tuple, option=orjson.OPT_APPEND_NEWLINE)


def _journaled(document: dict[str, Any]) -> State:
    """A tick of a journal: its state, and whether the policy was asked.  What it answered does not matter here."""
    state = document["state"]
    try:
        if type(state) is not dict:
            raise expected("an object", state)
        state.pop("version", None)
        return _state(state, asked=document.get("decision") is not None)
    except Wrong as wrong:
        raise wrong.within("state") from None


def _state(document: dict[str, Any], *, asked: bool) -> State:
    memory = document.pop("memory", None)
    seen = _read_observation(document)
    _refuse_doubles(seen)
    return State(seen=seen, memory=None if memory is None else _memory(memory), asked=asked)


def _memory(document: Any) -> Any:
    try:
        return _read_memory(document)
    except Wrong as wrong:
        raise wrong.within("memory") from None


def _refuse_doubles(seen: Observation) -> None:
    """Two of one name would be counted once by one rule and twice by another."""
    if len({worker.name for worker in seen.workers}) < len(seen.workers):
        raise Wrong("two workers have the same name").within("workers")
    if len({(part.topic, part.partition) for part in seen.partitions}) < len(seen.partitions):
        raise Wrong("a partition stands twice").within("partitions")


def path_text(parts: list[int | str]) -> str:
    """The path to a field, as people write it: `workers[3].cpu`."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in parts)
    return text.removeprefix(".") or "(whole line)"
