"""Whether a pod is available: ready for long enough to be relied on."""

from autoscaler.reconciler.model import Pod


def available(pod: Pod, min_ready_seconds: float, now: float) -> bool:
    """Source: `IsPodAvailable` in Kubernetes' pod util.  A pod that is to go is ready no more."""
    return pod.ready and ready_seconds(pod, now) >= min_ready_seconds


def ready_seconds(pod: Pod, now: float) -> float:
    """For how long it has been ready; 0 if it is not."""
    return now - pod.ready_changed_at if pod.ready and pod.ready_changed_at is not None else 0.0
