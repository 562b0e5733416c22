"""ScaledObjects as they stand in a cluster: what is read, and what is refused by its path."""

import copy
from collections.abc import Sequence
from typing import Any

import pytest
import yaml

from autoscaler.errors import PolicyError
from autoscaler.manifests import read_policy_text
from autoscaler.manifests.kinds import Context
from autoscaler.policies.hpa import SelectPolicy, TargetType
from autoscaler.policies.keda import (
    Fallback,
    FallbackBehavior,
    KafkaTrigger,
    KedaPolicy,
    KedaSpec,
    OffsetReset,
    Pause,
    ResourceTrigger,
    hpa_behind,
)

TEXT = """
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata: {name: orders}
spec:
  scaleTargetRef: {name: worker}
  triggers:
    - type: kafka
      metadata: {bootstrapServers: "kafka:9092", consumerGroup: workers, topic: orders}
"""
CPU = {"type": "cpu", "metricType": "Utilization", "metadata": {"value": "60"}}
HPA = """
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: old}
spec: {scaleTargetRef: {kind: Deployment, name: worker}, maxReplicas: 3}
"""


def document(
    changes: dict[str, Any] | None = None,
    *,
    metadata: dict[str, Any] | None = None,
    annotations: dict[str, Any] | None = None,
    trigger: dict[str, Any] | None = None,
    more: Sequence[dict[str, Any]] = (),
) -> str:
    """The least ScaledObject with changes to its spec, its first trigger and that one's metadata."""
    base = yaml.safe_load(TEXT)
    base["spec"].update(copy.deepcopy(changes or {}))
    base["spec"]["triggers"][0].update(trigger or {})
    base["spec"]["triggers"][0]["metadata"].update(metadata or {})
    base["spec"]["triggers"] += copy.deepcopy(list(more))
    if annotations:
        base["metadata"]["annotations"] = {f"autoscaling.keda.sh/{name}": text for name, text in annotations.items()}
    return yaml.safe_dump(base)


def read(text: str) -> KedaSpec:
    """The spec of a document."""
    policy = read_policy_text(text, "orders.yaml").plan.policy
    assert isinstance(policy, KedaPolicy)
    return policy.spec


def test_a_field_without_a_value_is_not_set() -> None:
    """As in Kubernetes, which takes null away before it looks; a field that there is not is refused all the same."""
    unset = dict.fromkeys(("pollingInterval", "cooldownPeriod", "maxReplicaCount", "idleReplicaCount", "advanced"))
    assert read(document(unset)) == read(TEXT)
    with pytest.raises(PolicyError, match=r"spec.scaleTargetRef: must be set"):
        read(document({"scaleTargetRef": None}))
    with pytest.raises(PolicyError, match=r"spec.pollInterval: there is no such field"):
        read(document({"pollInterval": None}))


def test_defaults() -> None:
    """What is not said is as KEDA has it."""
    spec = read(TEXT)
    assert spec.triggers == (KafkaTrigger(metric="s0-kafka-orders", topic="orders"),)
    assert (spec.polling_seconds, spec.cooldown_seconds, spec.initial_cooldown_seconds) == (30, 300, 0)
    assert (spec.replicas_idle, spec.replicas_min, spec.replicas_max) == (None, 0, 100)
    assert (spec.fallback, spec.modifiers, spec.behavior, spec.pause) == (None, None, None, Pause())
    assert (spec.kafka[0].lag_threshold, spec.kafka[0].offset_reset) == (10, OffsetReset.LATEST)


def test_every_field_of_the_object() -> None:
    """What is said counts."""
    config = {"name": "own-name", "behavior": {"scaleDown": {"stabilizationWindowSeconds": 60, "selectPolicy": "Min"}}}
    spec = read(
        document(
            {
                "pollingInterval": 5,
                "cooldownPeriod": 60,
                "initialCooldownPeriod": 30,
                "idleReplicaCount": 0,
                "minReplicaCount": 2,
                "maxReplicaCount": 24,
                "fallback": {"failureThreshold": 3, "replicas": 6, "behavior": "currentReplicasIfHigher"},
                "advanced": {"restoreToOriginalReplicaCount": True, "horizontalPodAutoscalerConfig": config},
            }
        )
    )
    assert (spec.polling_seconds, spec.cooldown_seconds, spec.initial_cooldown_seconds) == (5, 60, 30)
    assert (spec.replicas_idle, spec.replicas_min, spec.replicas_max) == (0, 2, 24)
    assert spec.fallback == Fallback(failure_threshold=3, replicas=6, behavior=FallbackBehavior.CURRENT_IF_HIGHER)
    assert spec.behavior is not None
    assert (spec.behavior.down.window_seconds, spec.behavior.down.select) == (60, SelectPolicy.MIN)


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param({"more": [CPU]}, id="beside cpu"),
        pytest.param({"trigger": {"metricType": "Value"}}, id="for a target of type Value"),
    ],
)
def test_a_fallback_stands_for_the_triggers_that_keda_reads(changed: dict[str, Any]) -> None:
    """As KEDA's webhook has it since 2.17, and of Value since 2.18."""
    spec = read(document({"fallback": {"failureThreshold": 3, "replicas": 6}}, **changed))
    assert spec.fallback == Fallback(failure_threshold=3, replicas=6)


