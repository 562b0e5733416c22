"""From each kind of policy to the sketch that both forms are written from."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from autoscaler.errors import PolicyError
from autoscaler.manifests.hpa import CAMEL, SOURCES
from autoscaler.manifests.keda_trigger import KAFKA
from autoscaler.manifests.own import EntryShape, FixedShape, ScheduleShape
from autoscaler.manifests.read import ReadPolicy
from autoscaler.manifests.write.nearest import weir_sketch
from autoscaler.manifests.write.sketch import Hours, Lag, Names, Sketch, Use
from autoscaler.policies.hpa import HpaPolicy, HpaSpec, Metric, MetricType, TargetType
from autoscaler.policies.keda import KafkaTrigger, KedaPolicy, KedaSpec, Pause, ResourceTrigger
from autoscaler.signals import Signal, signal_named
from contract.quantities import MILLI

CPU = Use(resource="cpu", percent=80)
"""What an HPA without metrics has; between equal bounds it decides nothing."""


def sketch_of(policy: ReadPolicy, names: Names) -> Sketch:
    """The policy's sketch.  Raises PolicyError for a kind that neither form can express."""
    if policy.kind == "WeirPolicy":
        return weir_sketch(policy, names)
    reader = SOURCES_BY_KIND.get(policy.kind)
    if reader is None:
        why = REFUSED.get(policy.kind, "its rules are code of its own, which no manifest can hold")
        raise PolicyError(f"{policy.kind} {policy.name} cannot be written as a manifest of a cluster: {why}")
    return reader(policy)


def _of_hpa(policy: ReadPolicy) -> Sketch:
    assert isinstance(policy.plan.policy, HpaPolicy)
    spec, document = policy.plan.policy.spec, policy.document["spec"]
    sketch = Sketch(
        name=policy.name,
        target=document["scaleTargetRef"],
        least=spec.replicas_min,
        most=spec.replicas_max,
        behavior=document.get("behavior"),
    )
    entries = document.get("metrics") or [{"type": "Resource", "resource": {}}]
    for index, (metric, entry) in enumerate(zip(spec.metrics, entries, strict=True)):
        source = entry[CAMEL[SOURCES[metric.type]]]
        found = _use(metric, source) if metric.type in RESOURCES else _lag(metric, spec, entry)
        if found is None:
            sketch.lost.append(f"spec.metrics[{index}]: {_why_not(metric, spec)}")
        else:
            sketch.metrics.append(found)
    if document.get("selectionStrategy"):
        sketch.lost.append("spec.selectionStrategy: KEDA's HPA has the default")
    if sketch.least == 0:
        sketch.lost.append("spec.minReplicas 0: KEDA goes to 0 by its cooldown, past the HPA's scale-down rules")
    return sketch


def _use(metric: Metric, source: Mapping[str, Any]) -> Use:
    target = metric.target
    amount = None if target.average_value_milli is None else str(source["target"]["averageValue"])
    return Use(
        resource=metric.name,
        percent=None if amount else target.average_utilization,
        amount=amount,
        container=source.get("container", ""),
    )


def _lag(metric: Metric, spec: HpaSpec, entry: Mapping[str, Any]) -> Lag | None:
    """A target on total lag that the controller acts on; None for another."""
    target, external = metric.target, metric.type is MetricType.EXTERNAL
    if metric.type is MetricType.PODS or signal_named(metric.name, spec.names) is not Signal.TOTAL_LAG:
        return None
    if target.average_value_milli is not None and (external or target.type is TargetType.AVERAGE_VALUE):
        return Lag(amount=target.average_value_milli / MILLI, per_worker=True, whole=entry)
    if target.value_milli is not None and (external or target.type is TargetType.VALUE):
        return Lag(amount=target.value_milli / MILLI, per_worker=False, whole=entry)
    return None


def _why_not(metric: Metric, spec: HpaSpec) -> str:
    signal = signal_named(metric.name, spec.names)
    if metric.type is not MetricType.PODS and signal is Signal.TOTAL_LAG:
        return f"the target of {metric.name} has nothing for its type: the controller never scales on it"
    known = "is not known (--metric)" if signal is None else f"is {signal}"
    return f"{metric.name} {known}; a Kafka trigger looks at total lag and nothing else"


def _of_keda(policy: ReadPolicy) -> Sketch:
    assert isinstance(policy.plan.policy, KedaPolicy)
    spec, document = policy.plan.policy.spec, policy.document["spec"]
    config = (document.get("advanced") or {}).get("horizontalPodAutoscalerConfig") or {}
    reference = document["scaleTargetRef"]
    return Sketch(
        name=policy.name,
        target={
            "apiVersion": reference.get("apiVersion") or "apps/v1",
            "kind": reference.get("kind") or "Deployment",
            "name": reference["name"],
        },
        least=max(1, spec.replicas_min),
        most=spec.replicas_max,
        behavior=config.get("behavior"),
        metrics=list(_triggers(spec, document)),
        lost=[*_lost_of_keda(spec), *_lost_of_triggers(spec)],
        notes=["a partition without a commit counts as the metric's exporter has it, not as offsetResetPolicy says"],
    )


