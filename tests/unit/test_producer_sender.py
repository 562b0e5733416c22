"""The sender in virtual time: when it sends, what a slow Kafka does to it, and that every event is booked."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from aiokafka.errors import KafkaTimeoutError, MessageSizeTooLargeError
from aiokafka.structs import RecordMetadata, TopicPartition

from contract.load import Constant, Load, Shape, Spike
from producer.assembly import Role
from producer.batch import CODECS
from producer.block import Arranger
from producer.columns import ColumnEncoder
from producer.delivery import NEVER_HANDED_OVER, Delivery
from producer.pacer import pacer_of
from producer.schedule import Agenda, FlatOut, Schedule
from producer.sender import Limits, Sender
from producer.source import SeededSource
from producer.tally import Tally

START_US = 1_763_841_600_000_000
PARTITIONS = 3
LINGER_US = 5_000


class World:
    """A clock that moves when somebody sleeps, and what is to happen at which time."""

    def __init__(self) -> None:
        self.us = START_US
        self.plan: list[tuple[int, Any]] = []

    def now_us(self) -> int:
        """Wall clock."""
        return self.us

    def seconds(self) -> float:
        """The monotonic one."""
        return self.us / 1e6

    def at(self, seconds: float, what: Any) -> None:
        """Call `what` then."""
        self.plan.append((START_US + round(seconds * 1e6), what))

    async def sleep(self, seconds: float) -> None:
        """Let time pass, at least the microsecond that looking at the clock takes."""
        self.us += max(round(seconds * 1e6), 1)
        for moment in [moment for moment in self.plan if moment[0] <= self.us]:
            self.plan.remove(moment)
            moment[1]()
        for _ in range(5):
            await asyncio.sleep(0)


@dataclass
class FakeClient:
    """Answers at once, unless it is stalled; `sent` has time, partition and events of each batch."""

    world: World
    stalled: bool = False
    error: Exception | None = None
    refuses: Exception | None = None
    sent: list[tuple[float, int, int]] = field(default_factory=list)
    waiting: list[tuple[asyncio.Future[Any], int, int]] = field(default_factory=list)
    ends: dict[int, int] = field(default_factory=dict)

    async def send_batch(self, batch: Any, _topic: str, *, partition: int) -> asyncio.Future[Any]:
        """As AIOKafkaProducer does."""
        if self.refuses:
            raise self.refuses
        events = batch.record_count()
        self.sent.append(((self.world.us - START_US) / 1e6, partition, events))
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self.waiting.append((answer, partition, events))
        if not self.stalled:
            self.answer_all()
        return answer

    def answer_all(self) -> None:
        """Everything that waits gets its offset, or the error."""
        for answer, partition, events in self.waiting:
            base = self.ends.get(partition, 100)
            self.ends[partition] = base + events
            if self.error:
                answer.set_exception(self.error)
            else:
                answer.set_result(RecordMetadata("t", partition, TopicPartition("t", partition), base, -1, 0, 0))
        self.waiting.clear()

    def resume(self) -> None:
        """Kafka is back."""
        self.stalled = False
        self.answer_all()


@dataclass
class Bench:
    """A sender on fakes."""

    world: World
    client: FakeClient
    tally: Tally
    delivery: Delivery
    sender: Sender

    async def run(self, flush_seconds: float = 1e-3) -> None:
        """To the end, and the flush."""
        async with self.delivery:
            await self.sender.run()
            await self.delivery.flush(flush_seconds)
        assert (self.tally.sent == self.tally.acknowledged + self.tally.failed + self.tally.unknown).all()
        assert (self.tally.planned >= self.tally.sent).all()


def bench(
    shape: Shape | None = None,
    *,
    seconds: float = 1.0,
    agenda: Agenda | None = None,
    role: Role | None = None,
    **limits: int,
) -> Bench:
    """Everything but Kafka and time is real."""
    world, load = World(), Load(event_bytes=200)
    client = FakeClient(world)
    own = (role or Role()).own(PARTITIONS)
    tally = Tally(pid=0, own=own, seconds=world.seconds)
    delivery = Delivery(client, topic="t", tally=tally, timeout_seconds=10.0, seconds=world.seconds)
    source = SeededSource(load, partitions=PARTITIONS, seed=1)
    usual = {
        "linger_us": LINGER_US,
        "late_after_us": 100_000,
        "warmup_us": 0,
        "block_events": 1_000,
        "record_bytes": 300,
        "buffer_bytes": 10_000_000,
        "drain_us": 2_000_000,
    }
    pacer = pacer_of(shape or Constant(rate=10_000), seed=1)
    sender = Sender(
        agenda=agenda or Schedule(pacer, round(seconds * 1000)),
        source=source,
        arranger=Arranger(partitions=PARTITIONS, own=own),
        encode=ColumnEncoder(source, pid=0, batch_bytes=131_072, codec=CODECS["none"]).encode,
        delivery=delivery,
        tally=tally,
        limits=Limits(**(usual | limits)),
        start_us=START_US,
        now_us=world.now_us,
        sleep=world.sleep,
    )
    return Bench(world, client, tally, delivery, sender)


async def test_everything_planned_is_sent_and_acknowledged() -> None:
    """Exactly, and in about as many rounds as the linger time allows."""
    run = bench(Constant(rate=10_000), seconds=1.0)
    await run.run()
    assert run.tally.acknowledged.sum() == run.tally.planned.sum() == 10_000
    assert run.tally.late == 0
    rounds = len({at for at, _, _ in run.client.sent})
    assert 150 <= rounds <= 200  # 5 ms of linger, and the events of the millisecond in which it ends
    assert not run.sender.unfinished


async def test_no_event_waits_longer_than_the_linger_time() -> None:
    """While Kafka keeps up, the delay is the linger time at most, and half of it on average."""
    run = bench(Constant(rate=10_000), seconds=1.0)
    await run.run()
    delay = run.tally.delay.total()
    longest, middle = delay.seconds_at(100.0), delay.seconds_at(50.0)
    assert longest is not None
    assert middle is not None
    assert longest <= 0.0061
    assert 0.002 <= middle <= 0.004


async def test_a_lonely_event_is_sent_after_its_linger_time() -> None:
    """Not when the next one comes."""
    run = bench(Constant(rate=2), seconds=3.0)
    await run.run()
    assert len(run.client.sent) == 6
    first = run.client.sent[0][0]
    assert first == pytest.approx(0.499 + 0.005, abs=0.002)


async def test_full_batches_do_not_wait() -> None:
    """As soon as a block's worth is due it is sent, however long the linger time."""
    run = bench(Constant(rate=100_000), seconds=0.5, linger_us=10_000_000)
    await run.run()
    assert len({at for at, _, _ in run.client.sent}) >= 49
    assert run.tally.acknowledged.sum() == 50_000


