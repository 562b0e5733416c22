"""Produce requests written with one copy of the batches where aiokafka makes six.

Its protocol layer encodes each level of a request to bytes of its own and joins them into the next level's; at 1.5 MB a
request that took a third of a producer's CPU time.  Here the request is joined at once; a test compares it with what
aiokafka writes.  The one rule: only how the bytes are put together differs, everything else stays aiokafka's.
"""

import struct
from collections.abc import Iterator
from functools import partial
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.producer.sender import Sender, SendProduceReqHandler
from aiokafka.protocol.types import Int16, Int32, String

PARTITION_HEAD = struct.Struct(">ii")  # its number, length of its batch
TRANSACTIONS_SINCE = 3  # version of the produce request


def write_lean(client: AIOKafkaProducer) -> None:
    """Let a producer that is not started yet write its requests this way."""
    stock = client._sender  # noqa: SLF001  # aiokafka has no seam here; the dependency is pinned to the minor for this
    stock.__class__ = _LeanSender


def request_bytes(request: Any) -> bytes:
    """What `request.encode()` of aiokafka's versioned produce request returns."""
    return b"".join(_pieces(request))


def _pieces(request: Any) -> Iterator[Any]:
    if request.API_VERSION >= TRANSACTIONS_SINCE:
        yield String("utf-8").encode(request.transactional_id)
    yield Int16.encode(request.required_acks) + Int32.encode(request.timeout) + Int32.encode(len(request.topics))
    for topic, partitions in request.topics:
        yield String("utf-8").encode(topic) + Int32.encode(len(partitions))
        for partition, batch in partitions:
            yield PARTITION_HEAD.pack(partition, len(batch))
            yield batch


class _LeanHandler(SendProduceReqHandler):  # type: ignore[misc]  # aiokafka has no types
    def create_request(self) -> Any:
        request = super().create_request()
        build = request.build

        def lean(version: Any) -> Any:
            built = build(version)
            built.encode = partial(request_bytes, built)
            return built

        request.build = lean
        return request


class _LeanSender(Sender):  # type: ignore[misc]  # aiokafka has no types
    async def _send_produce_req(self, node_id: Any, batches: Any) -> None:
        """As in the base class, but for the handler."""
        await _LeanHandler(self, batches).do(node_id)
        self._in_flight.remove(node_id)
        self._muted_partitions.difference_update(batches)
