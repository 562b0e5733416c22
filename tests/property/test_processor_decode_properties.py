"""The check in bulk and the check one by one accept and refuse the same events."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from hypothesis import given
from hypothesis import strategies as st

from contract.event import PoisonError, origin_of
from processor.decode import decode_weir, refusals

NUMBER = st.one_of(
    st.integers(-2, 3), st.integers(2**63 - 1, 2**64 - 1), st.booleans(), st.floats(0, 2), st.none(), st.just("7")
)
ANYTHING = st.one_of(st.none(), st.integers(0, 5), st.text(max_size=3), st.lists(st.integers(0, 1), max_size=2))
GOOD = st.fixed_dictionaries(
    {name: st.integers(0, 2**64 - 1) for name in ("pid", "part", "seq", "due_us")}
    | {"key": st.text(max_size=3), "type": ANYTHING, "value": ANYTHING}
)
ODD = st.fixed_dictionaries(
    {}, optional=dict.fromkeys(("pid", "part", "seq", "due_us"), NUMBER) | {"key": ANYTHING, "type": ANYTHING}
)
EVENTS = st.lists(st.one_of(GOOD, GOOD, st.tuples(GOOD, ODD).map(lambda two: two[0] | two[1]), ODD, ANYTHING))


@dataclass
class Stub:
    """A record."""

    value: bytes | None
    headers: Sequence[tuple[str, bytes | None]] = ()
    offset: int = 0
    timestamp: int = 0
    key: bytes | None = None


@given(EVENTS.filter(bool))
def test_bulk_and_single_agree(events: list[Any]) -> None:
    """decode_weir takes a slice exactly when `refusals` finds nothing, and then gives what origin_of gives."""
    records = [Stub(orjson.dumps(event)) for event in events]
    refused = refusals(records, "weir")
    try:
        decoded = decode_weir(records)
    except PoisonError:
        assert refused
    else:
        assert not refused
        origins = [origin_of(event) for event in decoded.events]
        assert list(decoded.pids) == [origin.pid for origin in origins]
        assert decoded.seqs.tolist() == [origin.seq for origin in origins]
        assert decoded.due_us.tolist() == [origin.due_us for origin in origins]
