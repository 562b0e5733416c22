"""The state of a producer at one moment, as its status page, Prometheus and its parent process see it.

Figures of several processes add up to those of the whole; as text they travel from a child to its parent.
"""

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import reduce
from typing import Any

import psutil

from contract.histogram import LatencyHistogram
from contract.producer import ProducerStatus
from producer.latencies import LatencyFigures

PERCENTILES = (50.0, 90.0, 99.0, 100.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Totals since the start; `delay` and `publish` of timed events.

    Attributes:
        start_us: Wall clock of second 0; None before everything is connected.
        errors: Failed events by the name of Kafka's error.
        loop_lag_seconds: Worst delay of a timer in the last seconds.
    """

    topic: str
    process_ids: tuple[int, ...]
    start_us: int | None
    elapsed_seconds: float
    finished: bool
    planned: int
    sent: int
    acknowledged: int
    errors: dict[str, int]
    late: int
    value_bytes: int
    buffered_bytes: int
    cpu_seconds: float
    rss_bytes: int
    loop_lag_seconds: float
    delay: LatencyFigures
    publish: LatencyFigures

    @property
    def failed(self) -> int:
        """All failed events."""
        return sum(self.errors.values())

    def status(self) -> ProducerStatus:
        """The document at `/status`."""
        own = ("delay", "publish", "errors", "loop_lag_seconds")
        same = {name: getattr(self, name) for name in self.__slots__ if name not in own}
        return ProducerStatus(
            **same,
            failed=self.failed,
            schedule_delay_seconds=self.delay.recent.percentiles(PERCENTILES),
            publish_latency_seconds=self.publish.recent.percentiles(PERCENTILES),
        )

    def to_values(self) -> dict[str, Any]:
        """Plain values for JSON."""
        shallow = {name: getattr(self, name) for name in self.__slots__}
        return {**shallow, "delay": _latency_values(self.delay), "publish": _latency_values(self.publish)}

    @classmethod
    def from_values(cls, values: dict[str, Any]) -> "Figures":
        """What `to_values` made."""
        latencies = {name: _latency_figures(values[name]) for name in ("delay", "publish")}
        return cls(**{**values, **latencies, "process_ids": tuple(values["process_ids"])})

    @classmethod
    def nothing(cls, topic: str, *, start_us: int | None, finished: bool) -> "Figures":
        """Those of a process that sends nothing itself: this one's CPU and memory, and zeros."""
        counters = ("planned", "sent", "acknowledged", "late", "value_bytes", "buffered_bytes")
        process = psutil.Process()
        return cls(
            **dict.fromkeys(counters, 0),
            topic=topic,
            process_ids=(process.pid,),
            start_us=start_us,
            elapsed_seconds=0.0,
            finished=finished,
            errors={},
            cpu_seconds=time.process_time(),
            rss_bytes=process.memory_info().rss,
            loop_lag_seconds=0.0,
            delay=LatencyFigures.nothing(),
            publish=LatencyFigures.nothing(),
        )

    @classmethod
    def merged(cls, parts: Sequence["Figures"]) -> "Figures":
        """The sum of at least one process."""
        return reduce(cls.__add__, parts)

    def __add__(self, other: "Figures") -> "Figures":
        added = (
            *("planned", "sent", "acknowledged", "late", "value_bytes", "buffered_bytes"),
            *("cpu_seconds", "rss_bytes", "delay", "publish", "process_ids"),
        )
        worst = ("elapsed_seconds", "loop_lag_seconds")
        return replace(
            self,
            **{name: getattr(self, name) + getattr(other, name) for name in added},
            **{name: max(getattr(self, name), getattr(other, name)) for name in worst},
            start_us=self.start_us if other.start_us is not None else None,
            finished=self.finished and other.finished,
            errors=dict(Counter(self.errors) + Counter(other.errors)),
        )


def _latency_values(latency: LatencyFigures) -> dict[str, Any]:
    return {"recent": latency.recent.encode(), "buckets": latency.buckets, "sum_seconds": latency.sum_seconds}


def _latency_figures(values: dict[str, Any]) -> LatencyFigures:
    recent = LatencyHistogram.decode(values["recent"])
    return LatencyFigures(recent, tuple(values["buckets"]), values["sum_seconds"])
