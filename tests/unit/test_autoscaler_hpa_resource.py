"""Resource utilisation: inputs and answers as Kubernetes' own tables have them (replica_calculator_test.go)."""

from dataclasses import replace
from typing import Any

import pytest

from autoscaler.model import PodPhase, Worker
from autoscaler.policies.hpa import (
    HpaSpec,
    Metric,
    MetricFault,
    MetricType,
    Target,
    TargetType,
    Tolerances,
    group_workers,
    resource_utilization,
)
from autoscaler.policies.hpa.metrics import propose
from contract.quantities import milli
from tests.hpa_states import CLUSTER, LONG_AGO, NOW, state, workers

RUNNING, PENDING = PodPhase.RUNNING, PodPhase.PENDING
MIXED = (900, 1_000, 1_100)


def answer(made: tuple[Worker, ...], *, current: int, target: int, tolerances: Tolerances | None = None) -> Any:
    """The number and the reported utilisation."""
    groups = group_workers(made, lambda worker: worker.cpu, now=NOW, cluster=CLUSTER)
    requests = {worker.name: milli(worker.cpu_request_cores or 0.0) for worker in made}
    found = resource_utilization(
        groups, requests, current=current, target_percent=target, tolerances=tolerances or Tolerances()
    )
    return found.replicas, found.usage


@pytest.mark.parametrize(
    ("made", "current", "target", "replicas", "usage"),
    [
        pytest.param(workers([300, 500, 700]), 3, 30, 5, 50, id="above target: up by the ratio"),
        pytest.param(
            workers([300, 500, 700], ready=[False, True, True]),
            3,
            30,
            4,
            60,
            id="growing: a worker that is not ready counts as using nothing",
        ),
        pytest.param(
            workers([300, 500, 700], started_at=[NOW, LONG_AGO, LONG_AGO]),
            3,
            30,
            4,
            60,
            id="growing: a worker that just started counts as using nothing",
        ),
        pytest.param(
            workers([400, 500, 700], ready=[True, False, False]),
            3,
            30,
            3,
            40,
            id="one hot worker and two not ready: doubt turns the direction, so hold",
        ),
        pytest.param(
            workers([400, 500, 700], ready=[True, False, False], started_at=[LONG_AGO, NOW, NOW]),
            3,
            30,
            3,
            40,
            id="one hot worker and two starting: hold",
        ),
        pytest.param(
            workers(
                [500, 700, None, None], ready=[True, True, False, False], phases=[RUNNING] * 2 + [PodPhase.FAILED] * 2
            ),
            2,
            30,
            4,
            60,
            id="growing: failed workers do not exist",
        ),
        pytest.param(
            workers(
                [500, 700, None, None],
                ready=[True, True, False, False],
                phases=[RUNNING] * 2 + [PodPhase.SUCCEEDED] * 2,
            ),
            2,
            30,
            4,
            60,
            id="growing: ended workers do not exist",
        ),
        pytest.param(
            workers([500, 700, None, None], ready=[True, True, False, False], deleted=[False, False, True, True]),
            2,
            30,
            4,
            60,
            id="growing: workers that were told to go do not exist",
        ),
        pytest.param(workers([100, 300, 500, 250, 250]), 5, 50, 3, 28, id="below target: down by the ratio"),
        pytest.param(
            workers([100, 300, 500, 250, 250], ready=[True] * 3 + [False] * 2),
            5,
            50,
            2,
            30,
            id="shrinking: workers that are not ready are outside the product",
        ),
        pytest.param(
            workers([100, None, None, None, None], ready=[True] + [False] * 4, phases=[RUNNING] + [PENDING] * 4),
            5,
            50,
            1,
            10,
            id="shrinking: pending workers are outside the product",
        ),
        pytest.param(
            workers([100, 300, 500, 250, 250], started_at=[LONG_AGO] * 3 + [NOW] * 2),
            5,
            50,
            2,
            30,
            id="shrinking: workers that just started are outside the product",
        ),
        pytest.param(
            workers([100, 300, 500, 250, 250, None, None], phases=[RUNNING] * 5 + [PodPhase.FAILED] * 2),
            5,
            50,
            3,
            28,
            id="shrinking: failed workers do not exist",
        ),
        pytest.param(
            workers([100, 300, 500, 250, 250, None, None], phases=[RUNNING] * 5 + [PodPhase.SUCCEEDED] * 2),
            5,
            50,
            3,
            28,
            id="shrinking: ended workers do not exist",
        ),
        pytest.param(
            workers([100, 300, 500, 250, 250, None, None], deleted=[False] * 5 + [True] * 2),
            5,
            50,
            3,
            28,
            id="shrinking: workers that were told to go do not exist",
        ),
        pytest.param(
            workers([400, 95, None, None]), 4, 100, 3, 24, id="shrinking: a missing sample counts as the whole request"
        ),
        pytest.param(workers([1000, None]), 2, 100, 2, 100, id="at the target with one sample missing: hold"),
        pytest.param(workers([1900, None]), 2, 100, 2, 190, id="above target, but the missing one could be idle: hold"),
        pytest.param(workers([600, None]), 2, 100, 2, 60, id="below target, but the missing one could be busy: hold"),
        pytest.param(
            workers([100, 450, None], ready=[False, True, True]),
            3,
            50,
            3,
            45,
            id="one not ready and one missing near the target: hold",
        ),
        pytest.param(
            workers([100, 450, None], started_at=[NOW, LONG_AGO, LONG_AGO]),
            3,
            50,
            3,
            45,
            id="one starting and one missing near the target: hold",
        ),
        pytest.param(
            workers([100, 2000, None], ready=[False, True, True]),
            3,
            50,
            4,
            200,
            id="growing: one not ready and one missing both count as using nothing",
        ),
        pytest.param(
            workers([100, 2000, None], ready=[False, True, True], started_at=[NOW, LONG_AGO, LONG_AGO]),
            3,
            50,
            4,
            200,
            id="growing: one starting and one missing both count as using nothing",
        ),
        pytest.param(
            workers([100, 100, 100, None], ready=[False, True, True, True]),
            4,
            50,
            3,
            10,
            id="shrinking: one not ready is left out, one missing counts as its request",
        ),
        pytest.param(
            workers(
                [200, 100, 100, None], requests_milli=[1_000, 1_000, 2_000, 2_000], ready=[False, True, True, True]
            ),
            4,
            300,
            2,
            6,
            id="shrinking: with a target above 100 % a missing sample counts as the target",
        ),
        pytest.param(
            workers([100, 100, None]),
            2,
            50,
            2,
            10,
            id="a rolling update has one more worker than asked for: never up when below",
        ),
        pytest.param(
            workers([549, 549]), 2, 50, 2, 54, id="54.9 % is truncated to 54 %, which is within tolerance of 50 %"
        ),
        pytest.param(
            workers([400] * 4 + [400] * 4, started_at=[LONG_AGO] * 4 + [NOW] * 4),
            8,
            50,
            4,
            40,
            id="4 ready at 40 % of 50 % and 4 starting: the starting ones are scaled away",
        ),
        pytest.param(
            workers([600] * 4 + [4_000] * 4, started_at=[LONG_AGO] * 4 + [NOW] * 4),
            8,
            50,
            8,
            60,
            id="init storm, protected: 4 at 60 % and 4 initialising at 400 % of 50 % stay 8",
        ),
        pytest.param(
            workers([600] * 4 + [4_000] * 4),
            8,
            50,
            37,
            230,
            id="init storm, unprotected: the very same load asks for 37",
        ),
    ],
)
def test_resource_utilization(made: tuple[Worker, ...], current: int, target: int, replicas: int, usage: int) -> None:
    """Sorted into groups, summed, truncated to per cent, compared; doubtful workers never help the direction."""
    assert answer(made, current=current, target=target) == (replicas, usage)


