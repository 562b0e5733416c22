"""From metrics and what was seen to proposals: one for each metric that could be read, a fault for the rest."""

from collections.abc import Callable, Mapping

from autoscaler.model import Observation, Reading, Sample, Worker
from autoscaler.model.value import value
from autoscaler.policies.hpa.faults import MetricFault
from autoscaler.policies.hpa.pods import Groups, group_workers
from autoscaler.policies.hpa.replicas import (
    Answer,
    average_per_worker,
    resource_utilization,
    total_average_value,
    total_value,
)
from autoscaler.policies.hpa.spec import HpaSpec, Metric, MetricType, TargetType
from autoscaler.signals import read_metric
from contract.quantities import MILLI, milli

CPU = "cpu"
WORKER_SIGNALS = ("processing_rate", "true_processing_rate", "busy_ratio")
"""Per-worker metrics that Weir measures itself; others come by name."""


@value(frozen=True, slots=True, kw_only=True)
class Proposed:
    """What one metric asks for, in words and numbers."""

    metric: Metric
    replicas: int
    why: str
    numbers: Mapping[str, float]


def propose(metric: Metric, seen: Observation, spec: HpaSpec) -> Proposed:
    """One metric's number of workers.  Raises MetricFault when it cannot be had."""
    return _PROPOSERS[metric.type](metric, seen, spec)


def fault_reason(metric: Metric) -> str:
    """The reason that ScalingActive has when this metric fails."""
    return f"FailedGet{metric.type.value}Metric"


def describe(metric: Metric) -> str:
    """The metric in words."""
    if metric.type in (MetricType.RESOURCE, MetricType.CONTAINER_RESOURCE):
        return f"{metric.name} utilisation" if metric.target.average_value_milli is None else f"{metric.name} usage"
    return f"{metric.described} metric {metric.name}" if metric.described else metric.name


def _resource(metric: Metric, seen: Observation, spec: HpaSpec) -> Proposed:
    sample_of = _cpu if metric.name == CPU else _memory
    if all(sample_of(worker) is None for worker in seen.workers):
        raise MetricFault(f"the resource metrics API returned no samples of {metric.name}")
    groups = _groups(seen, sample_of, spec if metric.name == CPU else None)
    target = metric.target
    if target.average_value_milli is not None:
        return _averaged(metric, groups, target.average_value_milli, seen, spec)
    if target.average_utilization is None:
        raise MetricFault("the target has neither averageUtilization nor averageValue")
    requests = _requests(seen, metric.name)
    percent = target.average_utilization
    answer = resource_utilization(
        groups, requests, current=seen.spec_replicas, target_percent=percent, tolerances=spec.tolerances
    )
    doubts = _doubts(groups)
    why = f"{metric.name} {answer.usage} % of the request / {percent} %, {groups.ready} workers{doubts}"
    return _proposed(metric, answer, why, float(percent), float(answer.usage), stays=seen.spec_replicas, spec=spec)


def _pods(metric: Metric, seen: Observation, spec: HpaSpec) -> Proposed:
    def sample_of(worker: Worker) -> float | None:
        value = worker.metrics.get(metric.name)
        if value is None and metric.name in WORKER_SIGNALS:
            found: float | None = getattr(worker, metric.name)
            return found
        return value

    if all(sample_of(worker) is None for worker in seen.workers):
        raise MetricFault(f"no worker reports {metric.name}")
    groups = _groups(seen, sample_of, None)
    target_milli = metric.target.average_value_milli
    if target_milli is None:
        raise MetricFault("the target has no averageValue")
    return _averaged(metric, groups, target_milli, seen, spec)


def _object(metric: Metric, seen: Observation, spec: HpaSpec) -> Proposed:
    """The kind of target that counts is the one that the target says it is."""
    target = metric.target
    if target.type is TargetType.VALUE and target.value_milli is not None:
        return _total(metric, target.value_milli, seen, spec)
    if target.type is TargetType.AVERAGE_VALUE and target.average_value_milli is not None:
        return _total_average(metric, target.average_value_milli, seen, spec)
    field = "value" if target.type is TargetType.VALUE else "averageValue"
    raise MetricFault(f"the target is of type {target.type}, but has no {field}: there is nothing to compare with")


