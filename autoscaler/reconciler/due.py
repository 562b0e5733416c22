"""When a probe is due: which ones a process has to answer now, by Kubernetes' rules.

Source: `doProbe` in kubelet's prober/worker.go.
"""

import math

from autoscaler.reconciler.model import Pod, ProbeKind, ProbeState
from autoscaler.reconciler.world import World
from contract.pods import Probe, Probes

_ANSWER_SECONDS_MAX = 10.0
"""An order whose answer is later than its time limit by this much was lost; it is given again."""
_EARLY = 1e-3
"""Share of a period: a tick that is early by a rounding error is not early."""


def due(pod: Pod, kind: ProbeKind, world: World) -> bool:
    """Whether the pod's process is to be asked now.

    The startup probe is asked until it has succeeded once, the others from then on.  A pod that is to go is asked
    nothing, a process that a probe condemned only whether it is ready.
    """
    probe, state = probe_of(pod.spec.probes, kind), state_of(pod, kind)
    if probe is None or not asked_at_all(pod, kind):
        return False
    if state.outstanding and state.asked_at is not None:
        return world.now >= state.asked_at + probe.timeout_seconds + _ANSWER_SECONDS_MAX
    return _beats(pod, probe, world.now) > (-1 if state.asked_at is None else _beats(pod, probe, state.asked_at))


def asked_at_all(pod: Pod, kind: ProbeKind) -> bool:
    """Whether answers of this kind count for the pod as it stands."""
    if not pod.running or not pod.seen or pod.deleted_at is not None:
        return False
    if kind is not ProbeKind.READINESS and pod.kill_reason is not None:
        return False
    return started(pod) is not (kind is ProbeKind.STARTUP)


def started(pod: Pod) -> bool:
    """Whether it has passed its startup probe, if there is one."""
    return pod.spec.probes.startup is None or state_of(pod, ProbeKind.STARTUP).passed


def probe_of(probes: Probes, kind: ProbeKind) -> Probe | None:
    """The probe of this kind; None = there is none."""
    match kind:
        case ProbeKind.STARTUP:
            return probes.startup
        case ProbeKind.LIVENESS:
            return probes.liveness
        case ProbeKind.READINESS:
            return probes.readiness


def state_of(pod: Pod, kind: ProbeKind) -> ProbeState:
    """How the pod's probe of this kind stands."""
    return pod.probes.get(kind, ProbeState())


def _beats(pod: Pod, probe: Probe, at_seconds: float) -> int:
    """How many periods have begun since the initial delay: -1 before it, 0 in the first one.

    Counted from the launch, and not from the last answer, so that a late tick does not delay all that follow.
    """
    assert pod.launched_at is not None
    since = at_seconds - pod.launched_at - probe.initial_delay_seconds
    return max(-1, math.floor(since / probe.period_seconds + _EARLY))
