"""Workers that end, in good order and otherwise: nothing is lost, what is repeated is bounded and counted."""

import asyncio
import random
import signal
from pathlib import Path

import pytest

from broker import Broker
from contract.kafka import KafkaSettings
from contract.worker import HandlerSpec
from tests.workers import Audit, Running, Topic, eventually, running

pytestmark = pytest.mark.integration

TERMS = 4


@pytest.fixture
def settings(kafka: Broker) -> KafkaSettings:
    """The session's broker."""
    return KafkaSettings(bootstrap_servers=kafka.bootstrap_servers)


async def test_a_killed_worker_loses_nothing(settings: KafkaSettings, tmp_path: Path) -> None:
    """SIGKILL mid-run, another worker alive: the ledger covers the log; repeats are what one commit interval holds."""
    topic = await Topic(settings, partitions=4).create()
    slow = HandlerSpec(name="wait", service_micros=200)  # 5,000 events a second
    options = topic.settings(handler=slow, session_timeout_seconds=6, heartbeat_interval_seconds=0.3)
    async with running(options, settings, tmp_path) as victim, running(options, settings, tmp_path) as heir:
        for worker in (victim, heir):
            await worker.until(lambda status: len(status.assignment) == 2)
        await topic.fill(6_000)
        await victim.until(lambda status: status.committed_events > 1_000)
        await victim.end(signal.SIGKILL)
        await eventually(lambda: _all_committed(topic))
        assert await heir.end() == 0
    audit = Audit.of(await topic.entries(), 4)
    assert audit.missing(await topic.ends()) == 0
    assert audit.repeated <= 5_000


async def test_sigterm_at_any_moment_leaves_committed_what_the_ledger_covers(
    settings: KafkaSettings, tmp_path: Path
) -> None:
    """Stopped and started again at random moments: each time what is committed is what stands in the ledger, once."""
    seed = random.SystemRandom().randrange(10_000)
    print(f"seed {seed}")  # noqa: T201  # pytest shows it when the test fails
    chance = random.Random(seed)  # noqa: S311  # moments, no secrets
    topic = await Topic(settings, partitions=3).create()
    events = await topic.fill(20_000)
    handler = HandlerSpec(name="wait", service_micros=100)
    for _ in range(TERMS):
        async with running(topic.settings(handler=handler), settings, tmp_path) as worker:
            await worker.until_ready()
            await asyncio.sleep(chance.random())
            assert await worker.end() == 0, worker.log.read_text()
        assert Audit.of(await topic.entries(), 3).exactly(await topic.committed()), f"seed {seed}"
    assert sum((await topic.committed()).values()) < events


@pytest.mark.parametrize(
    ("options", "seconds"),
    [
        pytest.param(["--init-cpu-seconds", "60"], 0.3, id="during the cold start"),
        pytest.param(["--init-wait-seconds", "60"], 0.3, id="while the cold start waits"),
        pytest.param([], 0.0, id="while joining"),
    ],
)
async def test_sigterm_before_it_is_ready(
    settings: KafkaSettings, tmp_path: Path, options: list[str], seconds: float
) -> None:
    """A worker that has not joined yet ends at once, with exit code 0."""
    topic = await Topic(settings, partitions=1).create()
    async with running(topic.settings(), settings, tmp_path, *options) as worker:
        await asyncio.sleep(seconds)
        assert await worker.end() == 0, worker.log.read_text()
        assert '"stopped"' in worker.log.read_text()


HANGING = """
import sys, time
def handle(events):
    print("a handler hangs", file=sys.stderr, flush=True)
    time.sleep(3600)
"""


async def has_said(worker: Running, words: str) -> bool:
    return words in worker.log.read_text()


async def test_a_handler_that_hangs_does_not_keep_the_worker_from_ending(
    settings: KafkaSettings, tmp_path: Path
) -> None:
    """After drain_seconds_max it ends with exit code 1 and says what becomes of the events in hand."""
    (tmp_path / "hanging.py").write_text(HANGING)
    topic = await Topic(settings, partitions=1).create()
    await topic.fill(10)
    options = topic.settings(handler=HandlerSpec(name="hanging:handle"), drain_seconds_max=1.0)
    async with running(options, settings, tmp_path) as worker:
        await eventually(lambda: has_said(worker, "a handler hangs"))
        assert await worker.end() == 1
        assert "will be processed again by another worker" in worker.log.read_text()
    assert await topic.committed() == {0: 0}


async def test_a_broker_that_goes_away_and_comes_back(own_kafka: Broker, tmp_path: Path) -> None:
    """The worker waits, goes on, and neither loses anything nor claims what it did not do."""
    settings = KafkaSettings(bootstrap_servers=own_kafka.bootstrap_servers)
    topic = await Topic(settings, partitions=2).create()
    options = topic.settings(session_timeout_seconds=6, heartbeat_interval_seconds=0.5)
    async with running(options, settings, tmp_path) as worker:
        events = await topic.fill(1_000)
        await worker.until_processed(events)
        await own_kafka.stop()
        assert (await worker.get("/livez")).status_code == 200
        await own_kafka.start()
        await topic.fill(1_000, first=1_000)
        await eventually(lambda: _all_committed(topic))
        assert await worker.end() == 0, worker.log.read_text()
    assert Audit.of(await topic.entries(), 2).missing(await topic.ends()) == 0


async def test_no_kafka_is_said_clearly(tmp_path: Path) -> None:
    """Exit code 2 and a message that names the address, after trying for a while."""
    nobody = KafkaSettings(bootstrap_servers="127.0.0.1:9", request_timeout_seconds=1.0)
    async with running(Topic(nobody, partitions=1).settings(), nobody, tmp_path) as worker:
        assert await asyncio.to_thread(worker.process.wait, 30) == 2
        assert "no Kafka at 127.0.0.1:9" in worker.log.read_text()


async def test_no_topic_is_said_clearly(settings: KafkaSettings, tmp_path: Path) -> None:
    """Exit code 2, the topic's name and what to do; asking must not create it."""
    impatient = settings.model_copy(update={"request_timeout_seconds": 2.0})
    topic = Topic(impatient, partitions=1)
    async with running(topic.settings(), impatient, tmp_path) as worker:
        assert await asyncio.to_thread(worker.process.wait, 30) == 2
        assert f"there is no topic {topic.name}" in worker.log.read_text()
    assert await topic.read(topic.name) == []


async def _all_committed(topic: Topic) -> bool:
    return await topic.committed() == await topic.ends()
