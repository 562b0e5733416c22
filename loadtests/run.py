"""One run of a scenario, from an empty directory to a verdict: prepare, load, drain, audit, score, report."""

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import psutil

from autoscaler.api.auth import TOKEN_NAME
from autoscaler.api.hosting import Hosting, hosted
from autoscaler.api.server import ApiAddress, refuse_taken
from autoscaler.board.facts import Facts
from autoscaler.needed import told_rate
from autoscaler.options import BackendName, Containers
from autoscaler.scaler import ScalerPlan, read_scaler
from contract.kafka import KafkaSettings
from contract.record import RunDirectory
from contract.scenario import Scenario
from loadtests.children import Child
from loadtests.cluster import Topics, open_cluster, own_topics
from loadtests.conclude import Identity, conclude, gather_log
from loadtests.crew import cpu_window_seconds, running_producer, running_workers
from loadtests.faults import Faults
from loadtests.live import LiveView
from loadtests.offsets import offset_reader
from loadtests.preflight import check_scenario
from loadtests.sampler import STATUS_SECONDS_MAX, Sampler
from loadtests.score import Summary
from loadtests.stages import Stages

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from autoscaler.backends.docker.site import Site

THIS_MACHINE = "127.0.0.1"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOrder:
    """What was asked for: the scenario, where it runs, where its records go."""

    scenario: Scenario
    run_id: str
    out: Path
    external: KafkaSettings | None = None
    containers: Containers | None = None
    """None = workers are processes of this machine."""
    keep_topics: bool = False
    api: ApiAddress | None = None
    """Where the live page and the API are served while it lasts."""
    command: str = ""


@asynccontextmanager
async def _site(order: RunOrder, view: LiveView) -> "AsyncIterator[Site | None]":
    """Where the run's containers live, if its workers are to be some."""
    if order.containers is None:
        yield None
        return
    from autoscaler.backends.docker.site import open_run_site  # noqa: PLC0415  # its SDK is slow to import

    async with open_run_site(order.containers, run_id=order.run_id, say=view.say) as site:
        yield site


async def run_scenario(order: RunOrder, view: LiveView, stop: asyncio.Event) -> Summary:
    """Carry out one run.  `stop` ends the load early; everything sent until then is still drained and audited.

    Raises SettingsError for what could not start, before anything is started, and RunError when a part of the run
    failed; whatever happens, no process, no container, no network and no topic is left behind.
    """
    check_scenario(order.scenario)
    refuse_taken(order.api)
    scaler = read_scaler(order.scenario.scaler, order.scenario.topic.name)
    topics = Topics.of_run(order.scenario.topic.name, order.run_id)
    async with AsyncExitStack() as stack:
        site = await stack.enter_async_context(_site(order, view))
        directory = RunDirectory.create(order.out)
        logs = directory.path / "logs"
        identity = Identity.of(order.scenario, order.run_id, order.command)
        identity.scaler = scaler.describe()
        view.say("starting Kafka …" if order.external is None else f"using Kafka at {order.external.bootstrap_servers}")
        cluster = await stack.enter_async_context(
            open_cluster(
                order.scenario,
                order.external,
                folder=directory.path / "kafka",
                say=view.say,
                also_host=site.gateway if site else None,
            )
        )
        identity.joined(cluster, topics)
        identity.workers = dict(site.describe()) if site else {"backend": BackendName.PROCESS}
        directory.write_json(directory.run_json, identity.document())
        kafka = cluster.settings
        await stack.enter_async_context(own_topics(kafka, order.scenario, topics, keep=order.keep_topics))
        offsets = await stack.enter_async_context(offset_reader(kafka, topic=topics.events, group=topics.group))
        start = await offsets.start_offsets()
        http = await stack.enter_async_context(httpx.AsyncClient(timeout=STATUS_SECONDS_MAX, trust_env=False))
        view.say(f"starting {scaler.replicas} workers; {scaler.name} ({scaler.kind}) decides from then on …")
        workers = await stack.enter_async_context(
            running_workers(order.scenario, scaler, cluster, topics, directory, site=site)
        )
        for note in (*scaler.notes, *workers.notes):
            view.say(note)
        broker_process = psutil.Process(cluster.broker.pid) if cluster.broker else None
        stack.callback((directory.path / "workers" / TOKEN_NAME).unlink, missing_ok=True)  # records are shown around
        sending: list[Child] = []
        hosting = _hosting(order, scaler, topics, directory, view)
        show = await stack.enter_async_context(hosted(workers, hosting, lambda: _port_of(sending)))
        faults = Faults(order.scenario, workers.backend, workers.releases, kafka, topic=topics.events)
        run = Stages(order.scenario, directory, view, stop, Sampler(http, broker_process), workers, faults, show)
        stack.callback(run.keep_samples)
        await run.until_ready()
        producer = await stack.enter_async_context(
            running_producer(
                order.scenario,
                kafka,
                topics,
                account_file=directory.account_json,
                log=logs / "producer.log",
                host=order.api.host if order.api else THIS_MACHINE,
            )
        )
        sending.append(producer)
        with view.running():
            identity.started_us = await run.under_load(producer)
            await run.drain()
        view.say("stopping the workers and reading the ledger …")
        await workers.backend.close()
        log = await gather_log(kafka, offsets, topics, directory, start)
    return conclude(identity, order.scenario, directory, log, faults.injected)


def _port_of(producers: Sequence[Child]) -> int | None:
    return next((producer.port for producer in producers if producer.alive), None)


def _hosting(
    order: RunOrder, scaler: ScalerPlan, topics: Topics, directory: RunDirectory, view: LiveView
) -> Hosting | None:
    """The API of `weir autoscale`, over a run; None = it was not asked for."""
    if order.api is None:
        return None
    scenario = order.scenario
    facts = Facts(
        group=topics.group,
        topic=topics.events,
        backend=BackendName.DOCKER if order.containers else BackendName.PROCESS,
        scenario=scenario.name,
        slo_time_lag_seconds=scenario.slo.time_lag_seconds_max,
        worker_rate=told_rate(scenario.worker.events_per_second, scenario.worker.handler),
        cpu_window_seconds=cpu_window_seconds(scenario),
    )
    folder = directory.path / "workers"
    return Hosting(address=order.api, facts=facts, folder=folder, read_seat=scaler.read_seat, say=view.say)
