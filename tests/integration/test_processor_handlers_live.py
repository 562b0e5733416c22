"""Handlers, poison and windows in a worker process against a real Kafka."""

from collections import defaultdict
from pathlib import Path
from typing import Any

import orjson
import pytest

from broker import Broker
from contract.event import encode
from contract.kafka import KafkaSettings
from contract.worker import HandlerSpec
from tests.workers import Audit, Topic, event, eventually, running

pytestmark = pytest.mark.integration

USERS_MODULE = """
import asyncio, pathlib, threading
def sync(events):
    with open("seen.txt", "a") as file:
        file.writelines(f"{event['seq']} {threading.current_thread().name}\\n" for event in events)
async def later(events):
    await asyncio.sleep(0.001)
    sync(events)
def picky(events):
    if any(event["value"] == 666 for event in events):
        raise ValueError("the number of the beast")
    sync(events)
"""


@pytest.fixture
def settings(kafka: Broker) -> KafkaSettings:
    """The session's broker."""
    return KafkaSettings(bootstrap_servers=kafka.bootstrap_servers)


@pytest.mark.parametrize(
    ("name", "thread"),
    [
        pytest.param("users:sync", "handler", id="a sync callable runs in the handler thread"),
        pytest.param("users:later", "MainThread", id="an async one in the loop"),
    ],
)
async def test_a_users_handler_sees_every_event_once_and_in_order(
    settings: KafkaSettings, tmp_path: Path, name: str, thread: str
) -> None:
    """It is found in the folder where the worker was started, and gets lists of decoded events."""
    (tmp_path / "users.py").write_text(USERS_MODULE)
    topic = await Topic(settings, partitions=1).create()
    events = await topic.fill(3_000)
    async with running(topic.settings(handler=HandlerSpec(name=name)), settings, tmp_path) as worker:
        await worker.until_processed(events)
        assert await worker.end() == 0
    seen = (tmp_path / "seen.txt").read_text().splitlines()
    assert seen == [f"{seq} {thread}" for seq in range(events)]


async def test_poison_of_all_kinds_lands_in_the_dead_letter_topic_with_its_bytes(
    settings: KafkaSettings, tmp_path: Path
) -> None:
    """Not JSON, wrong schema, refused by the handler, nothing at all: same bytes, where from and why; others go on."""
    (tmp_path / "users.py").write_text(USERS_MODULE)
    topic = await Topic(settings, partitions=2).create()
    good = [(None, encode(event(0, seq))) for seq in range(200)]
    beast = encode(event(0, 200, value=666))
    poison: list[tuple[bytes | None, bytes | None]] = [
        (b"\x00\xffkey", b"\xfe not JSON"),
        (b"k", encode({"pid": 1})),
        (b"k", beast),
        (b"gone", None),
        (None, None),
    ]
    await topic.write({0: [*good[:100], *poison, *good[100:]], 1: good})
    options = topic.settings(handler=HandlerSpec(name="users:picky", attempts=2))
    async with running(options, settings, tmp_path) as worker:
        status = await worker.until_processed(405)
        metrics = (await worker.get("/metrics")).text
        assert await worker.end() == 0
    letters = await topic.read(options.dead_letter_topic_name)
    assert [(letter.key, letter.value) for letter in letters] == poison
    headers = [{name: value.decode() for name, value in letter.headers} for letter in letters]
    assert [h["weir-reason"] for h in headers] == ["not_json", "wrong_schema", "handler", "not_json", "not_json"]
    assert [h["weir-source-offset"] for h in headers] == ["100", "101", "102", "103", "104"]
    assert [h["weir-attempts"] for h in headers] == ["1", "1", "2", "1", "1"]
    beast_header = headers[2]
    assert beast_header["weir-error-class"] == "builtins.ValueError"
    assert beast_header["weir-error"] == "the number of the beast"
    assert beast_header["weir-source-topic"] == topic.name
    assert beast_header["weir-source-partition"] == "0"
    assert status.dead_lettered_events == 5
    assert 'worker_dead_letter_total{reason="not_json"} 3.0' in metrics
    entries = await topic.entries()
    assert Audit.of(entries, 2).exactly(await topic.ends())
    assert sum(r.dead_lettered for entry in entries for r in entry.ranges) == 5
    assert len((tmp_path / "seen.txt").read_text().splitlines()) == 400


async def test_windows_over_a_known_stream(settings: KafkaSettings, tmp_path: Path) -> None:
    """Sums of all records of a window, partial ones included, are the window's count and sum; the last is closed."""
    topic = await Topic(settings, partitions=2).create()
    second = 1_000_000
    stream = {
        part: [
            (None, encode(event(part, seq, due_us=seq * second // 100, key=f"k{seq % 3}", value=seq)))
            for seq in range(5_000)
        ]
        for part in range(2)
    }
    await topic.write(stream)
    output = f"{topic.name}.windows"
    handler = HandlerSpec(name="window", window_seconds=10, lateness_seconds=1, output_topic=output)
    async with running(topic.settings(handler=handler), settings, tmp_path) as worker:
        await worker.until_processed(10_000)
        assert await worker.end() == 0
    expected: dict[tuple[int, str, int], list[int]] = defaultdict(lambda: [0, 0])
    for part in range(2):
        for seq in range(5_000):
            sums = expected[part, f"k{seq % 3}", seq // 1000 * 10 * second]
            sums[0], sums[1] = sums[0] + 1, sums[1] + seq
    found: dict[tuple[int, str, int], list[int]] = defaultdict(lambda: [0, 0])
    documents: list[dict[str, Any]] = [orjson.loads(record.value) for record in await topic.read(output)]
    for d in documents:
        sums = found[d["partition"], d["key"], d["window_start_us"]]
        sums[0], sums[1] = sums[0] + d["count"], sums[1] + d["sum"]
    assert found == expected
    closed = {(d["partition"], d["key"], d["window_start_us"]) for d in documents if d["closed"]}
    assert closed == {window for window in expected if window[2] < 40 * second}


async def test_foreign_events_of_any_kind(settings: KafkaSettings, tmp_path: Path) -> None:
    """events="json" takes any JSON value; without an origin there are no producers in the ledger, but all offsets."""
    topic = await Topic(settings, partitions=1).create()
    await topic.write({0: [(None, value) for value in (b"1", b'"text"', b"[1,2]", b"null", b'{"a":1}')]})
    async with running(topic.settings(events="json"), settings, tmp_path) as worker:
        status = await worker.until_processed(5)
    entries = await topic.entries()
    assert Audit.of(entries, 1).exactly({0: 5})
    assert [r.producers for entry in entries for r in entry.ranges] == [()]
    assert status.dead_lettered_events == 0


async def test_wait_caps_the_rate(settings: KafkaSettings, tmp_path: Path) -> None:
    """1 ms an event: about 1,000 events/s, hardly any CPU, and always busy."""
    topic = await Topic(settings, partitions=2).create()
    await topic.fill(5_000)
    options = topic.settings(handler=HandlerSpec(name="wait", service_micros=1_000))
    async with running(options, settings, tmp_path) as worker:
        await worker.until(lambda status: status.processed_events > 6_000)  # its window of 5 s is full
        status = await worker.status()
        assert await worker.end() == 0
    assert 500 < (status.true_processing_rate or 0) < 1_100
    assert (status.busy_ratio or 0) > 0.8
    await eventually(lambda: _exact(topic))


async def _exact(topic: Topic) -> bool:
    return Audit.of(await topic.entries(), topic.partitions).exactly(await topic.committed())
