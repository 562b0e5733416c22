"""The audit: what each disagreement of the three witnesses means.

Unless a row says otherwise there is one partition with ten events of producer 0, all acknowledged and committed.
"""

from collections.abc import Sequence
from typing import Any

import pytest

from contract.ledger import InjectedRange, LedgerEntry, OffsetRange, PartitionAccount
from loadtests.audit import Audit, LogOffsets, audit
from tests.ledgers import account, done, log, poison, sent, span


def judged(
    ranges: Sequence[OffsetRange],
    accounts: Sequence[PartitionAccount] = (sent(),),
    offsets: Sequence[LogOffsets] = (log(),),
    injected: Sequence[InjectedRange] = (),
) -> Audit:
    """The audit of one entry per range."""
    entries = [LedgerEntry(worker="w", at_us=number, ranges=(r,)) for number, r in enumerate(ranges)]
    return audit(account(*accounts), entries, offsets, injected)


CLEAN = {"lost": 0, "repeated": 0, "out_of_order": 0, "dead_lettered": 0, "unread": 0, "unacknowledged_in_log": 0}

ROWS = [
    pytest.param([done(0, 9)], [sent()], [log()], {"processed": 10, "in_log": 10}, id="everything was processed once"),
    pytest.param(
        [done(6, 9), done(0, 5)], [sent()], [log()], {"processed": 10}, id="the order of entries does not matter"
    ),
    pytest.param([], [], [log(0, committed=None)], {"processed": 0}, id="an empty partition is complete"),
    pytest.param([done(0, 7)], [sent()], [log(8)], {"lost": 2}, id="Kafka acknowledged ten and has eight"),
    pytest.param(
        [], [sent(partition=3)], [], {"lost": 10}, id="Kafka acknowledged ten and no longer has the partition"
    ),
    pytest.param(
        [done(0, 4), done(7, 9)], [sent()], [log()], {"lost": 2}, id="committed past two that no worker processed"
    ),
    pytest.param([done(0, 7)], [sent()], [log()], {"lost": 2}, id="committed the end without processing the last two"),
    pytest.param([], [sent()], [log()], {"lost": 10}, id="committed everything, processed nothing"),
    pytest.param(
        [done(0, 4), done(5, 8, span(6, 9))],
        [sent()],
        [log(9)],
        {"lost": 1},
        id="a number is missing between two ranges",
    ),
    pytest.param(
        [done(0, 8, span(0, 9, events=9))], [sent()], [log(9)], {"lost": 1}, id="a number is missing within a range"
    ),
    pytest.param(
        [done(0, 9, span(0, 9, events=9))],
        [sent()],
        [log()],
        {"lost": 1},
        id="one vanished and a stranger's record took its place: only the numbers tell",
    ),
    pytest.param(
        [done(0, 7, span(0, 9, events=8))],
        [sent(8, failed=2)],
        [log(8)],
        {},
        id="failed events explain a hole within a range",
    ),
    pytest.param(
        [done(0, 3), done(4, 7, span(6, 9))],
        [sent(8, failed=2)],
        [log(8)],
        {},
        id="failed events explain a hole between ranges",
    ),
    pytest.param(
        [done(0, 3), done(4, 7, span(6, 9))],
        [sent(8, unknown=2)],
        [log(8)],
        {},
        id="events without an answer explain a hole",
    ),
    pytest.param(
        [done(0, 7, span(0, 9, events=8)), done(0, 7, span(0, 9, events=8))],
        [sent(8, failed=2)],
        [log(8)],
        {"repeated": 8},
        id="a hole that was processed twice is still one hole",
    ),
    pytest.param(
        [done(0, 6, span(0, 9, events=7))],
        [sent(8, failed=2)],
        [log(7)],
        {"lost": 1},
        id="a hole larger than the failures",
    ),
    pytest.param(
        [done(0, 9, span(0, 9, events=9), dead=1)],
        [sent()],
        [log()],
        {"dead_lettered": 1},
        id="a dead-lettered event that could not be read leaves no number, and is not lost",
    ),
    pytest.param([done(0, 9), done(0, 9)], [sent()], [log()], {"repeated": 10, "processed": 10}, id="all of it twice"),
    pytest.param(
        [done(0, 5), done(4, 9)], [sent()], [log()], {"repeated": 2, "processed": 10}, id="ranges overlap by two"
    ),
    pytest.param(
        [done(0, 9), done(3, 5)], [sent()], [log()], {"repeated": 3, "processed": 10}, id="a range within another"
    ),
    pytest.param(
        [done(0, 9, span(0, 9, backwards=2))], [sent()], [log()], {"out_of_order": 2}, id="out of order within a range"
    ),
    pytest.param(
        [done(0, 4, span(5, 9)), done(5, 9, span(0, 4))],
        [sent()],
        [log()],
        {"out_of_order": 1},
        id="out of order between ranges",
    ),
    pytest.param(
        [done(0, 9, dead=3)], [sent()], [log()], {"dead_lettered": 3, "processed": 10}, id="given up, not lost"
    ),
    pytest.param(
        [done(0, 5)], [sent()], [log(committed=6)], {"unread": 4, "processed": 6}, id="stopped before the end"
    ),
    pytest.param(
        [], [sent()], [log(committed=None)], {"unread": 10}, id="a group that never committed has lost nothing yet"
    ),
    pytest.param(
        [done(0, 9)], [sent()], [log(committed=6)], {}, id="processed and published, killed before it could commit"
    ),
    pytest.param(
        [done(0, 11, span(0, 11))],
        [sent(10, unknown=2)],
        [log(12)],
        {"unacknowledged_in_log": 2},
        id="answers that were lost",
    ),
    pytest.param(
        [done(0, 10, span(0, 9, events=11, backwards=1))],
        [sent()],
        [log(11)],
        {"unacknowledged_in_log": 1, "out_of_order": 1},
        id="sent again by a retry: two records, one number",
    ),
    pytest.param(
        [done(100, 109, span(0, 9))],
        [sent()],
        [log(110, start=100)],
        {"in_log": 10, "processed": 10},
        id="a topic that begins at 100",
    ),
    pytest.param(
        [done(105, 109, span(5, 9))],
        [sent()],
        [log(110, start=105)],
        {"lost": 5},
        id="Kafka deleted five before they were read",
    ),
    pytest.param(
        [done(0, 9, span(0, 4, pid=0), span(0, 4, pid=1))],
        [sent(5, pid=0), sent(5, pid=1)],
        [log()],
        {"processed": 10},
        id="two producers share a partition, each with its own numbers",
    ),
    pytest.param(
        [done(0, 8, span(0, 4, pid=0), span(0, 4, pid=1, events=4))],
        [sent(5, pid=0), sent(5, pid=1)],
        [log(9)],
        {"lost": 1},
        id="one of two producers misses a number",
    ),
    pytest.param(
        [OffsetRange(partition=0, first_offset=0, last_offset=9, events=10)],
        [],
        [log()],
        {"unacknowledged_in_log": 10},
        id="records of somebody else are read, and owed to nobody",
    ),
]