def test_every_field_of_a_kafka_trigger() -> None:
    """Texts become values; how KEDA connects to Kafka is not looked at."""
    metadata = {
        "lagThreshold": "50",
        "activationLagThreshold": "5",
        "offsetResetPolicy": "earliest",
        "allowIdleConsumers": "true",
        "excludePersistentLag": "T",
        "scaleToZeroOnInvalidOffset": "1",
        "limitToPartitionsWithLag": "false",
        "ensureEvenDistributionOfPartitions": "true",
        "partitionLimitation": "1-4,8, 10-12",
        "version": "2.8.0",
        "sasl": "plaintext",
        "tls": "enable",
    }
    trigger = {"name": "lag", "metricType": "Value", "useCachedMetrics": True, "authenticationRef": {"name": "auth"}}
    assert read(document(metadata=metadata, trigger=trigger)).triggers == (
        KafkaTrigger(
            metric="s0-kafka-orders",
            name="lag",
            topic="orders",
            lag_threshold=50,
            activation_lag_threshold=5,
            offset_reset=OffsetReset.EARLIEST,
            allow_idle_consumers=True,
            exclude_persistent_lag=True,
            scale_to_zero_on_invalid_offset=True,
            ensure_even_distribution=True,
            partitions=(range(1, 5), range(8, 9), range(10, 13)),
            target=TargetType.VALUE,
            use_cached=True,
        ),
    )


@pytest.mark.parametrize(
    "metadata",
    [
        pytest.param({"topic": ""}, id="no topic"),
        pytest.param({"topic": "", "partitionLimitation": "1,2,3,4,5,6"}, id="no topic: the limitation is ignored"),
        pytest.param({"partitionLimitation": "     "}, id="a blank limitation is none"),
        pytest.param({"partitionLimitation": ""}, id="an empty limitation is none"),
        pytest.param({"lagThreshold": "1000000", "activationLagThreshold": "0"}, id="a large threshold"),
        pytest.param({"bootstrapServers": "foo:9092,bar:9092"}, id="two brokers"),
        pytest.param({"allowIdleConsumers": "true", "limitToPartitionsWithLag": "false"}, id="idle, not limited"),
        pytest.param({"allowIdleConsumers": "true", "version": "1.0.0"}, id="a version"),
        pytest.param({"version": "0.10.2.1"}, id="a version before 1.0"),
        pytest.param({"limitToPartitionsWithLag": "true"}, id="limited to partitions with lag"),
    ],
)
def test_metadata_that_keda_accepts(metadata: dict[str, str]) -> None:
    """Accepted, and no partition is left out by accident."""
    trigger = read(document(metadata=metadata)).triggers[0]
    assert isinstance(trigger, KafkaTrigger)
    assert trigger.partitions is None


