"""One tick of a ScaledObject: KEDA's poll if it is due, and else one look of the HPA behind it.

In a cluster the two run side by side; here a poll that moves the number is the tick's answer, and the HPA sees the new
number at the next tick.  Its one rule: a trigger that could not be read never moves the number by itself.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from autoscaler.model import Condition, ConditionType, KedaMemory, Memory, Observation, Plan, Proposal, Step
from autoscaler.model.value import replace
from autoscaler.policies.hpa import HpaPolicy
from autoscaler.policies.keda.activation import Activation, activation
from autoscaler.policies.keda.behind import hpa_behind
from autoscaler.policies.keda.fallback import can_fall_back, falls_back
from autoscaler.policies.keda.readings import (
    TriggerReading,
    any_active,
    offer,
    read_trigger,
    remember,
    told,
)
from autoscaler.policies.keda.spec import KedaSpec

PAUSED = "Paused"
READY = "all triggers could be read"
OF_THE_HPA = (ConditionType.ABLE_TO_SCALE, ConditionType.SCALING_ACTIVE, ConditionType.SCALING_LIMITED)


def keda_plan(spec: KedaSpec) -> Plan:
    """The plan that follows one ScaledObject to the letter.  Its HPA keeps the bounds, so it needs no guards."""
    hpa = HpaPolicy(hpa_behind(spec))
    return Plan(
        policy=KedaPolicy(spec, hpa),
        memory_seconds=hpa.spec.memory_seconds,
        event_slots_seconds=hpa.spec.event_slots_seconds,
        period_seconds=min(spec.polling_seconds, spec.cluster.sync_period_seconds),
        replicas_min=spec.replicas_min,
        replicas_max=spec.replicas_max,
    )


@dataclass(frozen=True, slots=True)
class KedaPolicy:
    """The policy `(Observation, Memory) -> Proposal` of one ScaledObject."""

    spec: KedaSpec
    hpa: HpaPolicy

    def __call__(self, seen: Observation, memory: Memory) -> Proposal:
        """KEDA's answer to this tick, with the HPA's behind it."""
        if seen.scale_fault is not None and seen.scale_fault.reason == "FailedGetScale":
            return self.hpa(seen, memory)
        if self.spec.pause.everything or self.spec.pause.replicas is not None:
            return paused(self.spec, seen)
        before = memory.keda or KedaMemory()
        due = poll_due(self.spec, before, seen.at_seconds)
        readings = _read(self.spec, seen, before, due=due)
        memory = replace(memory, keda=remember(self.spec, seen, before, readings))
        if due:
            return self._poll(seen, memory, readings)
        return self._look(seen, memory, readings, told(self.spec, readings, seen.spec_replicas))

    def _poll(self, seen: Observation, memory: Memory, readings: Mapping[str, TriggerReading]) -> Proposal:
        active, failed = any_active(self.spec, readings)
        polled = activation(
            self.spec,
            current=seen.spec_replicas,
            now=seen.at_seconds,
            active=active,
            failed=failed,
            last_active_at=memory.last_active_at,
            created_at=seen.at_seconds if memory.created_at is None else memory.created_at,
        )
        memory = _after_poll(self.spec, seen, memory, readings, polled, known=not failed, active=active)
        steps = (*told(self.spec, readings, seen.spec_replicas), _step(polled, seen))
        conditions: tuple[Condition, ...] = (
            _ready(self.spec, polled, active=active, failed=failed),
            _active(polled),
        )
        if polled.replicas is None or polled.replicas == seen.spec_replicas:
            return self._look(seen, memory, readings, steps, conditions)
        conditions = (*conditions, *_pause(self.spec, memory))
        return Proposal(trail=steps, conditions=conditions, memory=memory, silent=True)

    def _look(
        self,
        seen: Observation,
        memory: Memory,
        readings: Mapping[str, TriggerReading],
        steps: tuple[Step, ...],
        conditions: tuple[Condition, ...] = (),
    ) -> Proposal:
        """The HPA's turn.  Only when it asks for the metrics do failures count and fallbacks stand in."""
        if self._asks(seen):
            offered = offer(self.spec, readings, memory.failures, seen)
            memory = replace(memory, failures={**memory.failures, **offered.failures})
            conditions = (*conditions, *_fallback(self.spec, memory.failures))
            seen = replace(seen, metrics={**seen.metrics, **offered.metrics})
        answer = self.hpa(seen, memory)
        return replace(
            answer,
            trail=(*steps, *answer.trail),
            conditions=(*conditions, *_pause(self.spec, memory), *answer.conditions),
            memory=memory,
        )

    def _asks(self, seen: Observation) -> bool:
        """At 0, outside its bounds, or without a view of the workers the HPA does not ask."""
        bounds = self.hpa.spec
        return seen.scale_fault is None and bounds.replicas_min <= seen.spec_replicas <= bounds.replicas_max


