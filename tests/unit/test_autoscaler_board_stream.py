"""Server-sent events: who is told what, what those are told who come back, and that a slow reader holds up nobody."""

import asyncio

import pytest

from autoscaler.board.stream import QUEUED_MAX, READERS_MAX, EventName, FullError, Reader, Stream

PATIENCE_SECONDS = 5


async def read(reader: Reader, count: int) -> list[str]:
    """The next events, each by its name and data."""
    found: list[str] = []
    async with asyncio.timeout(PATIENCE_SECONDS):
        async for event in reader.events():
            found.append(_short(event))
            if len(found) == count:
                break
    return found


def _short(event: bytes) -> str:
    lines = event.decode().splitlines()
    return f"{lines[1].removeprefix('event: ')} {lines[2].removeprefix('data: ')}"


def tick(stream: Stream, number: int) -> None:
    """What a quiet tick tells."""
    stream.publish(EventName.SAMPLE, b"%d" % number)
    stream.publish(EventName.STATE, b"%d" % number)


async def test_everybody_is_told_in_order() -> None:
    stream = Stream()
    readers = [stream.join(), stream.join()]
    tick(stream, 1)
    for reader in readers:
        assert await read(reader, 2) == ["sample 1", "state 1"]


async def test_an_event_has_the_form_of_the_standard() -> None:
    stream = Stream(birth="b")
    reader = stream.join()
    stream.publish(EventName.SAMPLE, b'{"at":1}')
    assert reader.queue.get_nowait() == b'id: b-1\nevent: sample\ndata: {"at":1}\n\n'


async def test_who_comes_is_given_the_newest_documents_at_once() -> None:
    stream = Stream()
    tick(stream, 1)
    tick(stream, 2)
    assert await read(stream.join(), 1) == ["state 2"]


async def test_who_comes_back_is_told_what_it_missed() -> None:
    """Samples, decisions and happenings; of the documents only the newest."""
    stream = Stream(birth="b")
    tick(stream, 1)  # b-1, b-2
    tick(stream, 2)
    stream.publish(EventName.HAPPENING, b"h")
    tick(stream, 3)
    assert await read(stream.join("b-2"), 4) == ["sample 2", "happening h", "sample 3", "state 3"]


@pytest.mark.parametrize(
    "last_id",
    [
        pytest.param(None, id="none"),
        pytest.param("other-1", id="of another life"),
        pytest.param("b-x", id="no number"),
        pytest.param("b--1", id="a negative one"),
        pytest.param("", id="empty"),
        pytest.param("b-99", id="of the future"),
        pytest.param("b-" + "9" * 5_000, id="a number of more digits than Python reads"),
    ],
)
async def test_an_id_that_means_nothing_here_is_passed_over(last_id: str | None) -> None:
    stream = Stream(birth="b")
    tick(stream, 1)
    assert await read(stream.join(last_id), 1) == ["state 1"]


async def test_a_slow_reader_is_dropped_and_the_others_go_on() -> None:
    stream = Stream()
    slow, fast = stream.join(), stream.join()
    for number in range(QUEUED_MAX + 1):
        stream.publish(EventName.SAMPLE, b"%d" % number)
        assert await read(fast, 1) == [f"sample {number}"]
    assert (stream.readers, stream.dropped) == (1, 1)
    assert await read(slow, 1) == [], "its stream has ended: it has to come back"


async def test_closing_ends_those_that_wait_and_those_that_read() -> None:
    stream = Stream()
    waiting, full = stream.join(), stream.join()
    for number in range(QUEUED_MAX):
        full.queue.put_nowait(b"%d" % number)
    ending = asyncio.create_task(read(waiting, 1))
    await asyncio.sleep(0)
    stream.close()
    assert await ending == []
    assert await read(full, 1) == []
    assert stream.readers == 0


async def test_there_may_be_so_many_readers() -> None:
    stream = Stream()
    readers = [stream.join() for _ in range(READERS_MAX)]
    with pytest.raises(FullError, match="64 readers listen already"):
        stream.join()
    stream.leave(readers[0])
    stream.leave(readers[0])
    stream.join()
