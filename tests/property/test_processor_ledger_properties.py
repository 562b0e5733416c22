"""The ledger says exactly what was processed, however it was cut, merged and interrupted."""

import itertools
from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from contract.ledger import OffsetRange
from processor.decode import numbers
from processor.ledger import Ledger, Slice


class Event(NamedTuple):
    """One record of a partition's log."""

    pid: int
    seq: int


LOG = st.lists(st.builds(Event, pid=st.integers(0, 3), seq=st.integers(0, 50)), min_size=1, max_size=60)


def slices_of(log: list[Event], cuts: list[int], partition: int, first_offset: int = 0) -> list[Slice]:
    """The log cut at those places."""
    bounds = sorted({0, len(log), *(cut % len(log) for cut in cuts)})
    return [
        Slice(
            partition=partition,
            first_offset=first_offset + begin,
            events=end - begin,
            pids=[event.pid for event in log[begin:end]],
            seqs=numbers([event.seq for event in log[begin:end]]),
        )
        for begin, end in itertools.pairwise(bounds)
    ]


def entry_of(slices: list[Slice]) -> tuple[OffsetRange, ...]:
    """The ranges of an entry made after these slices."""
    ledger = Ledger()
    for one in slices:
        ledger.record(one)
    entry, _ = ledger.take("w", 0)
    return entry.ranges if entry else ()


@given(LOG, st.lists(st.integers(0, 59)), st.integers(0, 1 << 40))
def test_how_a_log_is_cut_changes_nothing(log: list[Event], cuts: list[int], first: int) -> None:
    """Adjoining slices make one range, the same as the log at once."""
    whole = entry_of(slices_of(log, [], 3, first))
    assert entry_of(slices_of(log, cuts, 3, first)) == whole
    assert [(r.partition, r.first_offset, r.last_offset, r.events) for r in whole] == [
        (3, first, first + len(log) - 1, len(log))
    ]


@given(LOG)
def test_every_producer_has_its_own_bounds_and_order(log: list[Event]) -> None:
    """Lowest, highest, how many, and how many did not exceed the one before, for each producer on its own."""
    (only,) = entry_of(slices_of(log, [], 0))
    for span in only.producers:
        seqs = [event.seq for event in log if event.pid == span.pid]
        backwards = sum(b <= a for a, b in itertools.pairwise(seqs))
        assert (span.first_seq, span.last_seq, span.events, span.backwards) == (
            min(seqs),
            max(seqs),
            len(seqs),
            backwards,
        )
    assert {span.pid for span in only.producers} == {event.pid for event in log}


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 3), st.integers(1, 9)), max_size=30))
def test_ranges_cover_what_was_recorded_and_nothing_else(steps: list[tuple[int, int, int]]) -> None:
    """Over several partitions, with gaps: each offset recorded lies in exactly one range, no other does."""
    ledger, ends, recorded = Ledger(), {0: 0, 1: 0, 2: 0}, set()
    for partition, gap, events in steps:
        first = ends[partition] + gap
        ledger.record(Slice(partition=partition, first_offset=first, events=events))
        recorded |= {(partition, offset) for offset in range(first, first + events)}
        ends[partition] = first + events
    entry, _ = ledger.take("w", 0)
    ranges = entry.ranges if entry else ()
    covered = [(r.partition, offset) for r in ranges for offset in range(r.first_offset, r.last_offset + 1)]
    assert len(covered) == len(set(covered)) == sum(r.events for r in ranges)
    assert set(covered) == recorded
    assert entry_is_new(ledger)


def entry_is_new(ledger: Ledger) -> bool:
    """Whether the ledger has begun anew."""
    return ledger.take("w", 0)[0] is None and ledger.events == 0
