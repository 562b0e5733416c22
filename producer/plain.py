"""Encoding one event at a time, through orjson and aiokafka's own builder: the general path, and the yardstick.

It takes every load: sizes that vary, fields longer than the size, a user's own lines.  What columns.py writes faster
must equal what this file writes, byte for byte.
"""

from collections.abc import Callable, Iterator
from typing import Any

from contract.event import Origin, encode, pack_origin
from producer.batch import HEADER, Batch
from producer.block import Block
from producer.replay import Line
from producer.source import SeededSource

PAD_FIELD_BYTES = len(b',"pad":""')

Record = tuple[bytes | None, bytes, list[tuple[str, bytes | None]]]
NewBuilder = Callable[[], Any]


def event_text(*, origin: Origin, key: str, value: int, type_name: str, size: int) -> bytes:
    """The JSON of one event, `size` bytes long unless its fields alone are longer.

    The field `pad` fills it up; when less is missing than the field's own name takes, spaces do.
    """
    event = {**origin._asdict(), "key": key, "value": value, "type": type_name}
    text = encode(event)
    missing = size - len(text)
    if missing < PAD_FIELD_BYTES:
        return text + b" " * missing
    return encode({**event, "pad": "x" * (missing - PAD_FIELD_BYTES)})


class PlainEncoder:
    """Any block to batches, one event after the other."""

    def __init__(self, records: Callable[[Block], Iterator[Record]], new_builder: NewBuilder) -> None:
        self._records = records
        self._new_builder = new_builder

    def encode(self, block: Block) -> list[Batch]:
        """At least one batch for each partition of the block."""
        records = self._records(block)
        batches: list[Batch] = []
        for partition, start, stop in zip(block.partitions, block.starts, block.starts[1:], strict=False):
            events = [next(records) for _ in range(start, stop)]
            batches.extend(self._batches(partition, events, block.at_ms))
        return batches

    def _batches(self, partition: int, events: list[Record], at_ms: int) -> Iterator[Batch]:
        builder, value_bytes = self._new_builder(), 0
        for key, value, headers in events:
            if builder.append(timestamp=at_ms, key=key, value=value, headers=headers) is None:
                yield _closed(partition, builder, value_bytes)
                builder, value_bytes = self._new_builder(), 0
                builder.append(timestamp=at_ms, key=key, value=value, headers=headers)  # the first always fits
            value_bytes += len(value)
        yield _closed(partition, builder, value_bytes)


def seeded_records(source: SeededSource, pid: int) -> Callable[[Block], Iterator[Record]]:
    """Keys and texts of made-up events."""

    def records(block: Block) -> Iterator[Record]:
        drawn = block.drawn
        keys, sizes = source.keys[drawn.key].tolist(), [source.sizes[size] for size in drawn.size.tolist()]
        rows = zip(_origins(block, pid), keys, drawn.value.tolist(), drawn.type.tolist(), sizes, strict=True)
        for origin, key, value, kind, size in rows:
            type_name = source.types[kind]
            yield (
                key,
                event_text(origin=origin, key=key.decode(), value=value, type_name=type_name, size=size),
                [],
            )

    return records


def replay_records(lines: list[Line], pid: int) -> Callable[[Block], Iterator[Record]]:
    """Lines as they are; where they come from stands in a header."""

    def records(block: Block) -> Iterator[Record]:
        for origin, number in zip(_origins(block, pid), block.drawn.key.tolist(), strict=True):
            yield lines[number].key, lines[number].payload, [pack_origin(origin)]

    return records


def _origins(block: Block, pid: int) -> Iterator[Origin]:
    due_us = block.due_us[block.due].tolist()
    rows = zip(block.drawn.partition.tolist(), block.seq.tolist(), due_us, strict=True)
    return (Origin(pid, part, seq, due) for part, seq, due in rows)


def _closed(partition: int, builder: Any, value_bytes: int) -> Batch:
    builder.close()
    return Batch(
        partition=partition,
        builder=builder,
        events=builder.record_count(),
        size_bytes=HEADER.size + builder.size(),
        value_bytes=value_bytes,
    )
