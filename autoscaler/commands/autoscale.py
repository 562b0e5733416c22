"""`weir autoscale`: the autoscaler alone, for a cluster and a consumer group of the user's own."""

import asyncio
import logging
import sys
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from autoscaler.api.hosting import Hosting, hosted
from autoscaler.api.server import ApiAddress, read_address, refuse_taken
from autoscaler.assembly import Surroundings, open_controller
from autoscaler.board.facts import Facts
from autoscaler.control import Control
from autoscaler.handover import hand_on
from autoscaler.lease.election import LEASE_SECONDS, Timing
from autoscaler.lease.leadership import Leadership
from autoscaler.needed import told_rate
from autoscaler.options import (
    ApiOption,
    Backend,
    BackendName,
    ClusterSettings,
    ContainerLabels,
    Containers,
    Image,
    Leased,
    LeaseSeconds,
    LeaveWorkers,
    MetricNames,
    Network,
    NodeLabels,
    Secrets,
    StrategySettings,
    TokenFileOption,
    read_cluster,
    read_containers,
    read_labels,
    read_names,
    refuse_told_password,
)
from autoscaler.releases import Releases, templates_of
from autoscaler.rollout.changes import begin
from autoscaler.scaler import ScalerPlan, read_scaler
from autoscaler.telling import Teller
from autoscaler.worker_file import read_strategy, read_worker
from contract.errors import SettingsError
from contract.interrupts import run_interruptible
from contract.kafka import KafkaSettings
from contract.logs import LogSettings, for_machines, set_up_logs
from contract.rollout import RolloutStrategy
from contract.scenario import PolicyScaler, WorkerSpec
from contract.worker import WorkerSettings

if TYPE_CHECKING:
    from autoscaler.backends.docker.site import Site

EPILOG = """
Examples:

  weir autoscale --scaler hpa.yaml --topic orders --group billing --dry-run      # what it would do; touches nothing

  weir autoscale --scaler hpa.yaml --topic orders --group billing --worker worker.yaml --journal decisions.jsonl

  weir autoscale --scaler mine.yaml --shadow hpa.yaml --shadow keda.yaml --kafka broker1:9092

  weir autoscale --scaler hpa.yaml --group billing --folder second --api none     # beside another one, in case it dies

  weir autoscale --scaler hpa.yaml --worker worker.yaml --node-label gpu=true    # for a worker with a node_selector

  weir autoscale --scaler hpa.yaml --kafka kafka:9092 --backend docker --network shop_default    # as containers

  weir autoscale --scaler mine.yaml --api 0.0.0.0:8080 --token-file /run/secrets/weir-api-token     # for others too

Kafka's security comes from WEIR_KAFKA_*, the workers' other settings from WEIR_WORKER_*.  Ctrl-C lets the workers
finish what they hold, commit and leave, and ends them; a second one ends them at once.
While it runs: weir status, pause, resume, scale, policy, and the live page in a browser.
"""

