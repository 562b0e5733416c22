"""A small model of a group of consumers in virtual time, to play one load against several policies.

Fluid, not event by event: a step is a quarter of a second.  What it keeps of the real thing is what policies differ on:
starts that cost CPU on shared cores, a rebalance that stops everybody, partitions dealt out by number and not by load,
offsets that are committed once a second, and CPU that the workers take from each other.
"""

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from autoscaler.decide import decide
from autoscaler.model import Condition, Memory, Observation, Partition, Plan, PodPhase, Worker
from contract.worker import WorkerPhase

STEP_SECONDS = 0.25
WINDOW_SECONDS = 5.0
"""What rates are measured over, by the observer and by workers."""
COMMIT_STEPS = 2
"""Commits are this many steps old on average: workers commit once a second, each at its own moment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """The machine and the workers on it.  `shares` says which part of the load each partition gets."""

    rate: Callable[[float], float]
    shares: Sequence[float]
    seconds: float = 240.0
    replicas: int = 3
    service_seconds: float = 0.002
    event_cpu_seconds: float = 0.0002
    init_cpu_seconds: float = 3.0
    init_wait_seconds: float = 1.0
    rebalance_seconds: float = 1.5
    cores: float = 2.0
    limit_seconds: float = 5.0
    """A second in which the oldest event is older counts as a violation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """What a policy made of it."""

    violation_seconds: int
    worker_seconds: float
    replicas_peak: int
    moves: int
    replicas: tuple[int, ...]
    """As asked for, second by second."""
    time_lags: tuple[float, ...]
    storms: int
    """Seconds for which a condition InitStorm was True."""


def play(plan: Plan, world: World) -> Played:
    """The world from its first to its last second under this plan."""
    group, memory, due = _Group(world), Memory(), 0.0
    asked, lags, paid, storms = [], [], 0.0, 0
    conditions: tuple[Condition, ...] = ()
    for second in range(int(world.seconds)):
        for _ in range(int(1 / STEP_SECONDS)):
            group.step()
        seen = group.seen()
        if group.now >= due:
            decision, memory = decide(seen, memory, plan)
            group.scale(decision.replicas)
            due, conditions = due + max(plan.period_seconds, 1.0), decision.conditions
        asked.append(group.wanted)
        lags.append(seen.time_lag_seconds or 0.0)
        paid += len(group.workers)
        storms += any(each.type == "InitStorm" and each.status for each in conditions)
        assert second < group.now
    return Played(
        violation_seconds=sum(lag > world.limit_seconds for lag in lags),
        worker_seconds=paid,
        replicas_peak=max(asked),
        moves=sum(one != other for one, other in pairwise(asked)),
        replicas=tuple(asked),
        time_lags=tuple(lags),
        storms=storms,
    )


@dataclass(slots=True)
class _Worker:
    name: str
    started_at: float
    wait_left: float
    cpu_left: float
    ready_at: float | None = None
    busy: list[float] = field(default_factory=list)
    rate: float = 0.0
    cpu: float = 0.0


