"""What each trigger answers in one tick, and what a formula makes of all of them."""

from collections.abc import Mapping
from dataclasses import field

from autoscaler.model import KedaMemory, Observation, Reading, Step
from autoscaler.model.value import replace, value
from autoscaler.policies.hpa import TargetType, running_and_ready
from autoscaler.policies.keda.fallback import can_fall_back, fallback_metric, falls_back
from autoscaler.policies.keda.formula_words import FormulaFault, NotFinite
from autoscaler.policies.keda.lag import TriggerFault, counted_partitions, kafka_lag, partition_key, topic_of
from autoscaler.policies.keda.spec import COMPOSITE, FallbackBehavior, KafkaTrigger, KedaSpec, Modifiers


@value(frozen=True, slots=True, kw_only=True)
class TriggerReading:
    """One trigger's answer: the metric for the HPA (None = it could not be read), and whether it is active."""

    value: float | None
    active: bool
    why: str
    numbers: Mapping[str, float] = field(default_factory=dict)
    cached: bool = False
    """It is the last poll's: the scaler was not asked."""


@value(frozen=True, slots=True, kw_only=True)
class Offered:
    """What the HPA will find under each metric's name, the failures in a row by then, and if a fallback stood in."""

    metrics: Mapping[str, Reading]
    failures: Mapping[str, int]
    fallback: bool


def read_trigger(trigger: KafkaTrigger, seen: Observation, committed: Mapping[str, int]) -> TriggerReading:
    """Ask a trigger.  A value that was observed under its metric's name is KEDA's own, and counts first."""
    given = seen.metrics.get(trigger.metric)
    if given is not None:
        active = given.value is not None and given.value > trigger.activation_lag_threshold
        told = f"unknown: {given.error}" if given.value is None else f"{given.value:,g} as recorded"
        return TriggerReading(value=given.value, active=active, why=told)
    try:
        lag = kafka_lag(seen.partitions, trigger, committed)
    except TriggerFault as fault:
        return TriggerReading(value=None, active=False, why=f"unknown: {fault}")
    why = f"lag {lag.total:,} over {lag.partitions} partitions, {lag.with_lag} with lag"
    if lag.persistent != lag.total:
        why += f", {lag.persistent - lag.total:,} more that nobody works off"
    if lag.metric != lag.total:
        why += f" → {lag.metric:,} for the HPA"
    return TriggerReading(
        value=float(lag.metric),
        active=lag.persistent > trigger.activation_lag_threshold,
        why=why,
        numbers={"lag": float(lag.total), "metric": float(lag.metric), "persistent_lag": float(lag.persistent)},
    )


def told(spec: KedaSpec, readings: Mapping[str, TriggerReading], current: int) -> tuple[Step, ...]:
    """A step of the trail for each trigger; none of them moves the number yet."""
    return tuple(
        Step(rule=trigger.metric, replicas=current, why=reading.why, numbers=reading.numbers)
        for trigger in spec.kafka
        if (reading := readings.get(trigger.metric)) is not None
    )


def any_failed(readings: Mapping[str, TriggerReading]) -> bool:
    """Whether a trigger could not be read."""
    return any(reading.value is None for reading in readings.values())


def any_active(spec: KedaSpec, readings: Mapping[str, TriggerReading]) -> tuple[bool, bool]:
    """Whether the object is active, and whether something could not be read.

    With a formula only the composite counts; one without a value is inactive and no failure, but one that is not finite
    counts as a failed reading.  Triggers of CPU and memory alone are always active, as nothing could wake them.
    """
    failed = any_failed(readings)
    if not spec.kafka:
        return True, failed
    if spec.modifiers is None:
        return any(reading.active for reading in readings.values()), failed
    if failed:
        return False, True
    try:
        composite = _result(spec, spec.modifiers, {name: reading.value for name, reading in readings.items()})
    except FormulaFault as fault:
        return False, isinstance(fault, NotFinite)
    return composite is not None and composite > spec.modifiers.activation_target, False


def compose(
    spec: KedaSpec, modifiers: Modifiers, values: Mapping[str, float | None], *, nil: Reading | None = None
) -> Reading:
    """The formula's value over the triggers' metrics, truncated to a thousandth; `nil` stands in where it is nil."""
    try:
        result = _result(spec, modifiers, values)
    except FormulaFault as fault:
        return Reading(error=f"the formula {modifiers.formula.text} has no value: {fault}")
    if result is None:
        return nil or Reading(error=f"the formula {modifiers.formula.text} comes to nil")
    return Reading(value=result)


