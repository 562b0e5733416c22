"""Encoding a whole block at once, column by column: the fast path for made-up events of one size.

All events whose numbers have equally many digits are laid out alike, so they are rows of one matrix: a template with
the constant bytes is copied for each, then each field is written for all rows in one NumPy call.  Every event's JSON
is made anew; it equals that of plain.py byte for byte, and so does the record around it.

Measured at 200 B on two cores busy with other work: 0.10 µs an event in blocks of 6,000 and 0.33 µs in blocks of 1,000,
where orjson and aiokafka's builder took 2.9 µs; the checksum takes another 0.13 µs either way.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache, partial

import numpy as np

from producer.batch import HEADER, Batch, Codec, EncodedBatch
from producer.block import Block
from producer.layout import (
    DUE_SAMPLE_US,
    OFFSETS_IN_ONE_BYTE,
    OFFSETS_MAX,
    Digits,
    Rows,
    lay_out,
    write,
    write_number,
    write_offsets,
)
from producer.source import VALUE_MIN, SeededSource


@dataclass(frozen=True, slots=True)
class Piece:
    """Rows of one batch that follow each other and are laid out alike; `offset` is that of the first in its batch."""

    start: int
    stop: int
    offset: int
    digits: Digits


class ColumnEncoder:
    """Blocks to batches; `covers` says which blocks it can do."""

    def __init__(self, source: SeededSource, *, pid: int, batch_bytes: int, codec: Codec) -> None:
        self._source = source
        self._batch_bytes = batch_bytes
        self._codec = codec
        self._layout = lru_cache(maxsize=64)(partial(lay_out, source, pid))

    def covers(self, block: Block) -> bool:
        """One size, and records of equal length for all types, also with numbers as long as this block's longest."""
        if len(self._source.sizes) > 1 or not block.events:
            return False
        longest = Digits(len(str(block.partitions[-1])), len(str(block.seq.max())), 2)
        sixteen = DUE_SAMPLE_US <= int(block.due_us[0]) < 10 * DUE_SAMPLE_US
        return sixteen and self._layout(longest).even

    def encode(self, block: Block) -> list[Batch]:
        """Full batches for each partition of the block, and what is left over as a last one."""
        batches = [(part, list(_pieces(block, part, start, stop))) for part, start, stop in self._bounds(block)]
        records = self._records(block, [piece for _, pieces in batches for piece in pieces])
        return [self._batch(part, pieces, records, block.at_ms) for part, pieces in batches]

    def _bounds(self, block: Block) -> Iterator[tuple[int, int, int]]:
        """Partition, first row and end of each batch."""
        events_max = self._events_max(block)
        for part, start, stop in zip(block.partitions, block.starts, block.starts[1:], strict=False):
            for row in range(start, stop, events_max):
                yield part, row, min(row + events_max, stop)

    def _events_max(self, block: Block) -> int:
        """How many of the block's records fill a batch; the first few are shorter, by a byte of their offset."""
        part, seq = len(str(block.partitions[-1])), len(str(block.seq.max()))
        short, long = (int(self._layout(Digits(part, seq, offset)).templates.shape[1]) for offset in (1, 2))
        room: int = self._batch_bytes - HEADER.size
        fit = room // short
        if fit > OFFSETS_IN_ONE_BYTE:
            fit = OFFSETS_IN_ONE_BYTE + (room - OFFSETS_IN_ONE_BYTE * short) // long
        return min(max(fit, 1), OFFSETS_MAX)

    def _records(self, block: Block, pieces: list[Piece]) -> dict[int, memoryview]:
        """The records of each piece, by its first row."""
        records = {}
        for digits in {piece.digits for piece in pieces}:
            alike = [piece for piece in pieces if piece.digits == digits]
            matrix = self._matrix(block, digits, alike)
            flat, begin = matrix.reshape(-1).data, 0
            for piece in alike:
                end = begin + (piece.stop - piece.start) * matrix.shape[1]
                records[piece.start] = flat[begin:end]
                begin = end
        return records

    def _matrix(self, block: Block, digits: Digits, pieces: list[Piece]) -> Rows:
        """All events of these pieces as records, one a row."""
        rows = np.concatenate([np.arange(piece.start, piece.stop) for piece in pieces])
        offsets = np.concatenate([np.arange(piece.stop - piece.start) + piece.offset for piece in pieces])
        due = np.array([b"%d" % moment for moment in block.due_us.tolist()])
        drawn, layout = block.drawn.rows(rows), self._layout(digits)
        keys = self._source.keys.take(drawn.key)
        matrix = layout.templates.take(drawn.type, axis=0)
        write_offsets(matrix, layout.at["offset"], offsets, digits.offset)
        write(matrix, layout.at["record_key"], keys)
        write_number(matrix, layout.at["part"], drawn.partition, digits.part)
        write_number(matrix, layout.at["seq"], block.seq.take(rows), digits.seq)
        write(matrix, layout.at["due_us"], due.take(block.due.take(rows)))
        write(matrix, layout.at["key"], keys)
        write_number(matrix, layout.at["value"], drawn.value, len(str(VALUE_MIN)))
        return matrix

    def _batch(self, partition: int, pieces: list[Piece], records: dict[int, memoryview], at_ms: int) -> Batch:
        events = pieces[-1].stop - pieces[0].start
        builder = EncodedBatch(
            [records[piece.start] for piece in pieces], events=events, timestamp_ms=at_ms, codec=self._codec
        )
        return Batch(
            partition=partition,
            builder=builder,
            events=events,
            size_bytes=builder.size(),
            value_bytes=events * self._source.sizes[0],
        )


def _pieces(block: Block, partition: int, start: int, stop: int) -> Iterator[Piece]:
    """Cut one batch where the number of digits changes, in seq or in the offset delta."""
    part_digits, seq, row = len(str(partition)), int(block.seq[start]), start
    while row < stop:
        digits = len(str(seq + row - start))
        short = row - start < OFFSETS_IN_ONE_BYTE
        end = min(stop, start + 10**digits - seq, start + OFFSETS_IN_ONE_BYTE if short else stop)
        yield Piece(row, end, row - start, Digits(part_digits, digits, 1 if short else 2))
        row = end