class _Group:
    """Cumulated arrivals and processed events by partition, and the workers."""

    def __init__(self, world: World) -> None:
        self.world, self.now, self.wanted = world, 0.0, world.replicas
        self.arrived: list[list[float]] = [[0.0] for _ in world.shares]
        self.done: list[list[float]] = [[0.0] for _ in world.shares]
        self.paused_until, self.names, self.host_cpu = 0.0, 0, 0.0
        self.workers: list[_Worker] = []
        self.scale(world.replicas)
        start = world.init_wait_seconds + world.init_cpu_seconds * max(1.0, world.replicas / world.cores)
        for worker in self.workers:
            worker.started_at, worker.ready_at = -start, 0.0

    def scale(self, wanted: int) -> None:
        """Those that go are not ready, else the youngest; a member that goes costs a rebalance."""
        self.wanted = wanted
        while len(self.workers) < wanted:
            world = self.world
            self.workers.append(_Worker(f"w{self.names}", self.now, world.init_wait_seconds, world.init_cpu_seconds))
            self.names += 1
        while len(self.workers) > wanted:
            gone = max(self.workers, key=lambda worker: (worker.ready_at is None, worker.started_at, worker.name))
            self.workers.remove(gone)
            if gone.ready_at is not None:
                self._rebalance()

    def step(self) -> None:
        """A quarter of a second: events arrive, starts go on, members work."""
        self.now += STEP_SECONDS
        arriving = self.world.rate(self.now) * STEP_SECONDS
        for share, arrived in zip(self.world.shares, self.arrived, strict=True):
            arrived.append(arrived[-1] + share * arriving)
        members = [worker for worker in self.workers if worker.ready_at is not None]
        burning = [worker for worker in self.workers if worker.ready_at is None and worker.wait_left <= 0]
        each = 1 / (self.world.service_seconds + self.world.event_cpu_seconds)
        working = self.world.event_cpu_seconds * sum(each * (worker.busy or [0.0])[-1] for worker in members)
        squeeze = max(1.0, (len(burning) + working) / self.world.cores)
        self.host_cpu = min(1.0, (len(burning) + working) / self.world.cores)
        for worker in self.workers:
            worker.rate = 1 / (self.world.service_seconds + self.world.event_cpu_seconds * squeeze)
            worker.cpu = 0.0
        self._work(members)
        for worker in burning:
            worker.cpu, worker.cpu_left = 1 / squeeze, worker.cpu_left - STEP_SECONDS / squeeze
        for worker in self.workers:
            if worker.ready_at is None:
                worker.wait_left -= STEP_SECONDS
                if worker.wait_left <= 0 and worker.cpu_left <= 0:
                    worker.ready_at = self.now
                    self._rebalance()

    def _rebalance(self) -> None:
        self.paused_until = self.now + self.world.rebalance_seconds

    def _work(self, members: list[_Worker]) -> None:
        """Partitions are dealt out as Kafka's range assignor does: in a row, the first members get one more."""
        behind = [arrived[-1] - done[-1] for arrived, done in zip(self.arrived, self.done, strict=True)]
        served = [0.0] * len(behind)
        least, more = divmod(len(behind), max(1, len(members)))
        first = 0
        for number, worker in enumerate(members):
            after = first + least + (number < more)
            room = 0.0 if self.now < self.paused_until else worker.rate * STEP_SECONDS
            waiting = sum(behind[first:after])
            part = min(1.0, room / waiting) if waiting > 0 else 0.0
            served[first:after] = [part * each for each in behind[first:after]]
            worker.busy = [*worker.busy[-19:], part * waiting / (worker.rate * STEP_SECONDS)]
            worker.cpu = self.world.event_cpu_seconds * part * waiting / STEP_SECONDS
            first = after
        for done, more_done in zip(self.done, served, strict=True):
            done.append(done[-1] + more_done)

    def seen(self) -> Observation:
        """What an observer would see now."""
        committed = [done[max(0, len(done) - 1 - COMMIT_STEPS)] for done in self.done]
        back = min(int(WINDOW_SECONDS / STEP_SECONDS), len(self.done[0]) - 1)
        span = back * STEP_SECONDS
        rates = [(arrived[-1] - arrived[-1 - back]) / span for arrived in self.arrived]
        ages = [self._age(arrived, done) for arrived, done in zip(self.arrived, committed, strict=True)]
        return Observation(
            at_seconds=self.now,
            spec_replicas=self.wanted,
            status_replicas=len(self.workers),
            workers=tuple(self._shown(worker) for worker in self.workers),
            partitions=tuple(
                Partition(
                    topic="events",
                    partition=number,
                    start_offset=0,
                    end_offset=int(arrived[-1]) + 1,
                    committed_offset=int(done) + 1,
                    arrival_rate=rate,
                )
                for number, (arrived, done, rate) in enumerate(zip(self.arrived, committed, rates, strict=True))
            ),
            arrival_rate=sum(rates),
            processing_rate=sum(done[-1] - done[-1 - back] for done in self.done) / span,
            time_lag_seconds=max(ages),
            rebalance_seconds=self.world.rebalance_seconds,
            host_cores=self.world.cores,
            host_cpu_ratio=self.host_cpu,
        )

    def _age(self, arrived: list[float], done: float) -> float:
        """How long ago the oldest event arrived that is not committed."""
        return 0.0 if arrived[-1] - done < 1 else self.now - bisect_left(arrived, done + 1e-6) * STEP_SECONDS

    def _shown(self, worker: _Worker) -> Worker:
        ready = worker.ready_at is not None
        phase = WorkerPhase.JOINING if self.now < self.paused_until else WorkerPhase.READY
        busy = worker.busy[-20:]
        share = sum(busy) / len(busy) if busy else None
        return Worker(
            name=worker.name,
            pod_phase=PodPhase.RUNNING,
            ready=ready,
            ready_changed_at=worker.ready_at,
            started_at=worker.started_at,
            phase=phase if ready else WorkerPhase.INITIALISING,
            init_seconds=(self.now if worker.ready_at is None else worker.ready_at) - worker.started_at,
            busy_ratio=share if ready else None,
            processing_rate=share * worker.rate if ready and share is not None else None,
            true_processing_rate=worker.rate if ready and share else None,
        )
