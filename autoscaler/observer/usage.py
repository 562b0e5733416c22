"""What workers use, from their cumulative counters: means over a window, and totals that outlive them.

As with Kubernetes' metrics server there is no sample of a process younger than its window; here, than half of it.  A
restart is a new process: it begins anew.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from autoscaler.backends.base import Usage
from autoscaler.model import Sample

SHARE_OF_WINDOW_MIN = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageLog:
    """What is remembered.  Totals are CPU seconds since the first look, of workers that are gone too."""

    series: "Mapping[str, Series]" = field(default_factory=dict)
    cpu_seconds: float = 0.0
    init_cpu_seconds: float = 0.0
    began: bool = False
    """What processes had used before the first look is not ours to count."""


class Series(NamedTuple):
    """One process.  Points are (time, CPU seconds so far), oldest first; `joined` = it got past its initialisation."""

    generation: int
    points: tuple[tuple[float, float], ...]
    joined: bool


class ResourceSamples(NamedTuple):
    """Cores and bytes, over the same window."""

    cpu: Sample
    memory: Sample


def record(log: UsageLog, usage: Mapping[str, Usage], joined: Collection[str], window_seconds: float) -> UsageLog:
    """The log with one more look.  `joined` names workers that were seen past their initialisation in this tick.

    The CPU of a process that never was counts as initialisation.
    """
    series = dict(log.series)
    total, init = log.cpu_seconds, log.init_cpu_seconds
    for name, used in usage.items():
        before = series.get(name)
        if before is not None and before.generation != used.generation:
            before = None
        new = _continued(before, used, joined=name in joined, window_seconds=window_seconds)
        spent = _spent(before, used, counted=log.began)
        series[name] = new
        total += spent
        init += 0.0 if new.joined else spent
    return UsageLog(series=series, cpu_seconds=total, init_cpu_seconds=init, began=True)


def keep_only(log: UsageLog, names: Collection[str]) -> UsageLog:
    """The log with the series of these workers only; totals stay."""
    series = {name: series for name, series in log.series.items() if name in names}
    return UsageLog(series=series, cpu_seconds=log.cpu_seconds, init_cpu_seconds=log.init_cpu_seconds, began=log.began)


def samples(log: UsageLog, usage: Mapping[str, Usage], window_seconds: float) -> Mapping[str, ResourceSamples]:
    """Of those that were measured in this tick and have run long enough."""
    found = {name: _sample(log.series[name], used, window_seconds) for name, used in usage.items()}
    return {name: sample for name, sample in found.items() if sample}


def _continued(before: Series | None, used: Usage, *, joined: bool, window_seconds: float) -> Series:
    """Points that the window cannot reach any more are dropped, but for one: the window begins at or before it."""
    points = [*(before.points if before else ()), (used.at_seconds, used.cpu_seconds)]
    oldest = used.at_seconds - window_seconds
    while len(points) > 2 and points[1][0] <= oldest:  # noqa: PLR2004  # a mean needs two points
        points.pop(0)
    return Series(used.generation, tuple(points), joined or (before is not None and before.joined))


def _spent(before: Series | None, used: Usage, *, counted: bool) -> float:
    if before is None:
        return used.cpu_seconds if counted else 0.0
    return max(0.0, used.cpu_seconds - before.points[-1][1])


def _sample(series: Series, used: Usage, window_seconds: float) -> ResourceSamples | None:
    (from_at, from_cpu), (to_at, to_cpu) = series.points[0], series.points[-1]
    seconds = to_at - from_at
    if seconds <= 0 or seconds < window_seconds * SHARE_OF_WINDOW_MIN:
        return None
    cores = max(0.0, to_cpu - from_cpu) / seconds
    return ResourceSamples(
        cpu=Sample(usage=cores, ended_at=to_at, window_seconds=seconds),
        memory=Sample(usage=used.memory_bytes, ended_at=to_at, window_seconds=seconds),
    )
