"""What a controller sees, and what leads it to believe that it leads, in tests of everything but these."""

from collections.abc import Sequence

from autoscaler.errors import LeaseError
from autoscaler.lease.leadership import Leader
from autoscaler.model import Observation
from autoscaler.observer.observer import Look, Observer
from autoscaler.reconciler.model import Happening, Pods


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


class Lease:
    """A Leadership as the test has it: leading in term 1 at first."""

    def __init__(self) -> None:
        self.why: str | None = None
        self.term: int | None = 1
        self.replicas: int | None = None
        self.state: bytes | None = None
        self.leader: Leader | None = None

    @property
    def standby(self) -> bool:
        return self.term is None

    def refusal(self) -> str | None:
        return self.why

    def wants(self, replicas: int) -> None:
        self.replicas = replicas

    def saved_state(self) -> bytes | None:
        return self.state

    def keep_state(self, state: bytes) -> None:
        if self.why:
            raise LeaseError(self.why)
        self.state = state

    def happenings(self) -> Sequence[Happening]:
        return ()

    def view(self) -> Leader | None:
        return self.leader

    def lose(self) -> None:
        """Somebody else leads."""
        self.term, self.why = None, "other leads, term 2"

    def win(self, term: int) -> None:
        """Back from somebody else."""
        self.term, self.why = term, None
