"""The loop, commits and rebalances against fakes: what is written before what, and what happens in between."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import orjson
import pytest
from aiokafka import TopicPartition
from aiokafka.errors import CommitFailedError, UnknownError

from contract.event import encode
from contract.worker import HandlerSpec, WorkerPhase, WorkerSettings
from processor.commit import Committer
from processor.consumer import Consumer
from processor.deadletter import DeadLetters
from processor.equipment import Equipment
from processor.errors import ProcessorError
from processor.fetch import Fetched
from processor.handlers import Handler, Result
from processor.life import Life
from processor.lifecycle import Event
from processor.meters import Meters
from processor.progress import Progress
from processor.thread import HandlerThread

if TYPE_CHECKING:
    from processor.decode import Record


@dataclass
class Stub:
    """A record."""

    value: bytes
    offset: int
    key: bytes | None = None
    timestamp: int = 0
    headers: Sequence[tuple[str, bytes | None]] = ()


def fetched(partition: int, first: int, count: int, next_offset: int | None = None) -> Fetched:
    """What a fetch brings."""
    records: list[Record] = [
        Stub(
            encode({"pid": 0, "part": partition, "seq": o, "due_us": 1, "key": "k", "type": "t", "value": o}),
            o,
        )
        for o in range(first, first + count)
    ]
    return Fetched(partition=partition, next_offset=next_offset or first + count, batches=iter([records]))


class Script:
    """Gives fetches from a queue."""

    def __init__(self, *fetches: list[Fetched]) -> None:
        self.queue = list(fetches)
        self.empty = asyncio.Event()

    async def take(self, timeout_seconds: float) -> list[Fetched]:
        assert timeout_seconds > 0
        if self.queue:
            return self.queue.pop(0)
        self.empty.set()
        return await asyncio.get_running_loop().create_future()  # type: ignore[no-any-return]  # never done


class Kafka:
    """Consumer, producer and handler in one, which write down in which order they were used."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, Any]] = []
        self.refuses: Exception | None = None

    async def commit(self, offsets: dict[TopicPartition, int]) -> None:
        if self.refuses:
            raise self.refuses
        self.calls.append(("commit", {tp.partition: offset for tp, offset in offsets.items()}))

    async def write(self, topic: str, *, key: bytes, value: bytes, headers: Sequence[Any] = ()) -> None:
        del key, headers
        self.calls.append((topic, orjson.loads(value)))

    async def write_results(self, topic: str, results: Sequence[Result]) -> None:
        self.calls.append((topic, [result.value for result in results]))

    def said(self) -> list[str]:
        """Who was used, in order."""
        return [who for who, _ in self.calls]


class Gated(Handler):
    """Stops at a gate in every slice; gives a result before every commit."""

    runs_in: Literal["loop", "thread"] = "loop"
    output_topic = "results"

    def __init__(self) -> None:
        self.gate = asyncio.Event()
        self.entered = asyncio.Event()
        self.revoked = 0

    async def handle(self, partition: int, events: Sequence[Any]) -> None:
        assert events, partition
        self.entered.set()
        await self.gate.wait()

    def release(self) -> Sequence[Result]:
        return [Result(key=b"k", value=b"partial")]

    def revoke(self) -> None:
        self.revoked += 1


@dataclass
class Bench:
    """A consumer among fakes."""

    consumer: Consumer
    committer: Committer
    kafka: Kafka
    handler: Gated
    progress: Progress
    task: "asyncio.Task[None] | None" = None

    async def start(self, *fetches: list[Fetched]) -> Script:
        """Join and let it run over these fetches."""
        await self.consumer.on_partitions_assigned({TopicPartition("events", 0), TopicPartition("events", 1)})
        script = Script(*fetches)
        self.task = asyncio.create_task(self.consumer.run(script))
        return script


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    """A worker's parts, before it joins."""
    kafka, handler, thread = Kafka(), Gated(), HandlerThread()
    life = Life(lambda: 0.0, lambda _phase, _reason: None)
    progress = Progress("w", life, asyncio.get_running_loop().time)
    settings = WorkerSettings(
        handler=HandlerSpec(name="count"),
        ledger_topic="ledger",
        session_timeout_seconds=1.0,
        heartbeat_interval_seconds=0.1,
    )
    equipment = Equipment(settings=settings, handler=handler, thread=thread, progress=progress, meters=Meters(progress))
    outbox: Any = kafka
    committer = Committer(equipment, consumer=kafka, outbox=outbox, now_us=lambda: 7)
    letters = DeadLetters(outbox=outbox, source="events", topic="dead", worker="w", make_topic=_nothing)
    consumer = Consumer(equipment, committer=committer, outbox=outbox, dead_letters=letters)
    for event in (Event.LAUNCHED, Event.INITIALISED):
        life.follow(event)
    made = Bench(consumer, committer, kafka, handler, progress)
    yield made
    if made.task:
        made.task.cancel()
    thread.shutdown()


async def _nothing(_topic: str) -> None:
    """The topic is there."""


