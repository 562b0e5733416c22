"""What probes have answered, counted as Kubernetes counts: in a row, against a threshold.

Source: `doProbe` in kubelet's prober/worker.go, and `computePodActions` in kuberuntime_manager.go for what a failed
startup or liveness probe brings about.
"""

from dataclasses import replace

from autoscaler.reconciler.due import asked_at_all, due, probe_of, state_of
from autoscaler.reconciler.model import Happening, Pod, ProbeKind, ProbeResult, ProbeState
from autoscaler.reconciler.world import Change, World
from contract.pods import Probe


def judge(pod: Pod, world: World) -> Change:
    """Count the answers of its present process; one that fails too often is condemned (`Pod.kill_reason`)."""
    happenings: list[Happening] = []
    for result in world.results.get(pod.name, ()):
        pod, told = _counted(pod, result, world)
        happenings += told
    for kind in ProbeKind:
        if pod.url is None and due(pod, kind, world):
            pod, told = _counted(_asked(pod, kind, world.now), _refusal(pod, kind, world.now), world)
            happenings += told
    return Change(pod=pod, happenings=tuple(happenings))


def _counted(pod: Pod, result: ProbeResult, world: World) -> tuple[Pod, list[Happening]]:
    """An answer of an earlier process, or one that is not asked for any more, says nothing."""
    probe = probe_of(pod.spec.probes, result.kind)
    if probe is None or result.generation != pod.generation or not asked_at_all(pod, result.kind):
        return pod, []
    before = state_of(pod, result.kind)
    after = _after(before, result, probe)
    pod = replace(pod, probes={**pod.probes, result.kind: after})
    if result.ok:
        return pod, []
    told = _failed(pod, result, world.now) if _worth_telling(before, after, result.kind) else []
    if result.kind is ProbeKind.READINESS or after.failures < probe.failure_threshold:
        return pod, told
    pod, killing = _condemned(pod, result, after, world.now)
    return pod, [*told, killing]


def _after(state: ProbeState, result: ProbeResult, probe: Probe) -> ProbeState:
    """The state after one more answer; below a threshold `passed` stays as it is."""
    successes = state.successes + 1 if result.ok else 0
    failures = 0 if result.ok else state.failures + 1
    passed = successes >= probe.success_threshold or (state.passed and failures < probe.failure_threshold)
    return replace(
        state, outstanding=False, successes=successes, failures=failures, passed=passed, detail=result.detail
    )


def _worth_telling(before: ProbeState, after: ProbeState, kind: ProbeKind) -> bool:
    """The first failure in a row, unless the process only starts: then failures are what probes are there for."""
    return after.failures == 1 and (before.passed or kind is ProbeKind.LIVENESS)


def _failed(pod: Pod, result: ProbeResult, now: float) -> list[Happening]:
    detail = f"{result.kind}: {result.detail}"
    return [Happening(at_seconds=now, kind="probe-failed", subject=pod.name, detail=detail)]


def _condemned(pod: Pod, result: ProbeResult, state: ProbeState, now: float) -> tuple[Pod, Happening]:
    """Its process has to end, and the pod stays."""
    times = "once" if state.failures == 1 else f"{state.failures} times in a row"
    reason = f"the {result.kind} probe failed {times}: {result.detail}"
    past = "it had been ready" if pod.ready_once else "it had never been ready"
    killing = Happening(at_seconds=now, kind="probe-kill", subject=pod.name, detail=f"{reason}; {past}")
    return replace(pod, kill_reason=reason), killing


def _asked(pod: Pod, kind: ProbeKind, now: float) -> Pod:
    return replace(pod, probes={**pod.probes, kind: replace(state_of(pod, kind), asked_at=now)})


def _refusal(pod: Pod, kind: ProbeKind, now: float) -> ProbeResult:
    """What a probe of a process that does not listen yet would answer."""
    return ProbeResult(
        name=pod.name,
        generation=pod.generation,
        kind=kind,
        at_seconds=now,
        ok=False,
        detail="connection refused: it does not listen yet",
    )
