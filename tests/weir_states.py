"""States for the tests of our own policy: a group at work, and time that passes."""

from collections.abc import Sequence
from dataclasses import dataclass

from autoscaler.decide import decide
from autoscaler.model import Decision, Memory, Observation, Partition, Plan, PodPhase, Sample, Worker
from contract.worker import WorkerPhase

START_SECONDS = 5.0


def state(
    at_seconds: float = 100.0,
    replicas: int = 4,
    *,
    arrival: float | None = 1_200.0,
    processing: float | None = 1_200.0,
    lag: int | None = 0,
    partitions: int = 24,
    shares: Sequence[float] | None = None,
    starting: Sequence[float] = (),
    restarts: int = 0,
    cpu_starting: float | None = None,
    worker_rate: float | None = 400.0,
    busy: float | None = 0.75,
    time_lag: float | None = 1.0,
    rebalance: float | None = 2.0,
    cores: float | None = 2.0,
    host: float | None = 0.2,
) -> Observation:
    """`replicas` workers, of which those in `starting` have been at it for so long; the lag is spread evenly."""
    given = shares or [1 / partitions] * partitions
    ready = replicas - len(starting)
    consuming = [_ready(number, at_seconds, worker_rate, busy, cpu_starting) for number in range(ready)]
    coming = [_starting(ready + number, at_seconds, age, restarts, cpu_starting) for number, age in enumerate(starting)]
    return Observation(
        at_seconds=at_seconds,
        spec_replicas=replicas,
        status_replicas=replicas,
        workers=(*consuming, *coming),
        partitions=tuple(
            Partition(
                topic="events",
                partition=number,
                start_offset=0,
                end_offset=10**9,
                committed_offset=None if lag is None else 10**9 - lag // len(given),
                arrival_rate=None if arrival is None else arrival * share,
            )
            for number, share in enumerate(given)
        ),
        arrival_rate=arrival,
        processing_rate=processing,
        time_lag_seconds=time_lag,
        rebalance_seconds=rebalance,
        host_cores=cores,
        host_cpu_ratio=host,
    )


@dataclass
class Group:
    """A group that is asked for what the policy says, and whose numbers each test sets; `now` is its clock."""

    plan: Plan
    replicas: int = 4
    now: float = 100.0
    memory: Memory = Memory()  # noqa: RUF009  # frozen

    def tick(self, seconds: float = 1.0, **numbers: object) -> Decision:
        """Let time pass, look, and apply what is decided."""
        self.now += seconds
        seen = state(self.now, self.replicas, **numbers)  # type: ignore[arg-type]  # each test names its own numbers
        decision, self.memory = decide(seen, self.memory, self.plan)
        self.replicas = decision.replicas
        return decision

    def run(self, seconds: int, **numbers: object) -> Decision:
        """The last decision of that many seconds of the same numbers."""
        return [self.tick(1.0, **numbers) for _ in range(seconds)][-1]


def told(decision: Decision) -> str:
    """The whole trail in one text."""
    return " | ".join(step.why for step in decision.trail)


def _ready(number: int, now: float, rate: float | None, busy: float | None, cpu: float | None) -> Worker:
    return Worker(
        name=f"w{number}",
        pod_phase=PodPhase.RUNNING,
        ready=True,
        ready_changed_at=now - 100,
        started_at=now - 100 - START_SECONDS,
        phase=WorkerPhase.READY,
        init_seconds=START_SECONDS,
        busy_ratio=busy,
        true_processing_rate=rate,
        cpu=None if cpu is None else Sample(usage=0.1, ended_at=now, window_seconds=5.0),
    )


def _starting(number: int, now: float, age: float, restarts: int, cpu: float | None) -> Worker:
    return Worker(
        name=f"w{number}",
        pod_phase=PodPhase.RUNNING,
        ready=False,
        started_at=now - age,
        phase=WorkerPhase.INITIALISING,
        init_seconds=age,
        restarts=restarts,
        cpu=None if cpu is None else Sample(usage=cpu, ended_at=now, window_seconds=5.0),
    )
