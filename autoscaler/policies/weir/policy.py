"""Our own policy: seconds of time lag aimed at, and one move where others make three.

The order of its questions is the rule: is everything known?  What arrives, and how much of it can one worker take?
Which number keeps up?  Is the present one good enough?  Is anything in the way of the move?
"""

import math
from dataclasses import dataclass, replace

from autoscaler.model import Memory, Observation, Plan, Proposal, Step, WeirMemory
from autoscaler.policies.weir.breaker import judge
from autoscaler.policies.weir.crew import crew_of
from autoscaler.policies.weir.demand import Demand
from autoscaler.policies.weir.learn import learn
from autoscaler.policies.weir.moves import grow, grow_blindly, shrink
from autoscaler.policies.weir.spec import WeirSpec
from autoscaler.policies.weir.tick import Tick
from autoscaler.policies.weir.traffic import read_traffic

SPARE_MAX = 0.5
"""Overdue workers are replaced up to this share of those needed: if none comes up, neither will more of them."""


def weir_plan(spec: WeirSpec) -> Plan:
    """The plan that follows one set of knobs: asked at each tick.  It keeps its own bounds, so it needs no guards."""
    return Plan(
        policy=WeirPolicy(spec),
        memory_seconds=spec.memory_seconds,
        period_seconds=0.0,
        replicas_min=spec.replicas_min,
        replicas_max=spec.replicas_max,
    )


@dataclass(frozen=True, slots=True)
class WeirPolicy:
    """The policy `(Observation, Memory) -> Proposal`."""

    spec: WeirSpec

    def __call__(self, seen: Observation, memory: Memory) -> Proposal:
        """Weir's answer to this tick.  What is held for want of a value counts as needed: it was not seen not to be."""
        if seen.scale_fault is not None:
            why = f"held: {seen.scale_fault.message}"
            return Proposal(trail=(Step(rule="hold", replicas=seen.spec_replicas, why=why),))
        tick = self._tick(seen, memory)
        trail, needed = _answer(tick)
        return Proposal(
            trail=(*trail, _bounded(trail[-1].replicas, self.spec)),
            conditions=(tick.storm,),
            recommendation=needed,
            memory=replace(memory, weir=tick.weir),
        )

    def _tick(self, seen: Observation, memory: Memory) -> Tick:
        """What is learned, who counts, and how the breaker stands."""
        spec, weir = self.spec, learn(memory.weir or WeirMemory(), seen)
        start = spec.start_seconds if weir.start_seconds is None else weir.start_seconds
        crew = crew_of(seen, start_seconds=start, overdue_factor=spec.overdue_factor)
        weir, storm = judge(weir, seen, crew, calm_seconds=spec.storm_calm_seconds)
        return Tick(spec=spec, seen=seen, memory=memory, weir=weir, crew=crew, start_seconds=start, storm=storm)


def _answer(tick: Tick) -> tuple[tuple[Step, ...], int]:
    """What is wanted and what is made of it, and the number that the arrivals alone need."""
    traffic = read_traffic(tick.seen)
    if isinstance(traffic, str):
        return (tick.hold(traffic),), tick.current
    if tick.weir.worker_rate is None:
        return (grow_blindly(tick, traffic),), tick.current
    demand = tick.demand(traffic, tick.weir.worker_rate)
    steps = _wanted(tick, demand)
    wanted = steps[-1].replicas
    lasting = min(steps[0].replicas, demand.lasting(_most(tick, demand)))
    lasting += _spare(tick, lasting)
    if wanted > tick.current:
        return (*steps, grow(tick, demand, wanted)), lasting
    if lasting < tick.current:
        return (*steps, shrink(tick, demand, lasting)), lasting
    return (*steps, tick.hold(f"{tick.current} is the number wanted")), lasting


def _most(tick: Tick, demand: Demand) -> int:
    """More than this are not allowed or would have nothing to read."""
    return max(1, min(demand.traffic.partitions, tick.spec.replicas_max))


def _wanted(tick: Tick, demand: Demand) -> tuple[Step, ...]:
    """How many workers the traffic needs, as far as more can help, and some in place of those that are overdue."""
    number = demand.wanted(_most(tick, demand))
    steps = [_demanded(demand, number)]
    short = _short(tick, demand, number)
    if short is not None:
        steps.append(Step(rule="useful", replicas=number, why=short))
    if tick.crew.overdue:
        steps.append(_replaced(tick, number))
    return tuple(steps)


def _bounded(replicas: int, spec: WeirSpec) -> Step:
    """The last word: never fewer than the least, never more than the most."""
    least, most = spec.replicas_min, spec.replicas_max
    within = min(max(replicas, least), most)
    where = "is within" if within == replicas else "is outside"
    return Step(rule="bounds", replicas=within, why=f"{replicas} {where} {least} to {most}: {within}")


def _demanded(demand: Demand, number: int) -> Step:
    spec, rate, backlog = demand.spec, demand.worker_rate, demand.backlog_events
    waiting = f"no backlog beyond {spec.time_lag_seconds:g} s"
    if backlog > 0:
        waiting = (
            f"backlog {backlog:,.0f} beyond {spec.time_lag_seconds:g} s, {demand.grown_events:,.0f} more until a move"
            f" helps, to be gone {spec.catch_up_seconds:g} s later"
        )
    why = f"{demand.forecast.told}; one worker does {rate:,.0f}/s, up to {spec.utilisation:.0%}; {waiting} → {number}"
    numbers = {
        "arrival_rate": demand.forecast.now,
        "forecast_rate": demand.forecast.then,
        "worker_rate": rate,
        "backlog_events": backlog,
        "busiest_rate": demand.steady.busiest(number),
    }
    return Step(rule="demand", replicas=number, why=why, numbers=numbers)


def _short(tick: Tick, demand: Demand, number: int) -> str | None:
    """Why the number is not larger although it will not do; None if it does."""
    traffic, spec, rate = demand.traffic, tick.spec, demand.worker_rate
    given = demand.steady.busiest(number)
    if demand.catching_up.busiest(number) <= rate and given <= rate:
        return None
    allowed = number == spec.replicas_max < traffic.partitions
    limit = f"no more than {number} are allowed" if allowed else f"more than {number} workers cannot help"
    if given <= rate:
        return f"{limit}: the backlog is gone in {demand.drain_seconds(number):,.0f} s at best"
    hottest = traffic.share_max * demand.forecast.then
    whose = "the busiest partition alone" if traffic.skewed else f"each of {traffic.partitions} partitions"
    return (
        f"{limit}: {whose} brings {hottest:,.0f}/s, one worker does {rate:,.0f}/s,"
        f" and the busiest of {number} gets {given:,.0f}/s"
    )


def _spare(tick: Tick, number: int) -> int:
    """How many are asked for in place of those that are overdue."""
    return min(tick.crew.overdue, math.ceil(number * SPARE_MAX))


def _replaced(tick: Tick, number: int) -> Step:
    late, asked = tick.crew.overdue, number + _spare(tick, number)
    why = (
        f"{late} did not become ready within {tick.spec.overdue_factor:g} start times of"
        f" {tick.crew.start_seconds:.1f} s, or failed: not counted → {asked}"
    )
    return Step(rule="overdue", replicas=asked, why=why)