@pytest.mark.parametrize(
    ("metadata", "told"),
    [
        ({"bootstrapServers": ""}, "metadata.bootstrapServers: must be set"),
        ({"consumerGroup": ""}, "metadata.consumerGroup: must be set"),
        ({"version": "1.2.3.4"}, "metadata.version: must be a version of Kafka"),
        ({"lagThreshold": "-1"}, "metadata.lagThreshold: must be positive"),
        ({"lagThreshold": "0"}, "metadata.lagThreshold: must be positive"),
        ({"lagThreshold": "ten"}, "metadata.lagThreshold: must be a whole number"),
        ({"lagThreshold": 10}, "metadata.lagThreshold: Input should be a valid string, found 10"),
        ({"activationLagThreshold": "AA"}, "metadata.activationLagThreshold: must be a whole number"),
        ({"activationLagThreshold": "-1"}, "metadata.activationLagThreshold: must not be negative"),
        ({"partitionLimitation": "a,b,c,d"}, "metadata.partitionLimitation: must be partitions"),
        ({"partitionLimitation": "1-2-3"}, "metadata.partitionLimitation: must be partitions"),
        ({"offsetResetPolicy": "foo"}, "metadata.offsetResetPolicy: must be latest or earliest"),
        ({"allowIdleConsumers": "notvalid"}, "metadata.allowIdleConsumers: must be true or false"),
        ({"excludePersistentLag": "notvalid"}, "metadata.excludePersistentLag: must be true or false"),
        ({"limitToPartitionsWithLag": "notvalid"}, "metadata.limitToPartitionsWithLag: must be true or false"),
        (
            {"allowIdleConsumers": "true", "limitToPartitionsWithLag": "true"},
            "metadata.limitToPartitionsWithLag: must not be set beside allowIdleConsumers",
        ),
        ({"topic": "", "limitToPartitionsWithLag": "true"}, "metadata.limitToPartitionsWithLag: needs a topic"),
        (
            {"topic": "", "ensureEvenDistributionOfPartitions": "true"},
            "metadata.ensureEvenDistributionOfPartitions: needs a topic",
        ),
        (
            {"limitToPartitionsWithLag": "true", "ensureEvenDistributionOfPartitions": "true"},
            "metadata.ensureEvenDistributionOfPartitions: must not be set beside limitToPartitionsWithLag",
        ),
        ({"topicFromEnv": "TOPIC"}, "metadata.topicFromEnv: the container's environment is not known here"),
        (
            {"lagTreshold": "5"},
            "metadata.lagTreshold: there is no such field, or it cannot be honoured here; did you mean lagThreshold",
        ),
    ],
)
def test_metadata_that_are_refused(metadata: dict[str, str], told: str) -> None:
    """As KEDA refuses them, each by its path; also what KEDA would silently pass over."""
    with pytest.raises(PolicyError) as caught:
        read(document(metadata=metadata))
    assert f"spec.triggers[0].{told}" in str(caught.value)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        pytest.param(
            document({"minReplicaCount": 9, "maxReplicaCount": 5}), "spec.maxReplicaCount", id="min above max"
        ),
        pytest.param(
            document({"idleReplicaCount": 2, "minReplicaCount": 2}), "spec.idleReplicaCount", id="idle not below min"
        ),
        pytest.param(document({"idleReplicaCount": 0}), "spec.idleReplicaCount", id="idle without a minimum"),
        pytest.param(document({"minReplicaCount": -1}), "spec.minReplicaCount", id="a negative minimum"),
        pytest.param(document({"cooldownPeriod": -1}), "spec.cooldownPeriod", id="a negative cooldown"),
        pytest.param(document({"pollingInterval": -1}), "spec.pollingInterval", id="a negative interval"),
        pytest.param(document({"maxReplicaCount": 0}), "spec.maxReplicaCount", id="a maximum of 0"),
        pytest.param(TEXT.split("  triggers:", maxsplit=1)[0], "spec.triggers: must be set", id="no triggers"),
        pytest.param(
            document({"fallback": {"failureThreshold": -1, "replicas": 2}}),
            "spec.fallback.failureThreshold",
            id="below 0",
        ),
        pytest.param(
            document({"fallback": {"failureThreshold": 3, "replicas": 2}, "minReplicaCount": 1}, trigger=CPU),
            "spec.fallback: needs a trigger other than cpu and memory",
            id="a fallback for cpu alone",
        ),
        pytest.param(
            document({"fallback": {"failureThreshold": 3, "replicas": 2, "behavior": "scalingModifiers"}}),
            "spec.fallback.behavior: scalingModifiers needs",
            id="scalingModifiers without a formula",
        ),
        pytest.param(
            document(trigger={"type": "cron"}), "spec.triggers[0].type: triggers of type 'cron'", id="another trigger"
        ),
        pytest.param(document(trigger={"metricType": "Utilization"}), "spec.triggers[0].metricType", id="utilization"),
        pytest.param(
            document(more=[{**CPU, "metricType": ""}]), "spec.triggers[1].metricType", id="cpu without a type"
        ),
        pytest.param(
            document(more=[{**CPU, "metadata": {"value": "60", "type": "Utilization"}}]),
            "spec.triggers[1].metadata.type: must not be set beside metricType",
            id="cpu with both types",
        ),
        pytest.param(
            document(more=[{**CPU, "metadata": {}}]), "spec.triggers[1].metadata.value: must be set", id="cpu, no value"
        ),
        pytest.param(
            document(more=[{**CPU, "metadata": {"value": "60", "activationValue": "5"}}]),
            "spec.triggers[1].metadata.activationValue",
            id="cpu with an activation value, which moves nothing",
        ),
        pytest.param(
            document(more=[{**CPU, "useCachedMetrics": True}]), "spec.triggers[1].useCachedMetrics", id="cached cpu"
        ),
        pytest.param(
            document(trigger={"name": "one"}, more=[{**CPU, "name": "one"}]), "spec.triggers[1].name", id="a name twice"
        ),
        pytest.param(
            document({"scaleTargetReff": 1}),
            "scaleTargetReff: there is no such field, or it cannot be honoured here; did you mean scaleTargetRef?",
            id="a typo",
        ),
        pytest.param(document(annotations={"paused": True}), "quote it", id="an annotation that is no text"),
        pytest.param(document(annotations={"paused-replicas": "two"}), "paused-replicas", id="not a number"),
        pytest.param(document(annotations={"pause": "true"}), "did you mean paused", id="a wrong annotation"),
        pytest.param(
            document(trigger={"type": "apache-kafka"}, metadata={"topic": "a,b"}), "several topics", id="several topics"
        ),
        pytest.param(TEXT.replace("keda.sh/v1alpha1", "keda.k8s.io/v1alpha1"), "apiVersion", id="an old API"),
    ],
)
def test_refused(text: str, told: str) -> None:
    """Each fault is named by its path."""
    with pytest.raises(PolicyError) as caught:
        read(text)
    assert told in str(caught.value)


