"""Which workers count: those that consume, those on their way, and those that have been on their way for too long."""

from dataclasses import dataclass

from autoscaler.model import Observation, PodPhase, Worker
from contract.worker import WorkerPhase

INITIALISING = (WorkerPhase.STARTING, WorkerPhase.INITIALISING)
ENDED = (WorkerPhase.DRAINING, WorkerPhase.STOPPED, WorkerPhase.FAILED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Crew:
    """The workers by what they are good for.  Those that were told to go are in none."""

    ready: int
    starting: int
    """On their way and not overdue, with those that were asked for and do not exist yet."""
    joining: int
    """Those of them that are done but for the group's rebalance: soon of use, or again."""
    overdue: int
    """On their way for too long, or failed: not counted as capacity."""
    initialising: int
    """Those on their way, overdue or not, that have not come as far as joining: they cost CPU."""
    initialising_seconds: float
    """For how long the oldest of those has been at it."""
    start_seconds: float
    """How long a start should take with so many at once."""
    restarted: int
    """Those of them that had been started before."""
    wait_seconds: float
    """Until the last of those that are starting should be ready; 0.0 when none is."""


def crew_of(seen: Observation, *, start_seconds: float, overdue_factor: float) -> Crew:
    """The workers of this tick, given how long a start takes.  More starts than cores take longer in proportion."""
    workers = [worker for worker in seen.workers if not worker.deleted]
    coming = [worker for worker in workers if not takes_part(worker)]
    missing = max(0, seen.spec_replicas - len(workers))
    burning, now = [worker for worker in coming if initialises(worker)], seen.at_seconds
    expected = start_seconds * max(1.0, (len(burning) + missing) / (seen.host_cores or float("inf")))
    limit = expected * overdue_factor
    timely = [worker for worker in coming if not failed(worker) and age_seconds(worker, now) <= limit]
    waits = [expected - age_seconds(worker, now) for worker in timely if initialises(worker)]
    return Crew(
        ready=len(workers) - len(coming),
        starting=len(timely) + missing,
        joining=sum(not initialises(worker) for worker in timely),
        overdue=len(coming) - len(timely),
        initialising=len(burning) + missing,
        initialising_seconds=max((age_seconds(worker, now) for worker in burning), default=0.0),
        restarted=sum(worker.restarts > 0 for worker in burning),
        start_seconds=expected,
        wait_seconds=expected if missing else max([0.0, *waits]),
    )


def takes_part(worker: Worker) -> bool:
    """Whether the worker consumes, or would if the group were not dealing out its partitions just now."""
    if worker.phase is None or worker.phase is WorkerPhase.JOINING:
        return worker.ready is True
    return worker.phase is WorkerPhase.READY


def initialises(worker: Worker) -> bool:
    """Whether a worker that does not take part is still busy with its start; where nothing tells, it is."""
    return not failed(worker) and (worker.phase is None or worker.phase in INITIALISING)


def failed(worker: Worker) -> bool:
    """Whether it has ended or is about to."""
    return worker.pod_phase in (PodPhase.FAILED, PodPhase.SUCCEEDED) or worker.phase in ENDED


def age_seconds(worker: Worker, now: float) -> float:
    """For how long a worker that does not take part has been on its way; 0.0 if nothing about it was measured."""
    times = [at for at in (worker.started_at, worker.ready_changed_at) if at is not None]
    return max(0.0, now - max(times)) if times else worker.init_seconds or 0.0
