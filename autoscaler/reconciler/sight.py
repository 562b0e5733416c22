"""What the backend shows of a pod's process: that it is there at all, when it was started, where its page is."""

from dataclasses import replace

from autoscaler.reconciler.model import Found, Pod
from autoscaler.reconciler.world import Change, World


def see(pod: Pod, world: World) -> Change:
    """The pod with what is known of its process now.

    A process that runs under the pod's name is the pod's, whichever launch it came from: a launch that was given up
    as lost may still have succeeded.
    """
    shown = world.processes.get(pod.name)
    if shown is None or (shown.exit is not None and world.process(pod) is None):
        return Change(pod=pod)
    if world.process(pod) is None:
        pod = replace(without_process(pod, world.now), generation=shown.generation, start_at=None, pending_reason=None)
        revision = shown.revision or pod.revision
        pod = replace(pod, revision=revision, spec=world.rollout.spec(revision))
    return Change(pod=_seen(pod, shown))


def without_process(pod: Pod, now: float) -> Pod:
    """The pod after its process ended: nothing that was known of the process holds for the next one."""
    return replace(
        pod,
        launched_at=None,
        seen=False,
        url=None,
        ready=False,
        ready_once=False,
        ready_changed_at=now if pod.ready else pod.ready_changed_at,
        probes={},
        stop_asked_at=None,
        kill_at=None,
        kill_asked_at=None,
        kill_reason=None,
    )


def _seen(pod: Pod, shown: Found) -> Pod:
    if pod.seen and pod.url == shown.url:
        return pod
    return replace(pod, seen=True, launched_at=shown.launched_at, url=shown.url)