@pytest.mark.parametrize(("ranges", "accounts", "offsets", "expected"), ROWS)
def test_what_a_disagreement_means(
    ranges: list[OffsetRange], accounts: list[PartitionAccount], offsets: list[LogOffsets], expected: dict[str, int]
) -> None:
    """Each row: what the workers, the producers and Kafka say, and what differs from a clean run."""
    found = judged(ranges, accounts, offsets).model_dump()
    assert {name: found[name] for name in CLEAN | expected} == CLEAN | expected


INJECTED_ROWS = [
    pytest.param(
        [done(0, 11, span(0, 9), dead=2)],
        [log(12)],
        [poison(4, 5)],
        {"injected": 2, "dead_lettered": 2, "in_log": 12, "processed": 12},
        id="poison was dead-lettered: nothing is lost, and no record is a stranger",
    ),
    pytest.param(
        [done(0, 11, span(0, 9), dead=2)],
        [log(12)],
        [poison(11, 11), poison(3, 3)],
        {"injected": 2, "dead_lettered": 2},
        id="poison in two places",
    ),
    pytest.param(
        [done(0, 10, span(0, 9, events=9), dead=2)],
        [log(11)],
        [poison(4, 5)],
        {"injected": 2, "dead_lettered": 2, "lost": 1},
        id="an event vanished from the log: poison does not take its place",
    ),
    pytest.param(
        [done(0, 11, span(0, 9, events=8), dead=2)],
        [log(12)],
        [poison(4, 5)],
        {"injected": 2, "dead_lettered": 2, "lost": 2},
        id="two numbers are missing: dead-lettered poison does not excuse them",
    ),
    pytest.param(
        [done(0, 11, span(0, 9, events=8), dead=4)],
        [log(12)],
        [poison(4, 5)],
        {"injected": 2, "dead_lettered": 4},
        id="two events could not be read either: they were dead-lettered beside the poison",
    ),
    pytest.param(
        [done(0, 5, span(0, 3), dead=2), done(0, 5, span(0, 3), dead=2), done(6, 10, span(5, 9))],
        [log(11)],
        [poison(4, 5)],
        {"injected": 2, "dead_lettered": 4, "repeated": 6, "lost": 1},
        id="poison was dead-lettered twice, and even that excuses nothing",
    ),
    pytest.param(
        [done(0, 9, span(0, 7, events=8), dead=2), done(12, 13, span(8, 9))],
        [log(14)],
        [poison(3, 4), poison(10, 11)],
        {"injected": 4, "dead_lettered": 2, "lost": 2},
        id="committed past poison that no worker saw: what is skipped is lost, whatever it was",
    ),
    pytest.param(
        [done(0, 5)],
        [log(12, committed=6)],
        [poison(8, 9)],
        {"injected": 2, "unread": 6, "processed": 6},
        id="poison that was not read yet",
    ),
    pytest.param(
        [done(0, 9, dead=0)],
        [log(10)],
        [poison(12, 12)],
        {"injected": 1, "lost": 1},
        id="Kafka acknowledged poison and no longer has it",
    ),
    pytest.param(
        [done(0, 12, span(0, 9), dead=2)],
        [log(13)],
        [poison(4, 5)],
        {"injected": 2, "dead_lettered": 2, "unacknowledged_in_log": 1},
        id="poison and a stranger's record",
    ),
]


