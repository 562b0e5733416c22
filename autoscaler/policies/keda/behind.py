"""The HPA that KEDA makes for a ScaledObject: it does everything between 1 and the maximum."""

from dataclasses import replace

from autoscaler.policies.hpa import (
    Behavior,
    HpaSpec,
    Metric,
    MetricType,
    SelectPolicy,
    Target,
    TargetType,
)
from autoscaler.policies.keda.spec import COMPOSITE, KedaSpec, ResourceTrigger, Trigger
from contract.quantities import MILLI


def hpa_behind(spec: KedaSpec) -> HpaSpec:
    """Its least is 1 where the object's is 0.

    A formula leaves one external metric.  CPU and memory of whole pods stay beside it, those of one container are lost.
    """
    triggers = [trigger for trigger in spec.triggers if spec.modifiers is None or _stays(trigger)]
    metrics = [_metric(trigger) for trigger in triggers]
    if spec.modifiers is not None:
        target = _total(spec.modifiers.type, int(spec.modifiers.target * MILLI))
        metrics.append(Metric(type=MetricType.EXTERNAL, name=COMPOSITE, target=target))
    return HpaSpec(
        replicas_min=max(1, spec.replicas_min),
        replicas_max=spec.replicas_max,
        metrics=tuple(metrics),
        behavior=_behavior(spec),
        cluster=spec.cluster,
        names=spec.names,
    )


def _stays(trigger: Trigger) -> bool:
    return isinstance(trigger, ResourceTrigger) and not trigger.container


def _metric(trigger: Trigger) -> Metric:
    if isinstance(trigger, ResourceTrigger):
        shared = trigger.average_utilization is not None
        target = Target(
            type=TargetType.UTILIZATION if shared else TargetType.AVERAGE_VALUE,
            average_utilization=trigger.average_utilization,
            average_value_milli=trigger.average_value_milli,
        )
        kind = MetricType.CONTAINER_RESOURCE if trigger.container else MetricType.RESOURCE
        return Metric(type=kind, name=trigger.resource, target=target)
    return Metric(
        type=MetricType.EXTERNAL, name=trigger.metric, target=_total(trigger.target, trigger.lag_threshold * MILLI)
    )


def _total(kind: TargetType, milli: int) -> Target:
    if kind is TargetType.VALUE:
        return Target(type=kind, value_milli=milli)
    return Target(type=kind, average_value_milli=milli)


def _behavior(spec: KedaSpec) -> Behavior | None:
    """The object's own; a pause of one direction disables that direction."""
    behavior = spec.behavior
    if spec.pause.scale_in:
        behavior = behavior or Behavior()
        behavior = replace(behavior, down=replace(behavior.down, select=SelectPolicy.DISABLED))
    if spec.pause.scale_out:
        behavior = behavior or Behavior()
        behavior = replace(behavior, up=replace(behavior.up, select=SelectPolicy.DISABLED))
    return behavior
