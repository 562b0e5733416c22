"""Totals and averages per worker: Value, AverageValue, pods metrics, from Kubernetes' own tables."""

import pytest

from autoscaler.model import PodPhase, Worker
from autoscaler.policies.hpa import (
    MetricFault,
    Tolerances,
    average_per_worker,
    group_workers,
    total_average_value,
    total_value,
)
from autoscaler.policies.hpa.replicas import INT32_MAX
from contract.quantities import INT64_MAX
from tests.hpa_states import LONG_AGO, NOW, workers

FINE = Tolerances(up=0.01)


@pytest.mark.parametrize(
    ("total", "target", "current", "ready", "tolerances", "replicas"),
    [
        pytest.param(20_000, 15_000, 3, [True] * 3, None, 4, id="up"),
        pytest.param(50_000, 10_000, 3, [False, True, False], None, 5, id="only ready workers are multiplied"),
        pytest.param(12_000, 20_000, 5, [True] * 5, None, 3, id="down"),
        pytest.param(20_666, 20_000, 3, [True] * 3, None, 3, id="within the tolerance"),
        pytest.param(20_666, 20_000, 3, [True] * 3, FINE, 4, id="outside a tolerance of 1 %"),
        pytest.param(
            8_600, 4_400, 3, [False, True, False], None, 2, id="above target and yet down, as one worker is ready"
        ),
        pytest.param(8_600, 14_334, 5, [True] * 5, None, 3, id="external, down"),
        pytest.param(8_600, 8_888, 3, [True] * 3, None, 3, id="external, within the tolerance"),
        pytest.param(8_900, 8_800, 3, [True] * 3, FINE, 4, id="external, outside a tolerance of 1 %"),
        pytest.param(INT64_MAX, 1, 3, [True] * 3, None, INT32_MAX, id="saturates"),
        pytest.param(INT64_MAX, INT64_MAX, 3, [True] * 3, None, 3, id="the largest total at the largest target"),
        pytest.param(20_000, 15_000, 0, [], None, 2, id="from 0 the ratio itself is the number"),
        pytest.param(15_100, 15_000, 0, [], None, 2, id="from 0 there is no tolerance"),
        pytest.param(0, 15_000, 0, [], None, 0, id="from 0 with nothing to do: 0"),
    ],
)
def test_value(
    *, total: int, target: int, current: int, ready: list[bool], tolerances: Tolerances | None, replicas: int
) -> None:
    """A total against a target of type Value multiplies the workers that are running and ready."""
    made = workers([None] * len(ready), ready=ready)
    got = total_value(total, made, current=current, target_milli=target, tolerances=tolerances or Tolerances())
    assert (got.replicas, got.usage) == (replicas, total)


def test_value_leaves_out_workers_that_are_not_running() -> None:
    """Ready, but pending: not one to start from."""
    made = workers([None] * 2, phases=[PodPhase.RUNNING, PodPhase.PENDING])
    assert total_value(30, made, current=2, target_milli=10, tolerances=Tolerances()).replicas == 3


def test_value_without_workers_gives_no_answer() -> None:
    """Outside the tolerance it has to count ready workers, and none were found; inside it does not look."""
    assert total_value(10, (), current=2, target_milli=10, tolerances=Tolerances()).replicas == 2
    with pytest.raises(MetricFault, match="no workers"):
        total_value(30, (), current=2, target_milli=10, tolerances=Tolerances())


