"""Whether a pod is ready, and since when."""

from dataclasses import replace

from autoscaler.reconciler.due import started, state_of
from autoscaler.reconciler.model import Happening, Pod, ProbeKind
from autoscaler.reconciler.world import Change, World


def mark_ready(pod: Pod, world: World) -> Change:
    """The pod with its readiness as its probes have it; a change is told."""
    ready = _ready(pod)
    if ready == pod.ready or pod.launched_at is None:
        return Change(pod=pod)
    detail = state_of(pod, ProbeKind.READINESS).detail
    if ready:
        detail = f"{world.now - pod.launched_at:.1f} s after its launch"
    told = Happening(at_seconds=world.now, kind="ready" if ready else "unready", subject=pod.name, detail=detail)
    changed = replace(pod, ready=ready, ready_changed_at=world.now, ready_once=pod.ready_once or ready)
    return Change(pod=changed, happenings=(told,))


def _ready(pod: Pod) -> bool:
    """Without a readiness probe it is ready as soon as it runs and has started, as in Kubernetes."""
    if not pod.running or not pod.seen or pod.deleted_at is not None or not started(pod):
        return False
    return pod.spec.probes.readiness is None or state_of(pod, ProbeKind.READINESS).passed
