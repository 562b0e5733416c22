"""The controller with everything that it needs, for a run and for `weir autoscale`; closed in order afterwards."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from autoscaler.backends.base import Backend, Template, never
from autoscaler.backends.guarded import GuardedBackend
from autoscaler.backends.memory import MemoryBackend
from autoscaler.backends.process import ProcessBackend
from autoscaler.controller import Controller
from autoscaler.journal import Journal
from autoscaler.lease.election import Timing
from autoscaler.lease.lease import Lease, open_lease
from autoscaler.observer.observer import open_observer
from autoscaler.prober import Prober
from autoscaler.releases import Releases
from autoscaler.scaler import ScalerPlan
from contract.errors import SettingsError
from contract.kafka import KafkaSettings, cluster_id

if TYPE_CHECKING:  # the SDK takes a third of a second to import, and processes do without
    from autoscaler.backends.docker.site import Site


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """Where an autoscaler works: the group that it keeps, how its workers are made, where things are written."""

    kafka: KafkaSettings
    topic: str
    group: str
    releases: Releases
    folder: Path
    """Logs and state of the workers."""
    journal: Path | None
    cpu_window_seconds: float
    called: str | None = None
    """What policies call the topic; None = its name."""
    node_labels: Mapping[str, str] = field(default_factory=dict)
    """Of the machine where workers run, on top of those that it has by itself."""
    dry_run: bool = False
    lease: Timing | None = None
    """Of the lease that keeps a second autoscaler from acting on the group; None = there is no second one."""
    leave_workers: bool = False
    """In the end, to the next autoscaler, where workers can be left."""
    site: "Site | None" = None
    """Where workers run as containers; None = as processes of this machine."""

    @property
    def template(self) -> Template:
        """What workers are made from now."""
        return self.releases.template(self.releases.rollout.current.name)


@asynccontextmanager
async def open_controller(scaler: ScalerPlan, around: Surroundings) -> AsyncIterator[Controller]:
    """A controller that has not ticked yet.  When the context ends its workers end, or are left if they are to be.

    Raises SettingsError when the journal cannot be opened, BackendError when workers cannot be started here, KafkaError
    when there is no Kafka, LeaseError when it does not let us keep a lease.
    """
    async with AsyncExitStack() as stack:
        journal = stack.enter_context(_opened(around.journal)) if around.journal else None
        lease = await _lease(stack, around)
        inner, notes = await _backend(around, lease)
        backend = _guarded(stack, inner, lease, leave=around.leave_workers)
        prober = Prober()
        stack.push_async_callback(prober.close)
        observing = open_observer(
            around.kafka,
            topic=around.topic,
            group=around.group,
            backend=backend,
            cpu_window_seconds=around.cpu_window_seconds,
            called=around.called,
        )
        yield Controller(
            observer=await stack.enter_async_context(observing),
            backend=backend,
            prober=prober,
            releases=around.releases,
            panel=scaler.panel(),
            journal=journal,
            dry_run=around.dry_run,
            notes=notes,
            lease=lease,
        )


def _opened(path: Path) -> Journal:
    try:
        return Journal(path)
    except OSError as error:
        raise SettingsError(f"the journal {path} cannot be written: {error.strerror}") from error


async def _lease(stack: AsyncExitStack, around: Surroundings) -> Lease | None:
    if around.lease is None:
        return None
    return await stack.enter_async_context(open_lease(around.kafka, around.group, around.lease))


def _guarded(stack: AsyncExitStack, backend: Backend, lease: Lease | None, *, leave: bool) -> Backend:
    """The backend, closed in the end.

    Workers that another autoscaler can adopt are ended as their leader, before the lease is given back.  Those that end
    with this process anyway take their time while the next leader starts its own.
    """
    guarded = GuardedBackend(backend, lease.refusal) if lease else backend
    stack.push_async_callback(guarded.detach if leave else guarded.close)
    if lease and not backend.adoptable:
        stack.push_async_callback(lease.release)
    return guarded


async def _backend(around: Surroundings, lease: Lease | None) -> tuple[Backend, Sequence[str]]:
    """Where workers run, and what it cannot hold.  A dry run has none, and leaves folders alone, also another's."""
    if around.dry_run:
        return MemoryBackend(owner=around.group), ()
    if around.site:
        cluster = await cluster_id(around.kafka)
        containers = around.site.backend(around.group, cluster, around.node_labels, lease.refusal if lease else never)
        return containers, containers.notes(around.template)
    backend = ProcessBackend(owner=around.group, folder=around.folder, node_labels=around.node_labels)
    return backend, ProcessBackend.notes(around.template)
