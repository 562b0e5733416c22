"""The only state there is between ticks: bounded, immutable, and written out with every decision.

A journal can be replayed through any policy because nothing else is remembered anywhere.  The one rule: only values
that JSON can hold (numbers, text, booleans, None, and tuples, mappings or dataclasses of those).

Families of policies that need more than the common part have a place of their own here (`keda`, `flink`, `weir`): a
frozen dataclass with defaults, so that a memory written by an older version can still be read.
"""

from collections.abc import Mapping
from dataclasses import field
from typing import NamedTuple

from autoscaler.model.condition import Condition
from autoscaler.model.value import value


class Recommendation(NamedTuple):
    """A policy's raw proposal, before stabilisation.  A tuple, as there are hundreds: JSON has it as [at, replicas]."""

    at_seconds: float
    replicas: int


class ScaleEvent(NamedTuple):
    """A change that was asked for: workers added (positive) or removed (negative).  JSON has it as [at, change]."""

    at_seconds: float
    change: int


@value(frozen=True, slots=True, kw_only=True)
class KedaMemory:
    """What KEDA's operator remembers beside the common part."""

    last_polled_at: float | None = None
    active: bool | None = None
    """What the last poll found; None = none succeeded yet."""
    committed: Mapping[str, int] = field(default_factory=dict)
    """Offsets that were committed when a trigger with `excludePersistentLag` was last read, by topic/partition."""
    cached: Mapping[str, float | None] = field(default_factory=dict)
    """What the last poll read of triggers with `useCachedMetrics`, by metric; None = it failed."""


class FlinkSample(NamedTuple):
    """What Flink's autoscaler collects at each look."""

    at_seconds: float
    lag_events: int
    input_rate: float
    load: float | None = None
    """Busy share of the workers, aggregated; None = no worker reported it."""
    observed_rate: float | None = None
    """Events/s of all workers together, if there was a backlog to measure it with."""


class DelayedDown(NamedTuple):
    """A recommendation to go down that waits for its interval.  `outside` = the rate was outside its edges."""

    at_seconds: float
    replicas: int
    outside: bool


class Rescale(NamedTuple):
    """One change made by Flink's autoscaler, with the true processing rates before it and expected of it."""

    at_seconds: float
    before: int
    after: int
    true_rate: float | None
    """None = nothing was flowing."""
    expected_rate: float | None
    restart_seconds: float | None = None
    """Until all wanted workers were ready; None = they are not yet."""


@value(frozen=True, slots=True, kw_only=True)
class FlinkMemory:
    """What Flink's autoscaler, and DS2, remember beside the common part."""

    replicas: int | None = None
    """As asked for at the last tick: a difference is a rescale, whoever made it."""
    rescaled_at: float | None = None
    """When the job last stopped: its last rescale, or the loss of a worker after it."""
    running_at: float | None = None
    """When all wanted workers were ready after that."""
    looked_at: float | None = None
    samples: tuple[FlinkSample, ...] = ()
    down_began_at: float | None = None
    down_recommendations: tuple[DelayedDown, ...] = ()
    """Those that can still become the largest of the interval: later ones are smaller."""
    pending: Rescale | None = None
    """Proposed, and not seen done yet."""
    rescales: tuple[Rescale, ...] = ()
    epochs: int = 0
    """DS2: policy intervals since the last rescale; after the warm-up only those that could be evaluated."""


class WeirLook(NamedTuple):
    """What our own policy keeps of a tick: they show the trend of the arrivals, and whether growing helped."""

    at_seconds: float
    replicas: int
    """As asked for before that tick."""
    ready: int
    arrival_rate: float | None
    processing_rate: float | None
    end_offsets: int | None = None
    """The sum over all partitions; None = one of them is not known."""


@value(frozen=True, slots=True, kw_only=True)
class WeirMemory:
    """What our own policy has learned."""

    start_seconds: float | None = None
    """Time from launch until a worker consumes."""
    worker_rate: float | None = None
    """True processing rate of one worker, events/s."""
    rebalance_seconds: float | None = None
    """For how long a rebalance stops the group."""
    looks: tuple[WeirLook, ...] = ()
    """Oldest first, about one a second."""
    tripped_at: float | None = None
    """Since when the init-storm breaker has been open."""
    calm_since: float | None = None
    """Since when an open breaker has seen no sign of the storm."""


@value(frozen=True, slots=True, kw_only=True)
class Memory:
    """What was there before this tick.  A new one is `Memory()`; `decide` returns the one for the next tick.

    `created_at` is the time of the first tick.  Recommendations and scale events are oldest first, and no older than
    the plan's `memory_seconds`; but the events of a plan with `event_slots_seconds` are in that order of places.
    """

    created_at: float | None = None
    recommendations: tuple[Recommendation, ...] = ()
    scale_events: tuple[ScaleEvent, ...] = ()
    conditions: tuple[Condition, ...] = ()
    """As they stood after the last tick; one that a tick does not touch stays as it was."""
    last_scaled_at: float | None = None
    last_active_at: float | None = None
    """When a trigger was last above its activation threshold."""
    failures: Mapping[str, int] = field(default_factory=dict)
    """Failed readings in a row, by trigger."""
    keda: KedaMemory | None = None
    flink: FlinkMemory | None = None
    weir: WeirMemory | None = None
    custom: Mapping[str, float | int | str | bool | None] = field(default_factory=dict)
    """For policies of users' own."""