async def test_results_then_ledger_then_commit(bench: Bench) -> None:
    """Whatever is committed has been written before."""
    bench.handler.gate.set()
    script = await bench.start([fetched(0, 0, 3), fetched(1, 10, 2)])
    await script.empty.wait()
    await bench.committer.commit()
    assert bench.kafka.said() == ["results", "ledger", "commit"]
    entry, offsets = bench.kafka.calls[1][1], bench.kafka.calls[2][1]
    assert offsets == {0: 3, 1: 12}
    assert [(r["partition"], r["first_offset"], r["last_offset"]) for r in entry["ranges"]] == [(0, 0, 2), (1, 10, 11)]
    assert (bench.progress.processed_events, bench.progress.committed_events) == (5, 5)


async def test_nothing_new_is_not_committed_again(bench: Bench) -> None:
    """An idle worker writes nothing."""
    bench.handler.gate.set()
    script = await bench.start([fetched(0, 0, 3)])
    await script.empty.wait()
    await bench.committer.commit()
    await bench.committer.commit()
    assert bench.kafka.said().count("commit") == 1


async def test_offsets_beyond_the_last_record_are_committed_too(bench: Bench) -> None:
    """A transaction's marker at the end must not leave a lag for ever."""
    bench.handler.gate.set()
    script = await bench.start([fetched(0, 0, 3, next_offset=4)])
    await script.empty.wait()
    await bench.committer.commit()
    assert bench.kafka.calls[-1] == ("commit", {0: 4})


async def test_a_refused_commit_is_counted_and_not_fatal(bench: Bench) -> None:
    """The group has given the partitions to somebody else: these events will be processed again."""
    bench.handler.gate.set()
    script = await bench.start([fetched(0, 0, 3)])
    await script.empty.wait()
    bench.kafka.refuses = CommitFailedError("rebalanced")
    await bench.committer.commit()
    assert (bench.progress.refused_events, bench.progress.committed_events) == (3, 0)


async def test_a_commit_that_fails_otherwise_is_fatal(bench: Bench) -> None:
    """A worker that cannot commit must say so and end."""
    bench.handler.gate.set()
    script = await bench.start([fetched(0, 0, 3)])
    await script.empty.wait()
    bench.kafka.refuses = UnknownError("disk full")
    with pytest.raises(ProcessorError, match="does not take the offsets"):
        await bench.committer.commit()


async def test_a_revoke_waits_for_the_slice_in_hand_and_commits_it(bench: Bench) -> None:
    """The slice is finished, written and committed; what was fetched behind it is dropped."""
    await bench.start([fetched(0, 0, 3), fetched(1, 0, 5)])
    await bench.handler.entered.wait()
    revoking = asyncio.create_task(bench.consumer.on_partitions_revoked({TopicPartition("events", 0)}))
    await asyncio.sleep(0)
    assert not revoking.done()
    bench.handler.gate.set()
    await revoking
    assert bench.kafka.calls[-1] == ("commit", {0: 3})
    assert (bench.progress.life.phase, bench.progress.assignment) == (WorkerPhase.JOINING, ())
    await bench.consumer.on_partitions_assigned(set())
    assert bench.progress.processed_events == 3
    assert bench.handler.revoked == 1


async def test_a_revoke_does_not_wait_for_ever_and_late_work_is_thrown_away(bench: Bench) -> None:
    """The group cannot wait for a slow handler: its slice counts for nothing, and somebody else does it again."""
    script = await bench.start([fetched(0, 0, 3)])
    await bench.handler.entered.wait()
    await bench.consumer.on_partitions_revoked({TopicPartition("events", 0)})
    await bench.consumer.on_partitions_assigned({TopicPartition("events", 0)})
    bench.handler.gate.set()
    await script.empty.wait()
    await bench.committer.commit()
    assert bench.kafka.calls == []
    assert bench.progress.processed_events == 0
    assert bench.handler.revoked == 2


async def test_finish_waits_for_the_slice_in_hand_and_takes_no_other(bench: Bench) -> None:
    """SIGTERM: this slice, and then nothing more."""
    await bench.start([fetched(0, 0, 3), fetched(1, 0, 5)])
    await bench.handler.entered.wait()
    finishing = asyncio.create_task(bench.consumer.finish())
    await asyncio.sleep(0)
    assert not finishing.done()
    bench.handler.gate.set()
    await finishing
    assert bench.task is not None
    await bench.task
    assert bench.progress.processed_events == 3


async def test_dead_letters_are_written_before_the_ledger(bench: Bench) -> None:
    """Poison is safe in its topic before its offset is claimed."""
    bench.handler.gate.set()
    poison = Fetched(partition=0, next_offset=1, batches=iter([[Stub(b'"no object"', 0)]]))
    script = await bench.start([poison])
    await script.empty.wait()
    await bench.committer.commit()
    assert bench.kafka.said() == ["dead", "results", "ledger", "commit"]
    assert bench.progress.dead_lettered == {"wrong_schema": 1}
    assert bench.kafka.calls[2][1]["ranges"][0]["dead_lettered"] == 1
