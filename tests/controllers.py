"""What a controller sees in tests of everything but the observer."""

from autoscaler.model import Observation
from autoscaler.observer.observer import Look, Observer
from autoscaler.reconciler.model import Pods


class Eyes(Observer):
    """Sees the pods, and a group of `members`; or fails with `fault`."""

    def __init__(self) -> None:
        self.fault: Exception | None = None
        self.members: int | None = None

    async def look(self, *, now: float, pods: Pods, spec_replicas: int) -> Look:
        if self.fault:
            raise self.fault
        running = sum(pod.running for pod in pods.values())
        return Look(
            observation=Observation(
                at_seconds=now, spec_replicas=spec_replicas, status_replicas=running, group_members=self.members
            ),
            statuses={},
            offsets=None,
            usage={},
            worker_cpu_seconds=0.0,
            init_cpu_seconds=0.0,
            partitions_stopped=None,
            rebalances=None,
            took_seconds=0.0,
        )
