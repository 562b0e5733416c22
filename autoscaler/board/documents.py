"""The documents that the API shows: their fields, what they mean, and an example of each.

Times are seconds since the epoch, rates events/s; null is what is not known, and never 0.
"""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from autoscaler.rollout.model import Phase, Rollout
from autoscaler.rollout.view import summary

AT = 1_767_225_600.0
"""The moment of the examples."""


def example(**fields: Any) -> ConfigDict:
    """The configuration of a document with this example."""
    return ConfigDict(frozen=True, json_schema_extra={"example": fields})


class Document(BaseModel):
    """Something that the API answers with.  Every one has an example."""


class PolicyDocument(Document):
    """A policy and its bounds; null = it has none."""

    model_config = example(name="orders", kind="ScaledObject", replicas_min=1, replicas_max=12)

    name: str
    kind: str
    replicas_min: int | None
    replicas_max: int | None


class ShadowDocument(Document):
    """What a policy that only watches answered last."""

    model_config = example(name="hpa-cpu", replicas=9, why="cpu: 214 % of the request / 70 %: 9", recommendation=9)

    name: str
    replicas: int | None = Field(description="null = it was not asked yet")
    why: str | None
    recommendation: int | None = Field(description="before stabilisation and limits")


class TargetDocument(Document):
    """A number that an operator set."""

    model_config = example(replicas=7, until=AT + 600, reason="deploy")

    replicas: int
    until: float
    reason: str | None


class PauseDocument(Document):
    """Since when the policy is not asked."""

    model_config = example(since=AT - 60, reason="maintenance of the brokers")

    since: float
    reason: str | None


class LeaderDocument(Document):
    """Who acts, where several autoscalers share a group."""

    model_config = example(holder="host-a-4711-c0ffee", term=7, self=True, lease_seconds=5.0)

    holder: str
    term: int
    self: bool = Field(description="whether it is this one")
    lease_seconds: float


class ReplicasDocument(Document):
    """Workers: wanted, there, ready, and the least that keep up with what arrives."""

    model_config = example(desired=5, current=5, ready=4, needed=3)

    desired: int
    current: int | None
    ready: int | None
    needed: int | None


class LagDocument(Document):
    """Events that are not committed, and the age of the oldest of them."""

    model_config = example(events=1_280, seconds=0.9)

    events: int | None
    seconds: float | None


class RatesDocument(Document):
    """Events/s that enter Kafka, and that are committed."""

    model_config = example(arrival=2_980.0, processing=2_410.0)

    arrival: float | None
    processing: float | None


class StormDocument(Document):
    """Whether an init storm goes on: by the policy's own breaker, or by what is seen whatever the policy."""

    model_config = example(
        active=True,
        since=AT - 40,
        evidence="desired replicas rose to 12, 4.0 times the 3 needed, 83% of the workers' CPU went into starting,"
        " probes killed 3 workers",
    )

    active: bool
    since: float | None
    evidence: str | None


ROLLOUT: dict[str, Any] = {
    "revision": 3,
    "image": "weir:0.2.0",
    "phase": "stalled",
    "reason": "no progress for 600 s: worker-9: CrashLoopBackOff: 80 s until restart 5, exit code 2",
    "updated": 2,
    "ready": 4,
    "available": 4,
    "old": 4,
    "desired": 5,
    "started_at": AT - 700,
    "deadline_at": None,
    "ended_at": None,
}


class RolloutDocument(Document):
    """How far the wanted version of the workers has come."""

    model_config = example(**ROLLOUT)

    revision: int = Field(description="the version that is wanted")
    image: str | None = Field(description="of containers; null = the backend's usual one")
    phase: Phase = Field(description="`undone` is `complete` after a way back")
    reason: str | None = Field(description="why it is stalled, or what keeps the new version from running")
    updated: int = Field(description="workers of this version")
    ready: int = Field(description="workers of any version")
    available: int = Field(description="ready for long enough, of any version")
    old: int = Field(description="workers of other versions, those that are finishing included")
    desired: int
    started_at: float | None
    deadline_at: float | None = Field(description="when it is stalled unless it gets further; null = nobody waits")
    ended_at: float | None

    @classmethod
    def of(cls, rollout: Rollout) -> "RolloutDocument":
        """As the last tick counted it, under the orders of this moment."""
        return cls.model_validate(summary(rollout))


