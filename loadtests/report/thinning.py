"""Fewer points for a long run, without losing what matters: totals stay exact, the worst second stays visible."""

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from contract.record import Sample

_WORST = (
    "lag_events",
    "time_lag_seconds",
    "desired_replicas",
    "partitions_stopped",
    "buffered_bytes",
    "event_loop_delay_seconds",
    "schedule_delay_p50_seconds",
    "schedule_delay_p99_seconds",
    "end_to_end_p50_seconds",
    "end_to_end_p99_seconds",
    "end_to_end_p999_seconds",
    "producer_rss_bytes",
    "worker_rss_bytes",
    "broker_rss_bytes",
)


def thin(samples: Sequence[Sample], points_max: int = 1_200) -> list[Sample]:
    """At most about `points_max` samples: of each stretch the last one, with the stretch's worst lag and latency."""
    stride = max(1, math.ceil(len(samples) / points_max))
    return [_worst(samples[start : start + stride]) for start in range(0, len(samples), stride)]


def _worst(stretch: Sequence[Sample]) -> Sample:
    worst: dict[str, Any] = {
        name: max((v for s in stretch if (v := getattr(s, name)) is not None), default=None) for name in _WORST
    }
    return replace(stretch[-1], **worst)


def thin_points(points: Sequence[tuple[float, float]], points_max: int = 1_200) -> list[tuple[float, float]]:
    """At most about `points_max` points: of each stretch the last moment, with the stretch's highest value."""
    stride = max(1, math.ceil(len(points) / points_max))
    stretches = (points[start : start + stride] for start in range(0, len(points), stride))
    return [(stretch[-1][0], max(value for _, value in stretch)) for stretch in stretches]
