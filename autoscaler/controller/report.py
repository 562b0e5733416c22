"""What one tick saw and did, for whoever tells, shows or records it."""

from dataclasses import dataclass, field

from autoscaler.observer.observer import Look
from autoscaler.panel import Answer
from autoscaler.reconciler.model import Fleet, Happening
from autoscaler.rollout.model import Rollout
from autoscaler.steering import Steering


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """`look` and `answer` are None when a part failed; `held` says which, and why."""

    at_seconds: float
    fleet: Fleet
    desired: int
    look: Look | None
    answer: Answer | None
    happenings: tuple[Happening, ...]
    held: str | None
    took_seconds: float
    standby: bool = False
    """Another autoscaler leads: nothing was decided, and `desired` is what that one wants."""
    rollout: Rollout | None = None
    """The versions of the workers, and how far the wanted one has come; None = a dry run, which makes none."""
    steering: Steering = field(default_factory=Steering)
    """What an operator had ordered."""
