"""Which workers count: the rows of Kubernetes' own table for grouping pods, and the edges between them."""

import pytest

from autoscaler.model import PodPhase, Sample, Worker
from autoscaler.policies.hpa import Group, cpu_unready, group_of
from tests.hpa_states import CLUSTER, NOW

RUNNING = PodPhase.RUNNING


def worker(
    *,
    phase: PodPhase = RUNNING,
    ready: bool | None = True,
    started: float | None = 600.0,
    changed: float = 600.0,
    deleted: bool = False,
) -> Worker:
    """A worker by the ages of its start and of its last change of readiness."""
    return Worker(
        name="w",
        pod_phase=phase,
        ready=ready,
        ready_changed_at=NOW - changed,
        started_at=None if started is None else NOW - started,
        deleted=deleted,
    )


def sample(*, age: float = 0.0, window: float = 30.0) -> Sample:
    """A sample that ended `age` ago."""
    return Sample(usage=1.0, ended_at=NOW - age, window_seconds=window)


@pytest.mark.parametrize(
    ("seen", "usage", "group"),
    [
        pytest.param(worker(ready=None, started=0), sample(), Group.UNREADY, id="no Ready condition"),
        pytest.param(worker(started=None), sample(), Group.UNREADY, id="no start time"),
        pytest.param(
            worker(started=60, changed=30),
            sample(window=30),
            Group.READY,
            id="initialising, a whole window since ready",
        ),
        pytest.param(
            worker(started=60, changed=30),
            sample(window=60),
            Group.UNREADY,
            id="initialising, the window began before ready",
        ),
        pytest.param(
            worker(started=60, changed=30),
            sample(age=0.1, window=30),
            Group.UNREADY,
            id="initialising, short of a window by a hair",
        ),
        pytest.param(
            worker(started=60, changed=59, ready=False), sample(), Group.UNREADY, id="initialising and not ready"
        ),
        pytest.param(
            worker(started=600, changed=594, ready=False),
            sample(),
            Group.UNREADY,
            id="after initialisation, last change 6 s after the start: never ready",
        ),
        pytest.param(
            worker(started=600, changed=590, ready=False),
            sample(),
            Group.READY,
            id="after initialisation, last change at the readiness delay: was ready once",
        ),
        pytest.param(
            worker(started=600, changed=540, ready=False),
            sample(),
            Group.READY,
            id="after initialisation, ready once and not now: counts in full",
        ),
        pytest.param(
            worker(started=180, changed=180),
            sample(age=120, window=60),
            Group.READY,
            id="after initialisation an old sample counts",
        ),
        pytest.param(
            worker(started=120, changed=0), sample(), Group.READY, id="the initialisation period is over at its end"
        ),
        pytest.param(worker(started=119, changed=0), sample(), Group.UNREADY, id="and not before"),
        pytest.param(worker(), None, Group.MISSING, id="no sample"),
        pytest.param(worker(phase=PodPhase.PENDING), sample(), Group.UNREADY, id="pending"),
        pytest.param(worker(phase=PodPhase.PENDING), None, Group.UNREADY, id="pending is asked before missing"),
        pytest.param(
            worker(deleted=True, phase=PodPhase.PENDING), sample(), Group.IGNORED, id="deleted is asked first"
        ),
        pytest.param(worker(phase=PodPhase.FAILED), sample(), Group.IGNORED, id="failed"),
        pytest.param(worker(phase=PodPhase.SUCCEEDED), sample(), Group.IGNORED, id="succeeded"),
    ],
)
def test_groups_for_cpu(seen: Worker, usage: Sample | None, group: Group) -> None:
    """Ignored, pending, missing, the CPU unready test, ready: in this order."""
    assert group_of(seen, usage, now=NOW, cluster=CLUSTER) is group


@pytest.mark.parametrize(
    "seen",
    [
        pytest.param(worker(ready=None), id="no Ready condition"),
        pytest.param(worker(ready=False, started=1, changed=1), id="just started and not ready"),
    ],
)
def test_only_cpu_has_the_unready_test(seen: Worker) -> None:
    """Memory and pods metrics count a worker that runs, ready or not."""
    assert group_of(seen, sample(), now=NOW, cluster=None) is Group.READY
    assert group_of(seen, 5.0, now=NOW, cluster=None) is Group.READY


def test_protection_switched_off() -> None:
    """With both periods 0 a worker counts from its first sample on: the naive policy of the init storm."""
    bare = CLUSTER.model_copy(update={"cpu_initialization_period_seconds": 0.0, "initial_readiness_delay_seconds": 0.0})
    assert not cpu_unready(worker(started=1, changed=1, ready=False), sample(), now=NOW, cluster=bare)
