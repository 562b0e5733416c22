"""What is needed at a moment: from what was told of a worker, or from what was measured."""

import pytest

from autoscaler.needed import LiveNeed, WorkerRate, told_rate
from contract.worker import HandlerSpec

TOLD = WorkerRate(events_per_second=1_000.0, source="scenario")


@pytest.mark.parametrize(
    ("events_per_second", "handler", "rate"),
    [
        pytest.param(500.0, HandlerSpec(name="wait", service_micros=100), 500.0, id="what was said counts"),
        pytest.param(None, HandlerSpec(name="wait", service_micros=500), 2_000.0, id="else what the handler costs"),
        pytest.param(None, HandlerSpec(name="work", cpu_micros=400, service_micros=600), 1_000.0, id="all of it"),
        pytest.param(None, HandlerSpec(name="count"), None, id="a handler whose name does not tell"),
    ],
)
def test_what_was_told_of_a_worker(events_per_second: float | None, handler: HandlerSpec, rate: float | None) -> None:
    found = told_rate(events_per_second, handler)
    assert (found and found.events_per_second) == rate


@pytest.mark.parametrize(
    ("told", "arriving", "measured", "needed"),
    [
        pytest.param(TOLD, 2_500.0, [], 3, id="from what was told"),
        pytest.param(TOLD, 2_500.0, [300.0], 3, id="what is measured says nothing then"),
        pytest.param(None, 2_500.0, [400.0, 600.0], 5, id="from what is measured: the mean of the workers"),
        pytest.param(None, 2_500.0, [None], None, id="no worker has told its rate"),
        pytest.param(TOLD, None, [], None, id="the arrivals are not known"),
        pytest.param(TOLD, 0.0, [], 0, id="nothing arrives"),
    ],
)
def test_the_need_of_a_moment(
    told: WorkerRate | None, arriving: float | None, measured: list[float | None], needed: int | None
) -> None:
    assert LiveNeed(told=told).replicas(arriving, measured) == needed


def test_a_starved_moment_does_not_change_what_a_worker_can_do() -> None:
    """The median of what was measured: workers that get no CPU for a while look slow."""
    need = LiveNeed()
    for _ in range(9):
        need.replicas(1_000.0, [500.0])
    assert need.replicas(1_000.0, [50.0]) == 2


def test_what_was_measured_is_remembered_when_nobody_tells() -> None:
    need = LiveNeed()
    need.replicas(None, [500.0])
    assert need.replicas(1_000.0, []) == 2
