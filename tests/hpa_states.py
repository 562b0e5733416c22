"""States as the tables of the HPA tests write them: workers by the thousandth of a core, all ready for a long while."""

from collections.abc import Sequence

from autoscaler.cluster import HpaClusterSettings
from autoscaler.model import Observation, PodPhase, Sample, Worker

NOW = 1_000.0
LONG_AGO = NOW - 180.0
"""Older than the initialisation period of these tests."""
CLUSTER = HpaClusterSettings(
    cpu_initialization_period_seconds=120, initial_readiness_delay_seconds=10, scale_to_zero=False
)
"""That of upstream's tests; most of them were written without the feature gate HPAScaleToZero."""
"""The settings that Kubernetes' own tests use."""


def workers(
    usages_milli: Sequence[int | None],
    *,
    requests_milli: Sequence[int] | int | None = 1_000,
    ready: Sequence[bool] | None = None,
    started_at: Sequence[float] | None = None,
    phases: Sequence[PodPhase] | None = None,
    deleted: Sequence[bool] | None = None,
) -> tuple[Worker, ...]:
    """A worker for each usage (None = no sample).  One that is not ready was never ready, if nothing else is said."""
    made = []
    for index, usage in enumerate(usages_milli):
        request = requests_milli[index] if isinstance(requests_milli, Sequence) else requests_milli
        start = started_at[index] if started_at else LONG_AGO
        made.append(
            Worker(
                name=f"worker-{index}",
                pod_phase=phases[index] if phases else PodPhase.RUNNING,
                ready=ready[index] if ready else True,
                ready_changed_at=start,
                started_at=start,
                deleted=deleted[index] if deleted else False,
                cpu_request_cores=None if request is None else request / 1_000,
                cpu=None if usage is None else Sample(usage=usage / 1_000, ended_at=NOW, window_seconds=60.0),
            )
        )
    return tuple(made)


def state(made: tuple[Worker, ...] = (), *, replicas: int, status: int | None = None, at: float = NOW) -> Observation:
    """An observation with these workers."""
    exist = replicas if status is None else status
    return Observation(at_seconds=at, spec_replicas=replicas, status_replicas=exist, workers=made)
