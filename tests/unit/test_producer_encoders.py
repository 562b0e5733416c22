"""The fast encoder writes what the plain one writes, byte for byte, and Kafka's readers get back what was put in."""

from itertools import chain, pairwise
from typing import Any

import numpy as np
import orjson
import pytest
from aiokafka.producer.message_accumulator import BatchBuilder
from aiokafka.record.default_records import DefaultRecordBatch
from hypothesis import given
from hypothesis import strategies as st

from contract.event import Origin, decode, origin_of, unpack_origin
from contract.load import Keys, Load, SizeShare
from producer.batch import CODECS, HEADER, Batch
from producer.block import Arranger, Block
from producer.columns import ColumnEncoder
from producer.plain import PlainEncoder, event_text, replay_records, seeded_records
from producer.replay import Line, ReplaySource
from producer.schedule import Due
from producer.source import SeededSource

START_US = 1_763_841_600_000_000
BATCH_BYTES = 16_384


def block_of(
    source: SeededSource | ReplaySource, *, partitions: int, counts: list[int], skip: int = 0, first_seq: int = 0
) -> Block:
    """A block of as many events in each of some milliseconds; `first_seq` of every partition."""
    arranger = Arranger(partitions=partitions, own=np.ones(partitions, np.bool_))
    arranger._next_seq += first_seq
    due = Due(np.arange(len(counts)) * 1000, np.array(counts))
    return arranger.arrange(source.draw(skip, due.events), due, start_us=START_US, now_us=START_US + 7_500)


def plain(source: SeededSource, *, pid: int = 0, codec: int = 0) -> PlainEncoder:
    """The yardstick."""
    return PlainEncoder(seeded_records(source, pid), lambda: BatchBuilder(BATCH_BYTES, codec))


def columns(source: SeededSource, *, pid: int = 0, codec: str = "none") -> ColumnEncoder:
    """The fast one."""
    return ColumnEncoder(source, pid=pid, batch_bytes=BATCH_BYTES, codec=CODECS[codec])


def built(batches: list[Batch]) -> list[tuple[int, int, int, bytes]]:
    """What goes over the wire, and what is counted."""
    return [(batch.partition, batch.events, batch.value_bytes, bytes(batch.builder._build())) for batch in batches]


def records(batches: list[Batch]) -> list[tuple[int, Any]]:
    """All records with their partitions, as aiokafka's own reader finds them."""
    found = []
    for batch in batches:
        reader = DefaultRecordBatch(bytes(batch.builder._build()))
        assert reader.validate_crc()
        found += [(batch.partition, record) for record in reader]
    return found


@pytest.mark.parametrize(
    ("load", "partitions", "first_seq"),
    [
        pytest.param(Load(), 12, 0, id="numbers from one digit to several within a batch"),
        pytest.param(Load(), 12, 9_995, id="from four digits to five"),
        pytest.param(Load(), 3, 99_999_990, id="from eight digits to nine, many events a batch"),
        pytest.param(Load(event_bytes=120), 1, 0, id="one partition, full batches, two-byte offsets"),
        pytest.param(Load(event_bytes=1_000), 101, 0, id="partitions of one to three digits"),
        pytest.param(Load(event_bytes=100), 9, 0, id="the size leaves hardly any room"),
        pytest.param(Load(types=("ä", 'quote"d', "x")), 4, 0, id="types that JSON must escape or that are not ASCII"),
        pytest.param(Load(keys=Keys(count=1)), 5, 0, id="one key"),
        pytest.param(Load(event_bytes=20_000), 2, 0, id="events larger than a batch"),
    ],
)
def test_both_encoders_write_the_same_bytes(load: Load, partitions: int, first_seq: int) -> None:
    """Header, checksum, offsets, keys and JSON."""
    source = SeededSource(load, partitions=partitions, seed=3)
    block = block_of(source, partitions=partitions, counts=[200, 0, 333, 1], skip=77, first_seq=first_seq)
    encoder = columns(source, pid=4)
    assert encoder.covers(block)
    assert built(encoder.encode(block)) == built(plain(source, pid=4).encode(block))


@given(
    st.integers(1, 120),
    st.integers(100, 400),
    st.integers(0, 10**9),
    st.lists(st.integers(0, 300), min_size=1, max_size=4).filter(any),
    st.integers(0, 63),
)
def test_both_encoders_agree_on_any_block(
    partitions: int, size: int, first_seq: int, counts: list[int], pid: int
) -> None:
    """Whenever the fast one says that it covers a block."""
    source = SeededSource(Load(event_bytes=size), partitions=partitions, seed=5)
    block = block_of(source, partitions=partitions, counts=counts, first_seq=first_seq)
    encoder = columns(source, pid=pid)
    if encoder.covers(block):
        assert built(encoder.encode(block)) == built(plain(source, pid=pid).encode(block))


def records_of(batches: list[Batch]) -> list[tuple[int, int, bytes, bytes]]:
    """What a consumer sees."""
    return [(partition, record.timestamp, record.key, record.value) for partition, record in records(batches)]


@pytest.mark.parametrize(
    ("load", "first_seq"),
    [
        pytest.param(Load(event_bytes=(SizeShare(bytes=100, share=1), SizeShare(bytes=200, share=1))), 0, id="sizes"),
        pytest.param(Load(event_bytes=64, types=("a", "long")), 0, id="fields longer than the size, by type"),
        pytest.param(Load(event_bytes=101), 10**12, id="numbers that have grown too long for the size"),
    ],
)
def test_what_the_fast_encoder_cannot_do_it_says(load: Load, first_seq: int) -> None:
    """Then the plain one does it."""
    source = SeededSource(load, partitions=2, seed=1)
    block = block_of(source, partitions=2, counts=[50], first_seq=first_seq)
    assert not columns(source).covers(block)
    assert sum(batch.events for batch in plain(source).encode(block)) == 50


