"""Where each field of an event's record stands, and how a field is written for many records at once.

A record is Kafka's (magic 2): length, attributes, timestamp delta 0, offset delta, key, value, no headers.  All but
its digits and letters is taken from an event that the plain encoder wrote, so the two cannot differ.
"""

from dataclasses import dataclass

import numpy as np
from aiokafka.record.util import encode_varint
from numpy.typing import NDArray

from contract.event import Origin
from producer.plain import event_text
from producer.source import VALUE_MIN, SeededSource

DUE_SAMPLE_US = 10**15  # sixteen digits, like every moment from 2001 to 2286
OFFSETS_IN_ONE_BYTE = 64  # an offset delta is a varint: one byte below this, two below OFFSETS_MAX
OFFSETS_MAX = 8_192
LABELS = {"part": b'"part":', "seq": b'"seq":', "due_us": b'"due_us":', "key": b'"key":"', "value": b'"value":'}
DIGITS = {width: np.array([b"%0*d" % (width, n) for n in range(10**width)], f"S{width}") for width in (1, 2, 3, 4)}

Rows = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Digits:
    """What decides where fields stand: digits of the partition and of seq, bytes of the offset delta."""

    part: int
    seq: int
    offset: int


@dataclass(frozen=True, slots=True)
class Layout:
    """Records of one kind.

    Attributes:
        templates: One for each type, with sample values in the fields.
        at: The byte at which each field begins.
        even: The records of all types are equally long; if not, they cannot be rows of one matrix.
    """

    templates: Rows
    at: dict[str, int]
    even: bool


def lay_out(source: SeededSource, pid: int, digits: Digits) -> Layout:
    """The layout of events from `source` with numbers of that many digits."""
    origin = Origin(pid, 10 ** (digits.part - 1), 10 ** (digits.seq - 1), DUE_SAMPLE_US)
    key, size = bytes(source.keys[0]), source.sizes[0]
    texts = [
        event_text(origin=origin, key=key.decode(), value=VALUE_MIN, type_name=name, size=size) for name in source.types
    ]
    records, places = zip(*(_record(key, text, digits.offset) for text in texts), strict=True)
    width = min(map(len, records))
    return Layout(
        templates=np.array([np.frombuffer(record[:width], np.uint8) for record in records]),
        at=places[0],
        even=len(set(map(len, records))) == 1,
    )


def write(matrix: Rows, at: int, texts: NDArray[np.bytes_]) -> None:
    """Put the texts, all of one length, into each row from byte `at` on.

    As one assignment of fixed-length strings: twice as fast as one of a rectangle of bytes.
    """
    rows, width = matrix.shape
    np.ndarray((rows,), texts.dtype, buffer=matrix.data, offset=at, strides=(width,))[:] = texts


def write_number(matrix: Rows, at: int, numbers: NDArray[np.integer], width: int) -> None:
    """Put numbers of exactly `width` digits into each row, four digits at a time."""
    for end in range(width, 0, -4):
        begin = max(end - 4, 0)
        table = DIGITS[end - begin]
        write(matrix, at + begin, table.take(numbers % len(table)))
        numbers = numbers // len(table)


def write_offsets(matrix: Rows, at: int, offsets: NDArray[np.int64], width: int) -> None:
    """Put offset deltas as zigzag varints of one or two bytes into each row."""
    doubled = offsets * 2
    matrix[:, at] = doubled if width == 1 else doubled | 0x80
    if width > 1:
        matrix[:, at + 1] = doubled >> 7


def _record(key: bytes, text: bytes, offset_bytes: int) -> tuple[bytes, dict[str, int]]:
    """A record around the text of an event, and where its fields begin."""
    no_attributes, no_delta, no_headers = b"\0", _varint(0), _varint(0)
    before = no_attributes + no_delta
    until_key = before + _varint(0 if offset_bytes == 1 else OFFSETS_IN_ONE_BYTE) + _varint(len(key))
    until_text = until_key + key + _varint(len(text))
    length = _varint(len(until_text + text + no_headers))
    places = {name: len(length + until_text) + text.index(label) + len(label) for name, label in LABELS.items()}
    places |= {"offset": len(length + before), "record_key": len(length + until_key)}
    return length + until_text + text + no_headers, places


def _varint(number: int) -> bytes:
    written = bytearray()
    encode_varint(number, written.append)
    return bytes(written)