@pytest.mark.parametrize(
    ("usages", "tolerances", "replicas", "usage"),
    [
        pytest.param([1010, 1030, 1020], Tolerances(), 3, 102, id="2 % above is within 10 %"),
        pytest.param([909, 1010, 1111], Tolerances(down=0, up=0), 4, 101, id="1 % above is outside 0 %"),
        pytest.param([1890, 1910, 1900], Tolerances(up=2.0), 3, 190, id="90 % above is within 200 %"),
        pytest.param(
            [1100, 1080, 1090],
            Tolerances(down=2.0, up=0.08),
            4,
            109,
            id="9 % above is outside 8 %, whatever the other side",
        ),
        pytest.param([660, 640, 650], Tolerances(down=0.36), 3, 65, id="35 % below is within 36 %"),
        pytest.param([660, 640, 650], Tolerances(down=0.34), 2, 65, id="35 % below is outside 34 %"),
        pytest.param([900, 900, 900], Tolerances(), 3, 90, id="the lower edge holds"),
        pytest.param([1100, 1100, 1100], Tolerances(), 3, 110, id="the upper edge holds"),
    ],
)
def test_tolerance_of_each_direction(usages: list[int], tolerances: Tolerances, replicas: int, usage: int) -> None:
    """No change within the tolerance of that direction; the edges hold."""
    made = workers(usages, requests_milli=MIXED)
    assert answer(made, current=3, target=100, tolerances=tolerances) == (replicas, usage)


@pytest.mark.parametrize(
    ("target", "replicas"),
    [
        pytest.param(56, 9, id="just outside the tolerance: the least step down"),
        pytest.param(55, 10, id="just inside: none"),
    ],
)
def test_smallest_step_out_of_tolerance(target: int, replicas: int) -> None:
    """10 workers at exactly half of what they request, with uneven requests."""
    requests = [400, 200, 310, 290, 302, 298, 301, 299, 300, 300]
    assert answer(workers([150] * 10, requests_milli=requests), current=10, target=target) == (replicas, 50)


CPU_50 = Metric(
    type=MetricType.RESOURCE, name="cpu", target=Target(type=TargetType.UTILIZATION, average_utilization=50)
)


@pytest.mark.parametrize(
    ("made", "message"),
    [
        pytest.param((), "no samples", id="no workers"),
        pytest.param(workers([None, None]), "no samples", id="no sample of any worker"),
        pytest.param(workers([200], requests_milli=None), "has no request", id="no request"),
        pytest.param(
            workers([200], ready=[False]), "might be unready", id="the only sample is of a worker never ready"
        ),
        pytest.param(
            (
                *workers([200]),
                replace(workers([None], requests_milli=None)[0], name="ended", pod_phase=PodPhase.FAILED),
            ),
            "has no request",
            id="even an ended worker without a request spoils the metric",
        ),
        pytest.param(workers([200], requests_milli=0), "request nothing", id="requests of nothing"),
    ],
)
def test_no_answer(made: tuple[Worker, ...], message: str) -> None:
    """Where no share of requests can be had, there is no decision."""
    spec = HpaSpec(replicas_max=10, metrics=(CPU_50,), cluster=CLUSTER)
    with pytest.raises(MetricFault, match=message):
        propose(CPU_50, state(made, replicas=3), spec)
