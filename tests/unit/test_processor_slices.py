"""How batches become slices."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from processor.rates import SliceSize
from processor.slices import cut

if TYPE_CHECKING:
    from processor.decode import Record


@dataclass
class Stub:
    """A record of which only the offset matters."""

    offset: int
    timestamp: int = 0
    key: bytes | None = None
    value: bytes | None = b"{}"
    headers: Sequence[tuple[str, bytes | None]] = field(default=())


@pytest.mark.parametrize(
    ("batches", "size", "enough", "expected"),
    [
        pytest.param([], 9, 9, [], id="nothing gives nothing"),
        pytest.param([[0, 1], [2, 3], [4]], 9, 9, [[0, 1, 2, 3, 4]], id="small batches are joined"),
        pytest.param([[0, 1], [2, 3], [4]], 9, 3, [[0, 1, 2, 3], [4]], id="until they are enough"),
        pytest.param([[0, 1, 2, 3, 4]], 2, 9, [[0, 1], [2, 3], [4]], id="large ones are cut"),
        pytest.param([[0], [1, 2, 3]], 2, 9, [[0, 1], [2, 3]], id="joined ones, too"),
        pytest.param([[0, 1, 4, 5]], 9, 9, [[0, 1], [4, 5]], id="a gap ends a slice"),
        pytest.param([[3], [7], [8]], 9, 9, [[3], [7, 8]], id="so does a gap between batches"),
    ],
)
def test_slices(batches: list[list[int]], size: int, enough: int, expected: list[list[int]]) -> None:
    """Slices keep the order, lose nothing, are no larger than asked for, and their offsets adjoin."""
    records: list[list[Record]] = [[Stub(offset) for offset in batch] for batch in batches]
    slices = cut(records, SliceSize(size, first_events=size), enough)
    assert [[record.offset for record in one] for one in slices] == expected
