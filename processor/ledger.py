"""What a worker has processed since its last entry: offset ranges, producers' numbers, latencies.  No I/O.

It stands apart from the shell that publishes it (`commit.py`), because this is the arithmetic that the proof rests on.
Its one rule: a range holds only offsets that were really seen, so adjoining slices merge and a gap begins a new range.

The latencies of a slice are only kept as an array here; they are counted when an entry is made, once a second, since
counting costs some 0.1 ms each time, as much as decoding the hundred events that a slice at moderate load has.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from contract.histogram import LatencyHistogram
from contract.ledger import LedgerEntry, OffsetRange, ProducerSpan


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """A stretch of one partition without gaps that is dealt with.

    `pids` and `seqs` are those of the events that carry a producer's numbers, in the order of the log.
    """

    partition: int
    first_offset: int
    events: int
    pids: Sequence[int] = ()
    seqs: NDArray[np.uint64] = field(default_factory=lambda: np.empty(0, dtype=np.uint64))
    dead_lettered: int = 0


class Ledger:
    """The ranges of one worker between two entries."""

    def __init__(self) -> None:
        self._ranges: dict[int, list[_Range]] = defaultdict(list)
        self._latencies: list[NDArray[np.float64]] = []
        self.events = 0

    def record(self, done: Slice) -> None:
        """Add a slice; it continues the partition's last range when it begins where that ends."""
        ranges = self._ranges[done.partition]
        if not ranges or ranges[-1].next_offset != done.first_offset:
            ranges.append(_Range(first_offset=done.first_offset, next_offset=done.first_offset))
        ranges[-1].extend(done)
        self.events += done.events

    def record_latencies(self, micros: NDArray[np.float64]) -> None:
        """Planned to processed, a value an event; negative when the event was planned in this clock's future."""
        self._latencies.append(micros)

    def latencies(self) -> NDArray[np.float64]:
        """All latencies since the last entry."""
        return np.concatenate(self._latencies) if self._latencies else np.empty(0)

    def forget(self) -> None:
        """Drop everything: these events were not committed and will be processed again, by whoever owns them then."""
        self._ranges.clear()
        self._latencies.clear()
        self.events = 0

    def take(self, worker: str, at_us: int) -> tuple[LedgerEntry | None, LatencyHistogram]:
        """Everything since the last time as an entry (None when there is nothing) with its latencies; begins anew."""
        latencies = self.latencies()
        histogram = LatencyHistogram()
        histogram.record_micros(latencies)
        ranges = tuple(kept.closed(partition) for partition, all_kept in self._ranges.items() for kept in all_kept)
        self.forget()
        if not ranges:
            return None, histogram
        entry = LedgerEntry(
            worker=worker,
            at_us=at_us,
            ranges=ranges,
            end_to_end=histogram.encode() if histogram.count else None,
            negative_latencies=int((latencies < 0).sum()),
        )
        return entry, histogram


@dataclass(slots=True, kw_only=True)
class _Span:
    """One producer within a range.  Bounds are the lowest and highest number, whatever the order."""

    first_seq: int
    last_seq: int
    latest_seq: int
    events: int = 0
    backwards: int = 0

    def extend(self, seqs: NDArray[np.uint64]) -> None:
        first, latest, backwards = int(seqs[0]), int(seqs[-1]), int(np.count_nonzero(seqs[1:] <= seqs[:-1]))
        self.backwards += backwards + (self.events > 0 and first <= self.latest_seq)
        self.events += len(seqs)
        self.latest_seq = latest
        self.first_seq = min(self.first_seq, int(seqs.min()) if backwards else first)
        self.last_seq = max(self.last_seq, int(seqs.max()) if backwards else latest)


@dataclass(slots=True, kw_only=True)
class _Range:
    """A range that still grows."""

    first_offset: int
    next_offset: int
    dead_lettered: int = 0
    spans: dict[int, _Span] = field(default_factory=dict)

    def extend(self, done: Slice) -> None:
        self.next_offset += done.events
        self.dead_lettered += done.dead_lettered
        for pid, seqs in _by_producer(done.pids, done.seqs).items():
            span = self.spans.get(pid)
            if span is None:
                first = int(seqs[0])
                span = self.spans[pid] = _Span(first_seq=first, last_seq=first, latest_seq=first)
            span.extend(seqs)

    def closed(self, partition: int) -> OffsetRange:
        return OffsetRange(
            partition=partition,
            first_offset=self.first_offset,
            last_offset=self.next_offset - 1,
            events=self.next_offset - self.first_offset,
            dead_lettered=self.dead_lettered,
            producers=tuple(
                ProducerSpan(
                    pid=pid, first_seq=s.first_seq, last_seq=s.last_seq, events=s.events, backwards=s.backwards
                )
                for pid, s in sorted(self.spans.items())
            ),
        )


def _by_producer(pids: Sequence[int], seqs: NDArray[np.uint64]) -> dict[int, NDArray[np.uint64]]:
    if not pids:
        return {}
    if pids.count(pids[0]) == len(pids):  # nearly always: a partition has one producer
        return {pids[0]: seqs}
    who = np.array(pids, dtype=np.uint64)
    return {int(pid): seqs[who == pid] for pid in np.unique(who)}
