"""From records to events: decoding and the schema check, a slice at a time.

The check of a slice goes column by column through C loops (`map`, `set`, `itemgetter`), at about 0.3 µs an event; only
when a column is wrong are the events looked at one by one, to find the poison.  Its one rule: both ways accept and
refuse exactly the same events (a property test holds them against each other).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import repeat
from operator import attrgetter, itemgetter
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from contract.errors import WeirError
from contract.event import REQUIRED_FIELDS, Origin, PoisonError, decode, decode_batch, origin_of, unpack_origin

MICROS_PER_MILLI = 1000

_value_of = attrgetter("value")
_headers_of = attrgetter("headers")
_timestamp_of = attrgetter("timestamp")
_columns_of = [itemgetter(name) for name in REQUIRED_FIELDS]


class Record(Protocol):
    """What both ways of fetching give: enough to decode an event, and to keep a poisonous one whole."""

    @property
    def offset(self) -> int: ...  # noqa: D102  # Kafka's own words
    @property
    def timestamp(self) -> int: ...  # noqa: D102
    @property
    def key(self) -> bytes | None: ...  # noqa: D102
    @property
    def value(self) -> bytes | None: ...  # noqa: D102
    @property
    def headers(self) -> Sequence[tuple[str, bytes | None]]: ...  # noqa: D102


@dataclass(slots=True, kw_only=True)
class Decoded:
    """Events of one partition, and as columns what ledger and latency need of them.

    `pids` and `seqs` hold only the events that Weir produced; `due_us` is the planned time in microseconds, or the
    record's own timestamp where no plan is known.
    """

    events: list[Any]
    pids: Sequence[int]
    seqs: NDArray[np.uint64]
    due_us: NDArray[np.uint64]

    @classmethod
    def nothing(cls) -> "Decoded":
        """No events at all."""
        return cls(events=[], pids=[], seqs=numbers([]), due_us=numbers([]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why a record is no event.  `reason` is one of a handful of words: it becomes a metric's label."""

    index: int
    reason: str
    error: Exception


def decode_weir(records: Sequence[Record]) -> Decoded:
    """Events of our own schema.  Raises PoisonError if any is not."""
    events = decode_batch(list(map(_value_of, records)))  # None is refused as not JSON
    try:
        pids, parts, seqs, dues, keys, _types, _values = [list(map(column, events)) for column in _columns_of]
    except (KeyError, TypeError, IndexError) as error:
        raise PoisonError("a record of this batch has the wrong schema") from error
    if not (_all_are(int, pids, parts, seqs, dues) and _all_are(str, keys)):
        raise PoisonError("a record of this batch has a number that is none, or a key that is no string")
    if _lowest(pids) < 0 or _lowest(parts) < 0:
        raise PoisonError("a record of this batch has a negative number")
    return Decoded(events=events, pids=pids, seqs=numbers(seqs), due_us=numbers(dues))


def numbers(column: Sequence[int]) -> NDArray[np.uint64]:
    """Whole numbers as an array.  Raises PoisonError when one is negative; none is larger: orjson reads 64 bits."""
    try:
        return np.array(column, dtype=np.uint64)
    except OverflowError as error:
        raise PoisonError("a record of this batch has a negative number") from error


def decode_json(records: Sequence[Record]) -> Decoded:
    """Any JSON values; where they came from stands in a header, or nowhere.  Raises PoisonError if one is not JSON."""
    events = decode_batch(list(map(_value_of, records)))  # a None among them is refused as not JSON
    if not any(map(_headers_of, records)):
        times = [time * MICROS_PER_MILLI for time in map(_timestamp_of, records)]
        return Decoded(events=events, pids=[], seqs=numbers([]), due_us=numbers(times))
    origins = list(map(_origin_in_header, records))
    known = [origin for origin in origins if origin is not None]
    dues = [
        origin.due_us if origin else record.timestamp * MICROS_PER_MILLI
        for origin, record in zip(origins, records, strict=True)
    ]
    seqs = numbers([origin.seq for origin in known])
    return Decoded(events=events, pids=[origin.pid for origin in known], seqs=seqs, due_us=numbers(dues))


DECODERS = {"weir": decode_weir, "json": decode_json}


def refusals(records: Sequence[Record], schema: str) -> list[Refusal]:
    """The records that are no events, each looked at alone."""
    found = map(_refusal, range(len(records)), records, repeat(schema))
    return [refusal for refusal in found if refusal]


def origin_if_any(record: Record, schema: str) -> Origin | None:
    """Where a record came from, as far as it can still be told.  For poison, whose place in the ledger this fills."""
    try:
        if schema == "weir":
            return origin_of(decode(record.value or b""))
        return _origin_in_header(record)
    except WeirError:
        return None


def _refusal(index: int, record: Record, schema: str) -> Refusal | None:
    try:
        event = decode(record.value)  # type: ignore[arg-type]  # None is refused as not JSON
    except PoisonError as error:
        return Refusal(index=index, reason="not_json", error=error)
    try:
        if schema == "weir":
            origin_of(event)
        else:
            _origin_in_header(record)
    except PoisonError as error:
        return Refusal(index=index, reason="wrong_schema", error=error)
    return None


def _origin_in_header(record: Record) -> Origin | None:
    try:
        return unpack_origin(record.headers)
    except (ValueError, TypeError) as error:
        raise PoisonError(f"wrong schema: a weir-origin header must be four whole numbers: {error}") from error


def _all_are(kind: type, *columns: list[Any]) -> bool:
    return all(list(map(type, column)).count(kind) == len(column) for column in columns)


def _lowest(column: list[int]) -> int:
    """`min`, but at once where all are the same, as producer and partition mostly are."""
    first = column[0]
    return first if column.count(first) == len(column) else min(column)
