"""Requests joined at once are those that aiokafka would have written."""

import pytest
from aiokafka.protocol.produce import ProduceRequest

from producer.wire import request_bytes

TOPICS = [
    ("events", [(0, bytearray(b"first batch")), (11, bytearray(b"second"))]),
    ("other", [(3, bytearray(b""))]),
]


@pytest.mark.parametrize("version", range(8))
@pytest.mark.parametrize("topics", [pytest.param(TOPICS, id="two topics"), pytest.param([], id="none")])
def test_the_bytes_are_those_of_aiokafka(version: int, topics: list[tuple[str, list[tuple[int, bytearray]]]]) -> None:
    """In every version of the request that aiokafka speaks."""
    request = ProduceRequest(transactional_id=None, required_acks=-1, timeout=30_000, topics=topics)
    built = request.build(ProduceRequest._CLASSES[version])
    assert request_bytes(built) == built.encode()