EXIT_INTERRUPTED = 130
SHIPPED = Path(__file__).parents[2] / "loadtests" / "policies"
"""Only to say where they are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Orders:
    """Everything that was asked for on the command line, checked."""

    kafka: KafkaSettings
    scaler: ScalerPlan
    cpu_window_seconds: float
    worker: WorkerSpec
    settings: WorkerSettings
    folder: Path
    journal: Path | None
    dry_run: bool
    lease: Timing | None = None
    leave_workers: bool = False
    strategy: RolloutStrategy | None = None
    node_labels: Mapping[str, str] = field(default_factory=dict)
    containers: Containers | None = None
    """None = workers are processes."""
    api: ApiAddress | None = None


def autoscale(  # noqa: PLR0917  # typer passes them by name
    scaler: Annotated[Path, typer.Option(metavar="POLICY.yaml", help="The policy that acts.")],
    topic: Annotated[str | None, typer.Option(help="What the workers read.", show_default="events")] = None,
    group: Annotated[str | None, typer.Option(help="Their consumer group.", show_default="weir")] = None,
    kafka: Annotated[
        str | None, typer.Option(metavar="HOST:PORT", help="Kafka's address.", show_default="127.0.0.1:9092")
    ] = None,
    backend: Backend = BackendName.PROCESS,
    image: Image = None,
    network: Network = None,
    container_label: ContainerLabels = None,
    secrets: Secrets = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Decide and explain, touch nothing.")] = False,  # noqa: FBT002  # typer's way to declare a flag
    replicas: Annotated[
        int, typer.Option(min=0, max=1_000, help="Workers at the start, before the policy is asked.")
    ] = 1,
    shadow: Annotated[list[Path] | None, typer.Option(metavar="POLICY.yaml", help="Only recorded.")] = None,
    worker: Annotated[Path | None, typer.Option(help="YAML: a scenario's `worker` section.")] = None,
    strategy: StrategySettings = None,
    node_label: NodeLabels = None,
    cluster: ClusterSettings = None,
    metric: MetricNames = None,
    cpu_window_seconds: Annotated[float, typer.Option(min=0.1, max=600, help="What CPU samples are means of.")] = 15.0,
    journal: Annotated[Path | None, typer.Option(help="Write every tick here, to replay and explain.")] = None,
    folder: Annotated[Path, typer.Option(help="Logs and state of the workers.")] = Path("weir-workers"),
    lease: Leased = True,  # noqa: FBT002  # typer's way to declare a flag
    lease_seconds: LeaseSeconds = LEASE_SECONDS,
    leave_workers: LeaveWorkers = False,  # noqa: FBT002  # the same
    api: ApiOption = "127.0.0.1:8080",
    token_file: TokenFileOption = None,
) -> None:
    """Keep as many workers alive as POLICY asks for, and say why it is that many."""
    address = read_address(api, token_file)
    refuse_taken(address)
    _refuse_names([scaler, *(shadow or ())])
    settings = WorkerSettings.read(topic=topic, group=group)
    policy = PolicyScaler(
        policy=scaler,
        replicas=replicas,
        shadows=tuple(shadow or ()),
        cluster=read_cluster(cluster or ()).model_dump(),
        metrics={name: str(signal) for name, signal in read_names(metric or ()).items()},
        cpu_window_seconds=cpu_window_seconds,
    )
    reached = KafkaSettings.read(bootstrap_servers=kafka)
    if leave_workers and backend is BackendName.PROCESS:
        raise SettingsError("--leave-workers: processes end with their autoscaler; only containers can be left")
    where = (
        None
        if dry_run
        else read_containers(
            backend, image, network, kafka=reached.bootstrap_servers, labels=container_label or (), secrets=secrets
        )
    )
    refuse_told_password(where, reached)
    orders = Orders(
        kafka=reached,
        scaler=read_scaler(policy, settings.topic),
        cpu_window_seconds=cpu_window_seconds,
        worker=read_worker(worker),
        strategy=read_strategy(worker, strategy or ()),
        node_labels=read_labels(node_label or ()),
        settings=settings,
        folder=folder,
        journal=journal,
        dry_run=dry_run,
        lease=Timing(lease_seconds=lease_seconds) if lease and not dry_run else None,
        leave_workers=leave_workers,
        containers=where,
        api=address,
    )
    set_up_logs("autoscaler", stream="stdout" if for_machines(sys.stdout) else "stderr", group=settings.group)
    teller = Teller(typer.echo, machine=for_machines(sys.stdout))
    try:
        run_interruptible(
            lambda stop: _autoscale(orders, teller, stop),
            lambda: teller.announce("asked to end (once more: at once) …"),
        )
    except asyncio.CancelledError:
        raise typer.Exit(EXIT_INTERRUPTED) from None


def _refuse_names(policies: Iterable[Path]) -> None:
    """A policy that ships with Weir is called by its name in `weir loadtest` only, where it is kept."""
    for policy in policies:
        if (SHIPPED / f"{policy}.yaml").is_file() and not policy.is_file():
            raise SettingsError(
                f"{policy} is no file: names of policies that ship with Weir are known to weir loadtest alone;"
                f" here it is {SHIPPED / f'{policy}.yaml'}"
            )


async def _autoscale(orders: Orders, teller: Teller, stop: asyncio.Event) -> None:
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # what Kafka does not answer is told with what it means
    async with _site(orders) as site, open_controller(orders.scaler, surroundings(orders, site)) as controller:
        for note in (*orders.scaler.notes, *controller.notes):
            teller.announce(note)
        hand_on(Control(controller=controller, read_seat=orders.scaler.read_seat))
        mode = ", a dry run" if orders.dry_run else ""
        teller.announce(f"{orders.scaler.name} ({orders.scaler.kind}) decides{mode}; Ctrl-C ends")
        async with hosted(controller, hosting(orders, teller)) as show:
            await controller.run(stop, lambda report: teller.tell(show(report)))
        if not orders.dry_run:
            adoptable = controller.backend.adoptable
            teller.announce(farewell(controller.lease, adoptable=adoptable, leave=orders.leave_workers))


def farewell(lease: Leadership | None, *, adoptable: bool, leave: bool) -> str:
    """What becomes of the workers: containers belong to whoever leads, and without the lease that is not known."""
    if adoptable and lease and (why := lease.refusal()):
        return f"leaving the workers alone: {why}"
    return "leaving the workers to the next autoscaler …" if leave else "stopping the workers …"


@asynccontextmanager
async def _site(orders: Orders) -> "AsyncIterator[Site | None]":
    """Where containers live, if workers are to be some."""
    if orders.containers is None:
        yield None
        return
    from autoscaler.backends.docker.site import open_site  # noqa: PLC0415  # its SDK is slow to import

    async with open_site(orders.containers) as site:
        yield site


def hosting(orders: Orders, teller: Teller) -> Hosting | None:
    """How its API is served; None = not at all."""
    if orders.api is None:
        return None
    told = orders.settings.model_copy(update=_work(orders.worker))
    facts = Facts(
        group=orders.settings.group,
        topic=orders.settings.topic,
        backend=BackendName.DOCKER if orders.containers else BackendName.PROCESS,
        dry_run=orders.dry_run,
        worker_rate=told_rate(orders.worker.events_per_second, told.handler),
        cpu_window_seconds=orders.cpu_window_seconds,
    )
    return Hosting(
        address=orders.api, facts=facts, folder=orders.folder, read_seat=orders.scaler.read_seat, say=teller.note
    )


def surroundings(orders: Orders, site: "Site | None" = None) -> Surroundings:
    """Where it works, and what its workers are told."""
    logs = LogSettings.read().to_environment()

    def environment(worker: WorkerSpec, worker_id: str) -> Mapping[str, str]:
        told = orders.settings.model_copy(update={"worker_id": worker_id, "status_port": 0, **_work(worker)})
        return told.to_environment() | orders.kafka.to_environment() | logs

    first = begin(orders.worker, site.image if site else None, orders.strategy)
    return Surroundings(
        kafka=orders.kafka,
        topic=orders.settings.topic,
        group=orders.settings.group,
        releases=Releases(rollout=first, templates=templates_of(environment)),
        folder=orders.folder,
        journal=orders.journal,
        cpu_window_seconds=orders.cpu_window_seconds,
        node_labels=orders.node_labels,
        dry_run=orders.dry_run,
        lease=orders.lease,
        leave_workers=orders.leave_workers,
        site=site,
    )


def _work(spec: WorkerSpec) -> dict[str, object]:
    """What the section says about the work itself; what it leaves out stays as the environment has it."""
    return {name: getattr(spec, name) for name in spec.model_fields_set & set(WorkerSettings.model_fields)}
