"""From what is seen and remembered to a decision, and to what is remembered next.

Apart from the policies because it is the same for all of them.  Its one rule: pure, so that a journal of observations
gives the journal's decisions again.
"""

from typing import TypeVar

from autoscaler.model import (
    Condition,
    ConditionType,
    Decision,
    Memory,
    Observation,
    Plan,
    Proposal,
    Recommendation,
    ScaleEvent,
    Step,
)
from autoscaler.model.value import replace

Entry = TypeVar("Entry", Recommendation, ScaleEvent)
LOG_ENTRIES_MAX = 4_096
"""Bound on each log in memory: more than a tick a second over Kubernetes' longest window, an hour."""


def decide(seen: Observation, memory: Memory, plan: Plan) -> tuple[Decision, Memory]:
    """Ask the policy, let each guard answer the step before it, and remember what the next tick needs.

    The first tick starts the log of recommendations with the present number, as Kubernetes does: so nothing is scaled
    down within the first stabilisation window after a restart.
    """
    blind = seen.scale_fault is not None and seen.scale_fault.reason == "FailedGetScale"
    if memory.created_at is None and not blind:
        log = memory.recommendations or (Recommendation(seen.at_seconds, seen.spec_replicas),)
        memory = replace(memory, created_at=seen.at_seconds, recommendations=log)
    proposal = _proposal(plan, seen, memory)
    trail = list(proposal.trail)
    for guard in plan.guards:
        trail.append(guard(trail[-1], seen, memory))
    decision = Decision(
        at_seconds=seen.at_seconds,
        trail=tuple(trail),
        conditions=_merged(memory.conditions, proposal, seen.at_seconds),
        recommendation=proposal.recommendation,
    )
    return decision, _remember(seen, proposal, decision, plan, proposal.memory or memory)


def not_applied(decision: Decision, before: Memory, after: Memory, error: str) -> tuple[Decision, Memory]:
    """The same tick when the world refused the change: no scale event happened, AbleToScale is False and says why.

    Kubernetes marks an autoscaler as scaled to zero, or no longer so, only after the change.
    """
    message = f"the new number of replicas could not be set: {error}"
    failed = Condition(type=ConditionType.ABLE_TO_SCALE, status=False, reason="FailedUpdateScale", message=message)
    zeroed = tuple(condition for condition in before.conditions if condition.type == ConditionType.SCALED_TO_ZERO)
    told = tuple(condition for condition in decision.conditions if condition.type != ConditionType.SCALED_TO_ZERO)
    conditions = _merged((*told, *zeroed), Proposal(trail=(), conditions=(failed,)), decision.at_seconds)
    return replace(decision, conditions=conditions), replace(
        after, scale_events=before.scale_events, last_scaled_at=before.last_scaled_at, conditions=conditions
    )


def _proposal(plan: Plan, seen: Observation, memory: Memory) -> Proposal:
    answer = plan.policy(seen, memory)
    return Proposal(trail=(answer,), recommendation=answer.replicas) if isinstance(answer, Step) else answer


def in_slots(
    events: tuple[ScaleEvent, ...], new: ScaleEvent, longest_seconds: tuple[float, float]
) -> tuple[ScaleEvent, ...]:
    """The log of events after a new one, as Kubernetes' HPA keeps it (`storeScaleEvent`).

    An event that is older than the longest period of its *own* direction, up or down, is outdated, and a new one of
    that direction takes the last such place.  Those that keep their place still count, also for the other direction,
    whose periods may be longer: so what was overwritten is missing there.  Places are not in order of time.
    """
    up, down = longest_seconds
    cutoff = new.at_seconds - (up if new.change > 0 else down)
    outdated = [
        place
        for place, event in enumerate(events)
        if (event.change > 0) == (new.change > 0) and event.at_seconds < cutoff
    ]
    if not outdated:
        return (*events[1 - LOG_ENTRIES_MAX :], new)
    return (*events[: outdated[-1]], new, *events[outdated[-1] + 1 :])


def _remember(seen: Observation, proposal: Proposal, decision: Decision, plan: Plan, memory: Memory) -> Memory:
    """Append this tick, drop what no window or period can reach any more."""
    now, change = seen.at_seconds, decision.replicas - seen.spec_replicas
    log, events = _since(memory.recommendations, now - plan.memory_seconds), memory.scale_events
    if plan.event_slots_seconds is None:
        events = _since(events, now - plan.memory_seconds)
    if proposal.recommendation is not None:
        log = (*log[1 - LOG_ENTRIES_MAX :], Recommendation(now, proposal.recommendation))
    if change and not proposal.silent:
        event = ScaleEvent(now, change)
        slots = plan.event_slots_seconds
        events = in_slots(events, event, slots) if slots else (*events[1 - LOG_ENTRIES_MAX :], event)
    return replace(
        memory,
        recommendations=log,
        scale_events=events,
        conditions=decision.conditions,
        last_scaled_at=now if change else memory.last_scaled_at,
    )


def _since(log: tuple[Entry, ...], oldest: float) -> tuple[Entry, ...]:
    """The log is oldest first, and a tick drops one entry or none."""
    first = 0
    while first < len(log) and log[first].at_seconds < oldest:
        first += 1
    return log[first:]


def _merged(old: tuple[Condition, ...], proposal: Proposal, now: float) -> tuple[Condition, ...]:
    """The old conditions in their order, replaced where there is a new one; `changed_at` moves with the status."""
    merged = {condition.type: condition for condition in old if condition.type not in proposal.dropped}
    for condition in proposal.conditions:
        before = merged.get(condition.type)
        if before is not None and _same(before, condition):
            continue  # keep the object: most ticks change nothing
        since = before.changed_at if before is not None and before.status == condition.status else now
        merged[condition.type] = replace(condition, changed_at=since)
    return tuple(merged.values())


def _same(before: Condition, now: Condition) -> bool:
    return before.status == now.status and before.reason == now.reason and before.message == now.message
