"""Who takes part in a run, made from its scenario: workers and their autoscaler, and the producer.

Each process is told everything by environment.  Whatever happens in the context, none of them survives it.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from autoscaler.assembly import Surroundings, open_controller
from autoscaler.controller import Controller
from autoscaler.releases import Releases, templates_of
from autoscaler.rollout.changes import begin
from autoscaler.scaler import ScalerPlan
from contract.kafka import KafkaSettings
from contract.logs import LogSettings
from contract.pods import PodSpec
from contract.producer import ProducerSettings
from contract.record import RunDirectory
from contract.scenario import PolicyScaler, Scenario, WorkerSpec
from contract.worker import WorkerSettings
from loadtests.children import Child, launch
from loadtests.cluster import Cluster, Topics

if TYPE_CHECKING:
    from autoscaler.backends.docker.site import Site

STOP_SECONDS_MAX = 25.0
NOT_TOLD = {*PodSpec.model_fields, "start_seconds_max", "events_per_second"}
CPU_WINDOW_SECONDS = 15.0


@asynccontextmanager
async def running_workers(
    scenario: Scenario,
    scaler: ScalerPlan,
    cluster: Cluster,
    topics: Topics,
    directory: RunDirectory,
    *,
    site: "Site | None" = None,
) -> AsyncIterator[Controller]:
    """The scenario's workers under their autoscaler, which starts them at its first tick: as containers at `site`."""
    logs = LogSettings.read(run=topics.run).to_environment()

    def environment(worker: WorkerSpec, worker_id: str) -> Mapping[str, str]:
        return worker_settings(worker, topics, worker_id).to_environment() | cluster.for_workers.to_environment() | logs

    around = Surroundings(
        kafka=cluster.settings,
        topic=topics.events,
        group=topics.group,
        releases=Releases(
            rollout=begin(scenario.worker, strategy=scenario.rollout), templates=templates_of(environment)
        ),
        folder=directory.path / "workers",
        journal=directory.decisions_jsonl,
        cpu_window_seconds=cpu_window_seconds(scenario),
        called=scenario.topic.name,
        node_labels=scenario.node_labels,
        site=site,
    )
    async with open_controller(scaler, around) as controller:
        yield controller


def cpu_window_seconds(scenario: Scenario) -> float:
    """What policies' CPU figures are means of."""
    scaler = scenario.scaler
    return scaler.cpu_window_seconds if isinstance(scaler, PolicyScaler) else CPU_WINDOW_SECONDS


def worker_settings(spec: WorkerSpec, topics: Topics, worker_id: str) -> WorkerSettings:
    """What one worker of these settings is told."""
    shared = spec.model_dump(exclude={*NOT_TOLD, "handler", "init"})
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


def producer_settings(scenario: Scenario, topics: Topics, account_file: Path, status_host: str) -> ProducerSettings:
    """What the producer of the scenario is told."""
    return ProducerSettings(
        topic=topics.events,
        load=scenario.load,
        seconds=scenario.seconds,
        seed=scenario.seed,
        warmup_seconds=scenario.warmup_seconds,
        account_file=account_file,
        status_host=status_host,
        status_port=0,
        **scenario.producer.model_dump(),
    )


@asynccontextmanager
async def running_producer(
    scenario: Scenario, kafka: KafkaSettings, topics: Topics, *, account_file: Path, log: Path, host: str
) -> AsyncIterator[Child]:
    """The scenario's producer, started, with its status page on `host`; stopped when the context ends."""
    environment = producer_settings(scenario, topics, account_file, host).to_environment() | kafka.to_environment()
    environment |= LogSettings.read(run=topics.run).to_environment()
    producer = await launch("producer", "producer", "--quiet", environment=environment, log=log, host=host)
    try:
        yield producer
    finally:
        await producer.stop(STOP_SECONDS_MAX)