def _result(spec: KedaSpec, modifiers: Modifiers, values: Mapping[str, float | None]) -> float | None:
    """The formula's value, truncated to a thousandth; None = nil.  Raises FormulaFault."""
    named = {trigger.name: values.get(trigger.metric) for trigger in spec.kafka if trigger.name}
    result = modifiers.formula.result(named)
    return None if result is None else int(result * 1000) / 1000


def offer(
    spec: KedaSpec, readings: Mapping[str, TriggerReading], failures: Mapping[str, int], seen: Observation
) -> Offered:
    """What the HPA is told when it asks now: the metrics, or what stands in for those that failed too often."""
    counts = {name: failures.get(name, 0) + 1 if reading.value is None else 0 for name, reading in readings.items()}
    if spec.modifiers is not None:
        return _offer_composite(spec, spec.modifiers, readings, counts, seen)
    metrics, fallback = {}, False
    for trigger in spec.kafka:
        reading, stand_in = readings[trigger.metric], None
        if reading.value is None and falls_back(spec.fallback, counts[trigger.metric]):
            stand_in = _stand_in(spec, seen, trigger.target, float(trigger.lag_threshold))
        metrics[trigger.metric] = stand_in or _as_reading(reading)
        fallback = fallback or stand_in is not None
    return Offered(metrics=metrics, failures=counts, fallback=fallback)


def remember(
    spec: KedaSpec, seen: Observation, before: KedaMemory, readings: Mapping[str, TriggerReading]
) -> KedaMemory:
    """What was committed when the triggers were read, for those that look at whether it moves.

    A trigger that failed is made anew and knows nothing of before; of a partition without an end offset it hears
    nothing; and one whose answer came from the cache was not asked.
    """
    offsets = dict(before.committed)
    for trigger in spec.kafka:
        reading = readings[trigger.metric]
        if not trigger.exclude_persistent_lag or reading.cached:
            continue
        if reading.value is None:
            offsets = {key: offset for key, offset in offsets.items() if trigger.topic not in ("", topic_of(key))}
            continue
        counted = counted_partitions(seen.partitions, trigger) if seen.partitions else ()
        known = {partition_key(part): part.committed_offset for part in counted if part.end_offset is not None}
        offsets.update({key: offset for key, offset in known.items() if offset is not None})
    return replace(before, committed=offsets) if offsets != before.committed else before


def _offer_composite(
    spec: KedaSpec,
    modifiers: Modifiers,
    readings: Mapping[str, TriggerReading],
    counts: Mapping[str, int],
    seen: Observation,
) -> Offered:
    """One trigger that failed too often turns the whole composite into the fallback, unless the formula sees to it."""
    fallback = spec.fallback
    failing = [name for name, reading in readings.items() if reading.value is None]
    often = [name for name in failing if falls_back(fallback, counts[name])]
    by_formula = fallback is not None and fallback.behavior is FallbackBehavior.SCALING_MODIFIERS
    stand_in = _stand_in(spec, seen, modifiers.type, modifiers.target) if often else None
    if stand_in is not None and not by_formula:
        return Offered(metrics={COMPOSITE: stand_in}, failures=counts, fallback=True)
    if failing and not (by_formula and can_fall_back(spec) and len(often) == len(failing)):
        reading = Reading(error="; ".join(f"{name} {readings[name].why}" for name in failing))
        return Offered(metrics={COMPOSITE: reading}, failures=counts, fallback=False)
    values = {name: reading.value for name, reading in readings.items()}
    composite = compose(spec, modifiers, values, nil=stand_in)
    return Offered(metrics={COMPOSITE: composite}, failures=counts, fallback=bool(failing))


def _stand_in(spec: KedaSpec, seen: Observation, kind: TargetType, target: float) -> Reading | None:
    """The fallback's metric; None where there is none, as for a target of type Value while nobody is ready."""
    if spec.fallback is None or not can_fall_back(spec):
        return None
    ready = running_and_ready(seen.workers) if kind is TargetType.VALUE else None
    if ready == 0:
        return None
    return Reading(value=fallback_metric(spec.fallback, current=seen.spec_replicas, target=target, ready=ready))


def _as_reading(reading: TriggerReading) -> Reading:
    return Reading(error=reading.why) if reading.value is None else Reading(value=reading.value)
