"""Fetch requests and answers of Kafka's protocol, version 11, packed and unpacked with `struct`.

aiokafka walks through a description of the message, a call or two for every field; at moderate load, with some hundred
small fetches a second and worker, that costs as much CPU as decoding the events.  Here the same bytes are made and read
in a few calls.  Everything else about fetching stays aiokafka's: `QuickClient` stands between its fetcher and its
client and exchanges only this one request.  The rule: tests hold both against aiokafka's own, byte by byte.
"""

import struct
from io import BytesIO
from types import SimpleNamespace
from typing import Any, ClassVar

import google_crc32c
from aiokafka.protocol.fetch import FetchRequest

VERSION = 11
API_KEY = 1
MAGIC = 2
HEAD_BYTES = 61  # of a record batch, before its records
LENGTH_FROM = 12  # where a batch's length begins to count

_header = struct.Struct(">hhi")  # key, version, correlation
_request = struct.Struct(">iiiibii")  # replica, wait, least, most, isolation, no session (0, -1)
_wanted = struct.Struct(">iiqqi")  # partition, leader epoch (unknown), offset, log start (unknown), most bytes
_answer = struct.Struct(">ihii")  # throttle, error, session, number of topics
_partition = struct.Struct(">ihqqqi")  # partition, error, high water, stable, log start, number of aborted transactions
_aborted = struct.Struct(">qq")
_records = struct.Struct(">ii")  # preferred replica, length
_batch = struct.Struct(">qiibI")  # base offset, length from here, leader epoch, magic, checksum of all that follows
_int = struct.Struct(">i")
_short = struct.Struct(">h")


class QuickClient:
    """aiokafka's client as its fetcher sees it; fetch requests take the short way, everything else goes through."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    async def send(self, node_id: int, request: Any, **options: Any) -> Any:
        """Send; answers look like aiokafka's."""
        if type(request) is FetchRequest:
            request = QuickFetch(request)
        return await self._client.send(node_id, request, **options)


class QuickFetch:
    """One fetch request, with the methods that aiokafka's connection calls."""

    def __init__(self, request: FetchRequest) -> None:
        self._request = request

    def prepare(self, versions: dict[int, tuple[int, int]]) -> Any:
        """What is sent to a broker that speaks these versions: this, or aiokafka's own where version 11 is too new."""
        low, high = versions.get(API_KEY, (0, 0))
        if low <= VERSION <= high:
            return self
        QuickAnswer.all_checked = False
        return self._request.prepare(versions)

    def build_request_header(self, correlation_id: int, client_id: str) -> Any:
        """The header, as something to encode."""
        header = _header.pack(API_KEY, VERSION, correlation_id) + _text(client_id)
        return SimpleNamespace(encode=lambda: header)

    def encode(self) -> bytes:
        """The body."""
        asked = self._request
        wait, least, most = asked._max_wait_ms, asked._min_bytes, asked._max_bytes  # noqa: SLF001  # it tells no other way
        parts = [
            _request.pack(-1, wait, least, most, asked._isolation_level, 0, -1),  # noqa: SLF001  # likewise
            _int.pack(len(asked.topics)),
        ]
        for topic, partitions in asked.topics:
            parts += [_text(topic), _int.pack(len(partitions))]
            parts += [_wanted.pack(partition, -1, offset, -1, most) for partition, offset, most in partitions]
        parts += [_int.pack(0), _text(asked._rack_id)]  # noqa: SLF001  # likewise
        return b"".join(parts)

    def parse_response_header(self, answer: BytesIO) -> Any:
        """The answer's header; leaves `answer` behind it."""
        return SimpleNamespace(correlation_id=_int.unpack(answer.read(4))[0])

    @property
    def RESPONSE_TYPE(self) -> type["QuickAnswer"]:  # noqa: N802  # aiokafka's name
        """What understands the answer."""
        return QuickAnswer


class QuickAnswer:
    """A fetch's answer with the two attributes that aiokafka's fetcher reads.

    `all_checked`: the checksum of every record batch that came to this process was right, as far as this class has
    seen them all.  Once it is not so, whoever unpacks must check for himself, and will find the one that is wrong.
    """

    API_VERSION = VERSION
    all_checked: ClassVar[bool] = True
    __slots__ = ("topics",)

    def __init__(self, topics: list[tuple[str, list[tuple[Any, ...]]]]) -> None:
        self.topics = topics

    @classmethod
    def decode(cls, answer: BytesIO) -> "QuickAnswer":
        """Read it.  Raises struct.error when it is cut short, as aiokafka raises ValueError."""
        data, at = answer.getvalue(), answer.tell()
        *_, count = _answer.unpack_from(data, at)
        at += _answer.size
        topics = []
        for _ in range(count):
            name, at = _read_text(data, at)
            (partitions,) = _int.unpack_from(data, at)
            at += 4
            found = []
            for _ in range(partitions):
                partition, at = _read_partition(data, at)
                found.append(partition)
            topics.append((name, found))
        return cls(topics)


def _read_partition(data: bytes, at: int) -> tuple[tuple[Any, ...], int]:
    *numbers, count = _partition.unpack_from(data, at)
    at += _partition.size
    aborted = None if count < 0 else [_aborted.unpack_from(data, at + index * 16) for index in range(count)]
    at += max(count, 0) * _aborted.size
    replica, length = _records.unpack_from(data, at)
    at += _records.size
    end = at + max(length, 0)
    if end > len(data):
        raise struct.error(f"records of {length} bytes in an answer that ends after {len(data) - at}")
    records = data[at:end] if length >= 0 else None
    if records and not checksums_right(records):
        QuickAnswer.all_checked = False
    return (*numbers, aborted, replica, records), end


def checksums_right(records: bytes) -> bool:
    """Whether every whole record batch in `records` has the checksum it names; the last one may be cut short.

    aiokafka's own check takes 0.5 ns a byte on hosts where its wheel does not use the processor's instruction; at 1 KB
    that is an eighth of a worker's time.  This library takes a tenth of it, the copy that it needs included.
    """
    at, end = 0, len(records)
    while at + HEAD_BYTES <= end:
        _, length, _, magic, checksum = _batch.unpack_from(records, at)
        following = at + LENGTH_FROM + length
        if magic != MAGIC:
            return False
        if following <= end and google_crc32c.value(records[at + _batch.size : following]) != checksum:
            return False
        at = following
    return True


def _read_text(data: bytes, at: int) -> tuple[str, int]:
    (length,) = _short.unpack_from(data, at)
    return data[at + 2 : at + 2 + length].decode(), at + 2 + length


def _text(value: str) -> bytes:
    raw = value.encode()
    return _short.pack(len(raw)) + raw
