"""DS2 for one operator."""

from typing import Any

import pytest

from autoscaler.model import Plan
from autoscaler.policies.flink import Ds2Options, Ds2Policy, ds2_corrected, ds2_replicas, ds2_significant
from tests.flink_states import Job


def job(replicas: int = 4, **options: Any) -> Job:
    """A job under DS2's defaults: epochs of 10 s, two of them to warm up."""
    return Job(plan=Plan(policy=Ds2Policy(Ds2Options(**options))), replicas=replicas)


@pytest.mark.parametrize(
    ("arrival", "worker", "factor", "expected"),
    [
        pytest.param(1_000, 100, 0.0, 10, id="a tenth each"),
        pytest.param(1_001, 100, 0.0, 11, id="rounded up"),
        pytest.param(1_000, 100, 0.1, 11, id="a tenth more than needed"),
        pytest.param(0, 100, 0.0, 0, id="nothing arrives"),
    ],
)
def test_instances(arrival: float, worker: float, factor: float, expected: int) -> None:
    """Input rate divided by one instance's true rate, times 1 + factor, rounded up."""
    assert ds2_replicas(arrival_rate=arrival, worker_rate=worker, scaling_factor=factor) == expected


@pytest.mark.parametrize(
    ("wanted", "ratio", "target", "expected"),
    [
        pytest.param(4, 1.5, None, 4, id="no target ratio: the model is believed"),
        pytest.param(4, 1.5, 1.2, 6, id="half as much again arrives as is processed"),
        pytest.param(4, 1.2, 1.2, 4, id="exactly the ratio"),
        pytest.param(5, 1.5, 1.2, 5, id="it grows anyway"),
    ],
)
def test_target_rate_ratio(wanted: int, ratio: float, target: float | None, expected: int) -> None:
    """Of four workers: corrected only where the model asks for no more of them."""
    assert ds2_corrected(wanted, current=4, rate_ratio=ratio, target_rate_ratio=target) == expected


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        pytest.param(5, True, id="one more"),
        pytest.param(4, False, id="as many"),
        pytest.param(3, False, id="one fewer is not worth it"),
        pytest.param(2, True, id="two fewer"),
    ],
)
def test_significant(wanted: int, expected: bool) -> None:
    assert ds2_significant(4, wanted) is expected


NUMBERS: dict[str, Any] = {"rate": 400.0, "arrival_rate": 1_000.0, "worker_rate": 100.0}


def test_warm_up_epochs_are_ignored() -> None:
    running = job()
    assert [running.tick(10, **NUMBERS).replicas for _ in range(3)] == [4, 4, 10]
    assert running.tick(10, **NUMBERS).trail[-1].why == "held: epoch 1 of 2 to warm up"


def test_one_answer_an_epoch() -> None:
    running = job(warm_up_time=0)
    assert running.tick(1, **NUMBERS).replicas == 10
    assert running.tick(1, **NUMBERS).trail[-1].why == "held: the epoch has not ended"


@pytest.mark.parametrize(
    ("arrivals", "expected"),
    [
        pytest.param([800, 800, 800, 800, 800], [4, 4, 4, 4, 8], id="two to warm up, two that wait, the third moves"),
        pytest.param([400, 400, 400, 400, 800], [4, 4, 4, 4, 8], id="those that call for nothing count as well"),
        pytest.param([400, 400, 800, 800, 100], [4, 4, 4, 4, 1], id="they need not agree: the last one decides"),
        pytest.param([400, 400, 400, 400, 400, 800], [4, 4, 4, 4, 4, 8], id="once they are over, any change is made"),
        pytest.param([800, 800, None, 800, 800, 800], [4, 4, 4, 4, 4, 8], id="one that is unknown is none"),
        pytest.param(
            [800, 800, 800, 800, 800, 1_600, 1_600], [4, 4, 4, 4, 8, 8, 8], id="after a rescale from the start"
        ),
    ],
)
def test_activation_time_counts_evaluations(arrivals: list[int | None], expected: list[int]) -> None:
    """As many evaluations since the last rescale, whatever they say."""
    running = job(warm_up_time=2, activation_time=3)
    assert [running.tick(10, **{**NUMBERS, "arrival_rate": rate}).replicas for rate in arrivals] == expected


def test_an_evaluation_that_waits_says_so() -> None:
    running = job(warm_up_time=0, activation_time=3)
    assert running.tick(10, **NUMBERS).trail[-1].why == "held: evaluation 1 of 3 to wait for"


@pytest.mark.parametrize(
    "missing",
    [
        pytest.param({"arrival_rate": None}, id="arrival rate"),
        pytest.param({"rate": None}, id="processing rate"),
        pytest.param({"worker_rate": None}, id="a worker's true rate"),
        pytest.param({"ready": 0}, id="no worker takes part"),
    ],
)
def test_unknown_holds(missing: dict[str, Any]) -> None:
    decision = job(warm_up_time=0).tick(10, **{**NUMBERS, **missing})
    assert decision.replicas == 4
    assert "unknown" in decision.trail[-1].why
