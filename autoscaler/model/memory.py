"""The only state there is between ticks: bounded, immutable, and written out with every decision.

A journal can be replayed through any policy because nothing else is remembered anywhere.  The one rule: only values
that JSON can hold (numbers, text, booleans, None, and tuples, mappings or dataclasses of those).

Families of policies that need more than the common part have a place of their own here (`keda`, `flink`, `weir`): a
frozen dataclass with defaults, so that a memory written by an older version can still be read.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from autoscaler.model.decision import Condition


class Recommendation(NamedTuple):
    """A policy's raw proposal, before stabilisation.  A tuple, as there are hundreds: JSON has it as [at, replicas]."""

    at_seconds: float
    replicas: int


class ScaleEvent(NamedTuple):
    """A change that was asked for: workers added (positive) or removed (negative).  JSON has it as [at, change]."""

    at_seconds: float
    change: int


@dataclass(frozen=True, slots=True, kw_only=True)
class KedaMemory:
    """What KEDA's operator remembers beside the common part."""

    last_polled_at: float | None = None
    active: bool | None = None
    """What the last poll found; None = none succeeded yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FlinkMemory:
    """What Flink's autoscaler remembers beside the common part."""

    down_recommendations: tuple[Recommendation, ...] = ()
    observed_true_rates: tuple[tuple[float, float], ...] = ()
    """(at, events/s of all workers together) measured while there was a backlog."""
    rescaled_at: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WeirMemory:
    """What our own policy has learned."""

    start_seconds: float | None = None
    """Time from launch until a worker consumes."""
    worker_rate: float | None = None
    """True processing rate of one worker, events/s."""
    tripped_at: float | None = None
    """Since when the init-storm breaker has been open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """What was there before this tick.  A new one is `Memory()`; `decide` returns the one for the next tick.

    `created_at` is the time of the first tick.  Recommendations and scale events are oldest first, and no older than
    the plan's `memory_seconds`.
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
