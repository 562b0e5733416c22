"""A block: the events that one process sends at one moment, in the order of their partitions and numbered there.

Blocks are what encoders turn into batches.  Everything here is arithmetic on whole columns.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from producer.schedule import Due
from producer.source import Drawn


@dataclass(frozen=True, slots=True)
class Block:
    """Rows sorted by partition, within one in the order of the sequence.

    Attributes:
        drawn: What the events carry.
        seq: Number of each within (producer, partition).
        due: For each event its place in `due_us`.
        due_us: The different planned times, microseconds since the epoch.
        partitions: Those that occur, rising.
        starts: Where each of them begins in the rows; one more at the end, the number of rows.
        at_ms: Wall clock at which the block was made: the timestamp of its records.
    """

    drawn: Drawn
    seq: NDArray[np.int64]
    due: NDArray[np.int64]
    due_us: NDArray[np.int64]
    partitions: list[int]
    starts: list[int]
    at_ms: int

    @property
    def events(self) -> int:
        """Rows."""
        return self.starts[-1]


class Arranger:
    """Picks a process's own events and gives them their numbers; its state: the next number of each partition."""

    def __init__(self, *, partitions: int, own: NDArray[np.bool_]) -> None:
        self._own = own
        self._partitions = partitions
        self._next_seq = np.zeros(partitions, np.int64)

    def arrange(self, drawn: Drawn, due: Due, *, start_us: int, now_us: int) -> Block:
        """The block of these events; `due` says which of them were planned for when."""
        slot = np.repeat(np.arange(len(due.counts)), due.counts)
        partition = drawn.partition
        if not self._own.all():
            own = np.flatnonzero(self._own[partition])
            order = own[np.argsort(partition[own], kind="stable")]
        else:
            order = np.argsort(partition, kind="stable")
        chosen = drawn.rows(order)
        counts = np.bincount(chosen.partition, minlength=self._partitions)
        starts = np.concatenate(([0], np.cumsum(counts)))
        present = np.flatnonzero(counts)
        seq = np.arange(len(order)) + np.repeat(self._next_seq - starts[:-1], counts)
        self._next_seq += counts
        return Block(
            drawn=chosen,
            seq=seq,
            due=slot[order],
            due_us=due.at_us + start_us,
            partitions=present.tolist(),
            starts=[*starts[present].tolist(), len(order)],
            at_ms=now_us // 1000,
        )
