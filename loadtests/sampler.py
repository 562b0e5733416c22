"""Once a second: ask everybody, and put the answers into one row.

Totals of a worker that has died stay in the sums, so that they never fall; what nobody could tell is None.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx
import psutil

from contract.producer import ProducerStatus
from contract.record import Sample
from contract.worker import WorkerPhase, WorkerStatus
from loadtests.children import Child
from loadtests.offsets import OffsetReader, Offsets

STATUS_SECONDS_MAX = 0.9


@dataclass(slots=True)
class Sampler:
    """Remembers the last answer of every child."""

    http: httpx.AsyncClient
    offsets: OffsetReader
    workers: Sequence[Child]
    broker_process: psutil.Process | None
    producer: Child | None = None
    producer_status: ProducerStatus | None = None
    worker_statuses: dict[str, WorkerStatus] = field(default_factory=dict)
    _fresh: dict[str, WorkerStatus] = field(default_factory=dict)

    async def sample(self, at_seconds: float, phase: str) -> Sample:
        """One row.  Everybody is asked at the same time and given less than a second."""
        offsets, _, _ = await asyncio.gather(self._read_offsets(), self._ask_producer(), self.ask_workers())
        figures = self._produced() | self._processed() | _positions(offsets) | self._broker()
        return Sample(at_seconds=at_seconds, phase=phase, **figures)

    async def ask_workers(self) -> None:
        """Refresh the workers' statuses."""
        answers = await asyncio.gather(*(self._ask_worker(worker) for worker in self.workers if worker.alive))
        self._fresh = {status.worker: status for status in answers if status}
        self.worker_statuses |= self._fresh

    def covered_partitions(self) -> set[int]:
        """Partitions that a ready worker owns, by the last answers."""
        return {p for s in self._fresh.values() if s.phase is WorkerPhase.READY for p in s.assignment}

    async def _ask_worker(self, worker: Child) -> WorkerStatus | None:
        return await worker.status(self.http, WorkerStatus)

    async def _ask_producer(self) -> None:
        if self.producer and self.producer.alive:
            answer = await self.producer.status(self.http, ProducerStatus)
            self.producer_status = answer or self.producer_status

    async def _read_offsets(self) -> Offsets | None:
        try:
            async with asyncio.timeout(STATUS_SECONDS_MAX):
                return await self.offsets.read()
        except TimeoutError:
            return None

    def _produced(self) -> dict[str, Any]:
        status = self.producer_status
        if status is None:
            return {}
        return {
            "planned_events": status.planned,
            "sent_events": status.sent,
            "acked_events": status.acknowledged,
            "failed_events": status.failed,
            "late_events": status.late,
            "produced_bytes": status.value_bytes,
            "buffered_bytes": status.buffered_bytes,
            "schedule_delay_p50_seconds": status.schedule_delay_seconds.get("p50"),
            "schedule_delay_p99_seconds": status.schedule_delay_seconds.get("p99"),
            "publish_p50_seconds": status.publish_latency_seconds.get("p50"),
            "publish_p99_seconds": status.publish_latency_seconds.get("p99"),
            "producer_cpu_seconds": status.cpu_seconds,
            "producer_rss_bytes": status.rss_bytes,
        }

    def _processed(self) -> dict[str, Any]:
        ever, now = list(self.worker_statuses.values()), list(self._fresh.values())
        if not ever:
            return {}
        return {
            "processed_events": sum(s.processed_events for s in ever),
            "dead_lettered_events": sum(s.dead_lettered_events for s in ever),
            "workers_ready": sum(s.phase is WorkerPhase.READY for s in now),
            "workers_alive": sum(worker.alive for worker in self.workers),
            "rebalances": max(s.rebalances for s in ever),
            "busy_ratio": _mean([s.busy_ratio for s in now]),
            "event_loop_delay_seconds": _worst([s.event_loop_delay_seconds for s in now]),
            "end_to_end_p50_seconds": _mean([s.end_to_end_seconds.get("p50") for s in now]),
            "end_to_end_p99_seconds": _worst([s.end_to_end_seconds.get("p99") for s in now]),
            "end_to_end_p999_seconds": _worst([s.end_to_end_seconds.get("p99.9") for s in now]),
            "worker_cpu_seconds": sum(s.cpu_seconds for s in ever),
            "worker_rss_bytes": sum(s.rss_bytes for s in now),
        }

    def _broker(self) -> dict[str, Any]:
        if self.broker_process is None:
            return {}
        try:
            times, memory = self.broker_process.cpu_times(), self.broker_process.memory_info()
        except psutil.Error:
            return {}
        return {"broker_cpu_seconds": times.user + times.system, "broker_rss_bytes": memory.rss}


def _positions(offsets: Offsets | None) -> dict[str, Any]:
    """Lag needs a commit in every partition that has events; where there is none yet, all of it is unprocessed."""
    if offsets is None:
        return {}
    lags = [max(0, end - offsets.committed.get(partition, 0)) for partition, end in offsets.end.items()]
    return {
        "end_offset_events": sum(offsets.end.values()),
        "committed_events": sum(offsets.committed.values()),
        "lag_events": sum(lags),
    }


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


def _worst(values: Sequence[float | None]) -> float | None:
    return max((value for value in values if value is not None), default=None)
