"""One tick's view of the world: what Kubernetes' HPA, KEDA, Flink's autoscaler and our own policies look at.

One model for all of them, so that they can be compared on the very same states.  None always means "not measured" and
never 0: a policy holds on it.  Times are seconds on one clock of the observer's choice (its zero does not matter),
rates are events per second, usage and requests are in base units (cores, bytes).
"""

from collections.abc import Mapping
from dataclasses import field
from enum import StrEnum

from autoscaler.model.value import value
from contract.worker import WorkerPhase


@value(frozen=True, slots=True, kw_only=True)
class Observation:
    """Everything that is known at `at_seconds`, the only clock that a policy has.

    `spec_replicas` is the number asked for before this tick, `status_replicas` the number that exist.
    """

    at_seconds: float
    spec_replicas: int
    status_replicas: int
    workers: "tuple[Worker, ...]" = ()
    metrics: "Mapping[str, Reading]" = field(default_factory=dict)
    """Totals by name, as an object or external metrics API answers.  A name that is not here was never asked for."""
    partitions: "tuple[Partition, ...]" = ()
    arrival_rate: float | None = None
    """Events/s that entered Kafka over the observer's window."""
    processing_rate: float | None = None
    """Events/s committed over the same window."""
    time_lag_seconds: float | None = None
    """Age of the oldest event that was not processed yet; 0.0 when there is none."""
    group_members: int | None = None
    group_state: str | None = None
    """Kafka's word: Stable, PreparingRebalance, CompletingRebalance, Empty, Dead."""
    rebalance_seconds: float | None = None
    """Measured time for which one rebalance stopped the group, of late."""
    host_cores: float | None = None
    """CPU cores that all workers together may use."""
    host_cpu_ratio: float | None = None
    """Share of `host_cores` in use by anything, 0 to 1."""
    scale_fault: "ScaleFault | None" = None
    """Why the replicas or the workers could not be looked up; the counts are then the last ones known."""


@value(frozen=True, slots=True, kw_only=True)
class Worker:
    """One consumer: a process, container or pod.  The defaults are one of which nothing was measured."""

    name: str
    pod_phase: "PodPhase"
    ready: bool | None = None
    """The Ready condition; None = the condition is absent."""
    ready_changed_at: float | None = None
    started_at: float | None = None
    deleted: bool = False
    """It was told to go and has not gone yet."""
    cpu_request_cores: float | None = None
    memory_request_bytes: float | None = None
    cpu: "Sample | None" = None
    """Cores used."""
    memory: "Sample | None" = None
    """Bytes used."""
    metrics: Mapping[str, float] = field(default_factory=dict)
    """Per-worker metrics by name; one that is not here is missing."""
    phase: WorkerPhase | None = None
    """Weir's own, finer phase: tells a worker that initialises from one that consumes."""
    init_seconds: float | None = None
    """Time from its launch until `ready`, or so far if it is not ready yet."""
    busy_ratio: float | None = None
    """Share of the last seconds spent processing, 0 to 1."""
    processing_rate: float | None = None
    true_processing_rate: float | None = None
    """Events/s it would process if it were busy all the time."""
    partitions: int | None = None
    """How many partitions it has."""
    restarts: int = 0


@value(frozen=True, slots=True, kw_only=True)
class Sample:
    """A resource's mean usage over the `window_seconds` that ended at `ended_at`."""

    usage: float
    ended_at: float
    window_seconds: float


@value(frozen=True, slots=True, kw_only=True)
class Reading:
    """A metric's value, or the fact that it could not be read (None) and what the metrics API said."""

    value: float | None = None
    error: str | None = None


@value(frozen=True, slots=True, kw_only=True)
class Partition:
    """Offsets of one partition.  `committed_before` is what `committed_offset` was at the poll before."""

    topic: str
    partition: int
    start_offset: int | None = None
    end_offset: int | None = None
    committed_offset: int | None = None
    committed_before: int | None = None
    never_committed: bool = False
    """Kafka answered that the group has committed nothing here: known, unlike a `committed_offset` of None alone."""
    arrival_rate: float | None = None

    @property
    def lag_events(self) -> int | None:
        """End minus committed, never below 0; None if either is not known, unless the partition never held an event."""
        if self.end_offset is None:
            return None
        if self.end_offset in (0, self.start_offset):
            return 0
        return None if self.committed_offset is None else max(0, self.end_offset - self.committed_offset)


class PodPhase(StrEnum):
    """Kubernetes' pod phases, in its spelling."""

    PENDING = "Pending"
    RUNNING = "Running"
    SUCCEEDED = "Succeeded"
    FAILED = "Failed"
    UNKNOWN = "Unknown"


@value(frozen=True, slots=True, kw_only=True)
class ScaleFault:
    """What kept the controller from looking; the reason is FailedGetScale, InvalidSelector or AmbiguousSelector."""

    reason: str
    message: str
