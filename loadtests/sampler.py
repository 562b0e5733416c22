"""Once a second: what the autoscaler's tick saw and what the producer tells, put into one row.

Totals of a worker that has died stay in the sums, so that they never fall; what nobody could tell is None.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx
import psutil

from autoscaler.controller import Report
from autoscaler.observer.observer import Look
from contract.producer import ProducerStatus
from contract.record import Sample
from contract.worker import WorkerPhase, WorkerStatus
from loadtests.children import Child
from loadtests.offsets import Offsets

STATUS_SECONDS_MAX = 0.9
STARTING = frozenset({WorkerPhase.STARTING, WorkerPhase.INITIALISING, WorkerPhase.JOINING})


@dataclass(slots=True)
class Sampler:
    """Remembers the last answer of everybody."""

    http: httpx.AsyncClient
    broker_process: psutil.Process | None
    producer: Child | None = None
    producer_status: ProducerStatus | None = None
    worker_statuses: dict[str, WorkerStatus] = field(default_factory=dict)
    """The last status of every process that there ever was, by its own name."""
    _last: dict[str, tuple[int, WorkerStatus]] = field(default_factory=dict)
    _restarts: dict[str, int] = field(default_factory=dict)
    _probe_kills: int = 0

    def sample(self, at_seconds: float, phase: str, report: Report) -> Sample:
        """One row."""
        self._remember(report)
        figures = self._produced() | self._fleet(report) | self._broker()
        if report.look:
            figures |= self._processed(report.look) | _seen(report.look) | _positions(report.look.offsets)
        return Sample(at_seconds=at_seconds, phase=phase, desired_replicas=report.desired, **figures)

    async def ask_producer(self) -> None:
        """Refresh the producer's status."""
        if self.producer and self.producer.alive:
            answer = await self.producer.status(self.http, ProducerStatus)
            self.producer_status = answer or self.producer_status

    def _remember(self, report: Report) -> None:
        pods = report.fleet.pods
        for name, status in (report.look.statuses if report.look else {}).items():
            self.worker_statuses[status.worker] = status
            if name in pods:
                self._last[name] = (pods[name].generation, status)
        self._restarts |= {name: pod.restarts for name, pod in pods.items()}
        self._probe_kills += sum(happening.kind == "probe-kill" for happening in report.happenings)

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

    def _fleet(self, report: Report) -> dict[str, Any]:
        """Workers by their last known phase: one that is too starved to answer has not changed because of that."""
        running = [pod for pod in report.fleet.pods.values() if pod.running]
        last = [self._last.get(pod.name, (-1, None)) for pod in running]
        phases = [
            status.phase if status and generation == pod.generation else WorkerPhase.STARTING
            for pod, (generation, status) in zip(running, last, strict=True)
        ]
        return {
            "workers_alive": len(running),
            "workers_ready": phases.count(WorkerPhase.READY),
            "workers_initialising": sum(phase in STARTING for phase in phases),
            "worker_restarts": sum(self._restarts.values()),
            "probe_kills": self._probe_kills,
        }

    def _processed(self, look: Look) -> dict[str, Any]:
        ever, now = list(self.worker_statuses.values()), list(look.statuses.values())
        if not ever:
            return {}
        return {
            "processed_events": sum(s.processed_events for s in ever),
            "dead_lettered_events": sum(s.dead_lettered_events for s in ever),
            "busy_ratio": _mean([s.busy_ratio for s in now]),
            "true_processing_rate": _mean([s.true_processing_rate for s in now]),
            "event_loop_delay_seconds": _worst([s.event_loop_delay_seconds for s in now]),
            "end_to_end_p50_seconds": _mean([s.end_to_end_seconds.get("p50") for s in now]),
            "end_to_end_p99_seconds": _worst([s.end_to_end_seconds.get("p99") for s in now]),
            "end_to_end_p999_seconds": _worst([s.end_to_end_seconds.get("p99.9") for s in now]),
        }

    def _broker(self) -> dict[str, Any]:
        if self.broker_process is None:
            return {}
        try:
            times, memory = self.broker_process.cpu_times(), self.broker_process.memory_info()
        except psutil.Error:
            return {}
        return {"broker_cpu_seconds": times.user + times.system, "broker_rss_bytes": memory.rss}


def _seen(look: Look) -> dict[str, Any]:
    return {
        "time_lag_seconds": look.observation.time_lag_seconds,
        "host_cpu_ratio": look.observation.host_cpu_ratio,
        "partitions_stopped": look.partitions_stopped,
        "rebalances": look.rebalances,
        "worker_cpu_seconds": look.worker_cpu_seconds,
        "worker_init_cpu_seconds": look.init_cpu_seconds,
        "worker_rss_bytes": round(sum(usage.memory_bytes for usage in look.usage.values())),
    }


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
