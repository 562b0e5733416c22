"""The scenario's SLOs in words.  Its one rule: a field name is for YAML, people read `end-to-end p99 ≤ 20 ms`."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from loadtests.report.units import Unit, show
from loadtests.score import SloResult


@dataclass(frozen=True, slots=True, kw_only=True)
class SloLine:
    """One SLO: `end-to-end p99`, `≤ 20 ms`, `14.2 ms`, held.  `name` is its field in the scenario."""

    name: str
    label: str
    limit: str
    actual: str
    held: bool


def slo_line(result: SloResult) -> SloLine:
    """An SLO as people read it; one that the table below does not know keeps its field name."""
    label, unit = _WORDS.get(result.name, (result.name, "count"))
    sign = "≥" if result.name.endswith("_min") else "≤"
    return SloLine(
        name=result.name,
        label=label,
        limit=f"{sign} {_without_zeros(show(result.limit, unit))}",
        actual="not measured" if result.actual is None else show(result.actual, unit),
        held=result.held,
    )


_WORDS: Mapping[str, tuple[str, Unit]] = {
    "produced_ratio_min": ("produced / planned", "ratio"),
    "processed_ratio_min": ("processed / planned", "ratio"),
    "schedule_delay_p99_seconds_max": ("schedule delay p99", "ms"),
    "end_to_end_p50_seconds_max": ("end-to-end p50", "ms"),
    "end_to_end_p99_seconds_max": ("end-to-end p99", "ms"),
    "end_to_end_p999_seconds_max": ("end-to-end p99.9", "ms"),
    "lag_events_max": ("highest lag", "events"),
    "dead_lettered_events_max": ("dead-lettered", "events"),
    "unread_events_max": ("unread", "events"),
    "violation_seconds_max": ("SLO violation", "seconds"),
    "cores_max": ("producer + workers", "cores"),
}


def _without_zeros(text: str) -> str:
    """Limits are round numbers that somebody wrote: 20 ms, not 20.0 ms."""
    return re.sub(r"\.(\d*?)0+(?=\D|$)", lambda found: f".{found[1]}" if found[1] else "", text)
