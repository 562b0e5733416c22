"""What a HorizontalPodAutoscaler says, after the API server filled in its defaults.  Values only."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from autoscaler.cluster import HpaClusterSettings
from autoscaler.signals import USUAL_NAMES, Signal


class MetricType(StrEnum):
    """Where a metric comes from, in Kubernetes' spelling."""

    RESOURCE = "Resource"
    CONTAINER_RESOURCE = "ContainerResource"
    PODS = "Pods"
    OBJECT = "Object"
    EXTERNAL = "External"


class TargetType(StrEnum):
    """What a target says that it is.  For some metrics the controller looks at it, for others only at what is set."""

    UTILIZATION = "Utilization"
    VALUE = "Value"
    AVERAGE_VALUE = "AverageValue"


class SelectPolicy(StrEnum):
    """Which of several scaling policies counts: the one that allows the most change, the least, or none at all."""

    MAX = "Max"
    MIN = "Min"
    DISABLED = "Disabled"


class ChangeUnit(StrEnum):
    """What the value of a scaling policy counts."""

    PODS = "Pods"
    PERCENT = "Percent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tolerances:
    """No change while `1 - down <= usage / target <= 1 + up`; both edges hold."""

    down: float = 0.1
    up: float = 0.1

    def hold(self, ratio: float) -> bool:
        """Whether the ratio is too near to 1 to act on."""
        return 1.0 - self.down <= ratio <= 1.0 + self.up


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A metric's target; thousandths for quantities, per cent of the request for utilisation."""

    type: TargetType
    value_milli: int | None = None
    average_value_milli: int | None = None
    average_utilization: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One entry of `spec.metrics`.  `name` is the metric's or the resource's (cpu, memory)."""

    type: MetricType
    name: str
    target: Target
    described: str = ""
    """Kind and name of the object that an object metric describes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScalingPolicy:
    """At most `value` workers, or per cent of workers, may be added or removed within any `period_seconds`."""

    unit: ChangeUnit
    value: int
    period_seconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ScalingRules:
    """`behavior.scaleUp` or `.scaleDown`.  A window of None is the cluster's, a tolerance of None likewise."""

    window_seconds: float | None
    policies: tuple[ScalingPolicy, ...]
    select: SelectPolicy = SelectPolicy.MAX
    tolerance: float | None = None


DEFAULT_UP = ScalingRules(
    window_seconds=0,
    policies=(
        ScalingPolicy(unit=ChangeUnit.PODS, value=4, period_seconds=15),
        ScalingPolicy(unit=ChangeUnit.PERCENT, value=100, period_seconds=15),
    ),
)
"""What scaleUp is when `behavior` says nothing about it."""

DEFAULT_DOWN = ScalingRules(
    window_seconds=None,
    policies=(ScalingPolicy(unit=ChangeUnit.PERCENT, value=100, period_seconds=15),),
)
"""What scaleDown is when `behavior` says nothing about it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Behavior:
    """How fast the number may change.  An autoscaler without it follows older rules, which are not the same."""

    up: ScalingRules = DEFAULT_UP
    down: ScalingRules = DEFAULT_DOWN


@dataclass(frozen=True, slots=True, kw_only=True)
class HpaSpec:
    """One autoscaler with its cluster's settings.  `names` maps metric names to signals."""

    replicas_min: int = 1
    replicas_max: int
    metrics: tuple[Metric, ...]
    behavior: Behavior | None = None
    cluster: HpaClusterSettings = field(default_factory=HpaClusterSettings)
    names: Mapping[str, Signal] = field(default_factory=lambda: USUAL_NAMES)

    @property
    def tolerances(self) -> Tolerances:
        """The tolerance for each direction: the autoscaler's own, else the cluster's."""
        usual = self.cluster.tolerance
        if self.behavior is None:
            return Tolerances(down=usual, up=usual)
        down, up = self.behavior.down.tolerance, self.behavior.up.tolerance
        return Tolerances(down=usual if down is None else down, up=usual if up is None else up)

    @property
    def down_window_seconds(self) -> float:
        """The window for going down: the autoscaler's own, else the cluster's (in whole seconds with `behavior`)."""
        own = None if self.behavior is None else self.behavior.down.window_seconds
        if own is not None:
            return own
        usual = self.cluster.downscale_stabilization_seconds
        return usual if self.behavior is None else float(int(usual))

    @property
    def memory_seconds(self) -> float:
        """The longest window or period: what has to be remembered."""
        if self.behavior is None:
            return self.down_window_seconds
        periods = self.event_slots_seconds or ()
        return max(self.down_window_seconds, self.behavior.up.window_seconds or 0.0, *periods)

    @property
    def event_slots_seconds(self) -> tuple[float, float] | None:
        """The longest period of a policy upward and downward; without `behavior` no event is kept."""
        if self.behavior is None:
            return None
        up, down = (
            max((float(policy.period_seconds) for policy in rules.policies), default=0.0)
            for rules in (self.behavior.up, self.behavior.down)
        )
        return up, down
