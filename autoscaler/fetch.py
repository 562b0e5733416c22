"""One HTTP GET over a connection of its own, for pages of workers: probes and status.

Apart from its users because both ask dozens of workers a second on cores that the workers need: 0.10 ms of CPU a page,
where httpx with a new connection takes 0.70 ms (Python 3.11, httpx 0.28, 20 at a time on loopback).  A new connection
each time, as kubelet has it, so that a worker that accepts no more is noticed.  Its one rule: plain HTTP/1.0 to our own
pages, so no redirects, no TLS, no chunks.
"""

import asyncio
from urllib.parse import urlsplit

_PAGE_BYTES_MAX = 1 << 20


async def get(url: str) -> tuple[int, bytes]:
    """The status code and the body.

    Raises OSError when there is no connection, and ValueError for an answer that is no HTTP, or is too long.  There is
    no time limit here: callers have theirs (`asyncio.timeout`), and being cancelled closes the connection.
    """
    place = urlsplit(url)
    reader, writer = await asyncio.open_connection(place.hostname, place.port or 80)
    try:
        request = f"GET {place.path or '/'} HTTP/1.0\r\nHost: {place.netloc}\r\n\r\n"
        writer.write(request.encode("ascii"))
        return _parsed(await _all(reader))
    finally:
        writer.transport.abort()


async def _all(reader: asyncio.StreamReader) -> bytes:
    """Everything until the other side closes, which HTTP/1.0 makes the end of the answer."""
    answer = bytearray()
    while piece := await reader.read(1 << 16):
        answer += piece
        if len(answer) > _PAGE_BYTES_MAX:
            raise ValueError(f"an answer of more than {_PAGE_BYTES_MAX} bytes")
    return bytes(answer)


def _parsed(answer: bytes) -> tuple[int, bytes]:
    head, end, body = answer.partition(b"\r\n\r\n")
    version, _, rest = head.partition(b" ")
    code = rest[:3]
    if not end or not version.startswith(b"HTTP/") or not code.isdigit():
        raise ValueError("an answer that is no HTTP" if answer else "the connection was closed without an answer")
    return int(code), body
