"""What a dead letter carries."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from contract.event import PoisonError
from processor.deadletter import ERROR_CHARACTERS_MAX, DeadLetters, Poison, headers


@dataclass
class Stub:
    """A record."""

    value: bytes | None = b"\xff"
    key: bytes | None = b"\x00"
    offset: int = 41
    timestamp: int = 1_700_000_000_123
    headers: Sequence[tuple[str, bytes | None]] = (("theirs", None),)


def poison(error: Exception) -> Poison:
    """A record given up because of that."""
    return Poison(record=Stub(), reason="handler", error=error, attempts=3)


def test_headers_say_where_from_why_and_when() -> None:
    """The record's own headers come first and unchanged; ours are text."""
    found = headers(poison(PoisonError("so wrong")), topic="t", partition=7, worker="w", at_us=1_700_000_000_500_000)
    assert found[0] == ("theirs", None)
    assert dict(found[1:]) == {
        "weir-reason": b"handler",
        "weir-error-class": b"contract.event.PoisonError",
        "weir-error": b"so wrong",
        "weir-source-topic": b"t",
        "weir-source-partition": b"7",
        "weir-source-offset": b"41",
        "weir-source-timestamp": b"1700000000123",
        "weir-attempts": b"3",
        "weir-worker": b"w",
        "weir-time": b"2023-11-14T22:13:20.500000+00:00",
    }


def test_long_and_broken_messages_fit() -> None:
    """A message is cut, and what cannot be text becomes question marks."""
    found = dict(headers(poison(ValueError("\udc80" + "x" * 5_000)), topic="t", partition=0, worker="w", at_us=0))
    message = found["weir-error"]
    assert message is not None
    assert message.startswith(b"?x")
    assert len(message) == ERROR_CHARACTERS_MAX


async def test_the_topic_is_made_once_and_before_the_first_letter() -> None:
    """Bytes go as they are, in the order of the log; a worker without poison makes no topic."""
    happened: list[Any] = []

    class Outbox:
        async def write(self, topic: str, *, key: bytes, value: bytes, headers: Sequence[Any]) -> None:
            happened.append((topic, key, value, len(headers)))

    async def make(topic: str) -> None:
        happened.append(f"made {topic}")

    outbox: Any = Outbox()
    letters = DeadLetters(outbox=outbox, source="t", topic="dead", worker="w", make_topic=make)
    assert happened == []
    await letters.bury(0, [poison(ValueError("a")), poison(ValueError("b"))], 0)
    await letters.bury(0, [poison(ValueError("c"))], 0)
    assert happened == ["made dead", *[("dead", b"\x00", b"\xff", 11)] * 3]
