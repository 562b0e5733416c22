"""Needed replicas of each second of a run: the least workers that keep up with its arrival rate.  Pure.

It is told afterwards from the records, so it knows what no policy could have known: it is the measure, not a policy.
The backlog of an earlier second is no part of it, only what arrives is.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import groupby
from operator import itemgetter
from statistics import median

from autoscaler.needed import WorkerRate, measured_rate, told_rate, workers_for
from contract.record import Sample
from contract.scenario import Scenario
from loadtests.series import Known, known

SMOOTHING_SECONDS = 3.0  # around each second: a sample that came 100 ms late moves the rate by 3 %, not by 10 %


def needed_replicas(scenario: Scenario, samples: Sequence[Sample]) -> list[int | None]:
    """For each sample the workers that were needed then; None = the arrival rate or a worker's rate is unknown."""
    one = worker_rate(scenario, samples)
    return [
        None if arriving is None or one is None else workers_for(arriving, one.events_per_second)
        for arriving in arrival_rates(samples)
    ]


def worker_rate(scenario: Scenario, samples: Sequence[Sample]) -> WorkerRate | None:
    """What the scenario says, else what its handler must cost, else the median of what was measured, else None."""
    told = told_rate(scenario.worker.events_per_second, scenario.worker.handler)
    return told or measured_rate(rate for _, rate in known(samples, "true_processing_rate"))


def arrival_rates(samples: Sequence[Sample]) -> list[float | None]:
    """Events/s that entered Kafka around each sample: log end offsets, or acknowledgements where those are unknown.

    The load and the draining after it are smoothed apart, so that the last seconds of the load keep their rate.  A
    sample that came late makes one second too high and another too low: the median of three takes both away.
    """
    name = "end_offset_events" if known(samples, "end_offset_events") else "acked_events"
    rates: list[float | None] = []
    for _, group in groupby(samples, lambda s: s.phase == "draining"):
        stretch = list(group)
        points = known(stretch, name)
        rates += _without_outliers([_rate_around(points, s.at_seconds) for s in stretch])
    return rates


def _rate_around(points: Known, at_seconds: float) -> float | None:
    """The slope over the smoothing stretch around a moment, moved inwards at both ends of what is known."""
    if not points:
        return None
    begin = max(min(at_seconds - SMOOTHING_SECONDS / 2, points[-1][0] - SMOOTHING_SECONDS), points[0][0])
    left = bisect_right(points, begin, key=itemgetter(0)) - 1
    right = min(len(points) - 1, bisect_left(points, begin + SMOOTHING_SECONDS, key=itemgetter(0)))
    (first, before), (last, after) = points[left], points[right]
    return max(0.0, after - before) / (last - first) if last > first else None


def _without_outliers(rates: Sequence[float | None]) -> list[float | None]:
    near = ([r for r in rates[max(0, n - 1) : n + 2] if r is not None] for n in range(len(rates)))
    return [median(known_ones) if known_ones else None for known_ones in near]
