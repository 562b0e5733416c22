"""A HorizontalPodAutoscaler as it stands in a cluster: checked as the API server checks it, then made a plan.

What the API server accepts is accepted here, even where the controller can then do nothing with it: that is what
`decide` is asked to show.  What Weir cannot honour is refused.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from autoscaler.cluster import HpaClusterSettings
from autoscaler.manifests.fields import shaped
from autoscaler.manifests.hpa_shape import (
    BehaviorShape,
    HpaShape,
    MetricIdentifier,
    MetricShape,
    MetricTarget,
    PolicyShape,
    RulesShape,
    SpecShape,
)
from autoscaler.manifests.kinds import Context, Refusal
from autoscaler.model import Plan
from autoscaler.policies.hpa import (
    DEFAULT_DOWN,
    DEFAULT_UP,
    Behavior,
    ChangeUnit,
    HpaSpec,
    Metric,
    MetricType,
    ScalingPolicy,
    ScalingRules,
    SelectPolicy,
    Target,
    TargetType,
    hpa_plan,
)
from autoscaler.signals import signal_named

SOURCES = {
    "Object": "object",
    "Pods": "pods",
    "Resource": "resource",
    "ContainerResource": "container_resource",
    "External": "external",
}
CAMEL = {**{name: name for name in SOURCES.values()}, "container_resource": "containerResource"}
RESOURCES = ("cpu", "memory")
DEFAULT_METRIC = Metric(
    type=MetricType.RESOURCE,
    name="cpu",
    target=Target(type=TargetType.UTILIZATION, average_utilization=80),
)
"""What the API server fills in when there are no metrics."""


def read_hpa(document: Mapping[str, Any], context: Context) -> Plan:
    """The plan of one autoscaler.  Raises Refusal."""
    return hpa_plan(read_hpa_spec(document, context))


def read_hpa_spec(document: Mapping[str, Any], context: Context) -> HpaSpec:
    """What it says, with the API server's defaults.  Raises Refusal."""
    spec = shaped(HpaShape, document).spec
    faults = tuple(_spec_faults(spec, context))
    if faults:
        raise Refusal(*faults)
    return HpaSpec(
        replicas_min=1 if spec.min_replicas is None else spec.min_replicas,
        replicas_max=spec.max_replicas,
        metrics=tuple(_metric(metric) for metric in spec.metrics or ()) or (DEFAULT_METRIC,),
        behavior=None if spec.behavior is None else read_behavior(spec.behavior),
        cluster=context.cluster,
        names=context.signals,
    )


def _spec_faults(spec: SpecShape, context: Context) -> Iterator[str]:
    yield from _bound_faults(spec, context.cluster)
    for index, metric in enumerate(spec.metrics or ()):
        yield from _metric_faults(metric, f"spec.metrics[{index}]", context)
    yield from _double_faults(spec)


def _bound_faults(spec: SpecShape, cluster: HpaClusterSettings) -> Iterator[str]:
    least = spec.min_replicas
    if least is None:
        return
    if least == 0 and not cluster.scale_to_zero:
        yield "spec.minReplicas: 0 needs the feature gate HPAScaleToZero, which scale_to_zero=false turns off"
    if least < 0:
        yield f"spec.minReplicas: must not be negative, found {least}"
    if spec.max_replicas < least:
        yield f"spec.maxReplicas: must be at least minReplicas ({least}), found {spec.max_replicas}"
    if least == 0 and not any(metric.type in ("Object", "External") for metric in spec.metrics or ()):
        yield "spec.metrics: scaling to 0 needs at least one Object or External metric"


