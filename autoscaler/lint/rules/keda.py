"""Rules about what KEDA itself does: the cap at the partitions, activation, fallback, polling."""

import math
from collections.abc import Iterator

from autoscaler.lint.document import Manifest, child
from autoscaler.lint.model import Finding, Put, Severity, Unchecked
from autoscaler.lint.rules.bounds import PARTITIONS, capped_by_keda, counted_partitions
from autoscaler.lint.setting import Setting
from autoscaler.lint.views import (
    SCALED,
    Bound,
    Trigger,
    behavior_path,
    bounds_of,
    kafka_triggers,
    number,
    quantity,
    triggers_of,
)
from autoscaler.lint.words import counted
from autoscaler.policies.hpa import Tolerances

COOLDOWN, POLLING = 300, 30
"""KEDA's defaults, seconds."""
MAY_LOWER = frozenset({"static", "currentReplicasIfLower"})
"""Fallback behaviours that may stand for fewer workers than there are."""


def sticks_below_cap(manifest: Manifest, setting: Setting) -> Iterator[Finding | Unchecked]:
    """A capped lag asks for so little more than there is that the tolerance holds it."""
    bounds, tolerance = _of_keda(manifest), up_tolerance(manifest, setting)
    triggers = [trigger for trigger in kafka_triggers(manifest) if trigger.metric_type != "Value"]
    if bounds is None or not triggers or not capped_by_keda(manifest):
        return
    partitions = counted_partitions(manifest, setting)
    if partitions is None:
        yield Unchecked("keda-sticks-below-cap", PARTITIONS)
        return
    stuck = stuck_at(partitions, bounds[1].replicas, triggers[0].threshold, tolerance)
    stuck = range(max(stuck.start, bounds[0].replicas), stuck.stop)
    if stuck:
        yield _stuck(triggers[0], stuck, partitions, min(partitions, bounds[1].replicas), tolerance)


def fallback_too_small(manifest: Manifest, setting: Setting) -> Iterator[Finding | Unchecked]:
    """The fallback is for the moment when nothing is known: it must be enough for any load."""
    fallback, bounds = manifest.get("spec", "fallback"), bounds_of(manifest)
    replicas = number(child(fallback, "replicas"))
    if replicas is None or bounds is None or str(child(fallback, "behavior") or "static") not in MAY_LOWER:
        return
    needed = setting.needed
    if needed is None or setting.peak_rate is None or setting.worker_rate is None:
        yield Unchecked("keda-fallback-too-small", "the peak rate and what one worker does (--scenario)")
    elif replicas < needed:
        workers = f"{counted(needed, 'worker')} of {setting.worker_rate:,.0f}"
        need = f"{setting.peak_rate:,.0f} events/s at the peak need {workers}."
        yield _small_fallback(replicas, min(needed, bounds[1].replicas), need)
        return
    if replicas < bounds[0].replicas:
        least = bounds[0]
        yield _small_fallback(
            replicas, least.replicas, f"{least.name} is {least.replicas}, so it has no effect at all."
        )


def zero_in_one_step(manifest: Manifest, setting: Setting) -> Iterator[Finding]:
    """KEDA goes to 0 behind the HPA's back."""
    bounds = _of_keda(manifest)
    if bounds is None or bounds[0].replicas != 0:
        return
    cooldown = seconds_of(manifest, "cooldownPeriod", COOLDOWN)
    start = "" if setting.init_seconds is None else f", which takes {setting.init_seconds:g} s to initialise"
    yield Finding(
        code="keda-zero-in-one-step",
        severity=Severity.INFO,
        path=bounds[0].path,
        what=f"All workers are stopped at once after {cooldown} s without lag above the activation threshold, past "
        f"every scale-down policy; the next event waits for a poll and the first worker{start}.",
        why="With minReplicaCount 0 KEDA itself sets the replicas to 0; behavior only binds the HPA.",
        corrected="minReplicaCount: 1   # if the first events cannot wait",
    )


def idle_not_zero(manifest: Manifest, setting: Setting) -> Iterator[Finding]:
    """An HPA has a minimum, not an idle number."""
    del setting
    idle = number(manifest.get("spec", "idleReplicaCount")) if manifest.kind == SCALED else None
    if idle:
        path, least = ("spec", "idleReplicaCount"), manifest.get("spec", "minReplicaCount")
        yield Finding(
            code="keda-idle-not-zero",
            severity=Severity.WARNING,
            path=path,
            what=f"The idle number {idle} does not last: the HPA lifts {idle} to minReplicaCount at its next look.",
            why="Below its minimum an HPA scales up without reading a metric; only at 0 does it do nothing.",
            corrected=""
            if least is not None
            else "minReplicaCount: 1   # KEDA's webhook takes 0 only below it\nidleReplicaCount: 0",
            edits=() if least is None else (Put(path, "0"),),
        )


