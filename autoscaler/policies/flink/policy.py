"""One look of Flink's autoscaler at a job of one vertex: a source that reads Kafka and does all the work.

The order of its questions is the rule: is the job running, stable and measured for a whole window?  What should it be
able to do?  Which number of workers gives that?  Is the present one outside its edges?  Is anything in the way?
"""

import math
from dataclasses import dataclass, replace

from autoscaler.model import DelayedDown, FlinkMemory, Memory, Observation, Plan, Proposal, Rescale, Step
from autoscaler.policies.flink.brakes import brake
from autoscaler.policies.flink.down import clear_down, delay_down
from autoscaler.policies.flink.evaluate import Evaluated, evaluate, propose_parallelism
from autoscaler.policies.flink.history import ineffective, recent
from autoscaler.policies.flink.options import FlinkOptions
from autoscaler.policies.flink.rates import round_metric
from autoscaler.policies.flink.window import add_sample, is_running, measure, notice, ready_count, take_sample

RULE = "flink"


def flink_plan(options: FlinkOptions) -> Plan:
    """The plan that follows one set of options.  It keeps its own limits, so it needs no guards."""
    longest = max(options.metrics_window, options.scale_down_interval, 0.0)
    return Plan(
        policy=FlinkPolicy(options),
        memory_seconds=longest,
        replicas_min=options.vertex_min_parallelism,
        replicas_max=options.vertex_max_parallelism,
    )


@dataclass(frozen=True, slots=True)
class FlinkPolicy:
    """The policy `(Observation, Memory) -> Proposal`."""

    options: FlinkOptions

    def __call__(self, seen: Observation, memory: Memory) -> Proposal:
        """Flink's answer to this tick."""
        flink = notice(memory.flink or FlinkMemory(), seen, memory, self.options)
        answer = self._look(seen, flink) if self.options.enabled else _disabled(seen, flink)
        return Proposal(
            trail=answer.steps,
            recommendation=answer.recommendation,
            memory=replace(memory, flink=answer.flink),
        )

    def _look(self, seen: Observation, flink: FlinkMemory) -> "_Answer":
        """Whether there is something to decide on yet."""
        now, options = seen.at_seconds, self.options
        if flink.looked_at is not None and now < flink.looked_at + options.control_loop_interval:
            return _Answer(
                (_hold(seen, f"next look in {_s(flink.looked_at + options.control_loop_interval - now)}"),), flink
            )
        if not is_running(seen):
            why = f"the job is not running: {ready_count(seen)} of {seen.spec_replicas} workers take part"
            return _Answer((_hold(seen, why),), flink)
        sample = take_sample(seen, flink, options)
        if isinstance(sample, str):
            return _Answer((_hold(seen, sample),), flink)
        stable_at = -math.inf if flink.running_at is None else flink.running_at + options.stabilization_interval
        looked, missing = add_sample(replace(flink, looked_at=now), sample, options.metrics_window, stable_at=stable_at)
        if now < stable_at:
            return _Answer((_hold(seen, f"stabilising for another {_s(stable_at - now)}"),), looked)
        if missing > 0:
            return _Answer((_hold(seen, f"the metric window is full in {_s(missing)}"),), looked)
        return self._decide(seen, looked)

    def _decide(self, seen: Observation, flink: FlinkMemory) -> "_Answer":
        """What the numbers ask for."""
        current = seen.spec_replicas
        found = evaluate(measure(flink.samples, self.options), flink.rescales, self.options)
        if isinstance(found, str):
            return _Answer((_hold(seen, found),), flink)
        wanted = propose_parallelism(found, current=current, partitions=len(seen.partitions), options=self.options)
        steps = (Step(rule=RULE, replicas=wanted, why=f"{found.told} → {wanted}", numbers=found.numbers),)
        if wanted == current:
            return _Answer((*steps, _hold(seen, f"{current} is the number wanted")), clear_down(flink), wanted)
        if wanted > current:
            return self._up(seen, clear_down(flink), found, steps)
        return self._down(seen, flink, found, steps)

    def _up(self, seen: Observation, flink: FlinkMemory, found: Evaluated, steps: tuple[Step, ...]) -> "_Answer":
        wanted, options = steps[-1].replicas, self.options
        useless = options.scaling_effectiveness_detection_enabled and ineffective(
            recent(flink.rescales, at_seconds=seen.at_seconds, max_age=options.history_max_age),
            current=seen.spec_replicas,
            true_rate=found.true_rate,
            threshold=options.scaling_effectiveness_threshold,
        )
        if useless:
            return _Answer((*steps, _hold(seen, "the last scale-up did not help: not growing further")), flink, wanted)
        return self._move(seen, flink, found, steps, outside=found.edges.outside(found.true_rate))

    def _down(self, seen: Observation, flink: FlinkMemory, found: Evaluated, steps: tuple[Step, ...]) -> "_Answer":
        wanted, interval = steps[-1].replicas, self.options.scale_down_interval
        wish = DelayedDown(seen.at_seconds, wanted, found.edges.outside(found.true_rate))
        delayed = delay_down(flink, wish, interval)
        if delayed.ripe is None:
            hold = _hold(seen, f"going down waits for another {_s(delayed.wait_seconds)}")
            return _Answer((*steps, hold), delayed.flink, wanted)
        largest = delayed.ripe.replicas
        if largest != wanted:
            why = f"{largest} is the largest of the last {_s(interval)}"
            steps = (*steps, Step(rule="scale-down interval", replicas=largest, why=why))
        if largest == seen.spec_replicas:
            return _Answer((*steps, _hold(seen, f"{largest} is the present number")), delayed.flink, wanted)
        return self._move(seen, delayed.flink, found, steps, outside=delayed.ripe.outside)

    def _move(
        self, seen: Observation, flink: FlinkMemory, found: Evaluated, steps: tuple[Step, ...], *, outside: bool
    ) -> "_Answer":
        """The move, unless the job is within its edges or a brake holds it."""
        wanted, recommended = steps[-1].replicas, steps[0].replicas
        if not outside:
            return _Answer((*steps, _hold(seen, f"within the edges: {found.told_edges}")), flink, recommended)
        braked = brake(seen, wanted, self.options)
        if braked is not None:
            return _Answer((*steps, _hold(seen, braked)), flink, recommended)
        known = math.isfinite(found.true_rate)
        rescale = Rescale(
            at_seconds=seen.at_seconds,
            before=seen.spec_replicas,
            after=wanted,
            true_rate=found.true_rate if known else None,
            expected_rate=round_metric(found.true_rate / seen.spec_replicas * wanted) if known else None,
        )
        step = Step(rule="edges", replicas=wanted, why=f"outside the edges: {found.told_edges}")
        return _Answer((*steps, step), replace(flink, pending=rescale), recommended)


@dataclass(frozen=True, slots=True)
class _Answer:
    steps: tuple[Step, ...]
    flink: FlinkMemory
    recommendation: int | None = None


def _disabled(seen: Observation, flink: FlinkMemory) -> _Answer:
    """Switched off it forgets what waits to go down and what it has learned; what is measured stays."""
    forgotten = replace(clear_down(flink), pending=None, rescales=())
    return _Answer((_hold(seen, "the autoscaler is not enabled"),), forgotten)


def _hold(seen: Observation, why: str) -> Step:
    return Step(rule="hold", replicas=seen.spec_replicas, why=f"held: {why}")


def _s(seconds: float) -> str:
    return f"{seconds:,.0f} s"