def _external(metric: Metric, seen: Observation, spec: HpaSpec) -> Proposed:
    """The kind of target that counts is the one that is set, whatever the target says it is."""
    target = metric.target
    if target.average_value_milli is not None:
        return _total_average(metric, target.average_value_milli, seen, spec)
    if target.value_milli is not None:
        return _total(metric, target.value_milli, seen, spec)
    raise MetricFault("the target has neither value nor averageValue")


_PROPOSERS: Mapping[MetricType, Callable[[Metric, Observation, HpaSpec], Proposed]] = {
    MetricType.RESOURCE: _resource,
    MetricType.CONTAINER_RESOURCE: _resource,  # a worker is one container
    MetricType.PODS: _pods,
    MetricType.OBJECT: _object,
    MetricType.EXTERNAL: _external,
}


def _averaged(metric: Metric, groups: Groups, target_milli: int, seen: Observation, spec: HpaSpec) -> Proposed:
    answer = average_per_worker(
        groups, current=seen.spec_replicas, target_milli=target_milli, tolerances=spec.tolerances
    )
    target, usage = target_milli / MILLI, answer.usage / MILLI
    why = f"{metric.name} {usage:,g} / {target:,g} per worker, {groups.ready} workers{_doubts(groups)}"
    return _proposed(metric, answer, why, target, usage, stays=seen.spec_replicas, spec=spec)


def _total(metric: Metric, target_milli: int, seen: Observation, spec: HpaSpec) -> Proposed:
    total = _read(metric, seen, spec)
    answer = total_value(
        milli(total),
        seen.workers,
        current=seen.spec_replicas,
        target_milli=target_milli,
        tolerances=spec.tolerances,
    )
    target = target_milli / MILLI
    why = f"{metric.name} {total:,g} / {target:,g} in total"
    return _proposed(metric, answer, why, target, total, stays=seen.spec_replicas or None, spec=spec)


def _total_average(metric: Metric, target_milli: int, seen: Observation, spec: HpaSpec) -> Proposed:
    total = _read(metric, seen, spec)
    answer = total_average_value(
        milli(total), status=seen.status_replicas, target_milli=target_milli, tolerances=spec.tolerances
    )
    target = target_milli / MILLI
    why = f"{metric.name} {total:,g} / {target:,g} per worker"
    return _proposed(metric, answer, why, target, total, stays=seen.status_replicas, spec=spec)


def _proposed(
    metric: Metric, answer: Answer, why: str, target: float, usage: float, *, stays: int | None, spec: HpaSpec
) -> Proposed:
    """`stays` is the number that the tolerance would keep; None = it does not apply, as from 0 workers."""
    numbers = {"usage": usage, "target": target}
    if answer.replicas == stays and spec.tolerances.hold(answer.ratio):
        tolerance = spec.tolerances.up if answer.ratio > 1.0 else spec.tolerances.down
        numbers["tolerance"] = tolerance
        why = f"{why}, within the tolerance of {tolerance:g}: stays {answer.replicas}"
    else:
        why = f"{why} → {answer.replicas}"
    return Proposed(metric=metric, replicas=answer.replicas, why=why, numbers=numbers)


def _read(metric: Metric, seen: Observation, spec: HpaSpec) -> float:
    reading: Reading = read_metric(metric.name, seen, spec.names)
    if reading.value is None:
        raise MetricFault(f"{metric.name} could not be read: {reading.error or 'no value'}")
    return reading.value


def _groups(seen: Observation, sample_of: Callable[[Worker], Sample | float | None], cpu_of: HpaSpec | None) -> Groups:
    cluster = None if cpu_of is None else cpu_of.cluster
    return group_workers(seen.workers, sample_of, now=seen.at_seconds, cluster=cluster)


def _requests(seen: Observation, resource: str) -> dict[str, int]:
    """Every worker's request, also those that do not count: one that has none spoils the whole metric."""
    requests = {}
    for worker in seen.workers:
        request = worker.cpu_request_cores if resource == CPU else worker.memory_request_bytes
        if request is None:
            raise MetricFault(f"worker {worker.name} has no request for {resource}, so there is no share of it")
        requests[worker.name] = milli(request)
    return requests


def _doubts(groups: Groups) -> str:
    unready = f", {len(groups.unready)} unready" if groups.unready else ""
    missing = f", {len(groups.missing)} without a sample" if groups.missing else ""
    return unready + missing


def _cpu(worker: Worker) -> Sample | None:
    return worker.cpu


def _memory(worker: Worker) -> Sample | None:
    return worker.memory
