"""Decoding and the schema check of whole slices."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from contract.event import Origin, PoisonError, encode, pack_origin
from processor.decode import decode_json, decode_weir, origin_if_any, refusals

GOOD = {"pid": 0, "part": 3, "seq": 7, "due_us": 1_700_000_000_000_000, "key": "k", "type": "view", "value": 1}


@dataclass
class Stub:
    """A record as both ways of fetching give it."""

    value: bytes | None
    headers: Sequence[tuple[str, bytes | None]] = ()
    offset: int = 0
    timestamp: int = 1_700_000_000_123
    key: bytes | None = b"k"


def bad(**changes: Any) -> bytes:
    """The good event with something wrong in it."""
    return encode(GOOD | changes)


def test_columns_of_our_own_events() -> None:
    """Events come with producer, number and planned time as columns."""
    decoded = decode_weir([Stub(bad(pid=2, seq=seq)) for seq in (5, 6, 9)])
    assert [event["seq"] for event in decoded.events] == [5, 6, 9]
    assert (list(decoded.pids), decoded.seqs.tolist(), decoded.due_us.tolist()[0]) == (
        [2, 2, 2],
        [5, 6, 9],
        GOOD["due_us"],
    )


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        pytest.param(b"{", "not_json", id="broken JSON"),
        pytest.param(b"\xff\xfe", "not_json", id="bytes that are no text"),
        pytest.param(b"", "not_json", id="an empty value"),
        pytest.param(None, "not_json", id="a tombstone"),
        pytest.param(b"[1]", "wrong_schema", id="JSON, but no object"),
        pytest.param(b'"pid"', "wrong_schema", id="a string"),
        pytest.param(b"null", "wrong_schema", id="null"),
        pytest.param(encode({"pid": 1}), "wrong_schema", id="fields missing"),
        pytest.param(bad(seq=-1), "wrong_schema", id="a negative number"),
        pytest.param(bad(pid=-1), "wrong_schema", id="a negative producer"),
        pytest.param(bad(seq=1.5), "wrong_schema", id="a broken number"),
        pytest.param(bad(part=True), "wrong_schema", id="true is no number"),
        pytest.param(bad(due_us="now"), "wrong_schema", id="a text for a number"),
        pytest.param(bad(key=5), "wrong_schema", id="a key that is no text"),
    ],
)
def test_poison_is_refused_in_bulk_and_found_one_by_one(value: bytes | None, reason: str) -> None:
    """A slice with one bad record is refused as a whole; looked at singly, exactly that record is, with its reason."""
    records = [Stub(bad()), Stub(value), Stub(bad())]
    with pytest.raises(PoisonError):
        decode_weir(records)
    assert [(refusal.index, refusal.reason) for refusal in refusals(records, "weir")] == [(1, reason)]


def test_any_json_is_an_event_when_so_agreed() -> None:
    """events="json" takes every JSON value; without an origin the time is the record's own."""
    decoded = decode_json([Stub(b"1"), Stub(b"null"), Stub(b"[true]")])
    assert decoded.events == [1, None, [True]]
    assert not decoded.pids
    assert decoded.due_us.tolist() == [1_700_000_000_123_000] * 3


def test_the_origin_of_foreign_events_stands_in_a_header() -> None:
    """Events with the header are counted for their producer; those without are events all the same."""
    decoded = decode_json([Stub(b"1", [pack_origin(Origin(4, 0, 17, 99))]), Stub(b"2", [("trace", b"x")])])
    assert (list(decoded.pids), decoded.seqs.tolist()) == ([4], [17])
    assert decoded.due_us.tolist() == [99, 1_700_000_000_123_000]


@pytest.mark.parametrize("text", [b"", b"1,2,3", b"a,b,c,d"])
def test_an_origin_header_that_is_none_is_poison(text: bytes) -> None:
    """A broken proof is not taken for a missing one."""
    records = [Stub(b"1", [("weir-origin", text)])]
    with pytest.raises(PoisonError, match="weir-origin"):
        decode_json(records)
    assert [refusal.reason for refusal in refusals(records, "json")] == ["wrong_schema"]


def test_poison_keeps_its_place_in_the_ledger_where_its_origin_can_be_told() -> None:
    """What the handler refused has its numbers; what is no JSON has them only in a header."""
    origin = Origin(4, 0, 17, 99)
    assert origin_if_any(Stub(bad()), "weir") == Origin(0, 3, 7, 1_700_000_000_000_000)
    assert origin_if_any(Stub(b"{"), "weir") is None
    assert origin_if_any(Stub(b"{", [pack_origin(origin)]), "json") == origin
