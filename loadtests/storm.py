"""Names an init storm from a run's own figures: CPU burnt by starting workers is read as load, and starts more workers.

Every growth of the desired replicas is held against three questions, and a storm answers all with yes: was far more
asked for than was needed; was it the starting workers that burnt the CPU while more were asked for; did it do harm.  So
neither a policy that is generous, nor one that jumps once because of a backlog, is called a storm.  Pure.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from autoscaler.storm.rule import (
    AFTERMATH_SECONDS,
    AMPLIFICATION_MIN,
    BEFORE_SECONDS,
    LOOKBACK_SECONDS,
    counted,
    evidence_words,
    is_storm,
    size_words,
)
from contract.record import Sample
from contract.scenario import PolicyScaler, Scenario
from contract.settings import Strict
from loadtests.elasticity import Path, actions, desired_path
from loadtests.needed import needed_replicas
from loadtests.series import count, growth, integral, rate, ratio

PAUSE_SECONDS_MAX = 90.0  # between two steps of one growth: the usual periodSeconds of 60 s and a sync on either side


class Storm(Strict):
    """The growth of desired replicas that comes nearest to an init storm, and whether it was one.

    It begins with the first step beyond the need, so that minutes of growing with the load do not hide its end.
    `amplification` is that of this growth: peak desired over peak needed replicas until then.  Kills, rebalances and
    stopped partitions are counted from its first step until desired replicas are back near the need.  In a run whose
    desired replicas never rose, all but the highest of them is None.
    """

    detected: bool
    desired_replicas_max: int
    sentence: str
    began_at_seconds: float | None = None
    peaked_at_seconds: float | None = None
    ended_at_seconds: float | None = None
    needed_replicas_max: int | None = None
    saturated_after_seconds: float | None = None
    amplification: float | None = None
    init_cpu_share: float | None = None
    throughput_ratio: float | None = None
    probe_kills: int | None = None
    rebalances: int | None = None
    stopped_partition_seconds: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Growth:
    """A stretch in which desired replicas only rose, without a long pause: its first and its last step."""

    begin: float
    peak: float
    desired: int


def storm(scenario: Scenario, samples: Sequence[Sample], *, replicas_max: int | None) -> Storm | None:
    """The worst growth of the run, with its evidence; None for a run in which nobody asked for a number of workers."""
    path = desired_path(scenario, samples)
    if len(path) == 1:
        return None
    needed = needed_replicas(scenario, samples)
    beyond = (_beyond_need(grown, samples, needed) for grown in growths(scenario, samples))
    found = [_look_at(grown, scenario, samples, needed, replicas_max) for grown in beyond]
    return max(found, key=lambda s: (s.detected, s.amplification or 0.0), default=_calm(path))


def _calm(path: Path) -> Storm:
    most = max(replicas for _, replicas in path)
    return Storm(
        detected=False, desired_replicas_max=most, sentence=f"no init storm: desired replicas never rose above {most}"
    )


def growths(scenario: Scenario, samples: Sequence[Sample]) -> Iterable[Growth]:
    """Every growth of desired replicas, in order."""
    path = desired_path(scenario, samples)
    replicas = dict(path)
    ups = [at for at, _ in actions(path)]
    rising = {at for at, change in actions(path) if change > 0}
    begin: float | None = None
    for at, following in pairwise([*ups, None]):
        if at not in rising:
            continue
        begin = at if begin is None else begin
        if following not in rising or following - at > PAUSE_SECONDS_MAX:
            yield Growth(begin=begin, peak=at, desired=replicas[at])
            begin = None


def _look_at(
    grown: Growth,
    scenario: Scenario,
    samples: Sequence[Sample],
    needed: Sequence[int | None],
    replicas_max: int | None,
) -> Storm:
    most = _needed_until(samples, needed, grown)
    end = _end(samples, grown, most)
    rest = _between(samples, grown.begin, end)
    saturated = replicas_max is not None and grown.desired >= replicas_max
    figures = Storm(
        detected=False,
        began_at_seconds=grown.begin,
        peaked_at_seconds=grown.peak,
        ended_at_seconds=end,
        desired_replicas_max=grown.desired,
        needed_replicas_max=most,
        saturated_after_seconds=grown.peak - grown.begin if saturated else None,
        amplification=ratio(grown.desired, most),
        init_cpu_share=_init_cpu_share(samples, grown, _lookback(scenario)),
        throughput_ratio=_throughput_ratio(samples, grown, _lookback(scenario)),
        probe_kills=count(growth(rest, "probe_kills")),
        rebalances=count(growth(rest, "rebalances")),
        stopped_partition_seconds=integral(rest[1:], "partitions_stopped", grown.begin),
        sentence="",
    )
    detected = is_storm(figures)
    return figures.model_copy(update={"detected": detected, "sentence": _sentence(figures, detected)})


def _sentence(figures: Storm, detected: bool) -> str:
    """What happened, with its evidence; what is not known is left out."""
    told = [size_words(figures, _saturated(figures)), *evidence_words(figures), *_stopped(figures)]
    return ("init storm: " if detected else "no init storm: ") + ", ".join(told)


def _saturated(figures: Storm) -> str:
    took = figures.saturated_after_seconds
    if took is None:
        return ""
    return f", the policy's maximum, {f'{took:.0f} s after the first step' if took else 'in one step'}"


def _stopped(figures: Storm) -> Iterable[str]:
    if figures.rebalances:
        yield counted(figures.rebalances, "rebalance")
    if figures.stopped_partition_seconds:
        yield f"partitions stood still for {figures.stopped_partition_seconds:,.0f} partition-seconds"


def _lookback(scenario: Scenario) -> float:
    scaler = scenario.scaler
    return scaler.cpu_window_seconds if isinstance(scaler, PolicyScaler) else LOOKBACK_SECONDS


def _needed_until(samples: Sequence[Sample], needed: Sequence[int | None], grown: Growth) -> int | None:
    """The most workers needed from the start of the run until the peak: what a memory of the load would justify."""
    told = [n for s, n in zip(samples, needed, strict=True) if n is not None and s.at_seconds <= grown.peak]
    return max(told, default=None)


def _end(samples: Sequence[Sample], grown: Growth, most: int | None) -> float:
    """When desired replicas were back near the need; else the end of the run."""
    later = [s for s in samples if s.at_seconds > grown.peak and s.desired_replicas is not None]
    enough = AMPLIFICATION_MIN * most if most is not None else 0.0
    calm = next((s.at_seconds for s in later if (s.desired_replicas or 0) < min(grown.desired, enough)), None)
    return samples[-1].at_seconds if calm is None else calm


def _beyond_need(grown: Growth, samples: Sequence[Sample], needed: Sequence[int | None]) -> Growth:
    """The part of a growth in which more was asked for than was needed; all of it when the need is not known."""
    at, begin = _between(samples, grown.begin, grown.peak), grown.begin
    first = bisect_left(samples, grown.begin, key=_second)
    for before, after, need in zip(at, at[1:], needed[first:], strict=False):
        if need is not None and before.desired_replicas is not None and before.desired_replicas <= need:
            begin = after.at_seconds
    return replace(grown, begin=begin)


def _init_cpu_share(samples: Sequence[Sample], grown: Growth, lookback: float) -> float | None:
    """Of the CPU that the policy saw while it asked for more: at least one look back before the peak."""
    seen = _between(samples, min(grown.begin, grown.peak - lookback), grown.peak)
    return ratio(growth(seen, "worker_init_cpu_seconds"), growth(seen, "worker_cpu_seconds"))


def _throughput_ratio(samples: Sequence[Sample], grown: Growth, lookback: float) -> float | None:
    """Processed events/s after the first step against the minute before, or against arrivals where there is none.

    That minute ends one look back earlier: what the policy reacted to may already be the harm.  Only told where lag
    rose: workers that have nothing left to do are none.
    """
    after = _between(samples, grown.begin, grown.peak + AFTERMATH_SECONDS)
    lag = [s.lag_events for s in after if s.lag_events is not None]
    if not lag or lag[-1] <= lag[0]:
        return None
    before = rate(_between(samples, grown.begin - BEFORE_SECONDS, grown.begin - lookback), "processed_events")
    return ratio(rate(after, "processed_events"), rate(after, "acked_events") if before is None else before)


def _between(samples: Sequence[Sample], begin: float, end: float) -> list[Sample]:
    return list(samples[bisect_left(samples, begin, key=_second) : bisect_right(samples, end, key=_second)])


def _second(sample: Sample) -> float:
    return sample.at_seconds
