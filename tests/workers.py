"""Workers as real processes, and what they leave behind in Kafka: shared by the tests of the processor."""

import asyncio
import os
import signal
import subprocess
import sys
import time
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import orjson
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from contract.event import encode
from contract.kafka import KafkaSettings, TopicSpec, admin_client, create_topics
from contract.ledger import LedgerEntry
from contract.worker import WorkerPhase, WorkerSettings, WorkerStatus

ROOT = Path(__file__).parent.parent
PATIENCE_SECONDS = 40.0


def event(part: int, seq: int, **changes: Any) -> dict[str, Any]:
    """One of our own events."""
    base = {"pid": 0, "part": part, "seq": seq, "due_us": time.time_ns() // 1000, "key": f"k{seq % 50}"}
    return base | {"type": "view", "value": seq % 10} | changes


@dataclass(frozen=True)
class Topic:
    """Topics and a group of a test's own."""

    kafka: KafkaSettings
    partitions: int
    name: str = field(default_factory=lambda: f"events-{uuid.uuid4().hex[:8]}")

    @property
    def ledger(self) -> str:
        """Where workers write what they did."""
        return f"{self.name}.ledger"

    def settings(self, **changes: Any) -> WorkerSettings:
        """A worker for this topic; commits often, so that tests are short."""
        base: dict[str, Any] = {"topic": self.name, "group": f"group-{self.name}", "ledger_topic": self.ledger}
        return WorkerSettings(**(base | {"commit_interval_seconds": 0.2} | changes))

    async def create(self) -> "Topic":
        """Make it."""
        async with admin_client(self.kafka) as admin:
            await create_topics(admin, [TopicSpec(name=self.name, partitions=self.partitions)])
        return self

    async def fill(self, events_each: int, first: int = 0) -> int:
        """Write so many events into every partition, numbered from `first`; returns how many there are."""
        payloads = {
            part: [(None, encode(event(part, seq))) for seq in range(first, first + events_each)]
            for part in range(self.partitions)
        }
        await self.write(payloads)
        return events_each * self.partitions

    async def write(self, payloads: Mapping[int, Sequence[tuple[bytes | None, bytes | None]]], **options: Any) -> None:
        """Write keys and values as they are, each list in its order."""
        producer = AIOKafkaProducer(**self.kafka.client_options(), linger_ms=5, **options)
        async with producer:
            for part, records in payloads.items():
                left = list(records)
                while left:
                    batch = producer.create_batch()
                    left = _fill(batch, left)
                    await (await producer.send_batch(batch, self.name, partition=part))

    async def read(self, name: str, **options: Any) -> list[Any]:
        """Every record of a topic, in the order of its partitions."""
        consumer = AIOKafkaConsumer(**self.kafka.client_options(), auto_offset_reset="earliest", **options)
        await consumer.start()
        try:
            partitions = [TopicPartition(name, part) for part in await self._partitions(name)]
            ends = await consumer.end_offsets(partitions)
            consumer.assign(partitions)
            found: list[Any] = []
            while any([await consumer.position(tp) < end for tp, end in ends.items()]):
                for records in (await consumer.getmany(timeout_ms=500)).values():
                    found += records
        finally:
            await consumer.stop()
        return sorted(found, key=lambda record: (record.partition, record.offset))

    async def _partitions(self, name: str) -> list[int]:
        async with admin_client(self.kafka) as admin:
            known = {topic["topic"]: topic for topic in await admin.describe_topics()}
        return sorted(part["partition"] for part in known[name]["partitions"]) if name in known else []

    async def ends(self) -> dict[int, int]:
        """The log's end offset of every partition."""
        consumer = AIOKafkaConsumer(**self.kafka.client_options())
        async with consumer:
            ends = await consumer.end_offsets([TopicPartition(self.name, p) for p in range(self.partitions)])
        return {tp.partition: offset for tp, offset in ends.items()}

    async def committed(self) -> dict[int, int]:
        """What the group has committed, 0 where nothing."""
        async with admin_client(self.kafka) as admin:
            offsets = await admin.list_consumer_group_offsets(f"group-{self.name}")
        known = {tp.partition: max(meta.offset, 0) for tp, meta in offsets.items() if tp.topic == self.name}
        return {part: known.get(part, 0) for part in range(self.partitions)}

    async def entries(self) -> list[LedgerEntry]:
        """The ledger."""
        return [LedgerEntry.model_validate_json(record.value) for record in await self.read(self.ledger)]


@dataclass
class Audit:
    """How often each offset stands in the ledger."""

    times: dict[int, Counter[int]]

    @classmethod
    def of(cls, entries: Sequence[LedgerEntry], partitions: int) -> "Audit":
        """Count."""
        times: dict[int, Counter[int]] = {part: Counter() for part in range(partitions)}
        for r in (r for entry in entries for r in entry.ranges):
            times[r.partition].update(range(r.first_offset, r.last_offset + 1))
        return cls(times)

    def missing(self, ends: Mapping[int, int]) -> int:
        """Offsets before the ends that no worker claims."""
        return sum(set(range(end)).difference(self.times[part]).__len__() for part, end in ends.items())

    @property
    def repeated(self) -> int:
        """How often an offset was processed again."""
        return sum(count - 1 for counter in self.times.values() for count in counter.values())

    def exactly(self, ends: Mapping[int, int]) -> bool:
        """Whether every offset before the ends, and no other, was processed once."""
        return all(self.times[part] == Counter(range(end)) for part, end in ends.items())


@dataclass
class Running:
    """A worker process."""

    process: subprocess.Popen[bytes]
    url: str
    log: Path

    async def status(self) -> WorkerStatus:
        """Its document."""
        return WorkerStatus.model_validate_json((await self.get("/status")).content)

    async def get(self, path: str) -> httpx.Response:
        """A page of it."""
        async with httpx.AsyncClient(timeout=30) as http:
            return await http.get(self.url + path)

    async def until(self, holds: Callable[[WorkerStatus], bool]) -> WorkerStatus:
        """Wait until its status is so."""
        status = await self.status()
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not holds(status):
            assert time.monotonic() < deadline, f"waited in vain, last seen: {status}\n{self.log.read_text()}"
            await asyncio.sleep(0.05)
            status = await self.status()
        return status

    async def until_ready(self) -> WorkerStatus:
        """Wait until it consumes."""
        return await self.until(lambda status: status.phase is WorkerPhase.READY)

    async def until_processed(self, events: int) -> WorkerStatus:
        """Wait until it has processed and committed so many."""
        return await self.until(lambda status: status.committed_events >= events)

    async def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal and wait for the exit code."""
        self.process.send_signal(number)
        return await asyncio.to_thread(self.process.wait, PATIENCE_SECONDS)


@asynccontextmanager
async def running(
    settings: WorkerSettings, kafka: KafkaSettings, folder: Path, *arguments: str
) -> AsyncIterator[Running]:
    """A worker of `python -m processor`, told everything by environment; killed in the end if it still runs."""
    environment = os.environ | settings.to_environment() | kafka.to_environment() | {"PYTHONPATH": str(ROOT)}
    log = folder / f"worker-{uuid.uuid4().hex[:6]}.log"
    with log.open("wb") as sink:
        process = subprocess.Popen(  # noqa: ASYNC220  # starting takes a millisecond, and ends without a loop
            [sys.executable, "-m", "processor", *arguments],
            cwd=folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=sink,
        )
    try:
        assert process.stdout is not None
        line = await asyncio.to_thread(process.stdout.readline)
        assert line, log.read_text()
        yield Running(process, f"http://127.0.0.1:{orjson.loads(line)['status_port']}", log)
    finally:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


async def eventually(holds: Callable[[], Awaitable[bool]]) -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not await holds():
        assert time.monotonic() < deadline, "waited in vain"
        await asyncio.sleep(0.1)


def _fill(batch: Any, records: list[tuple[bytes | None, bytes | None]]) -> list[tuple[bytes | None, bytes | None]]:
    """Put in what fits; returns the rest."""
    for index, (key, value) in enumerate(records):
        if batch.append(key=key, value=value, timestamp=None) is None:
            return records[index:]
    return []
