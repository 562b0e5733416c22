"""How fetched batches become slices: what is handed to the handler, and stands in the ledger, at once.  Pure."""

from collections.abc import Iterable, Iterator, Sequence

from processor.decode import Record
from processor.rates import SliceSize


def cut(batches: Iterable[Sequence[Record]], size: SliceSize) -> Iterator[Sequence[Record]]:
    """Slices of at most `size.events` records with offsets that adjoin; small batches are joined.

    `size` may change while slices are taken.  Offsets can be missing where the log was compacted, or where a
    transaction's marker took one: there a slice ends.
    """
    kept: list[Record] = []
    for batch in batches:
        kept += batch
        while len(kept) >= size.events:
            count = size.events
            yield from _without_gaps(kept[:count])
            kept = kept[count:]
    if kept:
        yield from _without_gaps(kept)


def _without_gaps(records: Sequence[Record]) -> Iterator[Sequence[Record]]:
    begin = 0
    if records[-1].offset - records[0].offset + 1 != len(records):
        for index in range(1, len(records)):
            if records[index].offset != records[index - 1].offset + 1:
                yield records[begin:index]
                begin = index
    yield records[begin:]
