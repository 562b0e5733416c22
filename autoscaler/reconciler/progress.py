"""How far a rollout has come, and what is said of it: complete, getting further, or stalled, and why.

Source: `syncRolloutStatus` in Kubernetes' progress.go with `DeploymentComplete`, `DeploymentProgressing` and
`DeploymentTimedOut`.  Two things differ: whoever was ready before makes no progress by being ready again, so that a
version that crashes again and again cannot put off its deadline for ever; and it is complete only when the workers of
other versions have ended, not when they were told to.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

from autoscaler.reconciler.availability import available
from autoscaler.reconciler.model import Happening, Pod, Reconciled
from autoscaler.reconciler.troubles import together, trouble
from autoscaler.reconciler.world import World
from autoscaler.rollout.changes import FIRST_NUMBER, settled
from autoscaler.rollout.model import Counts, Marks, Phase, Rollout


def follow(state: Reconciled, world: World) -> Reconciled:
    """The rollout with its counts and its phase; what begins, ends or keeps failing is told once."""
    before, pods = state.rollout, [*state.fleet.pods.values()]
    rollout = settled(before, Counter(pod.revision for pod in pods))
    rollout = replace(rollout, counts=count(pods, rollout, world))
    if rollout.started_at is None:
        rollout = replace(rollout, started_at=world.now, progressed_at=world.now)
    if rollout.moving:
        rollout = _judged(rollout, pods, world)
    return replace(state, rollout=rollout, happenings=(*state.happenings, *_told(before, rollout, world.now)))


def count(pods: Sequence[Pod], rollout: Rollout, world: World) -> Counts:
    """The workers of one tick."""
    wanted, patience = rollout.current.name, rollout.strategy.min_ready_seconds
    return Counts(
        desired=max(0, world.desired),
        updated=len(_updated(pods, rollout)),
        ready=sum(pod.ready for pod in pods),
        available=sum(available(pod, patience, world.now) for pod in pods),
        old=sum(pod.revision != wanted for pod in pods),
    )


def _updated(pods: Sequence[Pod], rollout: Rollout) -> Sequence[Pod]:
    return [pod for pod in pods if pod.revision == rollout.current.name and pod.deleted_at is None]


def _judged(rollout: Rollout, pods: Sequence[Pod], world: World) -> Rollout:
    here = _marks(rollout, pods, world)
    if rollout.counts.old == 0 and rollout.counts.updated == here.available == rollout.counts.desired:
        phase = Phase.UNDONE if rollout.undoing else Phase.COMPLETE
        return replace(rollout, phase=phase, reason=None, ended_at=world.now, marks=here)
    if rollout.marks is None or rollout.sized_for != world.rollout.sized_for:
        rollout = replace(rollout, marks=here)  # from here on: a change of the number wanted is no progress by itself
    best = _best(rollout.marks or here, here)
    if best != rollout.marks:
        rollout = replace(rollout, phase=Phase.PROGRESSING, progressed_at=world.now, marks=best, reason=None)
    elif rollout.deadline_at is not None and world.now > rollout.deadline_at:
        rollout = replace(rollout, phase=Phase.STALLED)
    return replace(rollout, reason=_reason(rollout, pods, world))


def _marks(rollout: Rollout, pods: Sequence[Pod], world: World) -> Marks:
    updated, patience = _updated(pods, rollout), rollout.strategy.min_ready_seconds
    return Marks(
        updated=len(updated),
        ready=sum(pod.ready for pod in updated),
        available=sum(available(pod, patience, world.now) for pod in updated),
        old=rollout.counts.old,
    )


def _best(marks: Marks, here: Marks) -> Marks:
    return Marks(
        updated=max(marks.updated, here.updated),
        ready=max(marks.ready, here.ready),
        available=max(marks.available, here.available),
        old=min(marks.old, here.old),
    )


def _reason(rollout: Rollout, pods: Sequence[Pod], world: World) -> str | None:
    """Early, only what will not pass by itself, and then until it gets further; when stalled, everything that is."""
    patience = rollout.strategy.min_ready_seconds
    stalled = rollout.phase is Phase.STALLED
    concerned = [pod for pod in _updated(pods, rollout) if stalled or pod.pending_reason]
    found = [(pod.name, why) for pod in concerned if (why := trouble(pod, patience, world.now))]
    if not stalled:
        return together(found) if found else rollout.reason
    since = f"no progress for {rollout.strategy.progress_deadline_seconds:g} s: "
    return since + (together(found) if found else f"{rollout.counts.old} workers of other versions are left")


def _told(before: Rollout, after: Rollout, now: float) -> Iterator[Happening]:
    """A first version that comes up, or not at once, is nothing to tell: there was nobody to replace."""
    subject, detail = f"revision {after.current.number}", None
    replacing = after.current.number != FIRST_NUMBER or after.undoing
    if after.phase is Phase.STALLED and before.phase is not Phase.STALLED:
        detail = f"stalled: {after.reason}; {after.counts.available} workers are available"
    elif before.phase is Phase.STALLED and after.phase is Phase.PROGRESSING:
        detail = "goes on"
    elif replacing and before.moving and not after.moving:
        detail = f"{after.phase} after {now - (after.started_at or now):.1f} s"
    elif replacing and after.phase is Phase.PROGRESSING and after.reason and not before.reason:
        detail = f"failing: {after.reason}"
    if detail:
        yield Happening(at_seconds=now, kind="rollout", subject=subject, detail=detail)
