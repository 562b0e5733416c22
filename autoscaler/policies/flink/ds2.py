"""DS2 for one operator: as many workers as the arrival rate divided by what one of them truly does.

Here beside Flink's autoscaler because that one grew from it.  It has no catch-up and no edges: a backlog is not
counted, a single worker too many is left alone.
"""

import math
from dataclasses import dataclass, replace

from pydantic import Field

from autoscaler.model import FlinkMemory, Memory, Observation, Proposal, Step
from autoscaler.policies.flink.units import Duration
from autoscaler.policies.flink.window import takes_part
from contract.settings import Strict


class Ds2Options(Strict):
    """The settings of DS2's scaling manager, by their own names, and bounds, which it has not and a guard keeps."""

    policy_interval: Duration = Field(10.0, ge=0, description="one epoch, seconds")
    warm_up_time: int = Field(2, ge=0, description="epochs ignored after a rescale")
    activation_time: int = Field(1, ge=1, description="epochs to evaluate after the warm-up before anything moves")
    target_rate_ratio: float | None = Field(None, ge=1, description="arriving / processed that calls for a correction")
    scaling_factor: float = Field(0.0, ge=0, description="0.1 = a tenth more than needed")
    min_replicas: int = Field(1, ge=0)
    max_replicas: int = Field(200, ge=1)


def ds2_replicas(*, arrival_rate: float, worker_rate: float, scaling_factor: float = 0.0) -> int:
    """Workers that keep up with `arrival_rate` if each truly does `worker_rate` events/s."""
    return math.ceil(arrival_rate / worker_rate * (1 + scaling_factor))


def ds2_corrected(replicas: int, *, current: int, rate_ratio: float, target_rate_ratio: float | None) -> int:
    """The last correction: if the model sees no need to grow and yet too little is processed, grow by the ratio.

    DS2's offline evaluation makes it; its scaling manager reads the option and leaves it at that.
    """
    if target_rate_ratio is None or replicas > current or rate_ratio <= target_rate_ratio:
        return replicas
    return math.ceil(rate_ratio * replicas)


def ds2_significant(current: int, wanted: int) -> bool:
    """Whether a change is worth a rescale: any growth, or at least two fewer."""
    return wanted > current or wanted < current - 1


@dataclass(frozen=True, slots=True)
class Ds2Policy:
    """The policy `(Observation, Memory) -> Proposal`."""

    options: Ds2Options

    def __call__(self, seen: Observation, memory: Memory) -> Proposal:
        """DS2's answer to this tick."""
        state = memory.flink or FlinkMemory()
        if state.replicas != seen.spec_replicas:
            state = FlinkMemory(replicas=seen.spec_replicas, looked_at=state.looked_at)
        steps, state = self._epoch(seen, state)
        wanted = steps[0].replicas if steps[0].rule == "ds2" else None
        return Proposal(trail=steps, recommendation=wanted, memory=replace(memory, flink=state))

    def _epoch(self, seen: Observation, state: FlinkMemory) -> tuple[tuple[Step, ...], FlinkMemory]:
        now, options = seen.at_seconds, self.options
        if state.looked_at is not None and now < state.looked_at + options.policy_interval:
            return (_hold(seen, "the epoch has not ended"),), state
        ended = replace(state, looked_at=now, epochs=state.epochs + 1)
        evaluations = ended.epochs - options.warm_up_time
        if evaluations <= 0:
            return (_hold(seen, f"epoch {ended.epochs} of {options.warm_up_time} to warm up"),), ended
        step = ds2_step(seen, options)
        if isinstance(step, str):
            return (_hold(seen, step),), replace(state, looked_at=now)
        if not ds2_significant(seen.spec_replicas, step.replicas):
            return (step, _hold(seen, "not worth a rescale")), ended
        if evaluations < options.activation_time:
            return (step, _hold(seen, f"evaluation {evaluations} of {options.activation_time} to wait for")), ended
        return (step,), ended


def ds2_step(seen: Observation, options: Ds2Options) -> Step | str:
    """The formula on one epoch's numbers, or what is unknown."""
    rates = [worker.true_processing_rate for worker in seen.workers if takes_part(worker)]
    known = [rate for rate in rates if rate is not None and rate > 0]
    if not rates or len(known) < len(rates):
        return f"the true processing rate of {len(rates) - len(known)} of {len(rates)} workers is unknown"
    if seen.arrival_rate is None or seen.processing_rate is None:
        return "the arrival rate or the processing rate is unknown"
    arrive, each = seen.arrival_rate, sum(known) / len(known)
    needed = ds2_replicas(arrival_rate=arrive, worker_rate=each, scaling_factor=options.scaling_factor)
    ratio = arrive / seen.processing_rate if seen.processing_rate > 0 else 1.0
    replicas = ds2_corrected(
        needed, current=seen.spec_replicas, rate_ratio=ratio, target_rate_ratio=options.target_rate_ratio
    )
    corrected = f"; corrected by {ratio:.3g}" if replicas != needed else ""
    why = f"{arrive:,.0f}/s arrive / {each:,.0f}/s a worker → {needed}{corrected}"
    return Step(rule="ds2", replicas=replicas, why=why, numbers={"arrival_rate": arrive, "worker_rate": each})


def _hold(seen: Observation, why: str) -> Step:
    return Step(rule="hold", replicas=seen.spec_replicas, why=f"held: {why}")
