"""Rules about what a lag is compared with: on which kind of target, and with which number."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from autoscaler.lint.document import Manifest
from autoscaler.lint.model import Edit, Finding, Path, Put, Rename, Severity, Unchecked
from autoscaler.lint.rules.bounds import counted_partitions
from autoscaler.lint.setting import Setting
from autoscaler.lint.views import KEDA_THRESHOLD, Metric, Trigger, bounds_of, kafka_triggers, metrics_of, quantity
from autoscaler.lint.words import counted
from autoscaler.signals import Signal, signal_named

COUNTS = (Signal.TOTAL_LAG, Signal.MAX_PARTITION_LAG, Signal.ARRIVAL_RATE, Signal.PROCESSING_RATE)


@dataclass(frozen=True, slots=True)
class LagTarget:
    """A number that lag is compared with.  `per_worker` = AverageValue; otherwise it is a total under Value."""

    signal: Signal
    amount: float
    per_worker: bool
    path: Path
    as_average: tuple[Edit, ...]

    def edit(self, amount: int) -> tuple[Edit, ...]:
        """The same target with another number."""
        return (Put(self.path, f'"{amount}"' if self.path[-1] == "lagThreshold" else str(amount)),)


def lag_targets(manifest: Manifest, setting: Setting) -> Iterator[LagTarget]:
    """Those of Kafka triggers, and of Object and External metrics whose name stands for a signal."""
    for trigger in kafka_triggers(manifest):
        yield _of_trigger(trigger)
    for metric in metrics_of(manifest):
        signal = signal_named(metric.name, setting.signals)
        if metric.type in ("Object", "External") and signal is not None:
            yield from _of_metric(metric, signal)


def lag_on_value(manifest: Manifest, setting: Setting) -> Iterator[Finding]:
    """A total under Value is multiplied by the workers that there are, again and again."""
    for target in lag_targets(manifest, setting):
        if target.per_worker or target.signal not in COUNTS:
            continue
        double, half = 2 * target.amount, target.amount / 2
        yield Finding(
            code="lag-on-value",
            severity=Severity.WARNING,
            path=target.path,
            what=f"A steady {target.signal} of {double:,.0f} doubles the workers at every look: 4, 8, 16, … up to the "
            f"maximum; a steady {half:,.0f} halves them, although they may be needed.",
            why=f"Under Value the wanted number is ready workers times total / {target.amount:,.0f}.  Under "
            "AverageValue it is total / target, whatever number there is; the target then is events per worker.",
            edits=target.as_average,
        )


def time_lag_on_average(manifest: Manifest, setting: Setting) -> Iterator[Finding]:
    """Seconds are not shared among workers."""
    for target in lag_targets(manifest, setting):
        if target.signal is Signal.TIME_LAG and target.per_worker:
            yield Finding(
                code="time-lag-on-average",
                severity=Severity.WARNING,
                path=target.path,
                what=f"10 workers are content with {10 * target.amount:,.0f} s of lag, {target.amount:,.0f} s each.",
                why="AverageValue divides by the workers, as for a number of events; an age is the same for all.",
                corrected=f"type: Value\nvalue: {target.amount:g}",
            )


def unknown_metric(manifest: Manifest, setting: Setting) -> Iterator[Unchecked]:
    """Whether a name means lag cannot be guessed."""
    for metric in metrics_of(manifest):
        if metric.type in ("Object", "External") and not signal_named(metric.name, setting.signals):
            yield Unchecked("lag-on-value", f"what {metric.name} stands for (--metric {metric.name}=SIGNAL)")


def target_above_slo(manifest: Manifest, setting: Setting) -> Iterator[Finding | Unchecked]:
    """The lag that the policy is content with takes longer to work off than the SLO allows."""
    rate, slo = setting.worker_rate, setting.slo_seconds
    for target in lag_targets(manifest, setting):
        if target.signal is not Signal.TOTAL_LAG or not target.per_worker:
            continue
        if rate is None or slo is None:
            yield Unchecked("lag-target-above-slo", "what one worker does, and the SLO (--scenario)")
        elif target.amount / rate > slo:
            fitting = max(1, math.floor(rate * slo))
            yield Finding(
                code="lag-target-above-slo",
                severity=Severity.WARNING,
                path=target.path,
                what=f"It is content with {target.amount / rate:,.1f} s of lag, and the SLO allows {slo:g} s: "
                f"{target.amount:,.0f} events per worker, of which one does {rate:,.0f} a second.",
                why="At the target the policy holds; the events at the end of that lag wait for all before them.",
                edits=target.edit(fitting),
            )


def target_below_commit(manifest: Manifest, setting: Setting) -> Iterator[Finding | Unchecked]:
    """What is processed but not committed yet is lag as well, also for workers that keep up."""
    peak, every, bounds = setting.peak_rate, setting.commit_seconds, bounds_of(manifest)
    for target in lag_targets(manifest, setting):
        if target.signal is not Signal.TOTAL_LAG or not target.per_worker or bounds is None:
            continue
        if peak is None or every is None or setting.needed is None:
            yield Unchecked("lag-target-below-commit", "the load, its workers and their commits (--scenario)")
            continue
        standing, partitions = peak * every / 2, counted_partitions(manifest, setting)
        most = bounds[1].replicas if partitions is None else min(bounds[1].replicas, partitions)
        asked = min(math.ceil(standing / target.amount), most)
        if asked > setting.needed * (1 + setting.cluster.tolerance) and asked > bounds[0].replicas:
            yield _always_more(target, standing, asked, setting.needed)


def default_threshold(manifest: Manifest, setting: Setting) -> Iterator[Finding]:
    """KEDA's default is small."""
    del setting
    for trigger in kafka_triggers(manifest):
        if trigger.metadata.get("lagThreshold") in (None, ""):
            yield Finding(
                code="keda-default-threshold",
                severity=Severity.WARNING,
                path=(*trigger.path, "metadata"),
                what=f"One worker is asked for every {KEDA_THRESHOLD} events of lag: 1,000 events are 100 workers, or "
                "as many as there are partitions.",
                why=f"lagThreshold is not set, and KEDA's default is {KEDA_THRESHOLD}: events of total lag per worker, "
                "not per partition.",
                corrected='lagThreshold: "1000"   # events that one worker may have before it',
            )


