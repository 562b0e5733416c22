"""What an autoscaler saw, decided and did in each tick: one line of JSON each, `decisions.jsonl` in a run directory.

Apart from the controller because `weir explain`, reports and replays read it years later.  Its one rule: the `state` of
a line is a line that `weir decide` reads, so a journal can be put to any policy.
"""

import mmap
from collections.abc import Iterator, Mapping
from dataclasses import field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import orjson

from autoscaler.errors import StateError
from autoscaler.lines.format import VERSION, path_text
from autoscaler.lines.readers import Wrong, reader_of
from autoscaler.lines.slim import slim, slim_line
from autoscaler.model import Decision, Memory, Observation, Step
from autoscaler.model.value import value


@value(frozen=True, slots=True, kw_only=True)
class ShadowAnswer:
    """What a policy that only watches would have done."""

    replicas: int
    why: str
    """The step that made the number what it is."""
    recommendation: int | None = None


@value(frozen=True, slots=True, kw_only=True)
class Tick:
    """One tick.  The memory is given on the first line and whenever it does not follow from the line before."""

    seen: Observation
    memory: Memory | None = None
    """What the policy remembered before this tick; None = goes on from the line before."""
    policy: str
    """Name of the acting policy."""
    decision: Decision | None
    """None = the policy was not asked in this tick: its period had not passed, it failed (`held`), or by `order`."""
    order: Step | None = None
    """What an operator had ordered instead of the policy's number: a target, or a pause."""
    desired: int
    """How many workers were asserted in this tick."""
    held: str | None = None
    """Which part failed, so that nothing was changed."""
    shadows: Mapping[str, ShadowAnswer] = field(default_factory=dict)
    """Those that were asked in this tick, by name."""
    done: tuple[str, ...] = ()
    """What the reconciler had done, in words."""


class Journal:
    """A journal that is being written.  Every line is flushed, so that a crash leaves what was there."""

    def __init__(self, path: Path) -> None:
        """Opens it to go on behind its last whole line.  Raises OSError."""
        self._file = path.open("ab")
        self._file.truncate(_whole(path))

    def append(self, tick: Tick) -> None:
        """Add a line.  Raises OSError."""
        self._file.write(write_tick(tick))
        self._file.flush()

    def close(self) -> None:
        """May be called twice."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()


def write_tick(tick: Tick) -> bytes:
    """The line of a tick, with its newline; fields that hold their default are left out, except `decision`."""
    document: dict[str, Any] = slim(tick)
    seen = slim(document.pop("seen"))
    memory = document.pop("memory", None)
    state = seen if memory is None else seen | {"memory": memory}
    return slim_line({"version": VERSION, "state": state, **document})


def read_tick(line: bytes, number: int) -> Tick:
    """The tick in line `number`.  Raises StateError."""
    try:
        document = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise StateError(f"line {number}: not JSON: {error}") from error
    if type(document) is not dict or type(document.get("state")) is not dict:
        raise StateError(f"line {number}: expected an object with state, policy, decision and desired")
    if document.pop("version", None) != VERSION:
        raise StateError(f"line {number}: version: this is not version {VERSION}, the only one that can be read")
    try:
        return _tick(document)
    except Wrong as wrong:
        raise StateError(f"line {number}: {path_text(wrong.parts)}: {wrong}") from wrong


def read_journal(path: Path) -> Iterator[Tick]:
    """Every tick, in order.  A last line that was cut off by a crash is left out.  Raises StateError with the file."""
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file, start=1):
                if line.endswith(b"\n") and not line.isspace():
                    yield _tick_in(path, line, number)
    except OSError as error:
        raise StateError(f"{path} cannot be read: {error.strerror}") from error


def _tick_in(path: Path, line: bytes, number: int) -> Tick:
    try:
        return read_tick(line, number)
    except StateError as error:
        raise StateError(f"{path}: {error}") from error


_read = reader_of(Tick)


def _tick(document: dict[str, Any]) -> Tick:
    state = document.pop("state")
    document |= {"memory": state.pop("memory", None), "seen": state}
    state.pop("version", None)
    _drop_unknown_numbers(document.get("decision"))
    try:
        tick: Tick = _read(document)
    except Wrong as wrong:
        wrong.parts[:1] = _PLACES.get(str(wrong.parts[0]), wrong.parts[:1])
        raise
    return tick


_PLACES: Mapping[str, list[int | str]] = {"seen": ["state"], "memory": ["state", "memory"]}
"""Where a line has what a tick has under these names."""


def _drop_unknown_numbers(decision: Any) -> None:
    """A policy may have named an infinite number, which JSON has as null."""
    trail = decision.get("trail") if type(decision) is dict else None
    for step in trail if type(trail) is list else ():
        if type(step) is dict and type(step.get("numbers")) is dict:
            step["numbers"] = {name: number for name, number in step["numbers"].items() if number is not None}


def _whole(path: Path) -> int:
    """Bytes up to the end of the last whole line: behind a torn one no other could be read."""
    if not path.stat().st_size:
        return 0
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        return content.rfind(b"\n") + 1