@pytest.mark.parametrize(("ranges", "offsets", "injected", "expected"), INJECTED_ROWS)
def test_poison_that_faults_put_in_hides_no_loss(
    ranges: list[OffsetRange], offsets: list[LogOffsets], injected: list[InjectedRange], expected: dict[str, int]
) -> None:
    """Each row: what the workers and Kafka say, where the poison is, and what differs from a clean run."""
    found = judged(ranges, offsets=offsets, injected=injected).model_dump()
    assert {name: found[name] for name in CLEAN | expected} == CLEAN | expected


def test_poison_belongs_to_its_partition() -> None:
    ranges = [done(0, 9), done(0, 11, span(0, 9), partition=1, dead=2), done(0, 0, partition=2, dead=1)]
    offsets = [log(), log(12, partition=1), log(1, partition=2)]
    injected = [poison(0, 1, partition=1), poison(0, 0, partition=2)]
    found = judged(ranges, [sent(), sent(partition=1)], offsets, injected)
    assert found.complete
    assert [p.injected for p in found.partitions] == [0, 2, 1]
    assert "3 poison records were put in by faults (partitions 1, 2)" in found.findings


def test_a_loss_fails_the_run_and_unread_events_only_leave_it_incomplete() -> None:
    clean, unread, lost = judged([done(0, 9)]), judged([done(0, 5)], offsets=[log(committed=6)]), judged([done(0, 5)])
    assert (clean.passed, clean.complete) == (True, True)
    assert (unread.passed, unread.complete) == (True, False)
    assert (lost.passed, lost.complete) == (False, False)


def test_totals_are_sums_over_partitions_and_findings_name_them() -> None:
    found = judged(
        [done(0, 9), done(0, 7, partition=1), done(0, 9, partition=2), done(0, 9, partition=2)],
        [sent(), sent(partition=1), sent(partition=2)],
        [log(), log(partition=1), log(partition=2)],
    )
    assert (found.acknowledged, found.in_log, found.processed, found.lost, found.repeated) == (30, 30, 28, 2, 10)
    assert [p.lost for p in found.partitions] == [0, 2, 0]
    assert found.findings == (
        "2 events were lost (partitions 1)",
        "10 events were processed more than once (partitions 2)",
    )


def test_an_entry_that_was_written_twice_counts_once() -> None:
    """A worker without an answer writes the entry again: that repeats no event."""
    entry = LedgerEntry(worker="w", at_us=1, ranges=(done(0, 9),))
    found = audit(account(sent()), [entry, entry], [log()])
    assert (found.processed, found.repeated) == (10, 0)


def test_a_clean_run_has_no_findings() -> None:
    assert judged([done(0, 9)]).findings == ()


def test_what_the_producers_could_not_send_is_told_as_they_told_it() -> None:
    found = audit(account(sent(8, failed=1, unknown=1), unsent=5), [], [log(0, committed=None)])
    told: dict[str, Any] = found.model_dump(include={"planned", "unsent", "acknowledged", "failed", "unknown"})
    assert told == {"planned": 15, "unsent": 5, "acknowledged": 8, "failed": 1, "unknown": 1}
