"""The benchmark itself: every contestant in turn, several rounds, medians; then whole runs at three rates."""

import asyncio
import statistics
import tempfile
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from broker import BrokerSettings, running_broker
from contract.kafka import KafkaSettings, TopicSpec, admin_client, create_topics
from contract.load import Constant, Load
from contract.scenario import FixedScaler, ProducerSpec, Scenario
from loadtests.bench.contestants import CONSUMERS, PRODUCERS, Contestant, Figures, our_producer
from loadtests.bench.task import Task
from loadtests.live import LiveView
from loadtests.run import RunOrder, run_scenario
from loadtests.score import Summary

Say = Callable[[str], None]
PARTITIONS = 12
EVENT_BYTES = (100, 1_000)


@dataclass(frozen=True, slots=True)
class Whole:
    """A run from end to end: events/s, partitions, workers, and how long an event may wait for company."""

    rate: int
    partitions: int
    workers: int
    linger_seconds: float


# Latency costs CPU: each batch has a fixed price, so few partitions can afford a short linger and many cannot.  The
# last row is the demo's.
WHOLE_RUNS = (
    Whole(50_000, 3, 1, 0.0015),
    Whole(100_000, 3, 1, 0.0015),
    Whole(200_000, 3, 1, 0.0015),
    Whole(200_000, 12, 4, 0.005),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """How long everything may take."""

    rounds: int
    seconds_each: float
    end_to_end_seconds: float
    decide_lines: int = 100_000
    looks: int = 30

    def events(self, contestant: Contestant, event_bytes: int) -> int:
        """So many that one run lasts about `seconds_each`; large events are fewer."""
        return round(contestant.pace * 1_000 * self.seconds_each / max(1.0, event_bytes / 400))


async def measure_clients(effort: Effort, say: Say) -> list[dict[str, Any]]:
    """Rows for the table: contestants of both directions at both sizes, medians of all rounds."""
    rows = []
    with tempfile.TemporaryDirectory(prefix="weir-bench-") as folder:
        settings = BrokerSettings(data=Path(folder), properties={"file.delete.delay.ms": "1000"})
        async with running_broker(settings, say=say) as broker:
            kafka = KafkaSettings(bootstrap_servers=broker.bootstrap_servers)
            for event_bytes in EVENT_BYTES:
                rows += await _race("produce", PRODUCERS, _fresh_topic(kafka), event_bytes, effort, say)
                async with _filled_topic(kafka, event_bytes, effort, say) as task:
                    rows += await _race("consume", CONSUMERS, _same_topic(task), event_bytes, effort, say)
    return rows


async def measure_end_to_end(effort: Effort, out: Path, view: Callable[[str, float], LiveView]) -> list[Summary]:
    """Whole runs, their records kept in `out`."""
    summaries = []
    for whole in WHOLE_RUNS:
        name = f"end-to-end-{whole.rate // 1000}k-{whole.partitions}p-{whole.workers}w"
        scenario = Scenario(
            name=name,
            seconds=effort.end_to_end_seconds,
            warmup_seconds=min(15.0, effort.end_to_end_seconds / 3),
            topic=TopicSpec(partitions=whole.partitions),
            load=Load(shape=Constant(rate=whole.rate), event_bytes=200),
            producer=ProducerSpec(linger_seconds=whole.linger_seconds),
            scaler=FixedScaler(replicas=whole.workers),
        )
        order = RunOrder(scenario=scenario, run_id=name, out=out / name, command="weir bench")
        summaries.append(await run_scenario(order, view(name, scenario.seconds), asyncio.Event()))
    return summaries


Place = Callable[[Contestant, int], Awaitable[Task]]


async def _race(  # noqa: PLR0917  # the columns of the table, in their order
    direction: str, contestants: Sequence[Contestant], place: Place, event_bytes: int, effort: Effort, say: Say
) -> list[dict[str, Any]]:
    """All contestants in turn, again and again, so that a noisy minute hits all of them."""
    results: dict[str, list[Figures]] = {contestant.name: [] for contestant in contestants}
    for number in range(1, effort.rounds + 1):
        for contestant in contestants:
            task = await place(contestant, effort.events(contestant, event_bytes))
            figures = await contestant.run(replace(task, event_bytes=event_bytes))
            results[contestant.name].append(figures)
            say(f"{direction} {event_bytes} B, round {number}: {contestant.name} {figures.rate:,.0f} events/s")
    return [_row(direction, event_bytes, contestant, results[contestant.name]) for contestant in contestants]


def _row(direction: str, event_bytes: int, contestant: Contestant, runs: Sequence[Figures]) -> dict[str, Any]:
    rates = sorted(run.rate for run in runs)
    cpu = [run.cpu_seconds / run.events * 1e6 for run in runs if run.cpu_seconds is not None]
    memory = [run.rss_bytes_max for run in runs if run.rss_bytes_max is not None]
    return {
        "direction": direction,
        "event_bytes": event_bytes,
        "client": contestant.name,
        "work": contestant.work,
        "events_per_second": statistics.median(rates),
        "events_per_second_min": rates[0],
        "events_per_second_max": rates[-1],
        "megabytes_per_second": statistics.median(rates) * event_bytes / 1e6,
        "cpu_seconds_per_million_events": statistics.median(cpu) if cpu else None,
        "rss_bytes_max": max(memory, default=None),
        "rounds": len(runs),
    }


def _fresh_topic(kafka: KafkaSettings) -> Place:
    """A new topic for each run; the one before is deleted, so that the disk does not fill."""
    used: list[str] = []

    async def place(_: Contestant, events: int) -> Task:
        async with admin_client(kafka) as admin:
            if used:
                await admin.delete_topics([used.pop()])
            used.append(f"bench-{uuid.uuid4().hex[:8]}")
            await create_topics(admin, [TopicSpec(name=used[0], partitions=PARTITIONS)])
        return _task(kafka, used[0], events)

    return place


def _same_topic(task: Task) -> Place:
    async def place(_: Contestant, events: int) -> Task:
        return replace(task, events=min(events, task.events))

    return place


@asynccontextmanager
async def _filled_topic(kafka: KafkaSettings, event_bytes: int, effort: Effort, say: Say) -> AsyncIterator[Task]:
    """A topic with enough events for the fastest reader."""
    events = max(effort.events(contestant, event_bytes) for contestant in CONSUMERS)
    task = await _fresh_topic(kafka)(CONSUMERS[0], events)
    say(f"filling a topic with {events:,} events of {event_bytes} B …")
    await our_producer(replace(task, event_bytes=event_bytes), 1)
    yield task
    async with admin_client(kafka) as admin:
        await admin.delete_topics([task.topic])


def _task(kafka: KafkaSettings, topic: str, events: int) -> Task:
    return Task(
        bootstrap_servers=kafka.bootstrap_servers, topic=topic, partitions=PARTITIONS, events=events, event_bytes=0
    )