def _triggers(spec: KedaSpec, document: Mapping[str, Any]) -> Iterator[Lag | Use]:
    """The first Kafka trigger only: an HPA here knows one total lag."""
    named = (trigger["metadata"] for trigger in document["triggers"] if trigger["type"] in KAFKA)
    for trigger, metadata in zip(spec.kafka[:1], named, strict=False):
        yield Lag(
            amount=float(trigger.lag_threshold),
            per_worker=trigger.target is TargetType.AVERAGE_VALUE,
            group=metadata.get("consumerGroup"),
            topic=metadata.get("topic"),
        )
    for use in spec.triggers:
        if isinstance(use, ResourceTrigger):
            milli = use.average_value_milli
            amount = None if milli is None else f"{milli}m"
            yield Use(resource=use.resource, percent=use.average_utilization, amount=amount, container=use.container)


def _lost_of_keda(spec: KedaSpec) -> Iterator[str]:
    if spec.replicas_min == 0:
        yield "spec.minReplicaCount 0: an HPA goes down to 1; activation, cooldown and 0 are KEDA's"
    if spec.replicas_idle is not None:
        yield f"spec.idleReplicaCount {spec.replicas_idle}"
    if spec.fallback is not None:
        yield "spec.fallback: an HPA whose metric cannot be read holds"
    if spec.modifiers is not None:
        yield "spec.advanced.scalingModifiers: an HPA has no formula"
    if spec.pause != Pause():
        yield "metadata.annotations: an HPA knows no pause"
    if len(spec.kafka) > 1:
        yield f"spec.triggers: {len(spec.kafka)} Kafka triggers, of which the first is kept"


def _lost_of_triggers(spec: KedaSpec) -> Iterator[str]:
    for trigger in spec.kafka[:1]:
        if not trigger.allow_idle_consumers:
            yield "the cap at the number of partitions: let maxReplicas be at most that"
        for name, flag in _flags(trigger).items():
            if flag:
                yield f"spec.triggers: {name}"


def _flags(trigger: KafkaTrigger) -> dict[str, bool]:
    return {
        "excludePersistentLag": trigger.exclude_persistent_lag,
        "limitToPartitionsWithLag": trigger.limit_to_partitions_with_lag,
        "ensureEvenDistributionOfPartitions": trigger.ensure_even_distribution,
        "scaleToZeroOnInvalidOffset": trigger.scale_to_zero_on_invalid_offset,
        "partitionLimitation": trigger.partitions is not None,
        "useCachedMetrics": trigger.use_cached,
    }


def _of_fixed(policy: ReadPolicy) -> Sketch:
    replicas = FixedShape.model_validate(policy.document).spec.replicas
    if replicas == 0:
        raise PolicyError(f"{policy.kind} {policy.name}: 0 workers for ever is no autoscaler: scale the workload to 0")
    note = "the bounds decide: the CPU metric stands here because there must be one"
    return Sketch(name=policy.name, target=None, least=replicas, most=replicas, metrics=[CPU], notes=[note])


def _of_schedule(policy: ReadPolicy) -> Sketch:
    spec = ScheduleShape.model_validate(policy.document).spec
    entries = list(enumerate(spec.entries))
    sketch = Sketch(
        name=policy.name,
        target=None,
        least=spec.replicas,
        most=max(1, spec.replicas, *(entry.desired_replicas for entry in spec.entries)),
        metrics=[hours for _, entry in entries if (hours := _hours(entry, spec.timezone)) is not None],
        notes=["an HPA holds within its tolerance: from 20 workers it does not go to 21"],
    )
    for index, entry in entries:
        sketch.lost += [f"spec.entries[{index}]: {why}" for why in _lost_of_entry(entry, spec.replicas)]
    return sketch


def _hours(entry: EntryShape, timezone: str) -> Hours | None:
    if entry.start is None or entry.end is None:
        return None
    zone = entry.timezone or timezone
    return Hours(start=entry.start.text, end=entry.end.text, timezone=zone, replicas=entry.desired_replicas)


def _lost_of_entry(entry: EntryShape, usual: int) -> Iterator[str]:
    if entry.cron is not None:
        yield f"cron {entry.cron.text}: KEDA's trigger needs a start and an end"
    if entry.desired_replicas < usual:
        yield f"desiredReplicas {entry.desired_replicas} is below replicas {usual}, which is the minimum in KEDA"
    for cron in (entry.start, entry.end):
        if cron is not None and "7" in cron.text.split()[-1]:
            yield f"{cron.text}: KEDA calls Sunday 0 and refuses 7"


RESOURCES = (MetricType.RESOURCE, MetricType.CONTAINER_RESOURCE)
SOURCES_BY_KIND: Mapping[str, Callable[[ReadPolicy], Sketch]] = {
    "HorizontalPodAutoscaler": _of_hpa,
    "ScaledObject": _of_keda,
    "FixedPolicy": _of_fixed,
    "SchedulePolicy": _of_schedule,
}
REFUSED = {
    "FlinkPolicy": "it sizes by the true processing rate of the workers, which neither an HPA nor KEDA measures",
    "CustomPolicy": "it is code of your own, which no manifest can hold",
}
