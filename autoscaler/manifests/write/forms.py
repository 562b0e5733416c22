"""From a sketch to the document of a form."""

from collections.abc import Iterator, Mapping
from typing import Any

from autoscaler.errors import PolicyError
from autoscaler.manifests.write.sketch import Form, Hours, Lag, Names, Sketch, Use

LAG_METRIC = "kafka_consumergroup_lag_sum"
"""kafka_exporter's name for the total lag of a group, which Weir reads back as total lag."""
Document = dict[str, Any]


def to_hpa(sketch: Sketch, names: Names) -> Document:
    """A HorizontalPodAutoscaler.  What it cannot hold is added to the sketch's losses."""
    metrics = [metric for each in sketch.metrics if (metric := _hpa_metric(each, names, sketch)) is not None]
    spec: Document = {
        "scaleTargetRef": _target(sketch, names),
        "minReplicas": sketch.least,
        "maxReplicas": sketch.most,
        "metrics": metrics,
    }
    if sketch.behavior is not None:
        spec["behavior"] = dict(sketch.behavior)
    return _document("autoscaling/v2", "HorizontalPodAutoscaler", names.name or sketch.name, spec)


def to_scaled_object(sketch: Sketch, names: Names) -> Document:
    """A ScaledObject.  Raises PolicyError naming the options that a Kafka trigger needs and that are not given."""
    spec: Document = {
        "scaleTargetRef": _target(sketch, names),
        "minReplicaCount": sketch.least,
        "maxReplicaCount": sketch.most,
    }
    if sketch.behavior is not None:
        spec["advanced"] = {"horizontalPodAutoscalerConfig": {"behavior": dict(sketch.behavior)}}
    spec["triggers"] = [_trigger(each, names, sketch) for each in sketch.metrics]
    return _document("keda.sh/v1alpha1", "ScaledObject", names.name or sketch.name, spec)


def renamed(document: Mapping[str, Any], names: Names) -> Document:
    """The same document without what a cluster wrote into it, under the names that are given."""
    spec = dict(document["spec"])
    if names.target is not None:
        spec["scaleTargetRef"] = _reference(names.target)
    metadata = document.get("metadata") or {}
    kept = {name: metadata[name] for name in ("name", "namespace", "labels", "annotations") if metadata.get(name)}
    if names.name is not None:
        kept["name"] = names.name
    return {"apiVersion": document["apiVersion"], "kind": document["kind"], "metadata": kept, "spec": spec}


FORMS = {Form.HPA: to_hpa, Form.SCALED_OBJECT: to_scaled_object}
KIND_OF = {Form.HPA: "HorizontalPodAutoscaler", Form.SCALED_OBJECT: "ScaledObject"}


def _document(version: str, kind: str, name: str, spec: Document) -> Document:
    return {"apiVersion": version, "kind": kind, "metadata": {"name": name}, "spec": spec}


def _target(sketch: Sketch, names: Names) -> Document:
    if names.target is not None:
        return _reference(names.target)
    if sketch.target is None:
        raise PolicyError(f"--target Deployment/NAME is missing: {sketch.name} does not say what it scales")
    return dict(sketch.target)


def _reference(text: str) -> Document:
    kind, slash, name = text.partition("/")
    if not slash:
        kind, name = "Deployment", text
    if not kind or not name or "/" in name:
        raise PolicyError(f"--target {text!r}: expected Deployment/NAME or StatefulSet/NAME")
    return {"apiVersion": "apps/v1", "kind": kind, "name": name}


def _hpa_metric(metric: Lag | Use | Hours, names: Names, sketch: Sketch) -> Document | None:
    match metric:
        case Hours():
            sketch.lost.append(f"{metric.replicas} workers from {metric.start}: an HPA knows no time of day")
            return None
        case Use():
            return _resource_metric(metric)
        case Lag():
            return dict(metric.whole) if metric.whole is not None else _lag_metric(metric, names)


def _lag_metric(lag: Lag, names: Names) -> Document:
    target = {"type": "AverageValue", "averageValue": _plain(lag.amount)}
    if not lag.per_worker:
        target = {"type": "Value", "value": _plain(lag.amount)}
    identifier: Document = {"name": LAG_METRIC}
    labels = {"consumergroup": names.group, "topic": names.topic}
    given = {name: value for name, value in labels.items() if value is not None}
    if given:
        identifier["selector"] = {"matchLabels": given}
    return {"type": "External", "external": {"metric": identifier, "target": target}}


def _resource_metric(use: Use) -> Document:
    target: Document = {"type": "AverageValue", "averageValue": use.amount}
    if use.amount is None:
        target = {"type": "Utilization", "averageUtilization": use.percent}
    source = {"name": use.resource, "target": target}
    if use.container:
        return {"type": "ContainerResource", "containerResource": {**source, "container": use.container}}
    return {"type": "Resource", "resource": source}


def _trigger(metric: Lag | Use | Hours, names: Names, sketch: Sketch) -> Document:
    match metric:
        case Hours():
            hours = {"timezone": metric.timezone, "start": metric.start, "end": metric.end}
            return {"type": "cron", "metadata": {**hours, "desiredReplicas": str(metric.replicas)}}
        case Use():
            value = metric.amount if metric.amount is not None else str(metric.percent)
            metadata = {"value": value, **({"containerName": metric.container} if metric.container else {})}
            kind = "Utilization" if metric.amount is None else "AverageValue"
            return {"type": metric.resource, "metricType": kind, "metadata": metadata}
        case Lag():
            return _kafka_trigger(metric, names, sketch)


def _kafka_trigger(lag: Lag, names: Names, sketch: Sketch) -> Document:
    """Where the policy has no cap at the partitions, as an HPA has none, idle consumers are allowed."""
    missing = list(_missing(names))
    if missing:
        raise PolicyError(f"{', '.join(missing)} missing: a Kafka trigger names its cluster, its group and its topic")
    threshold = max(1, round(lag.amount))
    if threshold != lag.amount:
        sketch.lost.append(f"a target of {lag.amount:g}: lagThreshold is a whole number, {threshold}")
    trigger: Document = {"type": "kafka"}
    if not lag.per_worker:
        trigger["metricType"] = "Value"
    trigger["metadata"] = {
        "bootstrapServers": names.bootstrap_servers,
        "consumerGroup": names.group,
        "topic": names.topic,
        "lagThreshold": str(threshold),
        **({} if lag.capped else {"allowIdleConsumers": "true"}),
    }
    return trigger


def _missing(names: Names) -> Iterator[str]:
    given = {"--bootstrap-servers": names.bootstrap_servers, "--group": names.group, "--topic": names.topic}
    yield from (option for option, value in given.items() if not value)


def _plain(amount: float) -> str:
    """A quantity as text; thousandths where it is not whole."""
    return str(int(amount)) if amount.is_integer() else f"{round(amount * 1000)}m"
