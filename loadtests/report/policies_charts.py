"""The curves of several policies over each other, as data for the page's script.

One colour a policy in all charts; where a policy has several runs its line is the median of each second, and a band
around it goes from the least to the most.  A second in which fewer than half of its runs were still going has no line.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from statistics import median
from typing import Any

from loadtests.report.drawing import Chart, Point, gauge, line, make_chart, slopes
from loadtests.report.records import RunRecords
from loadtests.standings import Standing

COLOURS = 8
POINTS_MAX = 600

Points = Callable[[RunRecords], Iterable[Point]]
Spreads = list[tuple[float, float, float, float]]


def policy_charts(policies: Sequence[Standing], *, time_lag_limit: float) -> list[Chart]:
    """Desired replicas, time lag, CPU of starts and lag; `policies` in the order that gives them their colours."""
    charts = [
        _desired(policies),
        make_chart(
            "time-lag",
            "Time lag",
            "Age of the oldest event that was not processed yet.",
            "s",
            _lines(policies, _of("time_lag_seconds")),
            limit=time_lag_limit,
            wide=True,
        ),
        make_chart(
            "starts",
            "CPU spent on starting",
            "CPU seconds that workers used before they joined, added up: what starting has cost so far.",
            "CPU s",
            _lines(policies, _of("worker_init_cpu_seconds")),
        ),
        make_chart(
            "lag",
            "Lag",
            "Events that are in Kafka and not yet committed by the workers.",
            "events",
            _lines(policies, _of("lag_events")),
        ),
    ]
    return [chart for chart in charts if any(series["data"] for series in chart["series"])]


def load_curve(policies: Sequence[Standing]) -> list[Point]:
    """Events/s that were due, over time: the median of all runs, which had the same schedule."""
    runs = [run.records for standing in policies for run in standing.runs]
    return [(at, middle) for at, _, middle, _ in over_runs([_planned(run) for run in runs])]


def colour(number: int) -> str:
    """The colour of a policy by its place; those after the last colour begin again."""
    return f"policy-{number % COLOURS + 1}"


def over_runs(runs: Sequence[Iterable[Point]]) -> Spreads:
    """(second, least, median, most) of the runs that know a value there, if those are at least half of them.

    Runs longer than POINTS_MAX seconds are told in longer steps, each with its highest value.
    """
    known = [points for points in (list(run) for run in runs) if points]
    last = max((points[-1][0] for points in known), default=0.0)
    stride = max(1, math.ceil(last / POINTS_MAX))
    stepped = [_by_step(points, stride) for points in known]
    values = {at: [run[at] for run in stepped if at in run] for at in sorted({at for run in stepped for at in run})}
    return [
        (float(at), min(found), median(found), max(found))
        for at, found in values.items()
        if 2 * len(found) >= len(known)
    ]


def _desired(policies: Sequence[Standing]) -> Chart:
    """Desired replicas of each, and in grey what was needed, which is the same for all."""
    needed = over_runs([run.records.needed for standing in policies for run in standing.runs])
    grey = line("needed", "planned", [(at, middle) for at, _, middle, _ in needed]) | {"step": True, "dash": True}
    steps = [series | {"step": True} for series in _lines(policies, _of("desired_replicas"))]
    caption = "What each policy asked for; in grey the least workers that keep up with the arrival rate."
    return make_chart("desired", "Desired replicas", caption, "", [grey, *steps], whole=True, wide=True)


def _lines(policies: Sequence[Standing], points: Points) -> list[dict[str, Any]]:
    return [_line(standing, colour(number), number, points) for number, standing in enumerate(policies)]


def _line(standing: Standing, shade: str, number: int, points: Points) -> dict[str, Any]:
    """A second round of the same colours is dashed."""
    spreads = over_runs([points(run.records) for run in standing.runs])
    made = line(standing.policy, shade, [(at, middle) for at, _, middle, _ in spreads])
    band = [(at, least, most) for at, least, _, most in spreads]
    return made | ({"band": band} if len(standing.runs) > 1 else {}) | ({"dash": True} if number >= COLOURS else {})


def _of(field: str) -> Points:
    return lambda run: gauge(run.samples, field)


def _planned(run: RunRecords) -> list[Point]:
    """What the schedule had planned each second, from its total; draining has no load."""
    return slopes([sample for sample in run.samples if sample.phase != "draining"], "planned_events")


def _by_step(points: Iterable[Point], stride: int) -> Mapping[int, float]:
    """The highest value of each step, by its first second; samples come some milliseconds after their second."""
    found: dict[int, float] = {}
    for at, value in points:
        step = round(at) // stride * stride
        found[step] = max(value, found.get(step, value))
    return found
