"""States for the tests of Flink's autoscaler: one measured job, and time that passes."""

from collections.abc import Sequence
from dataclasses import dataclass

from autoscaler.decide import decide
from autoscaler.model import Decision, Memory, Observation, Partition, Plan, PodPhase, Worker


def state(
    at_seconds: float,
    replicas: int,
    *,
    lag: int | None = 0,
    rate: float | None = 1_000.0,
    busy: Sequence[float | None] | float | None = 0.5,
    partitions: int = 120,
    ready: int | None = None,
    ready_at: float | None = None,
    arrival_rate: float | None = None,
    worker_rate: float | None = None,
    cpu_request: float | None = None,
) -> Observation:
    """A job of `replicas` workers, of which `ready` take part since `ready_at`.

    The whole lag is in the first partition.
    """
    shares = list(busy) if isinstance(busy, Sequence) else [busy] * replicas
    workers = tuple(
        Worker(
            name=f"w{index}",
            pod_phase=PodPhase.RUNNING,
            ready=index < (replicas if ready is None else ready),
            ready_changed_at=ready_at,
            busy_ratio=shares[index],
            true_processing_rate=worker_rate,
            cpu_request_cores=cpu_request,
            memory_request_bytes=None if cpu_request is None else cpu_request * 2**30,
        )
        for index in range(replicas)
    )
    return Observation(
        at_seconds=at_seconds,
        spec_replicas=replicas,
        status_replicas=replicas,
        workers=workers,
        partitions=tuple(
            Partition(
                topic="events",
                partition=index,
                start_offset=0,
                end_offset=10**9,
                committed_offset=None if lag is None else 10**9 - (lag if index == 0 else 0),
            )
            for index in range(partitions)
        ),
        processing_rate=rate,
        arrival_rate=arrival_rate,
    )


@dataclass
class Job:
    """A job that does at once what the plan says; `now` is its clock."""

    plan: Plan
    replicas: int
    now: float = 0.0
    memory: Memory = Memory()  # noqa: RUF009  # frozen

    def tick(self, seconds: float, **numbers: object) -> Decision:
        """Let time pass, look, and apply what is decided."""
        self.now += seconds
        seen = state(self.now, self.replicas, **numbers)  # type: ignore[arg-type]  # each test names its own numbers
        decision, self.memory = decide(seen, self.memory, self.plan)
        self.replicas = decision.replicas
        return decision

    def run(self, seconds: float, step: float = 10.0, **numbers: object) -> Decision:
        """The last decision of that many seconds of the same numbers."""
        return [self.tick(step, **numbers) for _ in range(int(seconds / step))][-1]
