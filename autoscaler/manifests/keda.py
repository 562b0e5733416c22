"""A ScaledObject as it stands in a cluster: checked as KEDA's own webhook checks it, then made a plan."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from autoscaler.manifests.fields import shaped
from autoscaler.manifests.hpa import read_behavior
from autoscaler.manifests.keda_shape import ModifiersShape, ScaledObjectShape, ScaledSpecShape
from autoscaler.manifests.keda_trigger import RESOURCES, read_bool, read_trigger
from autoscaler.manifests.kinds import Context, Refusal
from autoscaler.model import Plan
from autoscaler.policies.hpa import TargetType
from autoscaler.policies.keda import (
    Fallback,
    FallbackBehavior,
    FormulaFault,
    KafkaTrigger,
    KedaSpec,
    Modifiers,
    Pause,
    Trigger,
    keda_plan,
    read_formula,
)
from contract.faults import meant_perhaps

PREFIX = "autoscaling.keda.sh/"
SWITCHES = {
    "paused": "everything",
    "paused-scale-in": "scale_in",
    "paused-scale-out": "scale_out",
    "force-activation": "force_activation",
}
TRIALS = (-1.0, 1.0, 2.5, 1000.0)
"""Values that a formula is tried with: KEDA tries -1 only, and a division by 0 there is no fault of the formula."""


def read_scaled_object(document: Mapping[str, Any], context: Context) -> Plan:
    """The plan of one ScaledObject.  Raises Refusal."""
    return keda_plan(read_keda_spec(document, context))


def read_keda_spec(document: Mapping[str, Any], context: Context) -> KedaSpec:
    """What it says, with KEDA's defaults.  Raises Refusal with a line for each fault."""
    whole = shaped(ScaledObjectShape, document)
    spec = whole.spec
    faults: list[str] = []
    triggers, pause, modifiers = [], Pause(), None
    for index, shape in enumerate(spec.triggers):
        try:
            triggers.append(read_trigger(shape, index))
        except Refusal as refusal:
            faults += refusal.faults
    try:
        pause = _pause(whole.metadata)
    except Refusal as refusal:
        faults += refusal.faults
    faults += [*_count_faults(spec), *_trigger_faults(spec), *_fallback_faults(spec)]
    try:
        modifiers = _modifiers(spec)
    except Refusal as refusal:
        faults += refusal.faults
    if faults:
        raise Refusal(*faults)
    return _spec(spec, tuple(triggers), pause, modifiers, context)


def _spec(
    spec: ScaledSpecShape, triggers: tuple[Trigger, ...], pause: Pause, modifiers: Modifiers | None, context: Context
) -> KedaSpec:
    config = None if spec.advanced is None else spec.advanced.horizontal_pod_autoscaler_config
    behavior = None if config is None else config.behavior
    return KedaSpec(
        triggers=tuple(_watching(trigger, context.topic) for trigger in triggers),
        polling_seconds=float(spec.polling_interval),
        cooldown_seconds=float(spec.cooldown_period),
        initial_cooldown_seconds=float(spec.initial_cooldown_period),
        replicas_idle=spec.idle_replica_count,
        replicas_min=spec.min_replica_count or 0,
        replicas_max=spec.max_replica_count,
        fallback=_fallback(spec),
        modifiers=modifiers,
        pause=pause,
        behavior=None if behavior is None else read_behavior(behavior),
        cluster=context.cluster,
        names=context.signals,
    )


def _watching(trigger: Trigger, topic: str | None) -> Trigger:
    """A Kafka trigger that watches the live topic.  Its metric keeps the manifest's name."""
    if topic is None or not isinstance(trigger, KafkaTrigger) or not trigger.topic:
        return trigger
    return replace(trigger, topic=topic)


def _count_faults(spec: ScaledSpecShape) -> Iterator[str]:
    """A minimum of 0 that is written down counts as 1 in these comparisons, one that is not as 0: so KEDA has it."""
    least = 0 if spec.min_replica_count is None else max(1, spec.min_replica_count)
    if least > spec.max_replica_count:
        yield f"spec.maxReplicaCount: must be at least minReplicaCount ({least}), found {spec.max_replica_count}"
    idle = spec.idle_replica_count
    if idle is not None and idle >= least:
        yield f"spec.idleReplicaCount: must be less than minReplicaCount ({least}), found {idle}"


def _trigger_faults(spec: ScaledSpecShape) -> Iterator[str]:
    names: set[str] = set()
    for index, trigger in enumerate(spec.triggers):
        if trigger.name and trigger.name in names:
            yield f"spec.triggers[{index}].name: another trigger is named {trigger.name!r}"
        names.add(trigger.name)
    if all(trigger.type in RESOURCES for trigger in spec.triggers) and not spec.min_replica_count:
        yield "spec.minReplicaCount: must be at least 1 with triggers of cpu and memory alone: nothing could wake them"