def polls_slower_than_slo(manifest: Manifest, setting: Setting) -> Iterator[Finding | Unchecked]:
    """What is seen only at a poll cannot be answered sooner."""
    bounds, polling = _of_keda(manifest), seconds_of(manifest, "pollingInterval", POLLING)
    cached = any(manifest.get(*each.path, "useCachedMetrics") for each in triggers_of(manifest))
    if bounds is None or (bounds[0].replicas != 0 and not cached):
        return
    if setting.slo_seconds is None:
        yield Unchecked("keda-polls-slower-than-slo", "the SLO's time_lag_seconds_max (--scenario)")
    elif polling > setting.slo_seconds:
        path = ("spec", "pollingInterval")
        what = "cached metrics are as old as the last poll" if cached else "a group at 0 wakes only at a poll"
        yield Finding(
            code="keda-polls-slower-than-slo",
            severity=Severity.WARNING,
            path=path,
            what=f"Events may wait {polling} s unseen, and the SLO allows {setting.slo_seconds:g} s: {what}.",
            why="KEDA looks at the trigger every pollingInterval; from 1 worker on the HPA asks by itself.",
            edits=(Put(path, str(max(1, math.floor(setting.slo_seconds)))),),
        )


def activation_above_threshold(manifest: Manifest, setting: Setting) -> Iterator[Finding]:
    """Between the two thresholds there is work for several workers, and none."""
    del setting
    bounds = _of_keda(manifest)
    for trigger in kafka_triggers(manifest) if bounds is not None and bounds[0].replicas == 0 else ():
        activation = number(trigger.metadata.get("activationLagThreshold")) or 0
        if activation > trigger.threshold:
            yield Finding(
                code="keda-activation-above-threshold",
                severity=Severity.WARNING,
                path=(*trigger.path, "metadata", "activationLagThreshold"),
                what=f"A lag of {activation:,} stays at 0 workers, although it is work for "
                f"{math.ceil(activation / trigger.threshold)}.",
                why="At 0 only activationLagThreshold counts; lagThreshold is asked from 1 worker on.  After the "
                "cooldown such a lag also stops workers that are busy with it.",
                edits=(Put((*trigger.path, "metadata", "activationLagThreshold"), f'"{trigger.threshold:.0f}"'),),
            )


def stuck_at(partitions: int, most: int, threshold: float, tolerance: float) -> range:
    """Numbers of workers below the cap that stay as they are, however large the lag: the metric ends at the cap.

    >>> stuck_at(64, 100, 10, 0.1)
    range(59, 64)
    """
    cap, hold = partitions * threshold, Tolerances(down=tolerance, up=tolerance).hold
    top = min(partitions, most)
    first = top
    while first > 1 and hold(cap / (threshold * (first - 1))):
        first -= 1
    return range(first, top)


def up_tolerance(manifest: Manifest, setting: Setting) -> float:
    """That of the manifest, else the cluster's."""
    path = behavior_path(manifest) or ()
    own = manifest.get(*path, "scaleUp", "tolerance")
    return setting.cluster.tolerance if own is None else quantity(own) or 0.0


def seconds_of(manifest: Manifest, name: str, default: int) -> int:
    """A ScaledObject's time, with KEDA's default."""
    found = number(manifest.get("spec", name))
    return default if found is None else found


def _of_keda(manifest: Manifest) -> tuple[Bound, Bound] | None:
    return bounds_of(manifest) if manifest.kind == SCALED else None


def _stuck(trigger: Trigger, stuck: range, partitions: int, top: int, tolerance: float) -> Finding:
    last, first = stuck[-1], stuck[0]
    reach = str(last) if first == last else f"{first} to {last}"
    threshold = f"{trigger.threshold:,.0f}"
    return Finding(
        code="keda-sticks-below-cap",
        severity=Severity.WARNING,
        path=(*trigger.path, "metadata"),
        what=f"It sticks at {last} of {top} workers, however large the lag is: from {reach} it never grows.",
        why=f"KEDA caps the metric at {partitions} partitions times {threshold}; at {counted(last, 'worker')} that is "
        f"{partitions}/{last} = {partitions / last:.3f} of the target, within the tolerance of {tolerance:g}.",
        corrected="advanced:\n  horizontalPodAutoscalerConfig:\n    behavior:\n      scaleUp:\n"
        '        tolerance: "0"   # needs Kubernetes 1.35, or 1.33 with the gate HPAConfigurableTolerance',
    )


def _small_fallback(replicas: int, better: int, because: str) -> Finding:
    path = ("spec", "fallback", "replicas")
    return Finding(
        code="keda-fallback-too-small",
        severity=Severity.WARNING,
        path=path,
        what=f"When the lag cannot be read, the load is left to {counted(replicas, 'worker')}: {because}",
        why="The fallback replaces the metric by its number of replicas, also downwards, at whatever load there is.",
        edits=(Put(path, str(better)),) if better > replicas else (),
    )
