"""Who takes part in a run, made from its scenario: workers and producer, each told everything by environment."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from contract.kafka import KafkaSettings
from contract.producer import ProducerSettings
from contract.scenario import Scenario
from contract.worker import WorkerSettings
from loadtests.children import Child, launch
from loadtests.cluster import Topics

STOP_SECONDS_MAX = 25.0
LAUNCHES_AT_ONCE = 8


def worker_settings(scenario: Scenario, topics: Topics, worker_id: str) -> WorkerSettings:
    """What one worker of the scenario is told."""
    spec = scenario.worker
    shared = spec.model_dump(exclude={"start_seconds_max", "handler", "init"})
    return WorkerSettings(
        worker_id=worker_id,
        topic=topics.events,
        group=topics.group,
        ledger_topic=topics.ledger,
        dead_letter_topic=topics.dead_letter,
        handler=spec.handler,
        init=spec.init,
        status_port=0,
        **shared,
    )


def producer_settings(scenario: Scenario, topics: Topics, account_file: Path) -> ProducerSettings:
    """What the producer of the scenario is told."""
    return ProducerSettings(
        topic=topics.events,
        load=scenario.load,
        seconds=scenario.seconds,
        seed=scenario.seed,
        warmup_seconds=scenario.warmup_seconds,
        account_file=account_file,
        status_port=0,
        **scenario.producer.model_dump(),
    )


@asynccontextmanager
async def running_workers(
    scenario: Scenario, kafka: KafkaSettings, topics: Topics, logs: Path
) -> AsyncIterator[Sequence[Child]]:
    """The scenario's workers, started; stopped when the context ends, whatever happened in it."""
    gate = asyncio.Semaphore(LAUNCHES_AT_ONCE)
    workers: list[Child] = []

    async def start(number: int) -> None:
        name = f"worker-{number}"
        settings = worker_settings(scenario, topics, name)
        environment = settings.to_environment() | kafka.to_environment()
        async with gate:
            workers.append(await launch(name, "processor", environment=environment, log=logs / f"{name}.log"))

    try:
        async with asyncio.TaskGroup() as group:
            for number in range(1, scenario.scaler.replicas + 1):
                group.create_task(start(number))
        yield sorted(workers, key=lambda worker: worker.name)
    finally:
        await stop_all(workers)


@asynccontextmanager
async def running_producer(
    scenario: Scenario, kafka: KafkaSettings, topics: Topics, *, account_file: Path, log: Path
) -> AsyncIterator[Child]:
    """The scenario's producer, started; stopped when the context ends."""
    environment = producer_settings(scenario, topics, account_file).to_environment() | kafka.to_environment()
    producer = await launch("producer", "producer", "--quiet", environment=environment, log=log)
    try:
        yield producer
    finally:
        await producer.stop(STOP_SECONDS_MAX)


async def stop_all(children: Sequence[Child]) -> None:
    """Let all of them finish at the same time; none survives."""
    await asyncio.gather(*(child.stop(STOP_SECONDS_MAX) for child in children))
