"""One moment of a run in full: what was seen, the whole trail, what shadows would have done, the last change."""

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from autoscaler.errors import StateError
from autoscaler.explain.story import Entry, change_in
from autoscaler.journal import ShadowAnswer, Tick
from autoscaler.model import Decision, Observation, Reading, Step
from autoscaler.model.value import value
from autoscaler.signals import Signal, read_signal
from contract.record import RunEvent

AROUND_SECONDS = 5.0


@value(frozen=True, slots=True, kw_only=True)
class SeenBrief:
    """What was seen, in brief.  A reading without a value says why it is not known."""

    lag: Reading
    lag_of_worst_partition: Reading
    partitions: int
    time_lag_seconds: float | None
    arrival_rate: float | None
    processing_rate: float | None
    group_state: str | None
    group_members: int | None
    host_cpu_ratio: float | None
    metrics: Mapping[str, Reading]
    workers: Mapping[str, int]
    """How many are in each phase."""
    workers_ready: int
    workers_deleted: int


@value(frozen=True, slots=True, kw_only=True)
class Watched:
    """A shadow's last answer, and when it was given."""

    at_seconds: float
    answer: ShadowAnswer


@value(frozen=True, slots=True, kw_only=True)
class Moment:
    """Everything about one tick.  Times are seconds of the run."""

    at_seconds: float
    epoch_seconds: float
    policy: str
    desired: int
    spec_replicas: int
    status_replicas: int
    held: str | None
    decided_at: float | None
    """When the decision that stood was made: not in this tick if the policy was not asked in it."""
    decided_from: int | None
    """The number asked for before that decision."""
    decision: Decision | None
    order: Step | None
    """What an operator had ordered instead of the policy's number."""
    seen: SeenBrief
    shadows: Mapping[str, Watched]
    last_change: Entry | None
    done: tuple[str, ...]
    events: tuple[RunEvent, ...]
    """What happened within some seconds of it."""


@value(frozen=True, slots=True, kw_only=True)
class _Past:
    """A tick, and what still stood at it."""

    tick: Tick
    decided: Tick | None
    change: Entry | None
    shadows: Mapping[str, Watched]


def look_up(ticks: Iterable[Tick], *, zero: float, at_seconds: float, events: Sequence[RunEvent] = ()) -> Moment:
    """The tick nearest to `at_seconds` of the run.  Raises StateError when the run was not there."""
    past = _nearest(_follow(ticks, zero), zero, at_seconds)
    tick, decided = past.tick, past.decided
    now = tick.seen.at_seconds - zero
    return Moment(
        at_seconds=now,
        epoch_seconds=tick.seen.at_seconds,
        policy=tick.policy,
        desired=tick.desired,
        spec_replicas=tick.seen.spec_replicas,
        status_replicas=tick.seen.status_replicas,
        held=tick.held,
        decided_at=decided.seen.at_seconds - zero if decided else None,
        decided_from=decided.seen.spec_replicas if decided else None,
        decision=decided.decision if decided else None,
        order=tick.order,
        seen=_brief(tick.seen),
        shadows=past.shadows,
        last_change=past.change,
        done=tick.done,
        events=_around(events, now),
    )


def _around(events: Sequence[RunEvent], now: float) -> tuple[RunEvent, ...]:
    near = [event for event in events if abs(event.at_seconds - now) <= AROUND_SECONDS]
    return tuple(sorted(near, key=lambda event: event.at_seconds))


def _follow(ticks: Iterable[Tick], zero: float) -> Iterator[_Past]:
    decided: Tick | None = None
    desired: int | None = None
    change: Entry | None = None
    shadows: dict[str, Watched] = {}
    for tick in ticks:
        decided = tick if tick.decision else decided
        now = tick.seen.at_seconds - zero
        change = change_in(tick, tick.seen.spec_replicas if desired is None else desired, now) or change
        shadows = shadows | {name: Watched(at_seconds=now, answer=answer) for name, answer in tick.shadows.items()}
        yield _Past(tick=tick, decided=decided, change=change, shadows=shadows)
        desired = tick.desired


def _nearest(pasts: Iterator[_Past], zero: float, at_seconds: float) -> _Past:
    first = found = next(pasts, None)
    if first is None or found is None:
        raise StateError("the journal holds no whole line: the autoscaler ended before its first tick was over")
    last = first
    for last in pasts:
        if _away(last, zero, at_seconds) > _away(found, zero, at_seconds):
            break
        found = last
    begins, ends = first.tick.seen.at_seconds - zero, last.tick.seen.at_seconds - zero
    if at_seconds < math.floor(begins) or at_seconds > math.ceil(ends):
        for last in pasts:
            ends = last.tick.seen.at_seconds - zero
        raise StateError(f"--at {at_seconds:g} is outside the run: its journal goes from {begins:.1f} to {ends:.1f} s")
    return found


def _away(past: _Past, zero: float, at_seconds: float) -> float:
    return abs(past.tick.seen.at_seconds - zero - at_seconds)


def _brief(seen: Observation) -> SeenBrief:
    phases = Counter(str(worker.phase or worker.pod_phase).lower() for worker in seen.workers)
    return SeenBrief(
        lag=read_signal(Signal.TOTAL_LAG, seen),
        lag_of_worst_partition=read_signal(Signal.MAX_PARTITION_LAG, seen),
        partitions=len(seen.partitions),
        time_lag_seconds=seen.time_lag_seconds,
        arrival_rate=seen.arrival_rate,
        processing_rate=seen.processing_rate,
        group_state=seen.group_state,
        group_members=seen.group_members,
        host_cpu_ratio=seen.host_cpu_ratio,
        metrics=seen.metrics,
        workers=dict(phases.most_common()),
        workers_ready=sum(worker.ready is True for worker in seen.workers),
        workers_deleted=sum(worker.deleted for worker in seen.workers),
    )
