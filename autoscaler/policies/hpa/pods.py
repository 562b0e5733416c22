"""Which workers count for a metric: Kubernetes sorts them into ignored, unready, missing and ready first."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto

from autoscaler.cluster import HpaClusterSettings
from autoscaler.model import PodPhase, Sample, Worker
from autoscaler.policies.hpa.faults import MetricFault
from contract.quantities import milli

ENDED = (PodPhase.FAILED, PodPhase.SUCCEEDED)


class Group(Enum):
    """What a worker is to one metric."""

    IGNORED = auto()
    UNREADY = auto()
    MISSING = auto()
    READY = auto()


@dataclass(slots=True)
class Groups:
    """The workers of a metric.  `usage` has those that count, in thousandths by name; the others are names."""

    usage: dict[str, int] = field(default_factory=dict)
    unready: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)

    @property
    def ready(self) -> int:
        """How many count: running, measured, and past the CPU unready test if it applies."""
        return len(self.usage)


def group_workers(
    workers: Sequence[Worker],
    sample_of: Callable[[Worker], "Sample | float | None"],
    *,
    now: float,
    cluster: HpaClusterSettings | None,
) -> Groups:
    """Sort every worker.  The CPU unready test applies when `cluster` is given: only CPU has it."""
    groups = Groups()
    for worker in workers:
        sample = sample_of(worker)
        group = group_of(worker, sample, now=now, cluster=cluster)
        if group is Group.READY:
            assert sample is not None
            groups.usage[worker.name] = milli(sample.usage if isinstance(sample, Sample) else sample)
        elif group is Group.UNREADY:
            groups.unready.append(worker.name)
        elif group is Group.MISSING:
            groups.missing.append(worker.name)
    if not groups.usage:
        raise MetricFault("no samples of the targeted workers: they might be unready")
    return groups


def group_of(
    worker: Worker, sample: "Sample | float | None", *, now: float, cluster: HpaClusterSettings | None
) -> Group:
    """The group of one worker.  The order of the questions is the rule."""
    if worker.deleted or worker.pod_phase in ENDED:
        return Group.IGNORED
    if worker.pod_phase is PodPhase.PENDING:
        return Group.UNREADY
    if sample is None:
        return Group.MISSING
    if cluster is not None and isinstance(sample, Sample) and cpu_unready(worker, sample, now=now, cluster=cluster):
        return Group.UNREADY
    return Group.READY


def cpu_unready(worker: Worker, sample: Sample, *, now: float, cluster: HpaClusterSettings) -> bool:
    """Whether a CPU sample may be that of a start rather than of load.

    Within the initialisation period since the start: if the worker is not ready, or the sample began before it was.
    After the period: only if it never was ready, which shows in that its readiness last changed right after the start.
    Where that time is not known, the start stands for it.
    """
    if worker.ready is None or worker.started_at is None:
        return True
    changed_at = worker.started_at if worker.ready_changed_at is None else worker.ready_changed_at
    if worker.started_at + cluster.cpu_initialization_period_seconds > now:
        return not worker.ready or sample.ended_at < changed_at + sample.window_seconds
    return not worker.ready and worker.started_at + cluster.initial_readiness_delay_seconds > changed_at


def running_and_ready(workers: Sequence[Worker]) -> int:
    """How many workers a target of type Value multiplies."""
    return sum(1 for worker in workers if worker.pod_phase is PodPhase.RUNNING and worker.ready is True)
