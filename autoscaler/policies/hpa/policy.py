"""One look of Kubernetes' HPA controller: metrics, stabilisation, limits, and the conditions that it would report.

The order of its questions is the rule: scale known? at zero? outside the bounds? and only then the metrics.
"""

from collections.abc import Sequence
from dataclasses import field

from autoscaler.model import Condition, ConditionType, Memory, Observation, Plan, Proposal, Step
from autoscaler.model.value import replace, value
from autoscaler.policies.hpa import conditions as say
from autoscaler.policies.hpa.faults import MetricFault
from autoscaler.policies.hpa.limits import Limited, limit_with_behavior, limit_without_behavior
from autoscaler.policies.hpa.metrics import Proposed, describe, fault_reason, propose
from autoscaler.policies.hpa.spec import HpaSpec, Metric, MetricType
from autoscaler.policies.hpa.stabilise import highest_recent, within_recent

TOTALS = (MetricType.OBJECT, MetricType.EXTERNAL)


def hpa_plan(spec: HpaSpec) -> Plan:
    """The plan that follows one autoscaler to the letter.  It keeps its own bounds, so it needs no guards."""
    return Plan(
        policy=HpaPolicy(spec),
        memory_seconds=spec.memory_seconds,
        event_slots_seconds=spec.event_slots_seconds,
        period_seconds=spec.cluster.sync_period_seconds,
        replicas_min=spec.replicas_min,
        replicas_max=spec.replicas_max,
    )


@value(frozen=True, slots=True)
class HpaPolicy:
    """The policy `(Observation, Memory) -> Proposal` of one autoscaler."""

    spec: HpaSpec

    def __call__(self, seen: Observation, memory: Memory) -> Proposal:
        """Kubernetes' answer to this tick."""
        fault = seen.scale_fault
        if fault is not None and fault.reason == "FailedGetScale":
            return _hold(seen, fault.message, say.failed_scale(fault.message))
        zeroed = self.spec.cluster.scale_to_zero and _scaled_to_zero(memory)
        if seen.spec_replicas == 0 and not (zeroed and (self.spec.replicas_min != 0 or _has_totals(self.spec))):
            hold = _hold(seen, "0 replicas: switched off by hand", say.GOT_SCALE, say.DISABLED)
            return hold if self.spec.cluster.scale_to_zero else replace(hold, dropped=(ConditionType.SCALED_TO_ZERO,))
        outside = _outside(seen, self.spec)
        if outside is not None:
            return _finished(seen, self.spec, _Answer(outside, (), None))
        if fault is not None:
            return _hold(seen, fault.message, say.GOT_SCALE, say.inactive(fault.reason, fault.message))
        return self._by_metrics(seen, memory, zeroed=zeroed)

    def _by_metrics(self, seen: Observation, memory: Memory, *, zeroed: bool) -> Proposal:
        ask = ask_metrics(seen, self.spec)
        if ask.best is None:
            return _hold(seen, ask.refusal.message, say.GOT_SCALE, ask.refusal, before=tuple(ask.steps))
        wanted = max(0, ask.best.replicas)
        normal, told = normalize(wanted, seen, memory, self.spec)
        steps = [*ask.steps, *normal]
        least = self.spec.replicas_min
        if seen.spec_replicas == 0 and zeroed and steps[-1].replicas < least:
            steps.append(Step(rule="minimum", replicas=least, why=f"0 replicas, but the minimum is {least} now"))
        said = (say.active(describe(ask.best.metric)), *told)
        return _finished(seen, self.spec, _Answer(tuple(steps), said, wanted))


@value(frozen=True, slots=True)
class Asked:
    """What the metrics said: the largest proposal, or None and the condition that refuses to move."""

    steps: Sequence[Step]
    best: Proposed | None
    refusal: Condition


def ask_metrics(seen: Observation, spec: HpaSpec) -> Asked:
    """Ask every metric; the largest answer wins.  If some cannot be read, the number may grow but not shrink."""
    steps: list[Step] = []
    best: Proposed | None = None
    first: tuple[Metric, str] | None = None
    for metric in spec.metrics:
        try:
            proposed = propose(metric, seen, spec)
        except MetricFault as fault:
            first = first or (metric, str(fault))
            steps.append(Step(rule=metric.name, replicas=seen.spec_replicas, why=str(fault)))
            continue
        steps.append(Step(rule=metric.name, replicas=proposed.replicas, why=proposed.why, numbers=proposed.numbers))
        if best is None or proposed.replicas > best.replicas:
            best = proposed
    if first is None:
        assert best is not None, "the API server gives an autoscaler without metrics one for CPU"
        return Asked(_with_largest(steps, best), best, say.DISABLED)
    failed, reason = first
    refusal = say.inactive(fault_reason(failed), f"no number of replicas follows from {describe(failed)}: {reason}")
    if best is None or best.replicas < seen.spec_replicas:
        return Asked(steps, None, refusal)
    return Asked(_with_largest(steps, best), best, refusal)


