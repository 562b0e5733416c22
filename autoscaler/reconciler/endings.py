"""Processes that have to end: asked first, and killed when their grace is over.

Source: kubelet's `killContainer` (kuberuntime_container.go): the same grace period for a pod that is deleted and for a
container that a probe condemned.
"""

from dataclasses import replace

from autoscaler.reconciler.launches import LAUNCH_SECONDS_MAX
from autoscaler.reconciler.model import Action, Happening, Kill, Pod, Stop
from autoscaler.reconciler.world import Change, World


def end(pod: Pod, world: World) -> Change:
    """Ask the process to finish, again if that was lost, and kill it once `grace_seconds` have passed since."""
    if pod.launched_at is None or (pod.deleted_at is None and pod.kill_reason is None):
        return Change(pod=pod)
    if not pod.seen:
        return _awaited(pod, world, pod.launched_at)
    if pod.kill_at is None:
        pod = replace(pod, kill_at=world.now + pod.spec.grace_seconds)
    pod, stopping = _asked(pod, world)
    pod, killing, told = _killed(pod, world)
    return Change(pod=pod, actions=(*stopping, *killing), happenings=told)


def _awaited(pod: Pod, world: World, launched_at: float) -> Change:
    """There is nobody to ask yet.  A launch that never shows was lost, and the pod is gone."""
    if world.now < launched_at + LAUNCH_SECONDS_MAX:
        return Change(pod=pod)
    told = Happening(at_seconds=world.now, kind="gone", subject=pod.name, detail="its launch was never seen")
    return Change(pod=None, happenings=(told,))


def _asked(pod: Pod, world: World) -> tuple[Pod, tuple[Action, ...]]:
    """In every tick until the backend shows that it was told."""
    process = world.process(pod)
    if (process is not None and process.stopping) or pod.stop_asked_at == world.now:
        return pod, ()
    return replace(pod, stop_asked_at=world.now), (Stop(name=pod.name),)


def _killed(pod: Pod, world: World) -> tuple[Pod, tuple[Action, ...], tuple[Happening, ...]]:
    """In every tick after its grace until it has ended, but told once."""
    if pod.kill_at is None or world.now < pod.kill_at or pod.kill_asked_at == world.now:
        return pod, (), ()
    detail = f"it had not ended {pod.spec.grace_seconds:g} s after it was asked to"
    told = Happening(at_seconds=world.now, kind="grace-kill", subject=pod.name, detail=detail)
    first = pod.kill_asked_at is None
    return replace(pod, kill_asked_at=world.now), (Kill(name=pod.name),), ((told,) if first else ())
