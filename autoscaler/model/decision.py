"""What was decided, and the shape of the functions that decide.

A policy is a callable `(Observation, Memory) -> Step | Proposal`, a guard is `(Step, Observation, Memory) -> Step`.
Both are pure.  A simple policy returns one `Step`; one with more to say (conditions, several steps, a memory) returns
a `Proposal`.  To hold is to propose `seen.spec_replicas`, with the reason.
"""

from collections.abc import Callable, Mapping
from dataclasses import field

from autoscaler.model.condition import Condition
from autoscaler.model.memory import Memory
from autoscaler.model.observation import Observation
from autoscaler.model.value import value


@value(frozen=True, slots=True, kw_only=True)
class Decision:
    """One tick's answer.  The trail has the policy's steps first, then one step for each guard; the last one counts."""

    at_seconds: float
    trail: "tuple[Step, ...]"
    conditions: tuple[Condition, ...] = ()
    recommendation: int | None = None
    """The policy's raw number, before stabilisation and limits; None = it had none."""

    @property
    def replicas(self) -> int:
        """How many workers there should be."""
        return self.trail[-1].replicas


@value(frozen=True, slots=True, kw_only=True)
class Step:
    """One rule's answer, and why.  `why` is for people: it names the numbers.  `numbers` has them for programs."""

    rule: str
    replicas: int
    why: str
    numbers: Mapping[str, float] = field(default_factory=dict)


@value(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A policy's whole answer.

    `memory` is the memory it was given with the changes it wants to keep in its own places (None = none); the common
    part (recommendations, scale events, conditions) is written by `decide`.  `silent` keeps this tick's change out of
    the scale events, as when KEDA goes from 0 to 1 behind the HPA's back.
    """

    trail: tuple[Step, ...]
    conditions: tuple[Condition, ...] = ()
    recommendation: int | None = None
    memory: Memory | None = None
    silent: bool = False
    dropped: tuple[str, ...] = ()
    """Types of conditions that no longer apply."""


Policy = Callable[[Observation, Memory], Step | Proposal]
Guard = Callable[[Step, Observation, Memory], Step]


@value(frozen=True, slots=True, kw_only=True)
class Plan:
    """A policy with its guards, in the order in which they answer: `bounds` is last, so that it always holds.

    `memory_seconds` is how long recommendations and scale events are kept: the longest window or period of the policy.
    `event_slots_seconds` is for policies that keep scale events as Kubernetes' HPA does (`decide.in_slots`): the
    longest period upward and downward.  `period_seconds` is the time between two looks: a controller that ticks more
    often holds in between.  The bounds are those of the policy, for people and reports; None = it has none.
    """

    policy: Policy
    guards: tuple[Guard, ...] = ()
    memory_seconds: float = 3600.0
    event_slots_seconds: tuple[float, float] | None = None
    period_seconds: float = 0.0
    replicas_min: int | None = None
    replicas_max: int | None = None
