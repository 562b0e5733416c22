"""The event that Weir's producers emit and its workers read: JSON, one object a record.

    {"pid":0,"part":11,"seq":41,"due_us":1763841600000000,"key":"k0017","value":142,"type":"view","pad":"…"}

`pid` is the producer's number, `part` the partition and `seq` the number of the event within (producer, partition),
from 0 without gaps: this is what the ledger proves completeness and order with.  `due_us` is the moment that the
schedule planned for the event, in microseconds since the epoch, so that latency is measured from the plan and
not from a sender that fell behind.  `pad` fills the event up to the size that the scenario asks for.

Events that are not ours (a user's own JSON Lines) keep their bytes; the same four numbers travel in one header.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import orjson

from contract.errors import WeirError

ORIGIN_HEADER = "weir-origin"
ORIGIN_BYTES = 83  # four numbers of 64 bits and three commas
REQUIRED_FIELDS = ("pid", "part", "seq", "due_us", "key", "type", "value")


class PoisonError(WeirError):
    """A record that is not an event: not JSON, or not of the shape that was promised."""


class Origin(NamedTuple):
    """Where an event comes from: producer, partition, number within both, planned time."""

    pid: int
    part: int
    seq: int
    due_us: int


def encode(event: Mapping[str, Any]) -> bytes:
    """The bytes of one event.  The only place that knows which JSON library writes them."""
    return orjson.dumps(event)


def decode(payload: bytes) -> Any:
    """The JSON value in `payload`; raises PoisonError when there is none."""
    try:
        return orjson.loads(payload)
    except orjson.JSONDecodeError as error:
        raise PoisonError(f"not JSON: {error}") from error


def decode_batch(payloads: Sequence[bytes]) -> list[Any]:
    """The JSON values of a whole batch in one tight loop; raises PoisonError if any of them is not JSON.

    Joining the batch into one array, to enter the parser once, was measured and is slower from 1 KB on.
    """
    try:
        return list(map(orjson.loads, payloads))
    except orjson.JSONDecodeError as error:
        raise PoisonError(f"a record of this batch is not JSON: {error}") from error


def origin_of(event: Any) -> Origin:
    """Origin and schema check of one of our own events; raises PoisonError naming the field that is wrong."""
    if not isinstance(event, dict):
        raise PoisonError(f"wrong schema: expected a JSON object, found {type(event).__name__}")
    if missing := [name for name in REQUIRED_FIELDS if name not in event]:
        raise PoisonError(f"wrong schema: missing {', '.join(missing)}")
    numbers = [event[name] for name in Origin._fields]
    for name, number in zip(Origin._fields, numbers, strict=True):
        if type(number) is not int or number < 0:
            raise PoisonError(f"wrong schema: {name} must be a whole number from 0, found {number!r}")
    if not isinstance(event["key"], str):
        raise PoisonError(f"wrong schema: key must be a string, found {event['key']!r}")
    return Origin(*numbers)


def pack_origin(origin: Origin) -> tuple[str, bytes]:
    """Origin as a record header, for events whose bytes are the user's own."""
    return ORIGIN_HEADER, b"%d,%d,%d,%d" % origin


def unpack_origin(headers: Sequence[tuple[str, bytes | None]]) -> Origin | None:
    """Origin from a record's headers; None when the record did not come from Weir, PoisonError when it lies."""
    for name, value in headers:
        if name == ORIGIN_HEADER and value is not None:
            numbers = value.split(b",")
            if len(numbers) != len(Origin._fields) or len(value) > ORIGIN_BYTES or not all(map(bytes.isdigit, numbers)):
                raise PoisonError(
                    f"header {ORIGIN_HEADER}: expected four whole numbers, found {value[:ORIGIN_BYTES]!r}"
                )
            return Origin(*map(int, numbers))
    return None
