"""Rules about the least and the most replicas: they need no metric, so they fit every kind of policy."""

from collections.abc import Iterator

from autoscaler.lint.document import Manifest
from autoscaler.lint.model import Finding, Put, Severity, Unchecked
from autoscaler.lint.setting import Setting
from autoscaler.lint.views import HPA, SCALED, Bound, bounds_of, kafka_triggers, resources_of
from autoscaler.lint.words import counted

PARTITIONS_MAX = 100_000
PARTITIONS = "the topic's partitions (--scenario)"


def min_above_max(manifest: Manifest, setting: Setting) -> Iterator[Finding]:
    """The bounds contradict each other."""
    del setting
    bounds = bounds_of(manifest)
    if bounds is None or bounds[0].replicas <= bounds[1].replicas:
        return
    least, most = bounds
    who = {HPA: "The API server", SCALED: "KEDA's webhook"}.get(manifest.kind, "Weir")
    yield Finding(
        code="min-above-max",
        severity=Severity.ERROR,
        path=(least if least.given else most).path,
        what=f"{who} refuses it: {least.name} {_told(least)} is above {most.name} {_told(most)}.",
        why="There is no number of workers that satisfies both.",
        corrected=f"{most.name}: {least.replicas}   # or a {least.name} of {most.replicas} at most",
    )


def min_is_max(manifest: Manifest, setting: Setting) -> Iterator[Finding]:
    """There is nothing to decide."""
    del setting
    bounds = bounds_of(manifest)
    if bounds is None or bounds[0].path == bounds[1].path or bounds[0].replicas != bounds[1].replicas:
        return
    least, most = bounds
    yield Finding(
        code="min-is-max",
        severity=Severity.INFO,
        path=most.path,
        what=f"It never scales: {least.name} and {most.name} are both {most.replicas}.",
        why="Whatever the metrics say, the bounds leave one number.",
    )


def hpa_to_zero(manifest: Manifest, setting: Setting) -> Iterator[Finding]:
    """Whether an HPA may go to 0 depends on the cluster."""
    bounds = bounds_of(manifest)
    if manifest.kind != HPA or bounds is None or bounds[0].replicas != 0 or not setting.cluster.scale_to_zero:
        return
    yield Finding(
        code="hpa-min-zero",
        severity=Severity.INFO,
        path=bounds[0].path,
        what="Before Kubernetes 1.37 the API server refuses minReplicas 0 unless the gate HPAScaleToZero is on.",
        why="The gate is on from 1.37; before, an HPA goes down to 1 worker, or a ScaledObject does it.",
        corrected="minReplicas: 1   # if the cluster is older",
    )


def above_partitions(manifest: Manifest, setting: Setting) -> Iterator[Finding | Unchecked]:
    """A partition is read by one worker of a group, so workers beyond the partitions have nothing to read."""
    bounds, partitions = bounds_of(manifest), counted_partitions(manifest, setting)
    if bounds is None:
        return
    if partitions is None:
        yield Unchecked("max-above-partitions", PARTITIONS)
        return
    least, most = bounds
    fits = least.replicas <= partitions
    if not fits and least.path != most.path:
        yield _idle(least, "min-above-partitions", partitions, fits=False)
    if most.replicas > partitions and not capped_by_keda(manifest):
        yield _idle(most, "max-above-partitions", partitions, fits=fits or least.path == most.path)


def max_below_need(manifest: Manifest, setting: Setting) -> Iterator[Finding | Unchecked]:
    """The highest load needs more workers than there may be."""
    bounds = bounds_of(manifest)
    if bounds is None:
        return
    most = bounds[1]
    if setting.needed is None or setting.peak_rate is None or setting.worker_rate is None:
        yield Unchecked("max-below-need", "the peak rate and what one worker does (--scenario)")
    elif most.replicas < setting.needed:
        yield Finding(
            code="max-below-need",
            severity=Severity.WARNING,
            path=most.path,
            what=f"The lag grows without end at the peak: {setting.peak_rate:,.0f} events/s need "
            f"{counted(setting.needed, 'worker')} of {setting.worker_rate:,.0f} events/s, and {most.name} is "
            f"{_told(most)}.",
            why="No policy can help where the maximum is below the need.",
            corrected=f"{most.name}: {setting.needed}",
        )


def capped_by_keda(manifest: Manifest) -> bool:
    """Whether KEDA itself keeps the number at the partitions: a Kafka trigger alone, idle consumers not allowed."""
    triggers = list(kafka_triggers(manifest))
    idle = any(trigger.flag("allowIdleConsumers") for trigger in triggers)
    return bool(triggers) and not idle and not any(resources_of(manifest))


def counted_partitions(manifest: Manifest, setting: Setting) -> int | None:
    """Partitions that can be read: the scenario's, of which Kafka triggers may be limited to a part; None = unknown."""
    limits = [trigger.limits for trigger in kafka_triggers(manifest)]
    if not limits or None in limits:
        return setting.partitions
    listed = {part for limit in limits for parts in limit or () for part in parts[:PARTITIONS_MAX]}
    return len(listed if setting.partitions is None else listed & set(range(setting.partitions)))


def _idle(bound: Bound, code: str, partitions: int, *, fits: bool) -> Finding:
    idle = bound.replicas - partitions
    edits = (Put(bound.path, str(partitions)),) if fits else ()
    return Finding(
        code=code,
        severity=Severity.WARNING,
        path=bound.path,
        what=f"{idle} of {counted(bound.replicas, 'worker')} {'stands' if idle == 1 else 'stand'} idle: the topic has "
        f"{counted(partitions, 'partition')}.",
        why="Kafka gives each partition to one consumer of a group; those beyond get none, and every start and stop "
        "of one is a rebalance for all.",
        corrected="" if edits else f"{bound.name}: {partitions}",
        edits=edits,
    )


def _told(bound: Bound) -> str:
    return str(bound.replicas) if bound.given else f"{bound.replicas} (the default)"
