"""What is remembered of each worker's process: how long its start took, and the rebalances it went through.

Every member of the group sees every rebalance, so the group's number is not a sum.  Each process gets a `base`: its own
count plus its base is the group's number, and the highest of all is right, whoever answers late.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from autoscaler.reconciler.model import Pod, Pods
from contract.worker import WorkerPhase, WorkerStatus

STOPS_MAX = 16
"""The recent past of rebalances: so many ticks in which some ended."""


class Member(NamedTuple):
    """One process, as it was when it last answered."""

    generation: int
    base: int
    rebalances: int
    rebalance_seconds: float
    init_seconds: float | None
    """From launch until ready; None = it never was."""


class Stops(NamedTuple):
    """Rebalances that ended in one tick, summed over the workers that they stopped."""

    rebalances: int
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Members:
    """`rebalances` is the group's number since the first answer; None before it."""

    known: Mapping[str, Member] = field(default_factory=dict)
    rebalances: int | None = None
    stops: tuple[Stops, ...] = ()

    def rebalance_seconds(self) -> float | None:
        """Mean time for which a rebalance of late stopped a worker."""
        count = sum(stop.rebalances for stop in self.stops)
        return sum(stop.seconds for stop in self.stops) / count if count else None


def follow(members: Members, pods: Pods, statuses: Mapping[str, WorkerStatus], now: float) -> Members:
    """The members with one more tick's answers, without those that are gone."""
    before = {name: known for name, known in members.known.items() if name in pods and _same(known, pods[name])}
    if not statuses:
        return Members(known=before, rebalances=members.rebalances, stops=members.stops)
    ended = [_ended(before[name], status) for name, status in statuses.items() if name in before]
    stop = Stops(sum(one.rebalances for one in ended), sum(one.seconds for one in ended))
    counts = [before[name].base + status.rebalances for name, status in statuses.items() if name in before]
    group = max([members.rebalances or 0, *counts])
    seen = {name: _seen(before.get(name), pods[name], status, group, now) for name, status in statuses.items()}
    return Members(
        known={**before, **seen},
        rebalances=group,
        stops=(*members.stops, stop)[-STOPS_MAX:] if stop.rebalances else members.stops,
    )


def init_seconds(pod: Pod, known: Member | None, status: WorkerStatus | None, now: float) -> float | None:
    """From launch until ready, or so far; None when that is not known."""
    if known is not None and known.generation == pod.generation and known.init_seconds is not None:
        return known.init_seconds
    return None if status is None or pod.launched_at is None else max(0.0, now - pod.launched_at)


def _same(known: Member, pod: Pod) -> bool:
    return known.generation == pod.generation


def _ended(known: Member, status: WorkerStatus) -> Stops:
    """A rebalance is counted when it begins, and its time when it ends."""
    seconds = status.rebalance_seconds - known.rebalance_seconds
    return Stops(max(1, status.rebalances - known.rebalances), seconds) if seconds > 0 else Stops(0, 0.0)


def _seen(known: Member | None, pod: Pod, status: WorkerStatus, group: int, now: float) -> Member:
    was_ready = WorkerPhase.READY in status.phase_seconds or status.phase is WorkerPhase.READY
    fresh = known is None or not was_ready  # one that never consumed has seen none of the group's rebalances
    start = known.init_seconds if known is not None else None
    if start is None and status.phase is WorkerPhase.READY and pod.launched_at is not None:
        since_ready = status.phase_seconds.get(WorkerPhase.READY, 0.0) + status.rebalance_seconds
        start = max(0.0, now - pod.launched_at - since_ready)
    return Member(
        generation=pod.generation,
        base=group - status.rebalances if fresh or known is None else known.base,
        rebalances=status.rebalances,
        rebalance_seconds=status.rebalance_seconds,
        init_seconds=start,
    )
