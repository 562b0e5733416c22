"""Entries of the ledger."""

import numpy as np
import pytest

from contract.histogram import LatencyHistogram
from contract.ledger import ProducerSpan
from processor.decode import numbers
from processor.ledger import Ledger, Slice


def a_slice(first: int, seqs: list[int], pid: int = 1, partition: int = 0, dead: int = 0) -> Slice:
    """Events of one producer."""
    return Slice(
        partition=partition,
        first_offset=first,
        events=len(seqs),
        pids=[pid] * len(seqs),
        seqs=numbers(seqs),
        dead_lettered=dead,
    )


def test_an_entry_without_anything_is_none() -> None:
    """Nothing processed, nothing to prove."""
    entry, histogram = Ledger().take("w", 5)
    assert entry is None
    assert histogram.count == 0


def test_processing_the_same_again_shows() -> None:
    """A worker that gets events twice writes two ranges over the same offsets; the audit counts them as repeated."""
    ledger = Ledger()
    ledger.record(a_slice(10, [0, 1, 2]))
    ledger.record(a_slice(11, [1, 2]))
    entry, _ = ledger.take("w", 0)
    assert entry is not None
    assert [(r.first_offset, r.last_offset) for r in entry.ranges] == [(10, 12), (11, 12)]


def test_numbers_that_go_back_between_slices_count() -> None:
    """Order is watched across the slices of a range, not only within one."""
    ledger = Ledger()
    ledger.record(a_slice(0, [5, 6]))
    ledger.record(a_slice(2, [6, 3, 9]))
    entry, _ = ledger.take("w", 0)
    assert entry is not None
    assert entry.ranges[0].producers == (ProducerSpan(pid=1, first_seq=3, last_seq=9, events=5, backwards=2),)


def test_dead_letters_are_part_of_their_range() -> None:
    """A record given up was seen all the same."""
    ledger = Ledger()
    ledger.record(a_slice(0, [0, 1], dead=1))
    ledger.record(Slice(partition=0, first_offset=2, events=3, dead_lettered=3))
    entry, _ = ledger.take("w", 0)
    assert entry is not None
    assert [(r.events, r.dead_lettered) for r in entry.ranges] == [(5, 4)]


def test_latencies_travel_with_the_entry() -> None:
    """As a histogram; what was planned in the future counts as disagreeing clocks."""
    ledger = Ledger()
    ledger.record(a_slice(0, [0, 1, 2]))
    ledger.record_latencies(np.array([1_000.0, 2_000.0]))
    ledger.record_latencies(np.array([-5.0]))
    entry, _ = ledger.take("w", 0)
    assert entry is not None
    assert entry.end_to_end is not None
    histogram = LatencyHistogram.decode(entry.end_to_end)
    assert (histogram.count, entry.negative_latencies) == (3, 1)
    assert histogram.seconds_at(100) == pytest.approx(0.002, rel=0.002)


def test_what_is_forgotten_is_in_no_entry() -> None:
    """After a revoke these events belong to somebody else."""
    ledger = Ledger()
    ledger.record(a_slice(0, [0]))
    ledger.record_latencies(np.array([1.0]))
    ledger.forget()
    assert ledger.take("w", 0)[0] is None
    assert ledger.events == 0
