"""Samples of made-up autoscaled runs, written as a timeline: `[(10, {...}), (5, {...})]` is ten seconds, then five."""

from collections.abc import Sequence
from typing import Any

from contract.record import Sample
from contract.scenario import Scenario

Timeline = Sequence[tuple[int, dict[str, Any]]]
TOTALS = {
    "arriving": ("end_offset_events", "acked_events"),
    "processing": ("processed_events",),
    "cores": ("worker_cpu_seconds",),
    "init_cores": ("worker_init_cpu_seconds",),
}


def samples_of(timeline: Timeline) -> list[Sample]:
    """A sample a second, from second 1 on.

    A stretch gives Sample's columns by name, and four rates that become totals: `arriving` and `processing` in
    events/s, `cores` and `init_cores` in CPU seconds a second.  What a stretch leaves out stays as it was.
    """
    now: dict[str, Any] = {"phase": "measuring"}
    made: list[Sample] = []
    totals = dict.fromkeys(TOTALS, 0.0)
    for seconds, changes in timeline:
        now = now | changes
        for _ in range(seconds):
            for rate in now.keys() & totals.keys():
                totals[rate] += now[rate]
            made.append(_sample(len(made) + 1, now, totals))
    return made


def elastic_scenario(**changes: Any) -> Scenario:
    """Workers that do 1,000 events/s each, two of them at the start, and no warm-up."""
    document: dict[str, Any] = {
        "name": "elastic",
        "seconds": 600,
        "warmup_seconds": 0,
        "worker": {"events_per_second": 1000},
        "scaler": {"kind": "policy", "policy": "a.yaml", "replicas": 2},
    }
    return Scenario.model_validate(document | changes)


def _sample(at_seconds: int, now: dict[str, Any], totals: dict[str, float]) -> Sample:
    columns = {name: value for name, value in now.items() if name not in TOTALS}
    for rate in now.keys() & TOTALS.keys():
        whole = rate in ("arriving", "processing")
        columns |= dict.fromkeys(TOTALS[rate], round(totals[rate]) if whole else totals[rate])
    return Sample(at_seconds=float(at_seconds), **columns)
