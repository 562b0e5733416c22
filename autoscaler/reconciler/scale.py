"""More pods, or fewer: of each version as many as are wanted of it, and together as many as desired.

While one version gives way to the next there may be some more, or some fewer that are available.
"""

from collections.abc import Sequence
from dataclasses import replace

from autoscaler.reconciler.adopt import name_of
from autoscaler.reconciler.availability import available
from autoscaler.reconciler.model import Fleet, Happening, Pod, Reconciled, Remove
from autoscaler.reconciler.victims import victims
from autoscaler.reconciler.world import Change, World, settled
from autoscaler.rollout.model import Phase, Rollout
from autoscaler.rollout.sizes import Set, fence, resized


def scale(state: Reconciled, world: World) -> Reconciled:
    """Create pods, or delete some.  A pod that is to go does not count, and is never called back, as in Kubernetes."""
    rollout = _sized(state, world)
    state = replace(state, rollout=rollout)
    for revision in _revisions(state):
        staying = _staying(state, revision)
        missing = rollout.sizes.get(revision, 0) - len(staying)
        if missing > 0:
            state = settled(state, _grown(state.fleet, rollout, revision, missing, world.now))
        elif missing < 0:
            sure = {pod.name for pod in staying if _available(pod, rollout, world)}
            state = _shrunk(state, victims(staying, -missing, world.partitions, sure), world)
    return state


def _sized(state: Reconciled, world: World) -> Rollout:
    """The rollout with the next size of each version."""
    rollout, desired = state.rollout, max(0, world.desired)
    changed = rollout.sized_for is not None and rollout.sized_for != desired
    most_before = _most(rollout, rollout.sized_for or 0) if changed else None
    sizes = resized(
        [_set(state, revision, world) for revision in _revisions(state)],
        rollout.current.name,
        desired,
        fence(rollout.strategy, desired),
        most_before=most_before,
        frozen=rollout.phase is Phase.STALLED,
    )
    return replace(rollout, sizes=sizes, sized_for=desired)


def _most(rollout: Rollout, desired: int) -> int:
    return desired + fence(rollout.strategy, desired).surge


def _revisions(state: Reconciled) -> Sequence[str]:
    """Those that have pods or should have some, in the order in which they came up; unknown ones are the oldest."""
    staying = {pod.revision for pod in state.fleet.pods.values() if pod.deleted_at is None}
    names = staying | state.rollout.sizes.keys() | {state.rollout.current.name}
    return sorted(names, key=lambda name: (int(name) if name.isdecimal() else 0, name))


def _set(state: Reconciled, revision: str, world: World) -> Set:
    """As many as there are; when all are gone, as after a restart, as many as there were to be."""
    staying = _staying(state, revision)
    anybody = any(pod.deleted_at is None for pod in state.fleet.pods.values())
    size = len(staying) if anybody else state.rollout.sizes.get(revision, 0)
    ready = sum(_available(pod, state.rollout, world) for pod in staying)
    return Set(revision=revision, size=size, available=min(size, ready))


def _staying(state: Reconciled, revision: str) -> list[Pod]:
    return [pod for pod in state.fleet.pods.values() if pod.deleted_at is None and pod.revision == revision]


def _available(pod: Pod, rollout: Rollout, world: World) -> bool:
    return available(pod, rollout.strategy.min_ready_seconds, world.now)


def _grown(fleet: Fleet, rollout: Rollout, revision: str, missing: int, now: float) -> Fleet:
    """Not ready since they exist, as a condition in Kubernetes has it."""
    numbers = range(fleet.names_given + 1, fleet.names_given + missing + 1)
    blank = Pod(
        name="", created_at=now, start_at=now, ready_changed_at=now, revision=revision, spec=rollout.spec(revision)
    )
    pods = {name: replace(blank, name=name) for name in map(name_of, numbers)}
    return Fleet(pods={**fleet.pods, **pods}, names_given=fleet.names_given + missing)


def _shrunk(state: Reconciled, chosen: Sequence[Pod], world: World) -> Reconciled:
    changes = [_deleted(pod, state.rollout, world) for pod in chosen]
    kept = {pod.name: change.pod for pod, change in zip(chosen, changes, strict=True) if change.pod is not None}
    gone = {pod.name for pod in chosen} - kept.keys()
    pods = {name: kept.get(name, pod) for name, pod in state.fleet.pods.items() if name not in gone}
    return settled(state, replace(state.fleet, pods=pods), *changes)


def _deleted(pod: Pod, rollout: Rollout, world: World) -> Change:
    """A pod without a process has nobody to wait for: it is dropped, with what is left of its last process."""
    wanted = rollout.current.name
    why = "scaled down" if pod.revision == wanted else f"revision {pod.revision} gives way to revision {wanted}"
    if pod.running:
        unready_since = world.now if pod.ready else pod.ready_changed_at
        deleted = replace(pod, deleted_at=world.now, ready=False, ready_changed_at=unready_since)
        return Change(pod=deleted, happenings=(_told(pod, "stop", why, world.now),))
    left = (Remove(name=pod.name),) if pod.name in world.processes else ()
    return Change(pod=None, actions=left, happenings=(_told(pod, "gone", f"{why}; it had no process", world.now),))


def _told(pod: Pod, kind: str, detail: str, now: float) -> Happening:
    return Happening(at_seconds=now, kind=kind, subject=pod.name, detail=detail)
