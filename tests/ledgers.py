"""Small accounts, ranges and logs, for tests that hold them against each other."""

from contract.ledger import InjectedRange, OffsetRange, PartitionAccount, ProducerAccount, ProducerSpan
from loadtests.audit import LogOffsets

NO_LATENCY = ""


def sent(
    acknowledged: int = 10, *, pid: int = 0, partition: int = 0, failed: int = 0, unknown: int = 0
) -> PartitionAccount:
    total = acknowledged + failed + unknown
    return PartitionAccount(
        pid=pid,
        partition=partition,
        planned=total,
        sent=total,
        acknowledged=acknowledged,
        failed=failed,
        unknown=unknown,
    )


def account(*partitions: PartitionAccount, unsent: int = 0) -> ProducerAccount:
    total = {
        n: sum(getattr(p, n) for p in partitions) for n in ("planned", "sent", "acknowledged", "failed", "unknown")
    }
    return ProducerAccount(
        topic="events",
        started_us=0,
        ended_us=1,
        complete=True,
        late=0,
        unsent=unsent,
        value_bytes=0,
        schedule_delay=NO_LATENCY,
        publish_latency=NO_LATENCY,
        cpu_seconds=0.0,
        rss_bytes_max=0,
        partitions=partitions,
        **{**total, "planned": total["planned"] + unsent},
    )


def span(first: int, last: int, *, pid: int = 0, events: int | None = None, backwards: int = 0) -> ProducerSpan:
    return ProducerSpan(
        pid=pid,
        first_seq=first,
        last_seq=last,
        events=last - first + 1 if events is None else events,
        backwards=backwards,
    )


def done(first: int, last: int, *spans: ProducerSpan, partition: int = 0, dead: int = 0) -> OffsetRange:
    """Offsets first..last of a log in which offset and number are the same, unless spans say otherwise."""
    return OffsetRange(
        partition=partition,
        first_offset=first,
        last_offset=last,
        events=last - first + 1,
        dead_lettered=dead,
        producers=spans or (span(first, last),),
    )


def log(end: int = 10, *, start: int = 0, committed: int | None = -1, partition: int = 0) -> LogOffsets:
    """Committed to the end unless told otherwise."""
    return LogOffsets(partition=partition, start=start, end=end, committed=end if committed == -1 else committed)


def poison(first: int, last: int, *, partition: int = 0) -> InjectedRange:
    """Put in on purpose at these offsets."""
    return InjectedRange(partition=partition, first_offset=first, last_offset=last)
