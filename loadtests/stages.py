"""The stages of a run in which something is watched: until the workers are ready, under load, draining.

Every second becomes a sample, every change among the workers an event.  Starting and ending processes is the run's
(see run.py); here they are only looked at, so that a stage can be read without knowing where they came from.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from contract.errors import RunError
from contract.record import RunDirectory, RunEvent, Sample
from contract.scenario import Scenario
from loadtests.children import Child
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
    workers: Sequence[Child]
    samples: list[Sample] = field(default_factory=list)
    watch: Watch = field(init=False)
    _zero_us: int = 0

    def __post_init__(self) -> None:
        self.watch = Watch(self.workers)

    async def until_ready(self) -> None:
        """Wait until the workers together own every partition."""
        limit = time.monotonic() + self.scenario.worker.start_seconds_max
        wanted = set(range(self.scenario.topic.partitions))
        while not self.stop.is_set():
            await self.sampler.ask_workers()
            self._refuse_dead_workers()
            if self.sampler.covered_partitions() == wanted and self._all_ready():
                return
            if time.monotonic() > limit:
                raise RunError(self._not_ready())
            await asyncio.sleep(READY_POLL_SECONDS)

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
        limit = self._at() + self.scenario.drain_seconds_max
        await self._sample_until(
            lambda: self._drained() or self._at() >= limit or not any(w.alive for w in self.workers),
            lambda _: "draining",
        )

    def keep_samples(self) -> None:
        """Write what was sampled, also when the run fails half-way."""
        self.directory.write_samples(self.samples)

    async def _first_event(self, producer: Child) -> int:
        limit = time.monotonic() + START_SECONDS_MAX
        while producer.alive and time.monotonic() < limit:
            await self.sampler.sample(0.0, "preparing")
            status = self.sampler.producer_status
            if status and status.start_us is not None:
                return status.start_us
            await asyncio.sleep(READY_POLL_SECONDS)
        raise RunError(f"the producer did not begin; its log ends with\n{producer.last_words()}")

    async def _sample_until(
        self, done: Callable[[], bool], phase: Callable[[float], str], producer: Child | None = None
    ) -> None:
        """A sample at each full second.  Ctrl-C ends the load, not the run."""
        while True:
            if self.stop.is_set() and producer:
                producer.terminate()
            second = float(int(self._at()) + 1)
            await asyncio.sleep(max(0.0, second - self._at()))
            at = self._at()
            self._keep(await self.sampler.sample(at, phase(at)))
            if done():
                return

    def _keep(self, sample: Sample) -> None:
        self.samples.append(sample)
        self.view.show(sample)
        for event in self.watch.look(sample.at_seconds, list(self.sampler.worker_statuses.values())):
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

    def _all_ready(self) -> bool:
        return all(s.phase == "ready" for s in self.sampler.worker_statuses.values())

    def _refuse_dead_workers(self) -> None:
        for worker in self.workers:
            if not worker.alive:
                raise RunError(
                    f"{worker.name} ended with exit code {worker.process.returncode} before it was ready; "
                    f"its log {worker.log} ends with\n{worker.last_words()}"
                )

    def _not_ready(self) -> str:
        phases = {s.worker: s.phase.value for s in self.sampler.worker_statuses.values()}
        return (
            f"the workers were not ready within {self.scenario.worker.start_seconds_max:g} s "
            f"(worker.start_seconds_max): {phases or 'none of them answered'}"
        )
