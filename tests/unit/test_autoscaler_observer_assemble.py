"""From what was measured to an Observation: what is known, and what is not."""

from typing import Any

import pytest

from autoscaler.model import Partition, PodPhase, Sample
from autoscaler.observer.assemble import Measured, assemble, partitions_stopped
from autoscaler.observer.offsets import Group, Offsets
from autoscaler.observer.usage import ResourceSamples
from autoscaler.reconciler.model import Exit, Pod
from contract.pods import PodSpec
from contract.worker import WorkerPhase, WorkerStatus

SPEC = PodSpec.model_validate({"resources": {"requests": {"cpu": "500m", "memory": "256Mi"}}})
NOTHING = Measured(topic="events", partitions=(0, 1))


def pod(**changes: Any) -> Pod:
    base: dict[str, Any] = {"name": "w", "created_at": 3.0, "launched_at": 4.0, "spec": SPEC}
    return Pod(**(base | changes))


def status(phase: WorkerPhase = WorkerPhase.READY, assignment: tuple[int, ...] = (0, 1)) -> WorkerStatus:
    return WorkerStatus(
        worker="w",
        phase=phase,
        process_id=1,
        uptime_seconds=5.0,
        assignment=assignment,
        processing_rate=9.0,
        true_processing_rate=18.0,
        busy_ratio=0.5,
    )


@pytest.mark.parametrize(
    ("one", "phase"),
    [
        pytest.param(pod(), PodPhase.RUNNING, id="it has a process"),
        pytest.param(pod(launched_at=None), PodPhase.PENDING, id="it never had one"),
        pytest.param(pod(launched_at=None, restarts=1), PodPhase.RUNNING, id="it backs off"),
        pytest.param(
            pod(launched_at=None, last_exit=Exit(at_seconds=5.0, code=1)), PodPhase.RUNNING, id="its first one ended"
        ),
    ],
)
def test_pod_phase(one: Pod, phase: PodPhase) -> None:
    seen = assemble(NOTHING, now=10.0, pods={"w": one}, spec_replicas=1)
    assert seen.workers[0].pod_phase is phase


def test_a_worker_that_does_not_answer_is_there_with_unknowns() -> None:
    seen = assemble(NOTHING, now=10.0, pods={"w": pod(ready=True, restarts=2)}, spec_replicas=3)
    (worker,) = seen.workers
    assert (worker.ready, worker.started_at, worker.restarts) == (True, 3.0, 2)
    assert (worker.cpu_request_cores, worker.memory_request_bytes) == (0.5, 256 * 2**20)
    unknown = (worker.phase, worker.init_seconds, worker.busy_ratio, worker.partitions, worker.cpu, worker.memory)
    assert unknown == (None,) * 6
    assert (worker.processing_rate, worker.true_processing_rate) == (None, None)
    assert (seen.spec_replicas, seen.status_replicas) == (3, 1)


def test_a_worker_that_answers() -> None:
    sample = Sample(usage=0.7, ended_at=9.5, window_seconds=5.0)
    measured = Measured(
        topic="events", partitions=(), statuses={"w": status()}, samples={"w": ResourceSamples(sample, sample)}
    )
    (worker,) = assemble(measured, now=10.0, pods={"w": pod(spec=PodSpec())}, spec_replicas=1).workers
    assert (worker.phase, worker.partitions, worker.cpu) == (WorkerPhase.READY, 2, sample)
    assert (worker.processing_rate, worker.true_processing_rate, worker.busy_ratio) == (9.0, 18.0, 0.5)
    assert worker.cpu_request_cores is None


def test_deleted_pods_are_workers_but_no_replicas() -> None:
    pods = {"w": pod(), "x": pod(name="x", deleted_at=8.0)}
    seen = assemble(NOTHING, now=10.0, pods=pods, spec_replicas=1)
    assert [worker.deleted for worker in seen.workers] == [False, True]
    assert seen.status_replicas == 1


def test_without_kafka_all_partitions_are_there_and_unknown() -> None:
    seen = assemble(NOTHING, now=10.0, pods={}, spec_replicas=0)
    assert seen.partitions == (Partition(topic="events", partition=0), Partition(topic="events", partition=1))
    assert (seen.arrival_rate, seen.time_lag_seconds, seen.group_members, seen.group_state) == (None,) * 4


def test_partitions_tell_no_commit_from_not_known() -> None:
    measured = Measured(
        topic="events",
        partitions=(0, 1),
        offsets=Offsets({1: 5}, {1: 9, 0: 7}, {1: 2}),
        committed_before={1: 4},
        arrival_rates={0: None, 1: 2.0},
        arrival_rate=None,
        group=Group("Stable", 3),
    )
    seen = assemble(measured, now=10.0, pods={}, spec_replicas=0)
    assert seen.partitions == (
        Partition(topic="events", partition=0, end_offset=7, never_committed=True),
        Partition(
            topic="events",
            partition=1,
            start_offset=2,
            end_offset=9,
            committed_offset=5,
            committed_before=4,
            arrival_rate=2.0,
        ),
    )
    assert (seen.group_state, seen.group_members) == ("Stable", 3)


@pytest.mark.parametrize(
    ("pods", "statuses", "stopped"),
    [
        pytest.param({}, {}, 4, id="no workers: all of them"),
        pytest.param({"w": pod(launched_at=None)}, {}, 4, id="a worker without a process: all of them"),
        pytest.param({"w": pod()}, {}, None, id="workers, but none answers: unknown"),
        pytest.param({"w": pod()}, {"w": status()}, 2, id="those that nobody has"),
        pytest.param({"w": pod()}, {"w": status(WorkerPhase.JOINING)}, 4, id="only a ready worker counts"),
        pytest.param({"w": pod()}, {"w": status(assignment=(0, 1, 2, 3))}, 0, id="none"),
    ],
)
def test_partitions_stopped(pods: dict[str, Pod], statuses: dict[str, WorkerStatus], stopped: int | None) -> None:
    assert partitions_stopped(range(4), pods, statuses) == stopped