def _metric_faults(metric: MetricShape, path: str, context: Context) -> Iterator[str]:
    """As the API server: the source that the type names and no other, and a target that suits it."""
    wanted = SOURCES[metric.type]
    if getattr(metric, wanted) is None:
        yield f"{path}.{CAMEL[wanted]}: must be set for a metric of type {metric.type}"
    for name in SOURCES.values():
        if name != wanted and getattr(metric, name) is not None:
            yield f"{path}.{CAMEL[name]}: must not be set for a metric of type {metric.type}"
    source = getattr(metric, wanted)
    if source is None:
        return
    place = f"{path}.{CAMEL[wanted]}"
    yield from _target_faults(source.target, metric.type, f"{place}.target")
    if metric.type in ("Resource", "ContainerResource"):
        if source.name not in RESOURCES:
            yield f"{place}.name: only {' and '.join(RESOURCES)} are measured here, found {source.name!r}"
    elif context.known_only and metric.type != "Pods" and not signal_named(source.metric.name, context.signals):
        name = source.metric.name
        yield f"{place}.metric.name: no signal is known as {name}: say --metric {name}=SIGNAL"


def _target_faults(target: MetricTarget, kind: str, path: str) -> Iterator[str]:
    for name, quantity in (("value", target.value), ("averageValue", target.average_value)):
        if quantity is not None and quantity <= 0:
            yield f"{path}.{name}: must be positive"
    if target.average_utilization is not None and target.average_utilization < 1:
        yield f"{path}.averageUtilization: must be at least 1, found {target.average_utilization}"
    has_value, has_average = target.value is not None, target.average_value is not None
    has_share = target.average_utilization is not None
    if kind in ("Object", "External") and not has_value and not has_average:
        yield f"{path}.averageValue: value or averageValue must be set"
    if kind == "External" and has_value and has_average:
        yield f"{path}.value: must not be set beside averageValue"
    if kind == "Pods" and not has_average:
        yield f"{path}.averageValue: must be set"
    if kind in ("Resource", "ContainerResource") and not has_share and not has_average:
        yield f"{path}.averageUtilization: averageUtilization or averageValue must be set"
    if kind in ("Resource", "ContainerResource") and has_share and has_average:
        yield f"{path}.averageValue: must not be set beside averageUtilization"


def _double_faults(spec: SpecShape) -> Iterator[str]:
    """One name stands for one signal here, so two series of one name could not be told apart."""
    known: dict[str, tuple[str, Any]] = {}
    for index, metric in enumerate(spec.metrics or ()):
        source = getattr(metric, SOURCES[metric.type])
        identifier = getattr(source, "metric", None)
        if not isinstance(identifier, MetricIdentifier):
            continue
        path = f"spec.metrics[{index}].{CAMEL[SOURCES[metric.type]]}.metric.selector"
        first, selector = known.setdefault(identifier.name, (path, identifier.selector))
        if selector != identifier.selector:
            yield f"{path}: differs from that of the same name at {first}; they cannot be told apart here"


def _metric(metric: MetricShape) -> Metric:
    source = getattr(metric, SOURCES[metric.type])
    described = getattr(source, "described_object", None)
    return Metric(
        type=MetricType(metric.type),
        name=source.name if metric.type in ("Resource", "ContainerResource") else source.metric.name,
        target=_target(source.target),
        described="" if described is None else f"{described.kind} {described.name}",
    )


def _target(target: MetricTarget) -> Target:
    return Target(
        type=TargetType(target.type),
        value_milli=target.value,
        average_value_milli=target.average_value,
        average_utilization=target.average_utilization,
    )


def read_behavior(behavior: BehaviorShape) -> Behavior:
    """What `behavior` says, with the API server's defaults; a ScaledObject has one of the same shape."""
    return Behavior(up=_rules(behavior.scale_up, DEFAULT_UP), down=_rules(behavior.scale_down, DEFAULT_DOWN))


def _rules(rules: RulesShape | None, default: ScalingRules) -> ScalingRules:
    """What is set replaces the default, field by field."""
    if rules is None:
        return default
    window = rules.stabilization_window_seconds
    return ScalingRules(
        window_seconds=default.window_seconds if window is None else float(window),
        policies=default.policies if rules.policies is None else tuple(map(_policy, rules.policies)),
        select=default.select if rules.select_policy is None else SelectPolicy(rules.select_policy),
        tolerance=rules.tolerance,
    )


def _policy(policy: PolicyShape) -> ScalingPolicy:
    return ScalingPolicy(unit=ChangeUnit(policy.type), value=policy.value, period_seconds=policy.period_seconds)