def test_cpu_alone_needs_a_minimum() -> None:
    """Nothing could wake it from 0."""
    text = yaml.safe_load(TEXT)
    text["spec"]["triggers"] = [CPU]
    with pytest.raises(PolicyError, match=r"spec\.minReplicaCount: must be at least 1"):
        read(yaml.safe_dump(text))
    text["spec"]["minReplicaCount"] = 1
    assert read(yaml.safe_dump(text)).triggers == (ResourceTrigger(resource="cpu", average_utilization=60),)


def test_an_idle_count_of_0_beside_a_written_minimum_of_0() -> None:
    """KEDA takes that minimum for 1 here, so it is accepted."""
    assert read(document({"idleReplicaCount": 0, "minReplicaCount": 0})).replicas_idle == 0


@pytest.mark.parametrize(
    ("trigger", "expected"),
    [
        pytest.param(
            {"type": "memory", "metricType": "AverageValue", "metadata": {"value": "1Gi"}},
            ResourceTrigger(resource="memory", average_value_milli=2**30 * 1000),
            id="memory by average value",
        ),
        pytest.param(
            {"type": "cpu", "metadata": {"type": "Utilization", "value": "50", "containerName": "app"}},
            ResourceTrigger(resource="cpu", average_utilization=50, container="app"),
            id="the older place of the type, one container",
        ),
    ],
)
def test_resource_triggers(trigger: dict[str, Any], expected: ResourceTrigger) -> None:
    """CPU and memory go to the HPA as they are."""
    assert read(document(more=[trigger])).triggers[1] == expected


def test_several_triggers_are_named_by_their_place() -> None:
    """`sN-` counts all triggers, also those of CPU."""
    second = yaml.safe_load(TEXT)["spec"]["triggers"][0]
    spec = read(document(more=[CPU, second]))
    assert [metric.name for metric in hpa_behind(spec).metrics] == ["s0-kafka-orders", "cpu", "s2-kafka-orders"]


def modified(formula: str = "lag * 2", target: str = "10", **others: str) -> str:
    """An object with scalingModifiers over one trigger named lag."""
    modifiers = {"formula": formula, "target": target, **others}
    return document({"advanced": {"scalingModifiers": modifiers}}, trigger={"name": "lag"})


def test_modifiers() -> None:
    """A formula with a target of its own."""
    modifiers = read(modified(target="2.5", activationTarget="7", metricType="Value")).modifiers
    assert modifiers is not None
    assert (modifiers.formula.text, modifiers.target, modifiers.activation_target) == ("lag * 2", 2.5, 7)
    assert modifiers.type is TargetType.VALUE


