"""Workers may die whenever they like, with poison in the log or without: nothing is found lost, unless it was."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Literal, NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from contract.ledger import LedgerEntry, OffsetRange, PartitionAccount
from loadtests.audit import Audit, LogOffsets, audit
from tests.ledgers import account, log, poison, sent, span

End = Literal["commits", "dies before it commits", "dies before it publishes"]


class Stint(NamedTuple):
    """One worker's time with the partition: how many events it processes, and how it ends."""

    events: int
    end: End


POISON = -1
"""Stands for the producer of a record that a fault put in; every worker that reads it sends it to the dead letters."""


class Event(NamedTuple):
    """A record of the log: its offset, and the number that its producer gave it."""

    offset: int
    pid: int
    seq: int


def in_log(pids: Sequence[int]) -> list[Event]:
    """A log that the producers wrote in that order."""
    return [Event(offset, pid, pids[:offset].count(pid)) for offset, pid in enumerate(pids)]


def accounts(events: Sequence[Event]) -> list[PartitionAccount]:
    return [sent(sum(e.pid == pid for e in events), pid=pid) for pid in sorted({e.pid for e in events} - {POISON})]


def work(events: Sequence[Event], stints: Sequence[Stint], dropped: range = range(0)) -> Iterator[LedgerEntry]:
    """What workers publish who take turns at a partition, the last of them to its end, none telling of `dropped`."""
    committed = 0
    for number, (count, end) in enumerate([*stints, Stint(len(events), "commits")]):
        batch = events[committed : committed + count]
        if end != "dies before it publishes":
            ranges = tuple(told([e for e in batch if e.offset not in dropped]))
            yield LedgerEntry(worker=f"w{number}", at_us=number, ranges=ranges)
        if end == "commits":
            committed += len(batch)


def told(events: Sequence[Event]) -> Iterator[OffsetRange]:
    """A range for each stretch without gaps."""
    for _, stretch in groupby(enumerate(events), key=lambda pair: pair[1].offset - pair[0]):
        seen = [event for _, event in stretch]
        seqs = {pid: [e.seq for e in seen if e.pid == pid] for pid in {e.pid for e in seen} - {POISON}}
        yield OffsetRange(
            partition=0,
            first_offset=seen[0].offset,
            last_offset=seen[-1].offset,
            events=len(seen),
            dead_lettered=sum(e.pid == POISON for e in seen),
            producers=tuple(span(min(s), max(s), pid=pid, events=len(s)) for pid, s in seqs.items()),
        )


def judged(events: Sequence[Event], entries: Sequence[LedgerEntry], offsets: LogOffsets) -> Audit:
    injected = [poison(e.offset, e.offset) for e in events if e.pid == POISON]
    return audit(account(*accounts(events)), entries, [offsets], injected)


LOGS = st.lists(st.integers(POISON, 2), min_size=1, max_size=60).map(in_log)
ENDS: tuple[End, ...] = ("commits", "dies before it commits", "dies before it publishes")
STINTS = st.lists(st.builds(Stint, st.integers(0, 20), st.sampled_from(ENDS)), max_size=12)


@given(LOGS, STINTS)
def test_deaths_lose_nothing_and_every_repetition_is_counted(events: list[Event], stints: list[Stint]) -> None:
    """Published before committed: whatever is committed stands in the ledger, however the work is split."""
    entries = list(work(events, stints))
    found = judged(events, entries, log(len(events)))
    published = sum(r.events for entry in entries for r in entry.ranges)
    assert (found.lost, found.complete, found.processed) == (0, True, len(events))
    assert found.repeated == published - len(events)
    assert (found.out_of_order, found.unread) == (0, 0)


@given(LOGS, STINTS, st.data())
def test_what_is_dropped_is_found_to_the_event(events: list[Event], stints: list[Stint], data: st.DataObject) -> None:
    """Offsets that no worker tells of but that are committed are lost, and exactly those."""
    first = data.draw(st.integers(0, len(events) - 1), label="first dropped")
    dropped = range(first, data.draw(st.integers(first + 1, len(events)), label="end of dropped"))
    found = judged(events, list(work(events, stints, dropped)), log(len(events)))
    assert (found.lost, found.passed) == (len(dropped), False)


@given(LOGS, STINTS, st.data())
def test_what_kafka_forgets_is_found(events: list[Event], stints: list[Stint], data: st.DataObject) -> None:
    """Acknowledged, but no longer at the log's end when it is read: lost, and exactly as many."""
    kept = data.draw(st.integers(0, len(events) - 1), label="events kept")
    found = judged(events, list(work(events[:kept], stints)), log(kept))
    assert (found.lost, found.passed) == (len(events) - kept, False)


@given(LOGS, STINTS, st.data())
def test_what_is_not_committed_is_unread_and_not_lost(
    events: list[Event], stints: list[Stint], data: st.DataObject
) -> None:
    read = data.draw(st.integers(0, len(events)), label="events read")
    found = judged(events, list(work(events[:read], stints)), log(len(events), committed=read))
    assert (found.lost, found.unread) == (0, len(events) - read)


@given(LOGS, STINTS, st.data())
def test_what_vanishes_without_a_trace_is_found_among_any_poison(
    events: list[Event], stints: list[Stint], data: st.DataObject
) -> None:
    """An event was acknowledged but never reached the log: neither offsets nor dead letters may hide that."""
    vanished = data.draw(st.sampled_from([*events, None]), label="vanished")
    left = [event for event in events if event != vanished]
    as_logged = [event._replace(offset=offset) for offset, event in enumerate(left)]
    injected = [poison(e.offset, e.offset) for e in as_logged if e.pid == POISON]
    sent_by = accounts(events)
    found = audit(account(*sent_by), list(work(as_logged, stints)), [log(len(as_logged))], injected)
    assert found.lost == (vanished is not None and vanished.pid != POISON)
    assert found.unacknowledged_in_log == 0
