"""The least manifests, with the changes that a test is about."""

from typing import Any

import yaml

FIRST = """\
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: kafka-consumer
spec:
  scaleTargetRef:
    apiVersion: apps/v1
    kind: Deployment
    name: kafka-consumer
  minReplicas: 3
  maxReplicas: 20
  metrics:
  - type: Object
    object:
      metric:
        name: kafka_consumer_lag
      describedObject:
        apiVersion: v1
        kind: Service
        name: kafka-metrics
      target:
        type: Value
        averageValue: 1000
"""
"""The manifest that this project comes from, word for word."""
Manifest = dict[str, Any]
OF_THE_SPEC = (
    "minReplicaCount",
    "maxReplicaCount",
    "idleReplicaCount",
    "fallback",
    "cooldownPeriod",
    "pollingInterval",
)
HTTP = {"httpGet": {"path": "/readyz", "port": 8080}}


def hpa(*metrics: Manifest, name: str = "worker", **spec: Any) -> Manifest:
    """An HPA of Deployment worker with these metrics."""
    whole: Manifest = {"scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "worker"}}
    whole |= {"minReplicas": 2, "maxReplicas": 10}
    if metrics:
        whole["metrics"] = list(metrics)
    return {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": name},
        "spec": whole | spec,
    }


def resource(**target: Any) -> Manifest:
    """CPU at 60 %, or another target."""
    return {
        "type": "Resource",
        "resource": {"name": "cpu", "target": target or {"type": "Utilization", "averageUtilization": 60}},
    }


def external(kind: str = "External", *, name: str = "kafka_consumer_lag", **target: Any) -> Manifest:
    """An external or an object metric of total lag, or of another name."""
    source: Manifest = {"metric": {"name": name}, "target": target}
    if kind == "Object":
        source["describedObject"] = {"apiVersion": "v1", "kind": "Service", "name": "kafka-metrics"}
    return {"type": kind, kind.lower(): source}


def keda(*, metricType: str | None = None, behavior: Manifest | None = None, **fields: Any) -> Manifest:  # noqa: N803  # KEDA's spelling
    """A ScaledObject with one Kafka trigger; fields of the spec, or else of the trigger's metadata; None = left out."""
    metadata: Manifest = {"bootstrapServers": "kafka:9092", "consumerGroup": "workers", "topic": "orders"}
    metadata["lagThreshold"] = "1000"
    spec: Manifest = {"scaleTargetRef": {"name": "worker"}, "minReplicaCount": 1}
    for field, value in fields.items():
        (spec if field in OF_THE_SPEC else metadata)[field] = value
    metadata = {field: value for field, value in metadata.items() if value is not None}
    trigger: Manifest = {"type": "kafka", "metadata": metadata}
    if metricType is not None:
        trigger["metricType"] = metricType
    if behavior is not None:
        spec["advanced"] = {"horizontalPodAutoscalerConfig": {"behavior": behavior}}
    return {
        "apiVersion": "keda.sh/v1alpha1",
        "kind": "ScaledObject",
        "metadata": {"name": "worker"},
        "spec": spec | {"triggers": [trigger]},
    }


def cpu() -> Manifest:
    """A ScaledObject with a CPU trigger."""
    whole = keda()
    whole["spec"]["triggers"] = [{"type": "cpu", "metricType": "Utilization", "metadata": {"value": "60"}}]
    return whole


def own(kind: str, **spec: Any) -> Manifest:
    """A policy of Weir's own."""
    return {"apiVersion": "weir/v1", "kind": kind, "metadata": {"name": "ours"}, "spec": spec}


def deployment(
    *others: Manifest, replicas: int | None = None, side_car: Manifest | None = None, **container: Any
) -> Manifest:
    """The Deployment that the others scale; None leaves a field of its container out."""
    usual: Manifest = {"name": "app", "readinessProbe": HTTP, "resources": {"requests": {"cpu": "500m"}}}
    kept = {field: value for field, value in (usual | container).items() if value is not None}
    pod: Manifest = {"containers": [kept, *others]}
    if side_car is not None:
        pod["initContainers"] = [side_car]
    spec: Manifest = {"template": {"spec": pod}}
    if replicas is not None:
        spec["replicas"] = replicas
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "worker"}, "spec": spec}


def text_of(*documents: Manifest) -> str:
    """All of them in one file."""
    return yaml.safe_dump_all(documents, sort_keys=False)
