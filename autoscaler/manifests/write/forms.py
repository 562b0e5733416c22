"""From a sketch to the document of a form."""

from collections.abc import Iterator

from autoscaler.errors import PolicyError
from autoscaler.manifests.write.names import LABEL_VALUE, workload
from autoscaler.manifests.write.sketch import Document, Form, Hours, Lag, Names, Sketch, Use

LAG_METRIC = "kafka_consumergroup_lag_sum"
"""kafka_exporter's name for the total lag of a group, which Weir reads back as total lag."""


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


FORMS = {Form.HPA: to_hpa, Form.SCALED_OBJECT: to_scaled_object}
KIND_OF = {Form.HPA: "HorizontalPodAutoscaler", Form.SCALED_OBJECT: "ScaledObject"}


def _document(version: str, kind: str, name: str, spec: Document) -> Document:
    return {"apiVersion": version, "kind": kind, "metadata": {"name": name}, "spec": spec}


def _target(sketch: Sketch, names: Names) -> Document:
    if names.target is not None:
        return workload(names.target)
    if sketch.target is None:
        raise PolicyError(f"--target Deployment/NAME is missing: {sketch.name} does not say what it scales")
    return dict(sketch.target)


def _hpa_metric(metric: Lag | Use | Hours, names: Names, sketch: Sketch) -> Document | None:
    match metric:
        case Hours():
            sketch.lost.append(f"{metric.replicas} workers from {metric.start}: an HPA knows no time of day")
            return None
        case Use():
            return _resource_metric(metric)
        case Lag():
            return dict(metric.whole) if metric.whole is not None else _lag_metric(metric, names, sketch)


def _lag_metric(lag: Lag, names: Names, sketch: Sketch) -> Document:
    target = {"type": "AverageValue", "averageValue": _plain(lag.amount)}
    if not lag.per_worker:
        target = {"type": "Value", "value": _plain(lag.amount)}
    identifier: Document = {"name": LAG_METRIC}
    labels = _labels(lag, names, sketch)
    if labels:
        identifier["selector"] = {"matchLabels": labels}
    return {"type": "External", "external": {"metric": identifier, "target": target}}


def _labels(lag: Lag, names: Names, sketch: Sketch) -> dict[str, str]:
    """Whose lag it is, in kafka_exporter's labels.  Without a topic it is that of all the group's topics."""
    wanted = {"consumergroup": names.group or lag.group, "topic": names.topic or lag.topic}
    labels = {label: value for label, value in wanted.items() if value and LABEL_VALUE.fullmatch(value)}
    for label, value in wanted.items():
        if value and label not in labels:
            sketch.lost.append(f"{label} {value}: it cannot be the value of a label, so no selector can name it")
    if not wanted["consumergroup"]:
        sketch.lost.append(f"the consumer group is not known here (--group): {LAG_METRIC} alone covers every group")
    return labels


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
