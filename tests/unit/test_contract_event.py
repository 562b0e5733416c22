"""Events: what is one of ours, what is poison, and how a foreign event carries its origin."""

from typing import Any

import pytest

from contract.event import (
    ORIGIN_HEADER,
    Origin,
    PoisonError,
    decode,
    decode_batch,
    origin_of,
    pack_origin,
    unpack_origin,
)

GOOD: dict[str, Any] = {
    "pid": 0,
    "part": 11,
    "seq": 41,
    "due_us": 1_763_841_600_000_000,
    "key": "k17",
    "type": "view",
    "value": 142,
}


def test_the_origin_of_an_event_is_its_four_numbers() -> None:
    assert origin_of(GOOD | {"pad": "x"}) == Origin(pid=0, part=11, seq=41, due_us=1_763_841_600_000_000)


@pytest.mark.parametrize(
    ("event", "told"),
    [
        pytest.param([1], "expected a JSON object, found list", id="an array"),
        pytest.param(None, "expected a JSON object, found NoneType", id="null"),
        pytest.param("view", "expected a JSON object, found str", id="a string"),
        pytest.param({}, "missing pid, part, seq, due_us, key, type, value", id="an empty object names all fields"),
        pytest.param({n: v for n, v in GOOD.items() if n != "seq"}, "missing seq", id="no number"),
        pytest.param(GOOD | {"seq": -1}, "seq must be a whole number from 0, found -1", id="a negative number"),
        pytest.param(GOOD | {"seq": "41"}, "seq must be a whole number from 0, found '41'", id="a number as text"),
        pytest.param(GOOD | {"part": 1.0}, "part must be a whole number from 0, found 1.0", id="a fraction"),
        pytest.param(GOOD | {"pid": True}, "pid must be a whole number from 0, found True", id="true is not 1"),
        pytest.param(GOOD | {"due_us": None}, "due_us must be a whole number from 0, found None", id="no planned time"),
        pytest.param(GOOD | {"key": 17}, "key must be a string, found 17", id="a key that is a number"),
    ],
)
def test_a_wrong_event_is_poison_and_the_field_is_named(event: object, told: str) -> None:
    with pytest.raises(PoisonError, match="wrong schema") as poison:
        origin_of(event)
    assert told in str(poison.value)


@pytest.mark.parametrize("payload", [b"", b"{", b"\xff\xfe", b"nan", b"{'a': 1}", b'{"a": 1} trailing'])
def test_what_is_not_json_is_poison(payload: bytes) -> None:
    with pytest.raises(PoisonError, match="not JSON"):
        decode(payload)
    with pytest.raises(PoisonError, match="a record of this batch is not JSON"):
        decode_batch([b"{}", payload, b"{}"])


def test_a_batch_is_decoded_in_order() -> None:
    assert decode_batch([b"1", b'{"a":2}', b"[3]"]) == [1, {"a": 2}, [3]]


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param([], id="no headers at all"),
        pytest.param([("trace-id", b"1,2,3,4")], id="somebody else's header"),
        pytest.param([(ORIGIN_HEADER, None)], id="ours without a value"),
    ],
)
def test_a_record_without_our_header_has_no_origin(headers: list[tuple[str, bytes | None]]) -> None:
    assert unpack_origin(headers) is None


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"1,2,3", id="three numbers"),
        pytest.param(b"1,2,3,4,5", id="five numbers"),
        pytest.param(b"1,2,-3,4", id="a negative number"),
        pytest.param(b"1,2,x,4", id="a word"),
        pytest.param(b"1,2,3," + b"9" * 5_000, id="a number without end"),
    ],
)
def test_a_damaged_origin_is_poison(value: bytes) -> None:
    with pytest.raises(PoisonError, match="expected four whole numbers"):
        unpack_origin([(ORIGIN_HEADER, value)])


def test_our_header_is_found_among_others() -> None:
    origin = Origin(1, 2, 3, 4)
    assert unpack_origin([("trace-id", b"t"), pack_origin(origin)]) == origin
