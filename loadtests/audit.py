"""The ledger's audit: from what producers, Kafka and workers each say, what was lost, repeated or out of order.

Pure.  Three independent witnesses are held against each other, partition by partition:

- the producers' account: how many events Kafka acknowledged,
- the log's offsets: how many records there are, and up to where the group has committed,
- the workers' entries: which offsets they processed, and the producers' own numbers in them.

An event is *lost* when it was acknowledged but is not in the log, or was committed but stands in no entry, or is
missing between two numbers of its producer although that producer never had a failure to explain it.

Poison that a fault put in is in the log but in no producer's account.  Its offsets are known exactly, so it neither
fills the place of an event that vanished, nor does its way into the dead-letter topic excuse a number that is missing.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from contract.ledger import (
    InjectedRange,
    LedgerEntry,
    OffsetRange,
    PartitionAccount,
    ProducerAccount,
    ProducerSpan,
    distinct,
)
from contract.settings import Strict

_OfPartition = TypeVar("_OfPartition", PartitionAccount, InjectedRange)


class LogOffsets(Strict):
    """One partition as Kafka has it.

    `start` is the first offset when the run began, whatever retention has taken away since; `committed` is None when
    the group never committed there.
    """

    partition: int
    start: int
    end: int
    committed: int | None


class PartitionAudit(Strict):
    """What became of one partition's events."""

    partition: int
    acknowledged: int
    in_log: int
    processed: int
    lost: int
    repeated: int
    out_of_order: int
    dead_lettered: int
    unread: int
    unacknowledged_in_log: int
    injected: int = 0


class Audit(Strict):
    """The whole run.  `passed` = nothing was lost; `complete` = nothing was left unread either."""

    passed: bool
    complete: bool
    planned: int
    unsent: int
    acknowledged: int
    failed: int
    unknown: int
    in_log: int
    processed: int
    lost: int
    repeated: int
    out_of_order: int
    dead_lettered: int
    unread: int
    unacknowledged_in_log: int
    injected: int = 0
    findings: tuple[str, ...]
    partitions: tuple[PartitionAudit, ...]


def audit(
    account: ProducerAccount,
    entries: Iterable[LedgerEntry],
    log: Sequence[LogOffsets],
    injected: Iterable[InjectedRange] = (),
) -> Audit:
    """Hold the three witnesses against each other.  Entries must be in the order of the ledger topic."""
    sent, poison = _by_partition(account.partitions), _by_partition(injected)
    ranges = _ranges(entries)
    known = {offsets.partition: offsets for offsets in log}
    missing = sorted((sent.keys() | poison.keys()) - known.keys())
    gone = (LogOffsets(partition=p, start=0, end=0, committed=None) for p in missing)
    partitions = tuple(
        _audit_partition(o, sent[o.partition], ranges[o.partition], poison[o.partition]) for o in (*log, *gone)
    )
    total = {
        name: sum(getattr(p, name) for p in partitions) for name in PartitionAudit.model_fields if name != "partition"
    }
    total.pop("acknowledged")
    return Audit(
        passed=total["lost"] == 0,
        complete=total["lost"] == 0 and total["unread"] == 0,
        planned=account.planned,
        unsent=account.unsent,
        acknowledged=account.acknowledged,
        failed=account.failed,
        unknown=account.unknown,
        findings=tuple(_findings(partitions)),
        partitions=partitions,
        **total,
    )


def covered_events(entries: Iterable[LedgerEntry]) -> dict[int, int]:
    """How many events the entries cover, by partition; what they cover twice counts once."""
    return {
        partition: _Cover.of([(r.first_offset, r.last_offset) for r in ranges]).size
        for partition, ranges in _ranges(entries).items()
    }


def _audit_partition(
    log: LogOffsets,
    accounts: Sequence[PartitionAccount],
    ranges: Sequence[OffsetRange],
    injected: Sequence[InjectedRange],
) -> PartitionAudit:
    covered = _Cover.of([(r.first_offset, r.last_offset) for r in ranges])
    committed = log.start if log.committed is None else log.committed
    acknowledged = sum(a.acknowledged for a in accounts)
    skipped = covered.missing_between(log.start, committed)
    poison = sum(i.last_offset - i.first_offset + 1 for i in injected)
    surplus = log.end - log.start - acknowledged - poison
    return PartitionAudit(
        partition=log.partition,
        acknowledged=acknowledged,
        in_log=log.end - log.start,
        processed=covered.size,
        lost=max(skipped + max(0, -surplus), _missing_numbers(accounts, ranges, injected)),
        repeated=covered.repeated,
        out_of_order=_out_of_order(ranges),
        dead_lettered=sum(r.dead_lettered for r in ranges),
        unread=covered.missing_between(max(committed, log.start), log.end),
        unacknowledged_in_log=max(0, surplus),
        injected=poison,
    )


