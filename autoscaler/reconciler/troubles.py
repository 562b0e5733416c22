"""Why a worker is not available, in words: for whoever waits for a rollout, or for the start of a run."""

from collections.abc import Sequence

from autoscaler.reconciler.availability import ready_seconds
from autoscaler.reconciler.deaths import last_line, words
from autoscaler.reconciler.due import started, state_of
from autoscaler.reconciler.model import Pod, ProbeKind

NAMED_MAX = 3


def trouble(pod: Pod, min_ready_seconds: float, now: float) -> str | None:
    """What it waits for, and how it ended before; None when it is available."""
    if pod.ready:
        seconds = ready_seconds(pod, now)
        return f"ready for {seconds:.0f} s of {min_ready_seconds:g} s" if seconds < min_ready_seconds else None
    now_and_then = [pod.pending_reason or _unready(pod)]
    if pod.last_exit is not None:
        now_and_then += [] if pod.pending_reason else [f"the process before ended with {words(pod.last_exit)}"]
        now_and_then += [f"last words: {said}" for said in [last_line(pod.last_exit)] if said]
    return "; ".join(now_and_then)


def together(troubles: Sequence[tuple[str, str]]) -> str:
    """Those of several workers, each name with its words: what is the same is said once, and of much only a part."""
    names: dict[str, list[str]] = {}
    for name, why in troubles:
        names.setdefault(why, []).append(name)
    return _some([f"{_some(who, ', ')}: {why}" for why, who in names.items()], "; ")


def _some(parts: Sequence[str], between: str) -> str:
    more = len(parts) - NAMED_MAX
    return between.join(parts[:NAMED_MAX]) + (f"{between}and {more} more" if more > 0 else "")


def _unready(pod: Pod) -> str:
    if not pod.running:
        return "it waits to be started"
    if not pod.seen:
        return "its launch has not been seen yet"
    if pod.kill_reason is not None:
        return f"it has to end: {pod.kill_reason}"
    kind = ProbeKind.READINESS if started(pod) else ProbeKind.STARTUP
    return f"the {kind} probe has not succeeded: {state_of(pod, kind).detail or 'no answer yet'}"
