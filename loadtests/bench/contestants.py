"""Who takes part in the benchmark: one line each, and how a run of it is measured.

Every run is a process of its own on a fresh topic (producers) or a fresh group (consumers).  Connecting and start-up
are left out of the seconds for all of them; CPU is that of the client's processes, the broker's not included.
"""

import asyncio
import json
import os
import re
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import httpx

from broker.jars import resolve_jars
from broker.java import tool_command
from contract.errors import RunError
from contract.kafka import KafkaSettings
from contract.ledger import ProducerAccount
from contract.load import Load
from contract.producer import ProducerSettings
from contract.worker import WorkerSettings, WorkerStatus
from loadtests.bench.task import Task
from loadtests.children import launch

CLIENT_SECONDS_MAX = 300.0
POLL_SECONDS = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """One run of one contestant.  None = its tool does not tell."""

    events: int
    seconds: float
    cpu_seconds: float | None = None
    rss_bytes_max: int | None = None

    @property
    def rate(self) -> float:
        """Events per second."""
        return self.events / self.seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Contestant:
    """`pace` is about how many thousand events a second it manages, so that all runs take about as long."""

    name: str
    work: str
    pace: int
    run: Callable[[Task], Awaitable[Figures]]


async def our_producer(task: Task, processes: int) -> Figures:
    """Weir's own producer, flat out."""
    with tempfile.TemporaryDirectory() as folder:
        account_file = Path(folder) / "account.json"
        settings = ProducerSettings(
            topic=task.topic,
            load=Load(event_bytes=task.event_bytes),
            flat_out=True,
            events_max=task.events,
            processes=processes,
            acks="1",
            linger_seconds=task.linger_ms / 1000,
            batch_bytes=task.batch_bytes,
            account_file=account_file,
        )
        await _run_to_end("producer", "--quiet", environment=settings.to_environment() | _kafka(task))
        account = ProducerAccount.model_validate_json(account_file.read_text(encoding="utf-8"))
    return Figures(
        events=account.acknowledged,
        seconds=(account.ended_us - account.started_us) / 1e6,
        cpu_seconds=account.cpu_seconds,
        rss_bytes_max=account.rss_bytes_max,
    )


async def our_worker(task: Task) -> Figures:
    """Weir's own worker with the handler `count`: from the first processed event seen until the last."""
    settings = WorkerSettings(topic=task.topic, group=f"bench-{time.time_ns()}", worker_id="bench")
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "worker.log"
        worker = await launch("worker", "processor", environment=settings.to_environment() | _kafka(task), log=log)
        try:
            async with httpx.AsyncClient(trust_env=False) as http, asyncio.timeout(CLIENT_SECONDS_MAX):
                first_at, first = await _until(worker.status, http, at_least=1)
                last_at, last = await _until(worker.status, http, at_least=task.events)
        finally:
            await worker.stop(seconds=20.0)
    return Figures(
        events=last.processed_events - first.processed_events,
        seconds=last_at - first_at,
        cpu_seconds=last.cpu_seconds,
        rss_bytes_max=last.rss_bytes,
    )


async def peer(name: str, task: Task) -> Figures:
    """One of the other Python clients."""
    output = await _run_to_end("loadtests.bench.peers", name, json.dumps(asdict(task)))
    return Figures(**json.loads(output))


async def java_producer(task: Task) -> Figures:
    """Kafka's own ProducerPerformance: the same random bytes again and again, nothing is encoded."""
    output = await _java(
        "org.apache.kafka.tools.ProducerPerformance",
        *("--topic", task.topic, "--num-records", str(task.events), "--record-size", str(task.event_bytes)),
        *("--throughput", "-1", "--command-property", f"bootstrap.servers={task.bootstrap_servers}"),
        *(f"acks={task.acks}", f"linger.ms={task.linger_ms}", f"batch.size={task.batch_bytes}"),
    )
    rates = re.findall(r"records sent, ([\d.]+) records/sec", output)
    return Figures(events=task.events, seconds=task.events / float(rates[-1]))


async def java_consumer(task: Task) -> Figures:
    """Kafka's own ConsumerPerformance: reads bytes, nothing is decoded."""
    output = await _java(
        "org.apache.kafka.tools.ConsumerPerformance",
        *("--bootstrap-server", task.bootstrap_servers, "--topic", task.topic, "--num-records", str(task.events)),
        *("--group", f"java-{time.time_ns()}", "--timeout", "30000"),
    )
    header, values = (line.split(", ") for line in output.strip().splitlines()[-2:])
    row = dict(zip(header, values, strict=True))
    seen, rate = int(row["data.consumed.in.nMsg"]), float(row["fetch.nMsg.sec"])
    return Figures(events=seen, seconds=seen / rate)


def _same(name: str) -> Callable[[Task], Awaitable[Figures]]:
    return lambda task: peer(name, task)


PRODUCERS = (
    Contestant(name="weir, 1 process", work="fresh JSON each", pace=900, run=lambda task: our_producer(task, 1)),
    Contestant(name="weir, 2 processes", work="fresh JSON each", pace=1200, run=lambda task: our_producer(task, 2)),
    Contestant(name="aiokafka send", work="fresh JSON each (orjson)", pace=80, run=_same("aiokafka-send")),
    Contestant(name="confluent produce", work="fresh JSON each (orjson)", pace=700, run=_same("confluent-produce")),
    Contestant(
        name="confluent produce_batch", work="fresh JSON each (orjson)", pace=700, run=_same("confluent-produce-batch")
    ),
    Contestant(name="Java ProducerPerformance", work="same bytes, no encoding", pace=900, run=java_producer),
)
CONSUMERS = (
    Contestant(name="weir worker, count", work="decodes, checks, keeps the ledger", pace=600, run=our_worker),
    Contestant(name="aiokafka getmany", work="decodes (orjson)", pace=400, run=_same("aiokafka-getmany")),
    Contestant(name="confluent consume", work="decodes (orjson)", pace=300, run=_same("confluent-consume")),
    Contestant(name="Java ConsumerPerformance", work="decodes nothing", pace=1500, run=java_consumer),
)


async def _until(
    ask: Callable[..., Awaitable[WorkerStatus | None]], http: httpx.AsyncClient, *, at_least: int
) -> tuple[float, WorkerStatus]:
    while True:
        status = await ask(http, WorkerStatus)
        if status and status.processed_events >= at_least:
            return time.perf_counter(), status
        await asyncio.sleep(POLL_SECONDS)


async def _java(main_class: str, *arguments: str) -> str:
    jars = resolve_jars(lambda _: None)
    return await _output(*tool_command(main_class, arguments, jars=jars, heap_mib=1024))


async def _run_to_end(module: str, *arguments: str, environment: dict[str, str] | None = None) -> str:
    return await _output(sys.executable, "-m", module, *arguments, environment=environment)


async def _output(*command: str, environment: dict[str, str] | None = None) -> str:
    process = await asyncio.create_subprocess_exec(
        *command,
        env={**os.environ, **(environment or {})},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        out, err = await asyncio.wait_for(process.communicate(), CLIENT_SECONDS_MAX)
    finally:
        if process.returncode is None:
            process.kill()
    if process.returncode:
        raise RunError(f"{' '.join(command[:4])} … failed with exit code {process.returncode}:\n{err.decode()[-2000:]}")
    return out.decode()


def _kafka(task: Task) -> dict[str, str]:
    return KafkaSettings(bootstrap_servers=task.bootstrap_servers).to_environment()