def normalize(
    wanted: int, seen: Observation, memory: Memory, spec: HpaSpec
) -> tuple[tuple[Step, Step], tuple[Condition, Condition]]:
    """Stabilise, then limit: the steps, and the conditions AbleToScale and ScalingLimited."""
    stable = stabilized(wanted, seen, memory, spec)
    limit = limited(stable, seen, memory, spec)
    able = say.READY
    if stable != wanted:
        up = spec.behavior is not None and wanted >= seen.spec_replicas
        able = say.UP_STABILIZED if up else say.DOWN_STABILIZED
    held = "" if stable == wanted else f", was {wanted}"
    steps = (
        Step(rule="stabilise", replicas=stable, why=f"stabilised {stable}{held}: {able.reason}"),
        Step(rule="limits", replicas=limit.replicas, why=f"{limit.replicas}: {limit.reason}"),
    )
    return steps, (able, say.limited(limit.reason))


def stabilized(wanted: int, seen: Observation, memory: Memory, spec: HpaSpec) -> int:
    """The number after the stabilisation windows."""
    down, log, now = spec.down_window_seconds, memory.recommendations, seen.at_seconds
    if spec.behavior is None:
        return highest_recent(log, wanted, now=now, window_seconds=down)
    up = spec.behavior.up.window_seconds or 0.0
    return within_recent(
        log, wanted, current=seen.spec_replicas, now=now, up_window_seconds=up, down_window_seconds=down
    )


def limited(stable: int, seen: Observation, memory: Memory, spec: HpaSpec) -> Limited:
    """The number after scaling policies and bounds."""
    current, least, most = seen.spec_replicas, spec.replicas_min, spec.replicas_max
    if spec.behavior is None:
        return limit_without_behavior(stable, current=current, replicas_min=least, replicas_max=most)
    return limit_with_behavior(
        stable,
        current=current,
        replicas_min=least,
        replicas_max=most,
        up=spec.behavior.up,
        down=spec.behavior.down,
        events=memory.scale_events,
        now=seen.at_seconds,
    )


@value(frozen=True, slots=True)
class _Answer:
    steps: tuple[Step, ...]
    conditions: tuple[Condition, ...]
    recommendation: int | None
    dropped: tuple[str, ...] = field(default=())


def _finished(seen: Observation, spec: HpaSpec, answer: _Answer) -> Proposal:
    """The answer with what follows from a change of the number: AbleToScale and ScaledToZero."""
    before, after = seen.spec_replicas, answer.steps[-1].replicas
    told = (say.GOT_SCALE, *answer.conditions)
    dropped: tuple[str, ...] = ()
    if after != before:
        told = (*told, say.rescaled(after))
        if spec.cluster.scale_to_zero:
            to_zero = before > 0 == after == spec.replicas_min and _has_totals(spec)
            told = (*told, say.TO_ZERO if to_zero else say.NOT_TO_ZERO)
        else:
            dropped = (ConditionType.SCALED_TO_ZERO,)
    last = {condition.type: condition for condition in told}
    return Proposal(
        trail=answer.steps,
        conditions=tuple(last.values()),
        recommendation=answer.recommendation,
        dropped=dropped,
    )


def _hold(seen: Observation, why: str, *told: Condition, before: tuple[Step, ...] = ()) -> Proposal:
    hold = Step(rule="hold", replicas=seen.spec_replicas, why=f"held: {why}")
    return Proposal(trail=(*before, hold), conditions=told)


def _outside(seen: Observation, spec: HpaSpec) -> tuple[Step, ...] | None:
    """Outside the bounds they are asserted at once: no metric is read."""
    current, least, most = seen.spec_replicas, spec.replicas_min, spec.replicas_max
    if current > most:
        return (Step(rule="bounds", replicas=most, why=f"{current} is above the maximum {most}: no metric is read"),)
    if 0 < current < least:
        return (Step(rule="bounds", replicas=least, why=f"{current} is below the minimum {least}: no metric is read"),)
    return None


def _with_largest(steps: list[Step], best: Proposed) -> list[Step]:
    if len(steps) == 1:
        return steps
    return [*steps, Step(rule="largest", replicas=best.replicas, why=f"{best.replicas} by {best.metric.name}")]


def _scaled_to_zero(memory: Memory) -> bool:
    return any(c.status for c in memory.conditions if c.type == ConditionType.SCALED_TO_ZERO)


def _has_totals(spec: HpaSpec) -> bool:
    return any(metric.type in TOTALS for metric in spec.metrics)