def _fallback_faults(spec: ScaledSpecShape) -> Iterator[str]:
    """A fallback stands in for triggers that KEDA reads: it may be beside CPU and memory, but not beside them alone."""
    fallback = spec.fallback
    if fallback is None:
        return
    modifiers = None if spec.advanced is None else spec.advanced.scaling_modifiers
    if fallback.behavior == "scalingModifiers" and (modifiers is None or not modifiers.formula):
        yield "spec.fallback.behavior: scalingModifiers needs advanced.scalingModifiers.formula"
    if modifiers is None and all(each.type in RESOURCES for each in spec.triggers):
        yield "spec.fallback: needs a trigger other than cpu and memory"


def _fallback(spec: ScaledSpecShape) -> Fallback | None:
    if spec.fallback is None:
        return None
    return Fallback(
        failure_threshold=spec.fallback.failure_threshold,
        replicas=spec.fallback.replicas,
        behavior=FallbackBehavior(spec.fallback.behavior),
    )


def _modifiers(spec: ScaledSpecShape) -> Modifiers | None:
    shape = None if spec.advanced is None else spec.advanced.scaling_modifiers
    if shape is None or shape == ModifiersShape():
        return None
    path = "spec.advanced.scalingModifiers"
    faults = [f"{path}.{fault}" for fault in _modifier_faults(shape)]
    names = frozenset(each.name for each in spec.triggers if each.type not in RESOURCES and each.name)
    faults += [f"{path}.formula: {fault}" for fault in _formula_faults(shape.formula, names)]
    if faults:
        raise Refusal(*faults)
    return Modifiers(
        formula=read_formula(shape.formula),
        target=float(shape.target),
        activation_target=float(shape.activation_target or 0),
        type=TargetType.VALUE if shape.metric_type == "Value" else TargetType.AVERAGE_VALUE,
    )


def _modifier_faults(shape: ModifiersShape) -> Iterator[str]:
    target = _float(shape.target)
    if target is None or int(target * 1000) <= 0:
        yield f"target: must be a number above 0, found {shape.target!r}"
    if shape.activation_target and _float(shape.activation_target) is None:
        yield f"activationTarget: must be a number, found {shape.activation_target!r}"
    if shape.metric_type == "Utilization":
        yield "metricType: must be AverageValue or Value"


def _formula_faults(text: str, names: frozenset[str]) -> Iterator[str]:
    if not text.strip():
        yield "must be set"
        return
    try:
        formula = read_formula(text)
    except FormulaFault as fault:
        yield str(fault)
        return
    unknown = sorted(formula.names - names)
    if unknown:
        yield f"no trigger is named {' or '.join(unknown)}; there are {', '.join(sorted(names)) or 'none'}"
        return
    failed = []
    for trial in TRIALS:
        try:
            formula.value(dict.fromkeys(names, trial))
        except FormulaFault as fault:
            failed.append(str(fault))
    if len(failed) == len(TRIALS):
        yield failed[0]


def _float(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _pause(metadata: Mapping[str, Any]) -> Pause:
    """What the annotations ask for.  A switch that is neither true nor false counts as on, as in KEDA."""
    annotations = metadata.get("annotations") or {}
    if not isinstance(annotations, dict):
        raise Refusal("metadata.annotations: must be a mapping")
    own = {name: text for name, text in annotations.items() if str(name).startswith(PREFIX)}
    faults = list(_annotation_faults(own))
    if faults:
        raise Refusal(*faults)
    switches = {field: _switch(own.get(PREFIX + name)) for name, field in SWITCHES.items()}
    replicas = own.get(f"{PREFIX}paused-replicas")
    return Pause(replicas=None if replicas is None else int(replicas), **switches)


def _annotation_faults(own: Mapping[Any, Any]) -> Iterator[str]:
    for name, text in own.items():
        path, short = f"metadata.annotations[{name}]", str(name).removeprefix(PREFIX)
        if not isinstance(text, str):
            yield f"{path}: must be text, so quote it, found {text!r}"
        elif short == "paused-replicas":
            if not (text.isascii() and text.isdigit() and int(text) < 2**31):
                yield f"{path}: must be a number of replicas, found {text!r}"
        elif short not in SWITCHES:
            hint = meant_perhaps(short, (*SWITCHES, "paused-replicas"))
            yield f"{path}: there is no such annotation, or it cannot be honoured here; {hint}"


def _switch(text: str | None) -> bool:
    if text is None:
        return False
    try:
        return read_bool(text)
    except ValueError:
        return True
