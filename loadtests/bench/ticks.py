"""How long one look of the observer takes: 1,000 partitions with commits and a queue each, 100 workers that answer.

Kafka and HTTP are real.  Workers are status pages only, and what they use is pretended: no work disturbs the figures.
"""

import asyncio
import contextlib
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError as ClientError

from autoscaler.backends.base import FIRST_REVISION, Template
from autoscaler.backends.memory import MemoryBackend, Script, World
from autoscaler.journal import Tick, write_tick
from autoscaler.observer.observer import Look, Observer, open_observer
from autoscaler.reconciler.model import Pod
from broker import BrokerSettings, running_broker
from contract.errors import KafkaError, RunError
from contract.kafka import KafkaSettings, TopicSpec, admin_client, create_topics
from contract.pods import PodSpec

PARTITIONS = 1_000
WORKERS = 100
WARM_UP_LOOKS = 3
"""The first look also opens a hundred connections."""
TOPIC = GROUP = "bench-tick"
EVENTS_EACH = 10
LEADER_TRIES_MAX = 5


@dataclass(frozen=True, slots=True)
class Timing:
    """What one look took, on the clock and of this process's CPU; and to write it into a journal."""

    seconds: float
    cpu_seconds: float
    journal_seconds: float
    journal_bytes: int


async def measure_tick(
    looks: int,
    say: Callable[[str], None],
    *,
    period_seconds: float = 1.0,
    partitions: int = PARTITIONS,
    workers: int = WORKERS,
) -> list[dict[str, Any]]:
    """One row: median, 99th percentile and CPU time of so many looks, a period apart as in a controller."""
    with tempfile.TemporaryDirectory(prefix="weir-bench-") as folder:
        async with running_broker(BrokerSettings(data=Path(folder)), say=say) as broker, _stand_ins(workers) as urls:
            kafka = KafkaSettings(bootstrap_servers=broker.bootstrap_servers)
            say(f"filling {partitions:,} partitions …")
            await _fill(kafka, partitions)
            timings = await _timings(kafka, urls, looks, period_seconds)
    return [_row(timings, partitions, workers)]


async def _timings(
    kafka: KafkaSettings, urls: Mapping[str, str], looks: int, period_seconds: float
) -> Sequence[Timing]:
    launched_at = time.time()
    backend = MemoryBackend(
        script=lambda _name, _generation: Script(cpu_cores=0.1), world=World(at_seconds=launched_at)
    )
    template = Template(revision=FIRST_REVISION, spec=PodSpec(), environment=lambda _: {})
    for name in urls:
        await backend.launch(name, 0, template)
    pods = {n: Pod(name=n, created_at=launched_at, launched_at=launched_at, url=url) for n, url in urls.items()}
    opening = open_observer(kafka, topic=TOPIC, group=GROUP, backend=backend, cpu_window_seconds=5 * period_seconds)
    timings = []
    async with opening as observer:
        for _ in range(WARM_UP_LOOKS + looks):
            backend.advance(period_seconds)
            timings.append(await _timing(observer, pods))
            await asyncio.sleep(max(0.0, period_seconds - timings[-1].seconds))
    return timings[WARM_UP_LOOKS:]


async def _timing(observer: Observer, pods: Mapping[str, Pod]) -> Timing:
    began, cpu_began = time.perf_counter(), time.process_time()
    look = await observer.look(now=time.time(), pods=pods, spec_replicas=len(pods))
    seconds, cpu_seconds = time.perf_counter() - began, time.process_time() - cpu_began
    _expect_whole(look, len(pods))
    began = time.perf_counter()
    line = write_tick(Tick(seen=look.observation, policy="bench", decision=None, desired=len(pods)))
    return Timing(seconds, cpu_seconds, time.perf_counter() - began, len(line))


def _expect_whole(look: Look, workers: int) -> None:
    """A look that was quick because nobody answered must not count.  Raises RunError."""
    if look.offsets is None or len(look.statuses) < workers:
        raise RunError(f"a look of the benchmark found not everything: {'; '.join(look.problems)}")


def _row(timings: Sequence[Timing], partitions: int, workers: int) -> dict[str, Any]:
    took = sorted(timing.seconds for timing in timings)
    return {
        "partitions": partitions,
        "workers": workers,
        "looks": len(timings),
        "seconds_median": statistics.median(took),
        "seconds_p99": took[min(len(took) - 1, round(0.99 * len(took)))],
        "cpu_seconds_median": statistics.median(timing.cpu_seconds for timing in timings),
        "journal_seconds_median": statistics.median(timing.journal_seconds for timing in timings),
        "journal_bytes_median": statistics.median(timing.journal_bytes for timing in timings),
    }


async def _fill(kafka: KafkaSettings, partitions: int) -> None:
    """Events in every partition, half of them committed."""
    async with admin_client(kafka) as admin:
        await create_topics(admin, [TopicSpec(name=TOPIC, partitions=partitions)])
    mine = [TopicPartition(TOPIC, p) for p in range(partitions)]
    async with AIOKafkaConsumer(**kafka.client_options(), group_id=GROUP, enable_auto_commit=False) as consumer:
        await _until_led(consumer, mine)
        async with AIOKafkaProducer(**kafka.client_options(), linger_ms=20) as producer:
            sent = [await producer.send(TOPIC, b"x", partition=p.partition) for p in mine for _ in range(EVENTS_EACH)]
            await asyncio.gather(*sent)
        consumer.assign(mine)
        await consumer.commit(dict.fromkeys(mine, EVENTS_EACH // 2))


async def _until_led(consumer: AIOKafkaConsumer, partitions: Sequence[TopicPartition]) -> None:
    """So many new partitions take their broker seconds.  Raises KafkaError when it takes minutes."""
    for _ in range(LEADER_TRIES_MAX):
        with contextlib.suppress(ClientError):
            await consumer.end_offsets(partitions)
            return
    raise KafkaError(f"{len(partitions):,} new partitions had no leaders in minutes")


@asynccontextmanager
async def _stand_ins(count: int) -> AsyncIterator[Mapping[str, str]]:
    """URLs of status pages, by worker."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "loadtests.bench.stand_ins", str(count)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        line = await process.stdout.readline()
        if not line:
            raise RunError("the stand-ins for workers did not start; see above")
        yield {f"worker-{number}": f"http://127.0.0.1:{port}" for number, port in enumerate(orjson.loads(line))}
    finally:
        process.stdin.close()
        await process.wait()