def threshold_meaning(manifest: Manifest, setting: Setting) -> Iterator[Finding]:
    """Documents and people disagree whether the threshold is per partition, per worker or in total."""
    bounds, partitions = bounds_of(manifest), counted_partitions(manifest, setting)
    for trigger in kafka_triggers(manifest) if partitions and bounds else ():
        assert partitions is not None
        assert bounds is not None
        most = min(partitions, bounds[1].replicas)
        threshold, total = trigger.threshold, trigger.threshold * most
        yield Finding(
            code="keda-threshold-meaning",
            severity=Severity.INFO,
            path=(*trigger.path, "metadata", "lagThreshold"),
            what=f"The most that is of use, {counted(most, 'worker')}, is asked for at a total lag of {total:,.0f}.",
            why=f"lagThreshold {threshold:,.0f} is total lag per worker; how the lag lies in the partitions does not "
            "matter.",
        )


def _always_more(target: LagTarget, standing: float, asked: int, needed: int) -> Finding:
    return Finding(
        code="lag-target-below-commit",
        severity=Severity.WARNING,
        path=target.path,
        what=f"Workers that keep up look as if they lagged: about {standing:,.0f} events are always uncommitted at the "
        f"peak, which asks for {asked} workers at {target.amount:,.0f} each instead of {needed}.",
        why="Lag is counted to the committed offset; between two commits it grows by the rate times the interval, on "
        "average by half of that.",
        edits=target.edit(math.ceil(standing / needed)),
    )


def _of_trigger(trigger: Trigger) -> LagTarget:
    average = trigger.metric_type != "Value"
    path = (*trigger.path, "metadata", "lagThreshold")
    edits = (Put((*trigger.path, "metricType"), "AverageValue"),)
    return LagTarget(Signal.TOTAL_LAG, float(trigger.threshold), average, path, edits)


def _of_metric(metric: Metric, signal: Signal) -> Iterator[LagTarget]:
    """Only targets on which the controller acts: of Object metrics the type counts, of External ones the field."""
    kind, path = metric.target.get("type"), metric.target_path
    for field, name in (("averageValue", "AverageValue"), ("value", "Value")):
        amount = quantity(metric.target.get(field))
        if amount is None or amount <= 0 or (metric.type == "Object" and kind != name):
            continue
        rename = () if metric.target.get("averageValue") is not None else (Rename((*path, "value"), "averageValue"),)
        edits = (*rename, Put((*path, "type"), "AverageValue"))
        yield LagTarget(signal, amount, name == "AverageValue", (*path, field), edits)
        return
