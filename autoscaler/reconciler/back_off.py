"""How long a worker that ended waits until it is started again."""

from contract.pods import BackOff


def next_wait(wait_seconds: float, ran_seconds: float, spec: BackOff) -> tuple[float, float]:
    """How long this restart waits after the end, and how long the next one would.

    `wait_seconds` is what the restart before announced, 0 for a first failure.  The first restart follows at once,
    then 10 s, 20 s, 40 s … up to 5 minutes; after a run of more than `reset_after_seconds` it counts as the first.
    Example, with Kubernetes' numbers: (0, 3) gives (0, 10), (10, 3) gives (10, 20), (300, 601) gives (0, 10).
    Source: kubelet's `doBackOff` (kuberuntime_manager.go) counts from the end of the last container and enters a
    back-off only after it has restarted it once; `Backoff.Next` and `hasExpired` in client-go's flowcontrol, where
    the reset comes after twice the longest wait.
    """
    if wait_seconds <= 0 or ran_seconds > spec.reset_after_seconds:
        return 0.0, min(spec.base_seconds, spec.max_seconds)
    return wait_seconds, min(2 * wait_seconds, spec.max_seconds)