@pytest.mark.parametrize(
    ("total", "target", "status", "tolerances", "replicas", "usage"),
    [
        pytest.param(8_600, 2_150, 3, None, 4, 2_867, id="up"),
        pytest.param(8_600, 2_867, 5, None, 3, 1_720, id="down"),
        pytest.param(8_600, 2_900, 3, None, 3, 2_867, id="within the tolerance"),
        pytest.param(8_600, 2_800, 3, FINE, 4, 2_867, id="outside a tolerance of 1 %"),
        pytest.param(20_000, 5_000, 3, None, 4, 6_667, id="object, up"),
        pytest.param(6_000, 2_000, 5, None, 3, 1_200, id="object, down"),
        pytest.param(20_166, 5_000, 4, None, 4, 5_042, id="object, within the tolerance"),
        pytest.param(20_208, 5_000, 4, FINE, 5, 5_052, id="object, outside a tolerance of 1 %"),
        pytest.param(20_000, 5_000, 0, None, 4, 0, id="from 0 workers"),
        pytest.param(0, 5_000, 0, None, 0, 0, id="from 0 workers with nothing to do"),
        pytest.param(INT64_MAX, 1, 1, None, INT32_MAX, INT64_MAX, id="saturates"),
        pytest.param(INT64_MAX, INT64_MAX, 1, None, 1, INT64_MAX, id="the largest total at the largest target"),
        pytest.param(22_000, 1_000, 20, None, 20, 1_100, id="the upper edge of the tolerance holds"),
        pytest.param(64_000, 1_000, 63, None, 63, 1_016, id="one short of what is needed is within 10 %: it sticks"),
    ],
)
def test_average_value(
    *, total: int, target: int, status: int, tolerances: Tolerances | None, replicas: int, usage: int
) -> None:
    """A total against a target per worker: outside the tolerance the present number does not matter."""
    got = total_average_value(total, status=status, target_milli=target, tolerances=tolerances or Tolerances())
    assert (got.replicas, got.usage) == (replicas, usage)


def pods(values: list[float | None], made: tuple[Worker, ...]) -> dict[str, float | None]:
    """Values of a pods metric by worker."""
    return {worker.name: value for worker, value in zip(made, values, strict=True)}


@pytest.mark.parametrize(
    ("values", "current", "target", "tolerances", "replicas", "usage"),
    [
        pytest.param([20, 10, 30], 3, 15_000, None, 4, 20_000, id="up"),
        pytest.param([12] * 5, 5, 20_000, None, 3, 12_000, id="down"),
        pytest.param([20, 21, 21], 3, 20_000, None, 3, 20_666, id="within the tolerance; the mean is truncated"),
        pytest.param([20, 21, 21], 3, 20_000, FINE, 4, 20_666, id="outside a tolerance of 1 %"),
        pytest.param([20, 19, 21, None, None], 5, 20_000, None, 5, 20_000, id="at the target with some missing: hold"),
        pytest.param(
            [10, 10, None], 2, 17_000, None, 2, 10_000, id="a missing one counts as the target: never up when below"
        ),
    ],
)
def test_pods_metric(
    *, values: list[float | None], current: int, target: int, tolerances: Tolerances | None, replicas: int, usage: int
) -> None:
    """A whole mean over workers against a target."""
    made = workers([None] * len(values))
    of = pods(values, made)
    groups = group_workers(made, lambda worker: of[worker.name], now=NOW, cluster=None)
    got = average_per_worker(groups, current=current, target_milli=target, tolerances=tolerances or Tolerances())
    assert (got.replicas, got.usage) == (replicas, usage)


@pytest.mark.parametrize(
    ("values", "ready", "replicas", "usage"),
    [
        pytest.param([50, 10, 30], [True, True, False], 6, 30_000, id="one that is not ready counts in full"),
        pytest.param([50, 15, 30], [False, True, False], 7, 31_666, id="two that are not ready count in full"),
    ],
)
def test_pods_metric_counts_workers_that_are_not_ready(
    values: list[float | None], ready: list[bool], replicas: int, usage: int
) -> None:
    """Only CPU has the unready test: a worker that starts counts for a pods metric."""
    made = workers([None] * 3, ready=ready, started_at=[LONG_AGO if up else NOW for up in ready])
    of = pods(values, made)
    groups = group_workers(made, lambda worker: of[worker.name], now=NOW, cluster=None)
    got = average_per_worker(groups, current=3, target_milli=15_000, tolerances=Tolerances())
    assert (got.replicas, got.usage) == (replicas, usage)


def test_pods_metric_of_pending_workers() -> None:
    """Pending workers are left out below the target and count as using nothing above it."""
    phases = [PodPhase.RUNNING, PodPhase.PENDING, PodPhase.PENDING]
    made = workers([None] * 3, phases=phases)
    low = group_workers(made, lambda _: 5.0, now=NOW, cluster=None)
    high = group_workers(made, lambda _: 60.0, now=NOW, cluster=None)
    assert average_per_worker(low, current=3, target_milli=20_000, tolerances=Tolerances()).replicas == 1
    assert average_per_worker(high, current=3, target_milli=20_000, tolerances=Tolerances()).replicas == 3