async def test_a_stall_does_not_stop_the_plan() -> None:
    """Planned rises by the schedule, the buffer stays within its bound, what is sent afterwards is late."""
    run = bench(Constant(rate=10_000), seconds=4.0, buffer_bytes=600_000, late_after_us=100_000)
    bounds: list[tuple[int, int]] = []
    run.world.at(1.0, lambda: setattr(run.client, "stalled", True))
    run.world.at(2.9, lambda: bounds.append((run.delivery.buffered_bytes, int(run.tally.planned.sum()))))
    run.world.at(3.0, run.client.resume)
    await run.run()
    ((buffered, planned),) = bounds
    assert 300_000 <= buffered <= 600_000
    assert planned == pytest.approx(29_000, abs=20)
    assert run.tally.acknowledged.sum() == 40_000
    assert 14_000 <= run.tally.late <= 20_000


async def test_small_batches_do_not_queue_behind_small_batches() -> None:
    """While Kafka has no place, events gather in the schedule, so that the next batches are larger, not more."""
    run = bench(Constant(rate=10_000), seconds=1.0, block_events=5_000)
    run.world.at(0.2, lambda: setattr(run.delivery, "queued", 1))
    run.world.at(0.6, lambda: setattr(run.delivery, "queued", 0))
    await run.run()
    assert not [at for at, _, _ in run.client.sent if 0.21 < at < 0.59]
    assert run.tally.acknowledged.sum() == 10_000


@pytest.mark.parametrize("at", [0.0, 0.0001, 0.0035, 0.5, 0.777, 0.9999])
async def test_stopping_at_any_moment_accounts_for_every_event(at: float) -> None:
    """The schedule ends there; what was due is sent."""
    run = bench(Constant(rate=10_000), seconds=1.0)
    run.world.at(at, run.sender.stop)
    await run.run()
    planned = int(run.tally.planned.sum())
    assert planned == run.tally.acknowledged.sum()
    assert planned == pytest.approx(10_000 * at, abs=1_100)  # it looks every 100 ms at least
    assert run.sender.unfinished