def paused(spec: KedaSpec, seen: Observation) -> Proposal:
    """The HPA is gone and nothing is read: the number stays, or goes to the one that the annotation names."""
    if spec.pause.replicas is None:
        step = Step(rule="paused", replicas=seen.spec_replicas, why=f"paused at {seen.spec_replicas}")
    else:
        step = Step(rule="paused", replicas=spec.pause.replicas, why=f"paused at {spec.pause.replicas} by annotation")
    condition = Condition(type=PAUSED, status=True, reason="ScaledObjectPaused", message="the object is paused")
    return Proposal(trail=(step,), conditions=(condition,), silent=True, dropped=OF_THE_HPA)


def poll_due(spec: KedaSpec, memory: KedaMemory, now: float) -> bool:
    """Whether a polling interval has passed since the last poll."""
    return memory.last_polled_at is None or now - memory.last_polled_at >= spec.polling_seconds


def _read(spec: KedaSpec, seen: Observation, before: KedaMemory, *, due: bool) -> dict[str, TriggerReading]:
    """Every trigger's answer; between polls that of a cached one is the last poll's, unless that poll failed."""
    readings = {}
    for trigger in spec.kafka:
        value = before.cached.get(trigger.metric) if trigger.use_cached and not due else None
        if value is not None:
            why = f"{value:,g} at the last poll"
            readings[trigger.metric] = TriggerReading(value=value, active=False, why=why, cached=True)
        else:
            readings[trigger.metric] = read_trigger(trigger, seen, before.committed)
    return readings


def _after_poll(
    spec: KedaSpec,
    seen: Observation,
    memory: Memory,
    readings: Mapping[str, TriggerReading],
    polled: Activation,
    *,
    known: bool,
    active: bool,
) -> Memory:
    keda = memory.keda or KedaMemory()
    cached = {trigger.metric: readings[trigger.metric].value for trigger in spec.kafka if trigger.use_cached}
    keda = replace(
        keda,
        last_polled_at=seen.at_seconds,
        active=active if known or active else keda.active,
        cached=cached,
    )
    last = seen.at_seconds if polled.was_active else memory.last_active_at
    return replace(memory, keda=keda, last_active_at=last)


def _step(polled: Activation, seen: Observation) -> Step:
    replicas = seen.spec_replicas if polled.replicas is None else polled.replicas
    return Step(rule="activation", replicas=replicas, why=polled.why)


def _active(polled: Activation) -> Condition:
    return Condition(
        type="Active", status=polled.reason == "ScalerActive", reason=polled.reason, message=polled.why.split(",")[0]
    )


def _ready(spec: KedaSpec, polled: Activation, *, active: bool, failed: bool) -> Condition:
    """A trigger that could not be read is passed over where the poll woke the workers, and where a fallback is set."""
    woke = active and polled.replicas is not None
    if not failed or woke or (spec.fallback is not None and not active):
        message = "a trigger could not be read, and others or a fallback stand in" if failed else READY
        return Condition(type="Ready", status=True, reason="ScaledObjectReady", message=message)
    reason = "PartialTriggerError" if active else "TriggerError"
    return Condition(type="Ready", status=False, reason=reason, message="a trigger could not be read")


def _pause(spec: KedaSpec, memory: Memory) -> tuple[Condition, ...]:
    """Of an object that is polled: one direction may be paused, and a pause that ended leaves its condition behind."""
    if spec.pause.scale_in or spec.pause.scale_out:
        message = f"scaling {'in' if spec.pause.scale_in else 'out'} is paused"
        return (Condition(type=PAUSED, status=True, reason="ScaledObjectPaused", message=message),)
    if any(condition.type == PAUSED for condition in memory.conditions):
        return (Condition(type=PAUSED, status=False, reason="ScaledObjectUnpaused", message="the pause is over"),)
    return ()


def _fallback(spec: KedaSpec, failures: Mapping[str, int]) -> tuple[Condition, ...]:
    if not can_fall_back(spec):
        return ()
    if any(falls_back(spec.fallback, count) for count in failures.values()):
        message = "a trigger failed too often: the fallback stands in"
        return (Condition(type="Fallback", status=True, reason="FallbackExists", message=message),)
    return (Condition(type="Fallback", status=False, reason="NoFallbackFound", message="no fallback is needed"),)
