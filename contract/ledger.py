"""What workers, producers and faults write down so that a run can be audited.

A worker publishes one `LedgerEntry` to the ledger topic each time *before* it commits: the offset ranges that it has
processed since the last one, with the producers' own numbers in them.  So whatever is committed stands in the ledger,
even when the worker is killed; what was processed but neither published nor committed is processed again by another
worker and appears once.  A producer's own side of the story is its `ProducerAccount`.
"""

from collections.abc import Iterable

from pydantic import Field

from contract.settings import Strict


class ProducerSpan(Strict):
    """The events of one producer within an offset range, by its own numbering."""

    pid: int
    first_seq: int
    last_seq: int
    events: int
    backwards: int = Field(0, description="events whose seq did not exceed the one before: out of order or repeated")


class OffsetRange(Strict):
    """A stretch of one partition that a worker has dealt with, both ends included."""

    partition: int
    first_offset: int
    last_offset: int
    events: int = Field(description="records seen in the range, dead-lettered ones included")
    dead_lettered: int = 0
    producers: tuple[ProducerSpan, ...] = Field((), description="empty for records that are not Weir's own")


class LedgerEntry(Strict):
    """One worker's processed ranges since its last entry, and the latency of the events in them."""

    worker: str
    at_us: int = Field(description="wall clock of the worker, microseconds since the epoch")
    ranges: tuple[OffsetRange, ...]
    end_to_end: str | None = Field(
        None, description="LatencyHistogram.encode() of planned to processed; None without events"
    )
    negative_latencies: int = Field(0, description="events planned in the worker's future: the clocks disagree")


class InjectedRange(Strict):
    """A stretch of one partition that a fault filled with poison, records that are no events; both ends included."""

    partition: int
    first_offset: int
    last_offset: int


def distinct(entries: Iterable[LedgerEntry]) -> Iterable[LedgerEntry]:
    """Each entry once: a worker that got no answer writes the same one again, with the same name and moment."""
    return {(entry.worker, entry.at_us): entry for entry in entries}.values()


class PartitionAccount(Strict):
    """What one producer did to one partition.  sent = acknowledged + failed + unknown."""

    pid: int
    partition: int
    planned: int
    sent: int
    acknowledged: int
    failed: int
    unknown: int = Field(0, description="sent, answer never seen: may or may not be in the log")
    first_offset: int | None = Field(None, description="lowest acknowledged offset")
    last_offset: int | None = Field(None, description="highest acknowledged offset")


class ProducerAccount(Strict):
    """Everything a producer (all its processes) says about its run.  Latencies are LatencyHistogram texts."""

    topic: str
    started_us: int
    ended_us: int
    complete: bool = Field(description="the schedule was worked off; False after SIGTERM or a failure")
    planned: int
    sent: int
    acknowledged: int
    failed: int
    unknown: int
    late: int = Field(description="sent more than late_after_seconds after the planned time")
    unsent: int = Field(description="planned until the end, but never handed to Kafka")
    value_bytes: int = Field(description="bytes of event values sent")
    errors: dict[str, int] = Field({}, description="failed events by Kafka's error name")
    schedule_delay: str = Field(description="planned to sent")
    publish_latency: str = Field(description="sent to acknowledged")
    cpu_seconds: float
    rss_bytes_max: int
    partitions: tuple[PartitionAccount, ...]
