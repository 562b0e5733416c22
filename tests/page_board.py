"""What the page's test server has to show: columns of samples, the last documents, and whoever listens for more."""

import asyncio
import math
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from tests.page_decisions import Document
from tests.page_world import Frame

REMEMBERED = 2_000
"""Events that a reader who comes back can still be given."""


@dataclass(slots=True, kw_only=True)
class Board:
    """Filled by a frame a tick.  `run` marks the server's life in the ids of events; others mean nothing."""

    run: str
    columns: dict[str, list[float | None]] = field(default_factory=lambda: {"at": []})
    state: Document | None = None
    workers: list[Document] = field(default_factory=list)
    decisions: list[Document] = field(default_factory=list)
    happenings: list[Document] = field(default_factory=list)
    events: deque[tuple[int, bytes]] = field(default_factory=lambda: deque(maxlen=REMEMBERED))
    readers: set[asyncio.Queue[bytes | None]] = field(default_factory=set)
    told: int = 0

    def add(self, frame: Frame) -> None:
        """One tick, to everybody."""
        self._keep(frame.sample)
        self.state, self.workers = frame.state, frame.workers
        for happening in reversed(frame.happenings):
            self.happenings.insert(0, happening)
            self._send("happening", happening)
        if frame.decision is not None:
            self._send("decision", self._fold(frame.decision))
        self._send("sample", frame.sample)
        self._send("state", frame.state)
        self._send("workers", frame.workers)

    def _keep(self, sample: Mapping[str, float | None]) -> None:
        length = len(self.columns["at"])
        for name in sample.keys() - self.columns.keys():
            self.columns[name] = [None] * length
        for name, column in self.columns.items():
            column.append(sample.get(name))

    def _fold(self, decision: Document) -> Document:
        """A decision that changed nothing and repeats the rule of the one before is counted with it."""
        last = self.decisions[0] if self.decisions else None
        same = last is not None and decision["replicas"] == decision["replicas_before"] == last["replicas"]
        if last is not None and same and last["replicas_before"] == last["replicas"] and _rule(last) == _rule(decision):
            self.decisions[0] = decision | {"at": last["at"], "count": last["count"] + 1, "until": decision["at"]}
        else:
            self.decisions.insert(0, decision)
        return self.decisions[0]

    def _send(self, kind: str, document: Any) -> None:
        self.told += 1
        text = f"id: {self.run}-{self.told}\nevent: {kind}\ndata: ".encode() + orjson.dumps(document) + b"\n\n"
        self.events.append((self.told, text))
        for reader in self.readers:
            reader.put_nowait(text)

    def missed(self, last_id: str | None) -> Iterator[bytes]:
        """What was told since `last_id`; nothing if that is not of this life."""
        run, _, number = (last_id or "").rpartition("-")
        if run == self.run and number.isdigit():
            yield from (text for told, text in list(self.events) if told > int(number))

    def samples(self, since: float | None, seconds: float | None, points: int) -> Document:
        """The columns of a stretch, thinned."""
        at: Any = self.columns["at"]
        end = at[-1] if at else 0.0
        begin = since if since is not None else end - (seconds or 86_400.0)
        stop = begin + seconds if since is not None and seconds is not None else math.inf
        rows = [i for i, moment in enumerate(at) if begin < moment <= stop]
        chosen = slice(rows[0], rows[-1] + 1) if rows else slice(0, 0)
        thinned = thin({name: column[chosen] for name, column in self.columns.items()}, points)
        return {"at": thinned.pop("at"), "series": thinned}


def thin(columns: Mapping[str, Sequence[float | None]], points: int) -> dict[str, list[float | None]]:
    """At most `points` rows: of each stretch two, with the least and the most of every column."""
    length = len(columns["at"])
    if length <= points:
        return {name: list(column) for name, column in columns.items()}
    stride = math.ceil(2 * length / points)
    found: dict[str, list[float | None]] = {name: [] for name in columns}
    for begin in range(0, length, stride):
        for name, column in columns.items():
            known = [value for value in column[begin : begin + stride] if value is not None]
            found[name] += [min(known), max(known)] if known else [None, None]
    return found


def _rule(decision: Document) -> str:
    return str(decision["reason"]).partition(":")[0]
