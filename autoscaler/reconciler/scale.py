"""More pods, or fewer: so many that those which are not to go are as many as desired."""

from collections.abc import Sequence
from dataclasses import replace

from autoscaler.reconciler.adopt import name_of
from autoscaler.reconciler.model import Fleet, Happening, Pod, Reconciled, Remove
from autoscaler.reconciler.victims import victims
from autoscaler.reconciler.world import Change, World, settled


def scale(state: Reconciled, world: World) -> Reconciled:
    """Create pods, or delete some.  A pod that is to go does not count, and is never called back, as in Kubernetes."""
    staying = [pod for pod in state.fleet.pods.values() if pod.deleted_at is None]
    missing = max(0, world.desired) - len(staying)
    if missing >= 0:
        return settled(state, _grown(state.fleet, missing, world.now))
    return _shrunk(state, victims(staying, -missing, world.partitions), world)


def _grown(fleet: Fleet, missing: int, now: float) -> Fleet:
    """Not ready since they exist, as a condition in Kubernetes has it."""
    numbers = range(fleet.names_given + 1, fleet.names_given + missing + 1)
    pods = [Pod(name=name_of(number), created_at=now, start_at=now, ready_changed_at=now) for number in numbers]
    return Fleet(pods={**fleet.pods, **{pod.name: pod for pod in pods}}, names_given=fleet.names_given + missing)


def _shrunk(state: Reconciled, chosen: Sequence[Pod], world: World) -> Reconciled:
    changes = [_deleted(pod, world) for pod in chosen]
    kept = {pod.name: change.pod for pod, change in zip(chosen, changes, strict=True) if change.pod is not None}
    gone = {pod.name for pod in chosen} - kept.keys()
    pods = {name: kept.get(name, pod) for name, pod in state.fleet.pods.items() if name not in gone}
    return settled(state, replace(state.fleet, pods=pods), *changes)


def _deleted(pod: Pod, world: World) -> Change:
    """A pod without a process has nobody to wait for: it is dropped, with what is left of its last process."""
    if pod.running:
        unready_since = world.now if pod.ready else pod.ready_changed_at
        deleted = replace(pod, deleted_at=world.now, ready=False, ready_changed_at=unready_since)
        return Change(pod=deleted, happenings=(_told(pod, "stop", "scaled down", world.now),))
    left = (Remove(name=pod.name),) if pod.name in world.processes else ()
    return Change(pod=None, actions=left, happenings=(_told(pod, "gone", "it had no process", world.now),))


def _told(pod: Pod, kind: str, detail: str, now: float) -> Happening:
    return Happening(at_seconds=now, kind=kind, subject=pod.name, detail=detail)
