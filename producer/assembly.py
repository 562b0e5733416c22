"""From settings to the parts of one process: agenda, source, encoder, limits.  Reads traces and replays, no more."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from contract.event import ORIGIN_BYTES, Origin
from contract.producer import ProducerSettings
from producer.batch import CODECS, HEADER, Batch
from producer.block import Block
from producer.columns import ColumnEncoder
from producer.pacer import MS_PER_SECOND, Pacer, pacer_of
from producer.plain import PlainEncoder, event_text, replay_records, seeded_records
from producer.replay import ReplaySource, read_lines
from producer.schedule import Agenda, FlatOut, Schedule
from producer.sender import Limits
from producer.source import SeededSource
from producer.trace import read_recordings

SAFE_RATE = 500_000  # events/s that one process is given; it manages more, but shares the machine with Kafka
FLAT_OUT_ROUNDS = 4  # batches a partition that wait for Kafka at most when there is no schedule to keep
RECORD_OVERHEAD_BYTES = 64  # record header, lengths, and this record's part of its batch's header
LONGEST = Origin(63, 9_999, 10**12, 10**16)

Encode = Callable[[Block], list[Batch]]
AnySource = SeededSource | ReplaySource


@dataclass(frozen=True, slots=True)
class Role:
    """Which of several processes this is: it has every `of`-th partition, and its number is the events' `pid`."""

    index: int = 0
    of: int = 1

    def own(self, partitions: int) -> NDArray[np.bool_]:
        """The partitions of this process."""
        mine: NDArray[np.bool_] = np.arange(partitions) % self.of == self.index
        return mine


def pacer_for(settings: ProducerSettings) -> Pacer:
    """The pacer of the load's shape, its traces read.  Raises ProducerError for a bad trace."""
    shape = settings.load.shape
    return pacer_of(shape, seed=settings.seed, recordings=read_recordings(shape))


def agenda_for(settings: ProducerSettings) -> Agenda:
    """The schedule, or flat out."""
    if settings.flat_out:
        return FlatOut(round(settings.seconds * 1e6), settings.events_max or 2**62)
    return Schedule(pacer_for(settings), max(round(settings.seconds * MS_PER_SECOND), 1))


def source_for(settings: ProducerSettings, partitions: int) -> AnySource:
    """Made-up events, or a file's.  Raises ProducerError for a bad file."""
    load = settings.load
    if load.replay is not None:
        return ReplaySource(read_lines(load.replay, load.replay_key), partitions=partitions)
    return SeededSource(load, partitions=partitions, seed=settings.seed)


def encoder_for(source: AnySource, settings: ProducerSettings, *, pid: int, new_builder: Callable[[], Any]) -> Encode:
    """The fast way for every block that it covers, the general one for the rest."""
    if isinstance(source, ReplaySource):
        return PlainEncoder(replay_records(source.lines, pid), new_builder).encode
    plain = PlainEncoder(seeded_records(source, pid), new_builder)
    codec = CODECS[settings.compression]
    columns = ColumnEncoder(source, pid=pid, batch_bytes=settings.batch_bytes, codec=codec)
    return lambda block: columns.encode(block) if columns.covers(block) else plain.encode(block)


def limits_for(settings: ProducerSettings, source: AnySource, *, partitions: int, own: int) -> Limits:
    """Bounds of a process that has `own` of the partitions."""
    usual, longest = _record_bytes(source)
    fit = max((settings.batch_bytes - HEADER.size) / usual, 1.0)
    buffer_bytes = settings.buffer_bytes_max
    if settings.flat_out:
        buffer_bytes = min(buffer_bytes, max(FLAT_OUT_ROUNDS * own * settings.batch_bytes, 4 * longest))
    return Limits(
        linger_us=0 if settings.flat_out else round(settings.linger_seconds * 1e6),
        late_after_us=round(settings.late_after_seconds * 1e6),
        warmup_us=round(settings.warmup_seconds * 1e6),
        # Keys spread unevenly: two standard deviations below full, few partitions overflow into a second batch.
        block_events=max(int(partitions * (fit - 2 * math.sqrt(fit))), partitions),
        record_bytes=longest,
        buffer_bytes=buffer_bytes,
        drain_us=round(settings.flush_seconds_max * 1e6),
    )


def processes_for(settings: ProducerSettings, partitions: int) -> int:
    """As many as were asked for or as the peak rate needs, but never one without a partition."""
    wanted = settings.processes
    if wanted is None:
        peak_rate = 0.0 if settings.flat_out else pacer_for(settings).peak_rate(settings.seconds)
        wanted = max(math.ceil(peak_rate / SAFE_RATE), 1)
    return min(wanted, partitions)


def _record_bytes(source: AnySource) -> tuple[int, int]:
    """What a record takes: on average, and at most."""
    if isinstance(source, ReplaySource):
        sizes = [len(line.payload) + len(line.key or b"") + ORIGIN_BYTES for line in source.lines]
    else:
        key = bytes(source.keys[0])
        fields = max(
            len(event_text(origin=LONGEST, key=key.decode(), value=999, type_name=name, size=0))
            for name in source.types
        )
        sizes = [max(size, fields) + len(key) for size in source.sizes]
    return sum(sizes) // len(sizes) + 16, max(sizes) + RECORD_OVERHEAD_BYTES
