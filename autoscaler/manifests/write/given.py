"""What was given on the command line wins over what a policy of the same kind has."""

from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any

from autoscaler.errors import PolicyError
from autoscaler.manifests.keda_trigger import KAFKA
from autoscaler.manifests.read import ReadPolicy
from autoscaler.manifests.write.names import workload
from autoscaler.manifests.write.sketch import Document, Names
from autoscaler.policies.hpa import HpaPolicy
from autoscaler.signals import OF_KEDA, Signal, signal_named

KEPT = ("name", "namespace", "labels", "annotations")
OF_A_GROUP = (Signal.TOTAL_LAG, Signal.MAX_PARTITION_LAG, Signal.TIME_LAG)
GROUP_LABELS = ("consumergroup", "group", "group_id", "consumer_group")
TOPIC_LABELS = ("topic", "topic_name")


def renamed(policy: ReadPolicy, names: Names) -> Document:
    """The policy's own document without what a cluster wrote into it, under the names that are given."""
    document = policy.document
    spec = deepcopy(dict(document["spec"]))
    if names.target is not None:
        spec["scaleTargetRef"] = workload(names.target)
    if isinstance(policy.plan.policy, HpaPolicy):
        _narrow(spec.get("metrics") or [], policy.plan.policy.spec.names, names)
    else:
        _redirect(policy, spec["triggers"], names)
    metadata = document.get("metadata") or {}
    kept = {name: metadata[name] for name in KEPT if metadata.get(name)}
    if names.name is not None:
        kept["name"] = names.name
    return {"apiVersion": document["apiVersion"], "kind": document["kind"], "metadata": kept, "spec": spec}


def unplaced(document: Document, names: Names) -> Iterator[str]:
    """A note for each option that was given and has no place in the document."""
    found = set(_texts(document["spec"]))
    given = {"--bootstrap-servers": names.bootstrap_servers, "--group": names.group, "--topic": names.topic}
    for option, value in given.items():
        if value is not None and value not in found:
            yield f"{option} {value} has no place here: no metric of this {document['kind']} names it"


def _narrow(metrics: list[Document], signals: Mapping[str, Signal], names: Names) -> None:
    """Selectors of metrics of a consumer group.  KEDA's own metrics are looked up by labels of KEDA's."""
    for metric in metrics:
        identifier = (metric.get("external") or metric.get("object") or {}).get("metric")
        if identifier and signal_named(identifier["name"], signals) in OF_A_GROUP:
            if OF_KEDA.fullmatch(identifier["name"]):
                continue
            selector = identifier.get("selector") or {}
            labels = dict(selector.get("matchLabels") or {})
            if names.group is not None:
                labels[_label(labels, GROUP_LABELS, _usual_group_label(identifier["name"]))] = names.group
            if names.topic is not None:
                labels[_label(labels, TOPIC_LABELS, "topic")] = names.topic
            if labels:
                identifier["selector"] = {**selector, "matchLabels": labels}


def _label(labels: Mapping[str, str], known: tuple[str, ...], usual: str) -> str:
    """The label that the manifest has already, for exporters differ in this."""
    return next((label for label in known if label in labels), usual)


def _usual_group_label(metric: str) -> str:
    """kafka-lag-exporter's metrics say `group`, kafka_exporter's say `consumergroup`."""
    return "group" if metric.startswith("kafka_consumergroup_group_") else "consumergroup"


def _redirect(policy: ReadPolicy, triggers: list[Document], names: Names) -> None:
    """Kafka triggers, to another cluster, group and topic.  Raises PolicyError if one topic is meant for several."""
    kafka = [trigger["metadata"] for trigger in triggers if trigger["type"] in KAFKA]
    if names.topic is not None and len(kafka) > 1:
        raise PolicyError(
            f"--topic {names.topic}: {policy.kind} {policy.name} has {len(kafka)} Kafka triggers, and each needs a"
            " topic of its own: change them in the manifest"
        )
    given = {"bootstrapServers": names.bootstrap_servers, "consumerGroup": names.group, "topic": names.topic}
    for metadata in kafka:
        for field, value in given.items():
            if value is not None:
                metadata[field] = value
                metadata.pop(f"{field}FromEnv", None)


def _texts(value: Any) -> Iterator[str]:
    """Every text in a document, however deep."""
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, list):
        for part in value:
            yield from _texts(part)
    elif isinstance(value, str):
        yield value
