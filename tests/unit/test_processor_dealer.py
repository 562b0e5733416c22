"""A slice through decoding and handler: taken or poison, never dropped."""

import asyncio
import threading
from collections.abc import Awaitable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import pytest

from contract.event import encode
from processor.dealer import Dealer
from processor.handlers import Handler
from processor.thread import HandlerThread

NOW_US = 1_700_000_000_500_000


@dataclass
class Stub:
    """A record."""

    value: bytes | None
    offset: int
    headers: Sequence[tuple[str, bytes | None]] = ()
    timestamp: int = 1_700_000_000_000
    key: bytes | None = b"k"


def records(*seqs: int, junk: Sequence[int] = ()) -> list[Stub]:
    """Our events with these numbers, at offsets from 100; those in `junk` are no JSON."""
    made = []
    for index, seq in enumerate(seqs):
        event = {"pid": 0, "part": 0, "seq": seq, "due_us": NOW_US - 2_000, "key": "k", "type": "t", "value": seq}
        made.append(Stub(b"{" if seq in junk else encode(event), 100 + index))
    return made


class Spy(Handler):
    """Notes what it gets and where; refuses some values."""

    def __init__(self, runs_in: Literal["loop", "thread"] = "loop", refuses: Sequence[int] = ()) -> None:
        self.runs_in = runs_in
        self.refuses = refuses
        self.took: list[int] = []
        self.thread = ""

    def handle(self, partition: int, events: Sequence[Any]) -> Awaitable[None] | None:
        assert partition in {0, 3}
        self.thread = threading.current_thread().name
        values = [event["value"] for event in events]
        if set(values) & set(self.refuses):
            raise ZeroDivisionError("refused")
        self.took += values
        return asyncio.sleep(0) if self.runs_in == "loop" else None


@pytest.fixture
def thread() -> Iterator[HandlerThread]:
    """The handler thread, ended afterwards."""
    executor = HandlerThread()
    yield executor
    executor.shutdown()


def dealer(handler: Handler, thread: HandlerThread) -> Dealer:
    """A dealer whose clock stands still."""
    return Dealer(handler, schema="weir", attempts=2, thread=thread, now_us=lambda: NOW_US)


async def test_a_good_slice_is_taken_with_its_latencies(thread: HandlerThread) -> None:
    """Offsets, numbers and latencies of all events, no poison."""
    spy = Spy()
    dealt = await dealer(spy, thread).deal(3, records(7, 8, 9))
    assert spy.took == [7, 8, 9]
    assert (dealt.done.partition, dealt.done.first_offset, dealt.done.events) == (3, 100, 3)
    assert dealt.done.seqs.tolist() == [7, 8, 9]
    assert dealt.latencies.tolist() == [2_000] * 3
    assert not dealt.poison


async def test_poison_of_both_kinds_is_told_apart_and_the_rest_is_taken(thread: HandlerThread) -> None:
    """No JSON and refused by the handler, in one slice, each with offset and reason; good ones keep their order."""
    spy = Spy(refuses=[2])
    dealt = await dealer(spy, thread).deal(0, records(0, 1, 2, 3, 4, junk=[1]))
    assert spy.took == [0, 3, 4]
    found = [(p.record.offset, p.reason, type(p.error).__name__, p.attempts) for p in dealt.poison]
    assert found == [(101, "not_json", "PoisonError", 1), (102, "handler", "ZeroDivisionError", 2)]
    assert (dealt.done.events, dealt.done.dead_lettered) == (5, 2)
    assert dealt.done.seqs.tolist() == [0, 2, 3, 4]  # what is no JSON has no number
    assert len(dealt.latencies) == 3


async def test_a_slice_of_nothing_but_poison(thread: HandlerThread) -> None:
    """The handler is not asked, all records come back."""
    spy = Spy()
    dealt = await dealer(spy, thread).deal(0, records(0, 1, junk=[0, 1]))
    assert spy.took == []
    assert [poison.record.offset for poison in dealt.poison] == [100, 101]


@pytest.mark.parametrize(
    ("runs_in", "expected"),
    [
        pytest.param("loop", "MainThread", id="cheap and async handlers run in the loop"),
        pytest.param("thread", "handler", id="computing ones in the one handler thread"),
    ],
)
async def test_where_handlers_run(runs_in: Literal["loop", "thread"], expected: str, thread: HandlerThread) -> None:
    """A handler runs where it says."""
    spy = Spy(runs_in)
    await dealer(spy, thread).deal(0, records(1))
    assert spy.thread == expected


async def test_the_loop_lives_while_a_handler_blocks(thread: HandlerThread) -> None:
    """A sync callable that waits for something holds up nothing but its own slice."""
    gate = threading.Event()

    class Blocking(Handler):
        runs_in: Literal["loop", "thread"] = "thread"

        def handle(self, partition: int, events: Sequence[Any]) -> None:
            assert gate.wait(20), (partition, events)

    dealing = asyncio.create_task(dealer(Blocking(), thread).deal(0, records(1)))
    for _ in range(10):
        await asyncio.sleep(0)
    assert not dealing.done()
    gate.set()
    assert (await dealing).done.events == 1