def test_a_formula_may_leave_a_trigger_out_that_then_needs_no_name() -> None:
    """KEDA's admission wants names only of those that the formula mentions."""
    second = {**yaml.safe_load(TEXT)["spec"]["triggers"][0]}
    modifiers = {"advanced": {"scalingModifiers": {"formula": "count([lag], {# > 1}) * 2.0", "target": "10"}}}
    given = read(document(modifiers, trigger={"name": "lag"}, more=[second]))
    assert [trigger.name for trigger in given.kafka] == ["lag", ""]


def test_a_formula_that_divides_by_0_for_some_values_is_accepted() -> None:
    """KEDA tries it with -1 for every trigger; that is no fault of the formula."""
    assert read(modified("10 / (lag + 1)")).modifiers is not None


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (modified(formula=""), "scalingModifiers.formula: must be set"),
        (modified(target=""), "scalingModifiers.target: must be a number above 0"),
        (modified(target="-1"), "scalingModifiers.target: must be a number above 0"),
        (modified(activationTarget="x"), "scalingModifiers.activationTarget: must be a number"),
        (modified(metricType="Utilization"), "scalingModifiers.metricType"),
        (modified("lag + rate"), "scalingModifiers.formula: no trigger is named rate"),
        (modified("lag > 1"), "scalingModifiers.formula: expected a number, found"),
        (modified("filter([lag], {# > 1})"), "scalingModifiers.formula: the function filter is not known here"),
        (modified().replace("name: lag", "name: ''"), "scalingModifiers.formula: no trigger is named lag"),
    ],
)
def test_modifiers_that_are_refused(text: str, told: str) -> None:
    """As KEDA's webhook refuses them."""
    with pytest.raises(PolicyError) as caught:
        read(text)
    assert told in str(caught.value)


@pytest.mark.parametrize(
    ("annotations", "expected"),
    [
        ({"paused": "true"}, Pause(everything=True)),
        ({"paused": "false"}, Pause()),
        ({"paused": "please"}, Pause(everything=True)),
        ({"paused-replicas": "4"}, Pause(replicas=4)),
        ({"paused": "true", "paused-replicas": "0"}, Pause(everything=True, replicas=0)),
        ({"paused-scale-in": "true"}, Pause(scale_in=True)),
        ({"paused-scale-out": "true"}, Pause(scale_out=True)),
        ({"force-activation": "true"}, Pause(force_activation=True)),
    ],
)
def test_annotations(annotations: dict[str, str], expected: Pause) -> None:
    """A switch that is neither true nor false counts as on."""
    assert read(document(annotations=annotations)).pause == expected


def test_a_pause_of_one_direction_disables_it_in_the_hpa() -> None:
    """Also where the object has no behavior of its own."""
    behavior = hpa_behind(read(document(annotations={"paused-scale-in": "true"}))).behavior
    assert behavior is not None
    assert (behavior.down.select, behavior.up.select) == (SelectPolicy.DISABLED, SelectPolicy.MAX)


def test_other_documents_are_passed_over_with_a_word() -> None:
    """An HPA beside a ScaledObject is not what counts: KEDA makes its own."""
    text = f"{HPA}---{TEXT}---\nkind: TriggerAuthentication\nmetadata: {{name: auth}}\n"
    found = read_policy_text(text, "orders.yaml")
    assert (found.kind, found.name) == ("ScaledObject", "orders")
    assert found.passed_over == ("HorizontalPodAutoscaler old", "TriggerAuthentication auth")


def test_all_faults_at_once() -> None:
    """Nobody has to find them one by one."""
    text = document({"minReplicaCount": 9, "maxReplicaCount": 5}, metadata={"lagThreshold": "0", "version": "x"})
    with pytest.raises(PolicyError, match=r"3 fault\(s\)"):
        read(text)


@pytest.mark.parametrize(
    ("topic", "watched"),
    [
        pytest.param("events", "events", id="the live topic, whatever the manifest calls it"),
        pytest.param(None, "orders", id="the manifest's own where there is no live one"),
    ],
)
def test_a_live_group_reads_one_topic(topic: str | None, watched: str) -> None:
    """Else a manifest from a cluster would find no partitions here and never scale.  Its metric keeps its name."""
    policy = read_policy_text(TEXT, "orders.yaml", Context(topic=topic)).plan.policy
    assert isinstance(policy, KedaPolicy)
    assert policy.spec.triggers == (KafkaTrigger(metric="s0-kafka-orders", topic=watched),)
