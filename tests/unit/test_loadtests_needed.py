"""How many workers each second needed."""

from dataclasses import replace
from typing import Any

import pytest

from autoscaler.needed import WorkerRate, workers_for
from contract.record import Sample
from loadtests.needed import arrival_rates, needed_replicas, worker_rate
from tests.elastic import elastic_scenario, samples_of


@pytest.mark.parametrize(
    ("arrival_rate", "workers"),
    [
        pytest.param(0, 0, id="nothing arrives, nothing is needed"),
        pytest.param(1, 1, id="one event needs one worker"),
        pytest.param(2000, 2, id="two workers that are busy all the time are enough"),
        pytest.param(2030, 2, id="within the jitter of sampling"),
        pytest.param(2100, 3, id="above it one more is needed"),
    ],
)
def test_the_least_workers_that_keep_up(arrival_rate: float, workers: int) -> None:
    """A worker does 1,000 events/s."""
    assert workers_for(arrival_rate, 1000) == workers


def test_a_step_of_the_load_is_a_step_of_the_need() -> None:
    """Smoothing reaches less than two seconds around the step, and leaves no gap at both ends."""
    needed = needed_replicas(elastic_scenario(), samples_of([(10, {"arriving": 1500}), (10, {"arriving": 4500})]))
    assert needed[:8] == [2] * 8
    assert needed[12:] == [5] * 8


def test_the_last_seconds_of_the_load_keep_their_rate() -> None:
    """Draining is smoothed apart: no half of a rate at the border, and no need after it."""
    samples = samples_of([(10, {"arriving": 3000}), (5, {"phase": "draining", "arriving": 0})])
    assert needed_replicas(elastic_scenario(), samples) == [3] * 10 + [0] * 5


def test_a_sample_that_came_late_is_no_peak() -> None:
    """A quarter of a second of 3,000 events/s is no fourth worker."""
    samples = samples_of([(20, {"arriving": 3000})])
    samples[8] = replace(samples[8], at_seconds=9.25)
    assert needed_replicas(elastic_scenario(), samples) == [3] * 20


def test_seconds_without_offsets_are_bridged_and_none_at_all_is_unknown() -> None:
    """A rate is a slope between what is known."""
    samples = samples_of([(9, {"arriving": 1000})])
    samples[4] = replace(samples[4], end_offset_events=None)
    assert arrival_rates(samples) == [1000.0] * 9
    assert arrival_rates([replace(s, end_offset_events=None, acked_events=None) for s in samples]) == [None] * 9
    assert arrival_rates(samples[:1]) == [None]


def test_acknowledged_events_stand_in_for_offsets() -> None:
    samples = [replace(s, end_offset_events=None) for s in samples_of([(5, {"arriving": 700})])]
    assert arrival_rates(samples) == [700.0] * 5


MEASURED = [
    Sample(at_seconds=n, phase="measuring", true_processing_rate=r) for n, r in enumerate((400.0, 900.0, 500.0))
]


@pytest.mark.parametrize(
    ("worker", "samples", "expected"),
    [
        pytest.param(
            {"events_per_second": 250, "handler": {"name": "wait", "service_micros": 1000}},
            MEASURED,
            WorkerRate(events_per_second=250, source="scenario"),
            id="what the scenario says comes first",
        ),
        pytest.param(
            {"handler": {"name": "burn", "cpu_micros": 500, "service_micros": 9}},
            MEASURED,
            WorkerRate(events_per_second=2000, source="handler"),
            id="burn: its CPU time, whatever else is set",
        ),
        pytest.param(
            {"handler": {"name": "wait", "service_micros": 1000}},
            [],
            WorkerRate(events_per_second=1000, source="handler"),
            id="wait: its service time",
        ),
        pytest.param(
            {"handler": {"name": "work", "cpu_micros": 500, "service_micros": 1500}},
            [],
            WorkerRate(events_per_second=500, source="handler"),
            id="work: one after the other",
        ),
        pytest.param(
            {"handler": {"name": "count"}},
            MEASURED,
            WorkerRate(events_per_second=500, source="measured"),
            id="else the median of what was measured",
        ),
        pytest.param({"handler": {"name": "a:b"}}, [], None, id="nothing said and nothing measured is unknown"),
    ],
)
def test_what_one_worker_can_do(worker: dict[str, Any], samples: list[Sample], expected: WorkerRate | None) -> None:
    """And the summary says which it was."""
    assert worker_rate(elastic_scenario(worker=worker), samples) == expected


def test_without_a_worker_s_rate_the_need_is_unknown() -> None:
    """Unknown is not 0."""
    assert needed_replicas(elastic_scenario(worker={}), samples_of([(3, {"arriving": 1000})])) == [None] * 3
