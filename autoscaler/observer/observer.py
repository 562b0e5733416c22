"""Once a second: everybody is asked at the same time, and the answers become one Observation.

What is pure (rates, ages, means, assembly) stands beside; here is who is asked, and what is remembered between looks.
Its one rule: a part that does not answer is unknown in this look, and holds up nobody.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

from autoscaler.backends.base import Backend, Usage
from autoscaler.model import Observation
from autoscaler.observer.assemble import Measured, assemble, partitions_stopped
from autoscaler.observer.history import History, remember
from autoscaler.observer.host import Host
from autoscaler.observer.kafka_view import KafkaView, open_kafka_view
from autoscaler.observer.members import Members, follow
from autoscaler.observer.offsets import Offsets
from autoscaler.observer.status_client import StatusClient
from autoscaler.observer.streams import arrival_rates, processing_rate, total
from autoscaler.observer.time_lag import anchored, time_lag
from autoscaler.observer.usage import UsageLog, keep_only, record, samples
from autoscaler.reconciler.model import Pods
from contract.errors import WeirError
from contract.kafka import KafkaSettings
from contract.worker import WorkerPhase, WorkerStatus

RATE_WINDOW_SECONDS = 5.0
"""Commits come about once a second: over five of them, a step more or less is small."""
USAGE_SECONDS_MAX = 0.9
BEFORE_JOINING = frozenset({WorkerPhase.STARTING, WorkerPhase.INITIALISING})


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What one tick saw.  Mappings are by pod name and have only those that answered in this tick."""

    observation: Observation
    statuses: Mapping[str, WorkerStatus]
    offsets: Offsets | None
    """None = Kafka did not answer."""
    usage: Mapping[str, Usage]
    worker_cpu_seconds: float
    """Since the observer began, workers that are gone included."""
    init_cpu_seconds: float
    """The part of it that processes used before they joined the group for the first time."""
    partitions_stopped: int | None
    """Partitions that no ready worker has at this moment; None = workers exist and none answered."""
    rebalances: int | None
    """Of the group, since the observer began; None = no worker has answered yet."""
    took_seconds: float
    problems: tuple[str, ...] = ()
    """Who did not answer, and why."""


class Observer:
    """Remembers what rates, ages and means need."""

    def __init__(
        self,
        *,
        kafka: KafkaView,
        backend: Backend,
        http: StatusClient,
        cpu_window_seconds: float,
        called: str | None = None,
        host: Host | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`called` is what the observations call the topic; None = its name."""
        self._called = called
        self._kafka, self._backend, self._http = kafka, backend, http
        self._cpu_window_seconds = cpu_window_seconds
        self._host, self._clock = host or Host(), clock
        self._history, self._usage_log, self._members = History(), UsageLog(), Members()
        self._wanted: Mapping[int, int] = {}
        self._committed: Mapping[int, int] = {}
        self._usage_problem: str | None = None

    async def look(self, *, now: float, pods: Pods, spec_replicas: int) -> Look:
        """One tick.  `now` is seconds since the epoch, on the clock of the pods."""
        began = self._clock()
        urls = {name: pod.url for name, pod in pods.items() if pod.running and pod.url}
        offsets, group, read, statuses, usage = await asyncio.gather(
            self._kafka.offsets(),
            self._kafka.group(),
            self._kafka.records(self._wanted),
            self._http.statuses(urls),
            self._usage(),
        )
        self._history = anchored(self._history, read)
        self._members = follow(self._members, pods, statuses, now)
        self._usage_log = self._used(usage, statuses, pods)
        measured = Measured(
            topic=self._called or self._kafka.topic,
            partitions=self._kafka.partitions,
            group=group,
            statuses=statuses,
            samples=samples(self._usage_log, usage, self._cpu_window_seconds),
            members=self._members,
            host_cores=self._host.cores,
            host_cpu_ratio=self._host.cpu_ratio(),
        )
        if offsets is not None:
            measured = self._with_streams(measured, offsets, now)
        return Look(
            observation=assemble(measured, now=now, pods=pods, spec_replicas=spec_replicas),
            statuses=statuses,
            offsets=offsets,
            usage=usage,
            worker_cpu_seconds=self._usage_log.cpu_seconds,
            init_cpu_seconds=self._usage_log.init_cpu_seconds,
            partitions_stopped=partitions_stopped(self._kafka.partitions, pods, statuses),
            rebalances=self._members.rebalances,
            took_seconds=self._clock() - began,
            problems=tuple(self._problems(urls, statuses)),
        )

    def _with_streams(self, measured: Measured, offsets: Offsets, now: float) -> Measured:
        self._history = remember(self._history, offsets, now)
        lag, rates = time_lag(self._history), arrival_rates(self._history, RATE_WINDOW_SECONDS)
        self._wanted, before, self._committed = lag.wanted, self._committed, offsets.committed
        return replace(
            measured,
            offsets=offsets,
            committed_before=before,
            arrival_rates=rates,
            arrival_rate=total(rates.values()),
            processing_rate=processing_rate(self._history, RATE_WINDOW_SECONDS),
            time_lag_seconds=lag.seconds,
        )

    def _used(self, usage: Mapping[str, Usage], statuses: Mapping[str, WorkerStatus], pods: Pods) -> UsageLog:
        joined = {name for name, status in statuses.items() if status.phase not in BEFORE_JOINING}
        log = record(self._usage_log, usage, joined, self._cpu_window_seconds)
        return keep_only(log, {*pods, *usage})

    async def _usage(self) -> Mapping[str, Usage]:
        try:
            async with asyncio.timeout(USAGE_SECONDS_MAX):
                usage = await self._backend.usage()
        except (WeirError, OSError, TimeoutError) as error:
            self._usage_problem = f"the backend did not tell usage: {str(error) or type(error).__name__}"
            return {}
        self._usage_problem = None
        return usage

    def _problems(self, urls: Mapping[str, str], statuses: Mapping[str, WorkerStatus]) -> list[str]:
        silent = sorted(set(urls) - set(statuses))
        workers = [f"{len(silent)} of {len(urls)} workers did not answer: {', '.join(silent[:5])}"] if silent else []
        return [*self._kafka.problems, *([self._usage_problem] if self._usage_problem else []), *workers]


@asynccontextmanager
async def open_observer(
    settings: KafkaSettings,
    *,
    topic: str,
    group: str,
    backend: Backend,
    cpu_window_seconds: float,
    called: str | None = None,
) -> AsyncIterator[Observer]:
    """An Observer with its connections open.  Raises KafkaError when there is no Kafka.

    Observations call the topic `called`: a run's topic has a name of its own, its policies know that of the scenario.
    """
    async with open_kafka_view(settings, topic=topic, group=group) as kafka, StatusClient() as http:
        yield Observer(
            kafka=kafka,
            backend=backend,
            http=http,
            cpu_window_seconds=cpu_window_seconds,
            called=called,
        )
