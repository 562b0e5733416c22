"""How fetched batches become slices: what is handed to the handler, and stands in the ledger, at once.  Pure.

Joining costs: each copy of a list touches every record in it, about 30 ns when they are not in the cache any more.  So
a batch that is large enough becomes a slice as it is.
"""

from collections.abc import Iterable, Iterator, Sequence

from processor.decode import Record
from processor.rates import SliceSize


def cut(batches: Iterable[list[Record]], size: SliceSize, enough: int) -> Iterator[Sequence[Record]]:
    """Slices of at most `size.events` records with offsets that adjoin; batches are joined until they are `enough`.

    `size` may change while slices are taken.  Offsets can be missing where the log was compacted, or where a
    transaction's marker took one: there a slice ends.  The lists are taken over, and may grow.
    """
    kept: list[Record] = []
    for batch in batches:
        if kept:
            kept += batch
        else:
            kept = batch
        if len(kept) >= min(enough, size.events):
            yield from _bounded(kept, size)
            kept = []
    if kept:
        yield from _bounded(kept, size)


def _bounded(records: Sequence[Record], size: SliceSize) -> Iterator[Sequence[Record]]:
    while len(records) > size.events:
        count = size.events
        yield from _without_gaps(records[:count])
        records = records[count:]
    yield from _without_gaps(records)


def _without_gaps(records: Sequence[Record]) -> Iterator[Sequence[Record]]:
    begin = 0
    if records[-1].offset - records[0].offset + 1 != len(records):
        for index in range(1, len(records)):
            if records[index].offset != records[index - 1].offset + 1:
                yield records[begin:index]
                begin = index
    yield records[begin:] if begin else records