def _missing_numbers(
    accounts: Sequence[PartitionAccount], ranges: Sequence[OffsetRange], injected: Sequence[InjectedRange]
) -> int:
    """Events that a producer numbered and had acknowledged, but that lie in a hole of the numbers processed.

    Holes that the producer's own failures explain are not losses, nor are dead-lettered events: one that could not be
    read has left no number.  Injected poison never had one, however often it was dead-lettered.
    """
    spans: Mapping[int, list[ProducerSpan]] = defaultdict(list)
    for span in (span for r in ranges for span in r.producers):
        spans[span.pid].append(span)
    missing = sum(max(0, _holes(spans[a.pid]) - a.failed - a.unknown) for a in accounts)
    unread = sum(max(0, r.dead_lettered - sum(_overlap(r, i) for i in injected)) for r in ranges if r.dead_lettered)
    return max(0, missing - unread)


def _overlap(r: OffsetRange, injected: InjectedRange) -> int:
    return max(0, min(r.last_offset, injected.last_offset) - max(r.first_offset, injected.first_offset) + 1)


def _holes(spans: Iterable[ProducerSpan]) -> int:
    """How many numbers below the highest one were not seen; the least, as spans that overlap may fill each other's."""
    holes = within = end = 0
    for span in sorted(spans, key=lambda span: span.first_seq):
        if span.first_seq >= end:
            holes += within + span.first_seq - end
            within = 0
        within = max(within, span.last_seq - span.first_seq + 1 - span.events)
        end = max(end, span.last_seq + 1)
    return holes + within


def _out_of_order(ranges: Sequence[OffsetRange]) -> int:
    """Events whose producer's number did not rise, within a range or from one range of the log to the next."""
    backwards = sum(span.backwards for r in ranges for span in r.producers)
    last: dict[int, tuple[int, int]] = {}
    for r in sorted(ranges, key=lambda r: (r.first_offset, r.last_offset)):
        for span in r.producers:
            seq, offset = last.get(span.pid, (-1, -1))
            if r.first_offset > offset and span.first_seq <= seq:
                backwards += 1
            last[span.pid] = (max(seq, span.last_seq), max(offset, r.last_offset))
    return backwards


@dataclass(frozen=True, slots=True)
class _Cover:
    """Closed intervals laid over each other: what they cover together, and how often twice."""

    intervals: tuple[tuple[int, int], ...]
    repeated: int

    @classmethod
    def of(cls, intervals: Iterable[tuple[int, int]]) -> "_Cover":
        merged: list[tuple[int, int]] = []
        repeated = 0
        for first, last in sorted(intervals):
            if merged and first <= merged[-1][1] + 1:
                repeated += max(0, min(last, merged[-1][1]) - first + 1)
                merged[-1] = (merged[-1][0], max(last, merged[-1][1]))
            else:
                merged.append((first, last))
        return cls(tuple(merged), repeated)

    @property
    def size(self) -> int:
        return sum(last - first + 1 for first, last in self.intervals)

    def missing_between(self, start: int, end: int) -> int:
        """How many of start..end-1 no interval covers."""
        inside = sum(max(0, min(last, end - 1) - max(first, start) + 1) for first, last in self.intervals)
        return max(0, end - start) - inside


def _by_partition(accounts: Iterable[_OfPartition]) -> Mapping[int, list[_OfPartition]]:
    found: dict[int, list[_OfPartition]] = defaultdict(list)
    for account in accounts:
        found[account.partition].append(account)
    return found


def _ranges(entries: Iterable[LedgerEntry]) -> Mapping[int, list[OffsetRange]]:
    ranges: dict[int, list[OffsetRange]] = defaultdict(list)
    for entry in distinct(entries):
        for r in entry.ranges:
            ranges[r.partition].append(r)
    return ranges


def _findings(partitions: Sequence[PartitionAudit]) -> Iterable[str]:
    """A sentence for each kind of trouble, naming the partitions that have it."""
    sentences = {
        "lost": "{n:,} events were lost (partitions {where})",
        "repeated": "{n:,} events were processed more than once (partitions {where})",
        "out_of_order": "{n:,} events were out of order for their producer and partition (partitions {where})",
        "dead_lettered": "{n:,} events were given up and sent to the dead-letter topic (partitions {where})",
        "unread": "{n:,} events were still unread at the end (partitions {where})",
        "unacknowledged_in_log": "{n:,} events are in the log although no acknowledgement arrived (partitions {where})",
        "injected": "{n:,} poison records were put in by faults (partitions {where})",
    }
    for name, sentence in sentences.items():
        counts = {p.partition: getattr(p, name) for p in partitions if getattr(p, name)}
        if counts:
            yield sentence.format(n=sum(counts.values()), where=", ".join(map(str, counts)))
