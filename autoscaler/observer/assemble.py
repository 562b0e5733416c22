"""From everything that was measured in a tick to one Observation.  What was not measured stays None."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from autoscaler.model import Observation, Partition, PodPhase, Worker
from autoscaler.observer.members import Members, init_seconds
from autoscaler.observer.offsets import Group, Offsets
from autoscaler.observer.usage import ResourceSamples
from autoscaler.reconciler.model import Pod, Pods
from contract.worker import WorkerPhase, WorkerStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What one tick found out."""

    topic: str
    partitions: Sequence[int]
    """Those there are, also when their offsets are not known."""
    offsets: Offsets | None = None
    committed_before: Mapping[int, int] = field(default_factory=dict)
    arrival_rates: Mapping[int, float | None] = field(default_factory=dict)
    arrival_rate: float | None = None
    processing_rate: float | None = None
    time_lag_seconds: float | None = None
    group: Group | None = None
    statuses: Mapping[str, WorkerStatus] = field(default_factory=dict)
    samples: Mapping[str, ResourceSamples] = field(default_factory=dict)
    members: Members = field(default_factory=Members)
    host_cores: float | None = None
    host_cpu_ratio: float | None = None


def assemble(measured: Measured, *, now: float, pods: Pods, spec_replicas: int) -> Observation:
    """The tick's view of the world."""
    return Observation(
        at_seconds=now,
        spec_replicas=spec_replicas,
        status_replicas=sum(pod.deleted_at is None for pod in pods.values()),
        workers=tuple(_worker(pod, measured, now) for pod in pods.values()),
        partitions=tuple(_partitions(measured)),
        arrival_rate=measured.arrival_rate,
        processing_rate=measured.processing_rate,
        time_lag_seconds=measured.time_lag_seconds,
        group_members=measured.group.members if measured.group else None,
        group_state=measured.group.state if measured.group else None,
        rebalance_seconds=measured.members.rebalance_seconds(),
        host_cores=measured.host_cores,
        host_cpu_ratio=measured.host_cpu_ratio,
    )


def partitions_stopped(partitions: Sequence[int], pods: Pods, statuses: Mapping[str, WorkerStatus]) -> int | None:
    """How many partitions no ready worker has; None when there are workers and none of them answered."""
    if not statuses and any(pod.running for pod in pods.values()):
        return None
    owned = {p for status in statuses.values() if status.phase is WorkerPhase.READY for p in status.assignment}
    return len(set(partitions) - owned)


def _worker(pod: Pod, measured: Measured, now: float) -> Worker:
    requests = pod.spec.resources.requests
    status, samples = measured.statuses.get(pod.name), measured.samples.get(pod.name)
    known = measured.members.known.get(pod.name)
    return Worker(
        name=pod.name,
        pod_phase=pod_phase(pod),
        ready=pod.ready,
        ready_changed_at=pod.ready_changed_at,
        started_at=pod.created_at,
        deleted=pod.deleted_at is not None,
        cpu_request_cores=requests.cpu,
        memory_request_bytes=requests.memory,
        cpu=samples.cpu if samples else None,
        memory=samples.memory if samples else None,
        phase=status.phase if status else None,
        init_seconds=init_seconds(pod, known, status, now),
        busy_ratio=status.busy_ratio if status else None,
        processing_rate=status.processing_rate if status else None,
        true_processing_rate=status.true_processing_rate if status else None,
        partitions=len(status.assignment) if status else None,
        restarts=pod.restarts,
    )


def pod_phase(pod: Pod) -> PodPhase:
    """As in Kubernetes: a pod that backs off after a crash is still Running; Pending is before its first process."""
    started = pod.running or pod.restarts > 0 or pod.last_exit is not None
    return PodPhase.RUNNING if started else PodPhase.PENDING


def _partitions(measured: Measured) -> Iterator[Partition]:
    offsets = measured.offsets
    if offsets is None:
        yield from (Partition(topic=measured.topic, partition=number) for number in measured.partitions)
        return
    for number, end in sorted(offsets.end.items()):
        yield Partition(
            topic=measured.topic,
            partition=number,
            start_offset=offsets.start.get(number),
            end_offset=end,
            committed_offset=offsets.committed.get(number),
            committed_before=measured.committed_before.get(number),
            never_committed=number not in offsets.committed,
            arrival_rate=measured.arrival_rates.get(number),
        )
