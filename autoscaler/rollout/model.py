"""A rollout as a value: which versions there are, which one is wanted, and how far its workers have come."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from contract.pods import PodSpec
from contract.rollout import RolloutStrategy

REVISIONS_MAX = 11
"""The current one and ten to go back to, as a Deployment's revisionHistoryLimit has it."""


class Phase(StrEnum):
    """Where a rollout stands.  `undone` is `complete` after a way back."""

    PROGRESSING = "progressing"
    COMPLETE = "complete"
    STALLED = "stalled"
    UNDONE = "undone"


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """One version of the workers: their settings and, of containers, their image."""

    number: int
    worker: PodSpec
    """The whole `worker` section where there is one."""
    image: str | None = None
    """None = the backend's usual one."""
    made_at: float | None = None
    """None = when the autoscaler began."""

    @property
    def name(self) -> str:
        """As templates, pods and labels have it."""
        return str(self.number)


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """Workers in one tick.  Those that are to go count as old ones of their version, and as nothing else."""

    desired: int = 0
    updated: int = 0
    """Of the wanted version."""
    ready: int = 0
    """Of any version."""
    available: int = 0
    """Ready for long enough, of any version."""
    old: int = 0
    """Of another version, also those that are only finishing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """The furthest that it has come, of the wanted version; `old` is the least.  Whoever falls back is no progress."""

    updated: int = 0
    ready: int = 0
    available: int = 0
    old: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Rollout:
    """`revisions` are those that can be gone back to, least lately wanted first; the last one is wanted."""

    revisions: tuple[Revision, ...]
    last_number: int
    """The highest that was ever given: no number comes again, also when its revision is forgotten."""
    given: Revision
    """What the autoscaler was started with: a restart with other settings is a rollout, one with the same is not."""
    strategy: RolloutStrategy = field(default_factory=RolloutStrategy)
    phase: Phase = Phase.PROGRESSING
    undoing: bool = False
    """It is a way back."""
    reason: str | None = None
    """Why it is stalled, or what keeps the new version from running."""
    started_at: float | None = None
    """None = it has not been looked at yet."""
    progressed_at: float | None = None
    ended_at: float | None = None
    """When it was complete; None = it is not."""
    sizes: Mapping[str, int] = field(default_factory=dict)
    """How many workers of each revision are wanted now; Kubernetes keeps this number in each ReplicaSet."""
    sized_for: int | None = None
    """For how many workers altogether that was."""
    marks: Marks | None = None
    """None = it has only begun."""
    counts: Counts = field(default_factory=Counts)

    @property
    def current(self) -> Revision:
        """The wanted version."""
        return self.revisions[-1]

    @property
    def moving(self) -> bool:
        """Whether there is something to wait for."""
        return self.phase in {Phase.PROGRESSING, Phase.STALLED}

    @property
    def deadline_at(self) -> float | None:
        """When it is stalled unless it gets further before; None = nobody waits for it."""
        if self.phase is not Phase.PROGRESSING or self.progressed_at is None:
            return None
        return self.progressed_at + self.strategy.progress_deadline_seconds

    def revision(self, name: str) -> Revision | None:
        """The revision of that name; None = it is not known, or not any more."""
        return next((revision for revision in self.revisions if revision.name == name), None)

    def spec(self, name: str) -> PodSpec:
        """Its settings; of a version that nobody knows any more, those that are wanted now."""
        return (self.revision(name) or self.current).worker
