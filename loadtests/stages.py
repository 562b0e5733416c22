"""The stages of a run: until the workers are ready, under load, draining.

Every second is a tick of the autoscaler and becomes a sample; every change among the workers becomes an event.  Before
the load begins the policy is not asked: the workers of the start are only kept alive.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from autoscaler.api.hosting import Show
from autoscaler.controller import Controller, Report
from autoscaler.reconciler.deaths import words
from contract.clock import steady_seconds
from contract.errors import RunError
from contract.record import RunDirectory, RunEvent, Sample
from contract.scenario import PolicyScaler, Scenario
from contract.worker import WorkerPhase
from loadtests.children import Child
from loadtests.faults import Faults
from loadtests.live import LiveView
from loadtests.sampler import Sampler
from loadtests.watch import Watch

READY_POLL_SECONDS = 0.2
START_SECONDS_MAX = 60.0
FLUSH_SECONDS_MAX = 60.0


@dataclass(slots=True)
class Stages:
    """What a run goes through.  It knows the clock of the load and keeps what was seen."""

    scenario: Scenario
    directory: RunDirectory
    view: LiveView
    stop: asyncio.Event
    sampler: Sampler
    controller: Controller
    faults: Faults
    show: Show = lambda report: report
    """Is given each tick's report, to show it elsewhere."""
    samples: list[Sample] = field(default_factory=list)
    watch: Watch = field(default_factory=Watch)
    _zero_us: int = 0

    async def until_ready(self) -> None:
        """Start the workers and wait until they together own every partition."""
        limit = time.monotonic() + self.scenario.worker.start_seconds_max
        while not self.stop.is_set():
            report = await self._tick(deciding=False)
            self._refuse_dead_workers(report)
            if self._covered(report):
                await self._settle()
                return
            if time.monotonic() > limit:
                raise RunError(self._not_ready(report))
            await asyncio.sleep(READY_POLL_SECONDS)

    async def _settle(self) -> None:
        """Let the CPU of the start leave the window that samples are means of."""
        scaler = self.scenario.scaler
        limit = time.monotonic() + (scaler.cpu_window_seconds if isinstance(scaler, PolicyScaler) else 0.0)
        while time.monotonic() < limit and not self.stop.is_set():
            await self._tick(deciding=False)
            await asyncio.sleep(1.0)

    async def under_load(self, producer: Child) -> int:
        """Sample every second while the producer works; returns when second 0 was, microseconds since the epoch."""
        self.sampler.producer = producer
        self._zero_us = await self._first_event(producer)
        self.directory.append_event(RunEvent(at_seconds=0.0, kind="load", subject="producer", detail="started"))
        await self._sample_until(lambda: not producer.alive or self._overdue(), self._load_phase, producer)
        await self._finish(producer)
        return self._zero_us

    async def drain(self) -> None:
        """Sample every second until nothing is left to process, or the scenario's patience ends."""
        for event in await self.faults.end(self._at()):
            self.directory.append_event(event)
        limit = self._at() + self.scenario.drain_seconds_max
        await self._sample_until(lambda: self._drained() or self._at() >= limit, lambda _: "draining")

    def keep_samples(self) -> None:
        """Write what was sampled, also when the run fails half-way."""
        self.directory.write_samples(self.samples)

    async def _first_event(self, producer: Child) -> int:
        limit = time.monotonic() + START_SECONDS_MAX
        while producer.alive and time.monotonic() < limit:
            await self.sampler.ask_producer()
            status = self.sampler.producer_status
            if status and status.start_us is not None:
                return status.start_us
            await asyncio.sleep(READY_POLL_SECONDS)
        raise RunError(f"the producer did not begin; its log ends with\n{producer.last_words()}")

    async def _sample_until(
        self, done: Callable[[], bool], phase: Callable[[float], str], producer: Child | None = None
    ) -> None:
        """A tick and a sample at each full second.  Ctrl-C ends the load, not the run."""
        while True:
            if self.stop.is_set() and producer:
                producer.terminate()
            second = float(int(self._at()) + 1)
            await asyncio.sleep(max(0.0, second - self._at()))
            at = self._at()
            report, _ = await asyncio.gather(self._tick(), self.sampler.ask_producer())
            await self._keep(at, phase(at), report)
            if done():
                return

    async def _tick(self, *, deciding: bool = True) -> Report:
        return self.show(await self.controller.tick(steady_seconds(), deciding=deciding))

    async def _keep(self, at: float, phase: str, report: Report) -> None:
        sample = self.sampler.sample(at, phase, report)
        self.samples.append(sample)
        self.view.show(sample)
        for event in (*self.watch.look(at, report), *await self.faults.due(at, _ready(report))):
            self.directory.append_event(event)

    async def _finish(self, producer: Child) -> None:
        try:
            code = await asyncio.wait_for(producer.process.wait(), FLUSH_SECONDS_MAX)
        except TimeoutError:
            raise RunError("the producer did not end after its schedule; its account is missing") from None
        if code and not self.directory.account_json.exists():
            raise RunError(f"the producer failed (exit code {code}); its log ends with\n{producer.last_words()}")

    def _at(self) -> float:
        return time.time() - self._zero_us / 1e6

    def _load_phase(self, at_seconds: float) -> str:
        if at_seconds < self.scenario.warmup_seconds:
            return "warm-up"
        return "measuring" if at_seconds <= self.scenario.seconds else "draining"

    def _overdue(self) -> bool:
        return self._at() > self.scenario.seconds + FLUSH_SECONDS_MAX

    def _drained(self) -> bool:
        return bool(self.samples) and self.samples[-1].lag_events == 0 and self.samples[-1].phase == "draining"

    def _covered(self, report: Report) -> bool:
        """Whether everybody is ready and every partition has an owner; nobody is needed where nobody is wanted."""
        statuses = list(report.look.statuses.values()) if report.look else []
        owned = {partition for status in statuses for partition in status.assignment}
        everybody = len(statuses) == report.desired and len(_ready(report)) == report.desired
        return everybody and (report.desired == 0 or owned == set(range(self.scenario.topic.partitions)))

    def _refuse_dead_workers(self, report: Report) -> None:
        for pod in report.fleet.pods.values():
            if pod.pending_reason and not pod.last_exit:
                raise RunError(f"{pod.name} cannot be placed: {pod.pending_reason}; nodes get labels by node_labels")
            if pod.last_exit:
                end = pod.last_exit
                raise RunError(
                    f"{pod.name} ended before it was ready: {words(end)}; its log ends with\n"
                    f"{end.last_words or '  | (it said nothing)'}"
                )

    def _not_ready(self, report: Report) -> str:
        phases = {s.worker: s.phase.value for s in report.look.statuses.values()} if report.look else {}
        return (
            f"the workers were not ready within {self.scenario.worker.start_seconds_max:g} s "
            f"(worker.start_seconds_max): {phases or 'none of them answered'}; {report.held or ''}".rstrip("; ")
        )


def _ready(report: Report) -> list[str]:
    """The workers that consume."""
    statuses = report.look.statuses if report.look else {}
    return sorted(name for name, status in statuses.items() if status.phase is WorkerPhase.READY)
