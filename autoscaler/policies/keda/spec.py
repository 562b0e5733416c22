"""What a ScaledObject says, after KEDA filled in its defaults.  Values only."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

from autoscaler.cluster import HpaClusterSettings
from autoscaler.policies.hpa import Behavior, TargetType
from autoscaler.policies.keda.formula import Formula
from autoscaler.signals import USUAL_NAMES, Signal

COMPOSITE = "composite-metric"
"""How KEDA names the one metric that a formula makes of all triggers."""


class OffsetReset(StrEnum):
    """Where a consumer without a committed offset starts to read."""

    LATEST = "latest"
    EARLIEST = "earliest"


class FallbackBehavior(StrEnum):
    """How many workers a trigger that cannot be read stands for."""

    STATIC = "static"
    CURRENT = "currentReplicas"
    CURRENT_IF_HIGHER = "currentReplicasIfHigher"
    CURRENT_IF_LOWER = "currentReplicasIfLower"
    SCALING_MODIFIERS = "scalingModifiers"
    """The formula sees nil instead of the trigger's value; `replicas` stand in where it comes to nil."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KafkaTrigger:
    """A trigger of type `kafka` or `apache-kafka`; the latter refuses partitions without an end offset.

    An empty topic means every topic that the group has committed to.  `partitions` limits which partitions of a named
    topic count; None is all of them.
    """

    metric: str
    """The metric's name in the HPA: `s0-kafka-orders`."""
    name: str = ""
    """How a formula calls this trigger."""
    topic: str = ""
    lag_threshold: int = 10
    activation_lag_threshold: int = 0
    offset_reset: OffsetReset = OffsetReset.LATEST
    allow_idle_consumers: bool = False
    exclude_persistent_lag: bool = False
    scale_to_zero_on_invalid_offset: bool = False
    limit_to_partitions_with_lag: bool = False
    ensure_even_distribution: bool = False
    partitions: tuple[range, ...] | None = None
    target: TargetType = TargetType.AVERAGE_VALUE
    use_cached: bool = False
    """The HPA sees what the last poll found instead of asking again."""
    needs_every_end: bool = False
    """As `apache-kafka`: a partition whose end offset is missing is an error."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceTrigger:
    """A trigger of type `cpu` or `memory`: the HPA reads it itself, KEDA never looks at it."""

    resource: str
    name: str = ""
    average_utilization: int | None = None
    average_value_milli: int | None = None
    container: str = ""


Trigger = KafkaTrigger | ResourceTrigger


@dataclass(frozen=True, slots=True, kw_only=True)
class Modifiers:
    """`advanced.scalingModifiers`: one metric made of the named triggers by a formula, with a target of its own."""

    formula: Formula
    target: float
    activation_target: float = 0.0
    type: TargetType = TargetType.AVERAGE_VALUE


@dataclass(frozen=True, slots=True, kw_only=True)
class Fallback:
    """What takes a trigger's place after more than `failure_threshold` failed readings in a row."""

    failure_threshold: int
    replicas: int
    behavior: FallbackBehavior = FallbackBehavior.STATIC


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """What the annotations `autoscaling.keda.sh/…` say.  `replicas` wins over `everything`."""

    everything: bool = False
    replicas: int | None = None
    scale_in: bool = False
    scale_out: bool = False
    force_activation: bool = False


@dataclass(frozen=True, kw_only=True)
class KedaSpec:
    """One ScaledObject with its cluster's settings.  Without slots, because `kafka` is kept in its `__dict__`."""

    triggers: tuple[Trigger, ...]
    polling_seconds: float = 30.0
    cooldown_seconds: float = 300.0
    initial_cooldown_seconds: float = 0.0
    replicas_idle: int | None = None
    replicas_min: int = 0
    replicas_max: int = 100
    fallback: Fallback | None = None
    modifiers: Modifiers | None = None
    pause: Pause = field(default_factory=Pause)
    behavior: Behavior | None = None
    cluster: HpaClusterSettings = field(default_factory=HpaClusterSettings)
    names: Mapping[str, Signal] = field(default_factory=lambda: USUAL_NAMES)

    @cached_property
    def kafka(self) -> tuple[KafkaTrigger, ...]:
        """The triggers that KEDA itself reads."""
        return tuple(trigger for trigger in self.triggers if isinstance(trigger, KafkaTrigger))
