"""A batch on its way to Kafka, and the record batch that holds events which are encoded already.

aiokafka's own builder takes one event per call.  `EncodedBatch` looks like it to `send_batch`, but holds the records
of a whole batch as they were written by NumPy (see columns.py).  Format: Kafka's record batch, magic 2.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import google_crc32c
from aiokafka.codec import gzip_encode, lz4_encode, snappy_encode, zstd_encode
from aiokafka.record.default_records import DefaultRecordBase

HEADER = DefaultRecordBase.HEADER_STRUCT
CHECKED_FROM = DefaultRecordBase.ATTRIBUTES_OFFSET
MAGIC = 2

Codec = tuple[int, Callable[[bytes], bytes] | None]
CODECS: dict[str, Codec] = {
    "none": (DefaultRecordBase.CODEC_NONE, None),
    "gzip": (DefaultRecordBase.CODEC_GZIP, gzip_encode),
    "snappy": (DefaultRecordBase.CODEC_SNAPPY, snappy_encode),
    "lz4": (DefaultRecordBase.CODEC_LZ4, lz4_encode),
    "zstd": (DefaultRecordBase.CODEC_ZSTD, zstd_encode),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What the sender hands over.

    Attributes:
        builder: An aiokafka BatchBuilder or an EncodedBatch.
        size_bytes: Memory that it takes until it is acknowledged.
        value_bytes: Bytes of event values in it.
    """

    partition: int
    builder: Any
    events: int
    size_bytes: int
    value_bytes: int


class EncodedBatch:
    """Records that are written already; has the methods that `AIOKafkaProducer.send_batch` uses of a BatchBuilder."""

    __slots__ = ("_built", "_codec", "_events", "_owner", "_pieces", "_timestamp_ms")

    def __init__(self, pieces: Sequence[memoryview], *, events: int, timestamp_ms: int, codec: Codec) -> None:
        self._pieces = pieces
        self._events = events
        self._timestamp_ms = timestamp_ms
        self._codec = codec
        self._owner = (-1, -1, 0)  # what aiokafka writes without idempotence
        self._built: bytearray | None = None

    def record_count(self) -> int:
        """How many records there are."""
        return self._events

    def closed(self) -> bool:
        """Always: nothing can be added."""
        return True

    def close(self) -> None:
        """Nothing to do."""

    def size(self) -> int:
        """Bytes, before compression unless it was sent already."""
        return len(self._built) if self._built is not None else HEADER.size + sum(map(len, self._pieces))

    def _set_producer_state(self, producer_id: int, producer_epoch: int, base_sequence: int) -> None:
        self._owner = (producer_id, producer_epoch, base_sequence)

    def _build(self) -> bytearray:
        """The bytes for the wire.  Kept, because a repeated request must send the very same."""
        if self._built is None:
            attributes, records = self._compressed()
            self._built = bytearray().join((bytes(HEADER.size), *records))
            self._write_header(self._built, attributes)
            self._pieces = ()
        return self._built

    def _compressed(self) -> tuple[int, Sequence[Any]]:
        """Codec number and records; uncompressed when compression gains nothing, as Kafka's own clients do."""
        number, compress = self._codec
        if compress is None:
            return number, self._pieces
        plain = b"".join(self._pieces)
        packed = compress(plain)
        return (number, [packed]) if len(packed) < len(plain) else (DefaultRecordBase.CODEC_NONE, [plain])

    def _write_header(self, batch: bytearray, attributes: int) -> None:
        length = len(batch) - DefaultRecordBase.AFTER_LEN_OFFSET
        fields = (attributes, self._events - 1, self._timestamp_ms, self._timestamp_ms, *self._owner, self._events)
        leader_epoch = DefaultRecordBase.NO_PARTITION_LEADER_EPOCH
        HEADER.pack_into(batch, 0, 0, length, leader_epoch, MAGIC, 0, *fields)
        checksum = google_crc32c.value(
            bytes(memoryview(batch)[CHECKED_FROM:])
        )  # with its copy 5 times aiokafka's speed
        HEADER.pack_into(batch, 0, 0, length, leader_epoch, MAGIC, checksum, *fields)