@pytest.mark.parametrize("codec", [name for name in CODECS if name != "none"])
def test_compressed_batches_hold_the_same_records(codec: str) -> None:
    """And are smaller."""
    source = SeededSource(Load(), partitions=3, seed=1)
    block = block_of(source, partitions=3, counts=[300])
    packed = columns(source, codec=codec).encode(block)
    assert records_of(packed) == records_of(columns(source).encode(block))
    assert packed[0].builder.size() < packed[0].size_bytes / 2


def test_what_does_not_compress_is_sent_as_it_is() -> None:
    """As Kafka's own clients do."""
    source = SeededSource(Load(event_bytes=100), partitions=1, seed=1)
    block = block_of(source, partitions=1, counts=[1])
    (batch,) = ColumnEncoder(source, pid=0, batch_bytes=BATCH_BYTES, codec=(3, lambda data: data + b"!")).encode(block)
    assert records_of([batch]) == records_of(columns(source).encode(block))


def test_an_idempotent_producer_writes_its_numbers_into_the_header() -> None:
    """As aiokafka's builder does; and a second request repeats the very same bytes."""
    source = SeededSource(Load(), partitions=1, seed=1)
    block = block_of(source, partitions=1, counts=[30])
    (fast,), (slow,) = columns(source).encode(block), plain(source).encode(block)
    for batch in (fast, slow):
        batch.builder._set_producer_state(77, 3, 500)
    assert built([fast]) == built([slow])
    assert fast.builder._build() is fast.builder._build()


def test_events_are_numbered_without_gaps() -> None:
    """By partition, from 0, over blocks; planned times are those of the schedule."""
    source = SeededSource(Load(), partitions=5, seed=1)
    arranger = Arranger(partitions=5, own=np.ones(5, np.bool_))
    seen: dict[int, list[int]] = {}
    for number in range(4):
        due = Due(np.array([number * 1000]), np.array([100]))
        block = arranger.arrange(source.draw(number * 100, 100), due, start_us=START_US, now_us=START_US)
        for partition, record in records(columns(source).encode(block)):
            origin = origin_of(decode(record.value))
            assert origin[:2] == (0, partition)
            assert origin.due_us == START_US + number * 1000
            seen.setdefault(partition, []).append(origin.seq)
    assert all(numbers == list(range(len(numbers))) for numbers in seen.values())
    assert sum(map(len, seen.values())) == 400


def test_the_shares_of_several_processes_are_the_whole() -> None:
    """Each event is sent by exactly one of them, with the same content as by one process alone."""
    source = SeededSource(Load(), partitions=7, seed=1)
    due = Due(np.array([0, 1000]), np.array([500, 500]))

    def events(own: np.ndarray[Any, Any]) -> list[tuple[int, bytes, bytes]]:
        block = Arranger(partitions=7, own=own).arrange(source.draw(0, 1000), due, start_us=START_US, now_us=START_US)
        return [(p, r.key, r.value) for p, r in records(columns(source).encode(block))]

    shares = [events(np.arange(7) % 3 == process) for process in range(3)]
    assert sorted(chain(*shares)) == sorted(events(np.ones(7, np.bool_)))


@pytest.mark.parametrize(
    "size", [pytest.param(size, id=f"{size} bytes") for size in (64, 93, 94, 95, 99, 102, 103, 104, 200, 4_096)]
)
def test_an_event_has_its_size_exactly(size: int) -> None:
    """Unless its fields are longer; with `pad`, or spaces where `pad` does not fit."""
    fields = event_text(origin=Origin(0, 1, 2, START_US), key="k1", value=500, type_name="view", size=0)
    text = event_text(origin=Origin(0, 1, 2, START_US), key="k1", value=500, type_name="view", size=size)
    assert len(text) == max(size, len(fields))
    event = orjson.loads(text)
    assert {name: event[name] for name in event if name != "pad"} == orjson.loads(fields)


def test_batches_are_no_larger_than_asked() -> None:
    """Both encoders, many events."""
    source = SeededSource(Load(), partitions=2, seed=1)
    block = block_of(source, partitions=2, counts=[3_000])
    for encoder in (columns(source), plain(source)):
        batches = encoder.encode(block)
        assert max(len(batch.builder._build()) for batch in batches) <= BATCH_BYTES
        assert min(batch.size_bytes for one, batch in pairwise(batches)) > HEADER.size


def test_replayed_lines_carry_their_origin_in_a_header() -> None:
    """Bytes and key unchanged."""
    lines = [Line(b'{"a": 1}', b"ann"), Line(b"[2]", b"bob")]
    source = ReplaySource(lines, partitions=3)
    block = block_of(source, partitions=3, counts=[5])
    encoder = PlainEncoder(replay_records(lines, 6), lambda: BatchBuilder(BATCH_BYTES, 0))
    found = records(encoder.encode(block))
    assert sorted((r.key, r.value) for _, r in found) == sorted([(b"ann", b'{"a": 1}')] * 3 + [(b"bob", b"[2]")] * 2)
    origins = [unpack_origin(record.headers) for _, record in found]
    assert [(o.pid, o.part) for o in origins if o] == [(6, partition) for partition, _ in found]