Mode = Literal["automatic", "manual", "paused", "standby", "dry-run"]


class StateDocument(Document):
    """How things stood at `at`, the last tick."""

    model_config = example(
        at=AT,
        version="0.2.0",
        group="billing",
        topic="orders",
        backend="process",
        scenario=None,
        dry_run=False,
        slo_time_lag_seconds=5.0,
        mode="automatic",
        policy={"name": "orders", "kind": "ScaledObject", "replicas_min": 1, "replicas_max": 12},
        shadows=[],
        manual=None,
        paused=None,
        leader=None,
        replicas={"desired": 5, "current": 5, "ready": 4, "needed": 3},
        lag={"events": 1_280, "seconds": 0.9},
        rates={"arrival": 2_980.0, "processing": 2_410.0},
        group_members=4,
        partitions=12,
        held=None,
        problems=[],
        storm={"active": False, "since": None, "evidence": None},
        tick_seconds=1.0,
        rollout=ROLLOUT,
    )

    at: float
    version: str
    group: str
    topic: str
    backend: str
    scenario: str | None = Field(description="of a load test")
    dry_run: bool
    slo_time_lag_seconds: float | None
    mode: Mode = Field(description="`manual` also while it is paused beneath a target")
    policy: PolicyDocument
    shadows: list[ShadowDocument]
    manual: TargetDocument | None
    paused: PauseDocument | None
    leader: LeaderDocument | None = Field(
        description="null = there is no lease, so this one acts; on standby: nobody leads, or it is not known"
    )
    replicas: ReplicasDocument
    lag: LagDocument
    rates: RatesDocument
    group_members: int | None
    partitions: int | None
    held: str | None = Field(description="which part failed in this tick, so that nothing was changed")
    problems: list[str] = Field(description="who did not answer in this tick, and why")
    storm: StormDocument
    tick_seconds: float = Field(description="from one tick to the next")
    rollout: RolloutDocument | None = Field(description="which version the workers are; null = none are made here")


class WorkerDocument(Document):
    """One worker.  Everything that is asked of itself is null while it does not answer."""

    model_config = example(
        name="worker-3",
        phase="ready",
        pod_phase="Running",
        ready=True,
        created_at=AT - 300,
        launched_at=AT - 120,
        restarts=1,
        generation=1,
        revision="1",
        cpu_cores=0.42,
        cpu_seconds=51.3,
        memory_bytes=88_080_384.0,
        busy_ratio=0.71,
        processing_rate=640.0,
        true_processing_rate=900.0,
        partitions=3,
        pending_reason=None,
        deleted=False,
        last_exit="signal 9 (SIGKILL)",
        url="http://127.0.0.1:40123",
    )

    name: str
    phase: str | None = Field(description="the worker's own: starting, initialising, joining, ready, draining")
    pod_phase: str = Field(description="in Kubernetes' words")
    ready: bool
    created_at: float
    launched_at: float | None = Field(description="of the present process; null while there is none")
    restarts: int
    generation: int = Field(description="number of the present process, from 0")
    revision: str = Field(description="of what it was made from")
    cpu_cores: float | None = Field(description="mean over the window that policies see")
    cpu_seconds: float | None = Field(description="of the present process")
    memory_bytes: float | None
    busy_ratio: float | None
    processing_rate: float | None
    true_processing_rate: float | None = Field(description="events/s if it were busy all the time")
    partitions: int | None
    pending_reason: str | None = Field(description="why it has no process")
    deleted: bool = Field(description="it was told to go")
    last_exit: str | None = Field(description="how the process before the present one ended, in words")
    url: str | None = Field(description="its status page")