async def test_what_cannot_be_sent_in_time_is_left_unsent() -> None:
    """A Kafka that never comes back: the run ends, and says how much it kept."""
    run = bench(Constant(rate=10_000), seconds=1.0, buffer_bytes=600_000, drain_us=500_000)
    run.client.stalled = True
    await run.run()
    assert run.tally.planned.sum() == 10_000
    assert 0 < run.tally.sent.sum() < 2_100
    assert run.tally.unknown.sum() == run.tally.sent.sum()
    assert run.sender.unfinished


async def test_flat_out_sends_as_many_as_asked() -> None:
    """Nothing is late, planned is what was sent."""
    run = bench(agenda=FlatOut(10**12, 123_456), linger_us=0)
    await run.run()
    assert run.tally.planned.sum() == run.tally.acknowledged.sum() == 123_456
    assert run.tally.late == 0


async def test_flat_out_ends_with_the_time() -> None:
    """As many as fit."""
    run = bench(agenda=FlatOut(200, 2**62), linger_us=0)
    await run.run()
    assert run.tally.planned.sum() == run.tally.acknowledged.sum() > 0


async def test_warm_up_leaves_no_latency() -> None:
    """But is counted like everything else."""
    run = bench(Spike(kind="spike", base_rate=0, peak_rate=10_000, at_seconds=0, hold_seconds=0.5), warmup_us=400_000)
    await run.run()
    assert run.tally.acknowledged.sum() == 5_000
    assert run.tally.delay.total().count == 1_000
    assert run.tally.publish.total().count <= 1_000


async def test_several_processes_plan_the_whole_schedule_together() -> None:
    """Each its own partitions, none twice."""
    runs = [bench(role=Role(index, 2)) for index in range(2)]
    for run in runs:
        await run.run()
    assert [list(np.flatnonzero(run.tally.sent)) for run in runs] == [[0, 2], [1]]
    assert sum(run.tally.planned.sum() for run in runs) == 10_000
    assert sum(run.tally.acknowledged.sum() for run in runs) == 10_000


async def test_offsets_and_failures_are_booked_by_partition() -> None:
    """First and last acknowledged offset, errors by name."""
    run = bench(Constant(rate=10_000), seconds=1.0)
    run.world.at(0.5, lambda: setattr(run.client, "error", MessageSizeTooLargeError()))
    await run.run()
    accounts = run.tally.accounts()
    assert [account.first_offset for account in accounts] == [100] * PARTITIONS
    for account in accounts:
        assert account.last_offset == 100 + account.acknowledged - 1
        assert account.failed > 0
        assert account.sent == account.acknowledged + account.failed
    assert run.tally.errors == {"MessageSizeTooLargeError": sum(account.failed for account in accounts)}


async def test_a_batch_without_a_place_is_tried_until_its_time_is_over() -> None:
    """It gives up sooner than the delivery timeout says."""
    run = bench(Constant(rate=1_000), seconds=0.01, drain_us=1)
    run.client.refuses = KafkaTimeoutError()
    tries = 0

    async def send_batch(*_: object, **__: object) -> Any:
        nonlocal tries
        tries += 1
        run.world.us += 3_000_000
        raise KafkaTimeoutError

    run.client.send_batch = send_batch  # type: ignore[method-assign]  # a client that is never ready
    await run.run()
    assert tries >= 4
    assert run.tally.errors == {"KafkaTimeoutError": 10}


async def test_what_aiokafka_never_had_is_failed_not_unknown() -> None:
    """It cannot be in the log."""
    run = bench(Constant(rate=1_000), seconds=0.01)

    async def never(*_: object, **__: object) -> Any:
        await asyncio.Event().wait()

    run.client.send_batch = never  # type: ignore[method-assign]  # no place for anything
    await run.run()
    assert run.tally.errors == {NEVER_HANDED_OVER: 10}


async def test_without_acknowledgements_nobody_knows() -> None:
    """acks=0: aiokafka answers with nothing."""
    run = bench(Constant(rate=1_000), seconds=0.01)

    async def silent(*_: object, **__: object) -> Any:
        answer = asyncio.get_running_loop().create_future()
        answer.set_result(None)
        return answer

    run.client.send_batch = silent  # type: ignore[method-assign]  # acks=0
    await run.run()
    assert (run.tally.unknown.sum(), run.tally.acknowledged.sum()) == (10, 0)
