"""Pods that should run and have no process: where a node matches they are started, and else they wait."""

from dataclasses import replace

from autoscaler.reconciler.model import Action, Happening, Launch, Pod, Remove
from autoscaler.reconciler.placement import misfit
from autoscaler.reconciler.world import Change, World

LAUNCH_SECONDS_MAX = 5.0
"""A launch that the backend does not show after this was lost, and is asked for again."""


def launch(pod: Pod, world: World) -> Change:
    """Start a process for a pod whose time has come, and again if a launch was lost.

    What is left of the process before is removed first.  `launched_at` is when it was asked for, until the backend
    shows when it was.  Restarts count as in Kubernetes, when they are made; a launch that was lost is none.
    """
    if pod.deleted_at is not None:
        return Change(pod=pod)
    if pod.launched_at is None:
        waits = pod.start_at is not None and pod.start_at > world.now
        return Change(pod=pod) if waits else _placed(pod, world)
    lost = not pod.seen and world.now >= pod.launched_at + LAUNCH_SECONDS_MAX
    if not lost:
        return Change(pod=pod)
    return _launched(replace(pod, generation=pod.generation + 1), world, "again: the launch before was never seen")


def _placed(pod: Pod, world: World) -> Change:
    """A pod that ran before stays where it was, whatever became of the labels, as in Kubernetes.

    Why it waits is told once, and again when the reason changes.
    """
    why = misfit(pod.spec.node_selector, world.nodes) if pod.last_exit is None else None
    if why is None:
        return _started(pod, world)
    told = Happening(at_seconds=world.now, kind="pending", subject=pod.name, detail=why)
    return Change(pod=replace(pod, pending_reason=why), happenings=() if why == pod.pending_reason else (told,))


def _started(pod: Pod, world: World) -> Change:
    if pod.last_exit is None:
        return _launched(pod, world, "")
    restarted = replace(pod, generation=pod.generation + 1, restarts=pod.restarts + 1)
    return _launched(restarted, world, f"restart {restarted.restarts}")


def _launched(pod: Pod, world: World, detail: str) -> Change:
    """As a generation that nothing bears yet, also when what is left comes from before the autoscaler's restart."""
    ended = world.processes.get(pod.name)
    generation = pod.generation if ended is None else max(pod.generation, ended.generation + 1)
    if world.rollout.revision(pod.revision) is None:  # nobody knows its settings any more
        current = world.rollout.current
        pod = replace(pod, revision=current.name, spec=current.worker)
    pod = replace(pod, generation=generation, launched_at=world.now, start_at=None, pending_reason=None)
    left: tuple[Action, ...] = () if ended is None else (Remove(name=pod.name),)
    told = Happening(at_seconds=world.now, kind="launch", subject=pod.name, detail=detail)
    launching = Launch(name=pod.name, generation=pod.generation, revision=pod.revision)
    return Change(pod=pod, actions=(*left, launching), happenings=(told,))
