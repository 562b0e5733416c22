"""The fast way of fetching, as far as it needs no broker."""

from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka.errors import CorruptRecordException
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from aiokafka.record.memory_records import MemoryRecords

from processor.fetch import FETCHER_PARTS, GetmanyFetch, make_fetch, unpack, why_not_fast


def batches(*sizes: int, compression: int = 0, spoil: bool = False) -> list[Any]:
    """Batches as a broker sends them, offsets counted within each batch."""
    found = []
    for size in sizes:
        builder = DefaultRecordBatchBuilder(2, compression, 0, -1, -1, -1, 1 << 20)
        for offset in range(size):
            builder.append(offset, 1_000 + offset, None, b"%d" % offset, [])
        data = bytearray(builder.build())
        if spoil:
            data[-1] ^= 1
        packed = MemoryRecords(bytes(data))
        found.append(packed.next_batch())
    return found


def consumer(**parts: Any) -> SimpleNamespace:
    """Something with the insides that aiokafka's consumer has."""
    fetcher = SimpleNamespace(**dict.fromkeys(FETCHER_PARTS))
    subscription = SimpleNamespace(reassignment_in_progress=False, wait_for_assignment=None, fetch_context=None)
    insides = {"_fetcher": fetcher, "_subscription": subscription, "_coordinator": SimpleNamespace(check_errors=None)}
    return SimpleNamespace(**(insides | parts))


def test_batches_become_records() -> None:
    """Batch by batch, nothing joined, in the order of the log."""
    found = list(unpack(batches(2, 3), 0, check_crcs=True, where="t-0"))
    assert [[record.value for record in batch] for batch in found] == [[b"0", b"1"], [b"0", b"1", b"2"]]


def test_a_compressed_batch_may_begin_before_the_position() -> None:
    """What was consumed already is left out."""
    found = list(unpack(batches(5, compression=3), 3, check_crcs=True, where="t-0"))
    assert [[record.offset for record in batch] for batch in found] == [[3, 4]]


def test_a_batch_that_was_damaged_is_refused() -> None:
    """Wrong bytes are an error that names the partition, not an event."""
    with pytest.raises(CorruptRecordException, match="t-0"):
        list(unpack(batches(3, spoil=True), 0, check_crcs=True, where="t-0"))


@pytest.mark.parametrize(
    ("made", "version", "why"),
    [
        pytest.param(consumer(), "0.14.0", None, id="the version that was tried, with all parts"),
        pytest.param(consumer(), "0.14.7", None, id="a later patch of it"),
        pytest.param(consumer(), "0.15.0", "aiokafka 0.15.0 is not 0.14.x", id="another minor version"),
        pytest.param(consumer(_fetcher=SimpleNamespace()), "0.14.9", "no _fetcher._client", id="a part is missing"),
    ],
)
def test_when_the_fast_way_is_taken(made: Any, version: str, why: str | None) -> None:
    """Only where everything is as expected; otherwise the reason is told and getmany does it."""
    found = why_not_fast(made, version)
    assert (found is None) if why is None else (why in (found or ""))


def test_without_the_insides_the_public_way_is_taken() -> None:
    """Slower, but it works."""
    assert isinstance(make_fetch(SimpleNamespace()), GetmanyFetch)
