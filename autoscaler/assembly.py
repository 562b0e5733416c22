"""The controller with everything that it needs, for a run and for `weir autoscale`; closed in order afterwards."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from autoscaler.backends.base import WorkerEnvironment
from autoscaler.backends.process import ProcessBackend
from autoscaler.controller import Controller
from autoscaler.journal import Journal
from autoscaler.observer.observer import open_observer
from autoscaler.prober import Prober
from autoscaler.scaler import ScalerPlan
from contract.kafka import KafkaSettings
from contract.pods import PodSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """Where an autoscaler works: the group that it keeps, how its workers are made, where things are written."""

    kafka: KafkaSettings
    topic: str
    group: str
    spec: PodSpec
    environment: WorkerEnvironment
    folder: Path
    """Logs and state of the workers."""
    journal: Path | None
    cpu_window_seconds: float
    dry_run: bool = False


@asynccontextmanager
async def open_controller(scaler: ScalerPlan, around: Surroundings) -> AsyncIterator[Controller]:
    """A controller that has not ticked yet.  When the context ends its workers end, whatever happened in it."""
    async with AsyncExitStack() as stack:
        backend = ProcessBackend(
            owner=around.group, folder=around.folder, environment=around.environment, spec=around.spec
        )
        stack.push_async_callback(backend.close)
        prober = Prober()
        stack.push_async_callback(prober.close)
        observing = open_observer(
            around.kafka,
            topic=around.topic,
            group=around.group,
            backend=backend,
            spec=around.spec,
            cpu_window_seconds=around.cpu_window_seconds,
        )
        yield Controller(
            observer=await stack.enter_async_context(observing),
            backend=backend,
            prober=prober,
            spec=around.spec,
            panel=scaler.panel(),
            journal=stack.enter_context(Journal(around.journal)) if around.journal else None,
            dry_run=around.dry_run,
            notes=backend.notes,
        )
