"""HorizontalPodAutoscalers as they stand in a cluster: what the API server accepts, fills in and refuses."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from autoscaler.cluster import HpaClusterSettings
from autoscaler.decide import decide
from autoscaler.errors import PolicyError
from autoscaler.manifests import read_policy, read_policy_text
from autoscaler.manifests.hpa import read_hpa_spec
from autoscaler.manifests.kinds import Context, Refusal
from autoscaler.model import Memory, Observation, Reading
from autoscaler.policies.hpa import (
    DEFAULT_DOWN,
    DEFAULT_UP,
    ChangeUnit,
    HpaSpec,
    MetricType,
    ScalingPolicy,
    SelectPolicy,
    Target,
    TargetType,
)

FIRST = """
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
REF = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "consumer"}


def hpa(**spec: Any) -> dict[str, Any]:
    """A manifest with this spec beside the fields that it must have."""
    whole = {"scaleTargetRef": REF, "maxReplicas": 10} | spec
    return {"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": {"name": "h"}, "spec": whole}


def external(**target: Any) -> dict[str, Any]:
    """An external metric."""
    return {"type": "External", "external": {"metric": {"name": "kafka_consumergroup_lag_sum"}, "target": target}}


def resource(name: str = "cpu", **target: Any) -> dict[str, Any]:
    """A resource metric."""
    return {"type": "Resource", "resource": {"name": name, "target": target}}


def described(**target: Any) -> dict[str, Any]:
    """An object metric."""
    thing = {"kind": "Service", "name": "s"}
    return {"type": "Object", "object": {"metric": {"name": "lag"}, "describedObject": thing, "target": target}}


def pods(**target: Any) -> dict[str, Any]:
    """A pods metric."""
    return {"type": "Pods", "pods": {"metric": {"name": "rate"}, "target": target}}


def spec_of(document: dict[str, Any], context: Context | None = None) -> HpaSpec:
    """What it says."""
    return read_hpa_spec(document, context or Context())


def test_value_target_without_value_is_accepted_and_never_scales() -> None:
    """The API server asks an object metric for a value or an average value; the controller then goes by the type."""
    policy = read_policy_text(FIRST, "first.yaml")
    memory, decisions = Memory(), []
    for tick in range(4):
        lag = {"kafka_consumer_lag": Reading(value=250_000.0)}
        seen = Observation(at_seconds=15.0 * tick, spec_replicas=3, status_replicas=3, metrics=lag)
        decision, memory = decide(seen, memory, policy.plan)
        decisions.append(decision)
    assert {decision.replicas for decision in decisions} == {3}
    active = next(c for c in decisions[-1].conditions if c.type == "ScalingActive")
    assert (active.status, active.reason, active.changed_at) == (False, "FailedGetObjectMetric", 0.0)
    assert "type Value, but has no value" in active.message


def test_the_same_with_the_right_type_scales() -> None:
    """`type: AverageValue` is what was meant: 48,200 events at 1,000 per worker are 49 workers, 20 at most."""
    policy = read_policy_text(FIRST.replace("type: Value", "type: AverageValue"), "first.yaml")
    lag = {"kafka_consumer_lag": Reading(value=48_200.0)}
    seen = Observation(at_seconds=0.0, spec_replicas=10, status_replicas=10, metrics=lag)
    decision, _ = decide(seen, Memory(), policy.plan)
    assert (decision.recommendation, decision.replicas) == (49, 20)


def test_defaults_of_the_api_server() -> None:
    """A minimum of 1, CPU at 80 % where there are no metrics, no behaviour."""
    spec = spec_of(hpa())
    assert (spec.replicas_min, spec.replicas_max, spec.behavior) == (1, 10, None)
    assert [(m.type, m.name, m.target.average_utilization) for m in spec.metrics] == [(MetricType.RESOURCE, "cpu", 80)]


@pytest.mark.parametrize("behavior", [{}, {"scaleUp": {}, "scaleDown": {}}, {"scaleUp": None}])
def test_defaults_of_behavior(behavior: dict[str, Any]) -> None:
    """Given, but empty, it has Kubernetes' rules for each direction."""
    found = spec_of(hpa(behavior=behavior)).behavior
    assert found is not None
    assert (found.up, found.down) == (DEFAULT_UP, DEFAULT_DOWN)


def test_behavior_replaces_field_by_field() -> None:
    """What is set counts, the rest stays as it is by default."""
    policies = [{"type": "Percent", "value": 10, "periodSeconds": 1800}]
    down = {"policies": policies, "selectPolicy": "Min", "tolerance": "0.05"}
    found = spec_of(hpa(behavior={"scaleUp": {"stabilizationWindowSeconds": 3600}, "scaleDown": down})).behavior
    assert found is not None
    assert (found.up.window_seconds, found.up.policies) == (3600.0, DEFAULT_UP.policies)
    assert found.down.policies == (ScalingPolicy(unit=ChangeUnit.PERCENT, value=10, period_seconds=1800),)
    assert (found.down.select, found.down.tolerance, found.down.window_seconds) == (SelectPolicy.MIN, 0.05, None)


@pytest.mark.parametrize(
    ("metric", "target"),
    [
        pytest.param(
            external(type="AverageValue", averageValue="1k"),
            Target(type=TargetType.AVERAGE_VALUE, average_value_milli=1_000_000),
            id="1k",
        ),
        pytest.param(external(type="Value", value="500m"), Target(type=TargetType.VALUE, value_milli=500), id="500m"),
        pytest.param(
            external(type="Value", averageValue=2),
            Target(type=TargetType.VALUE, average_value_milli=2_000),
            id="external of another type",
        ),
        pytest.param(
            described(type="Value", value=5, averageValue=7),
            Target(type=TargetType.VALUE, value_milli=5_000, average_value_milli=7_000),
            id="an object may have both",
        ),
        pytest.param(
            resource("memory", type="AverageValue", averageValue="1Gi"),
            Target(type=TargetType.AVERAGE_VALUE, average_value_milli=2**30 * 1_000),
            id="1Gi",
        ),
        pytest.param(
            resource(type="Value", averageUtilization=50),
            Target(type=TargetType.VALUE, average_utilization=50),
            id="a resource of another type",
        ),
        pytest.param(
            pods(type="AverageValue", averageValue=1.5),
            Target(type=TargetType.AVERAGE_VALUE, average_value_milli=1_500),
            id="1.5",
        ),
    ],
)
def test_targets(metric: dict[str, Any], target: Target) -> None:
    """Quantities in Kubernetes' notation, in thousandths."""
    assert spec_of(hpa(metrics=[metric])).metrics[0].target == target


@pytest.mark.parametrize(
    ("spec", "fault"),
    [
        pytest.param({"minReplicas": 0}, "spec.metrics: scaling to 0 needs at least one Object", id="0 on CPU alone"),
        pytest.param({"minReplicas": -1}, "spec.minReplicas: must not be negative", id="negative minimum"),
        pytest.param({"maxReplicas": 0}, "spec.maxReplicas:", id="maximum 0"),
        pytest.param(
            {"minReplicas": 11}, "spec.maxReplicas: must be at least minReplicas (11)", id="minimum above maximum"
        ),
        pytest.param({"minReplicas": "3"}, "spec.minReplicas:", id="text for a number"),
        pytest.param({"scaleTargetRef": {"kind": "Deployment"}}, "spec.scaleTargetRef.name: must be set", id="no name"),
        pytest.param({"metrics": [{"type": "Resource"}]}, "spec.metrics[0].resource: must be set", id="no source"),
        pytest.param({"metrics": [{"type": "Cpu"}]}, "spec.metrics[0].type:", id="unknown type"),
        pytest.param(
            {
                "metrics": [
                    resource(type="Utilization", averageUtilization=50)
                    | pods(type="AverageValue", averageValue=1)
                    | {"type": "Resource"}
                ]
            },
            "spec.metrics[0].pods: must not be set",
            id="two sources",
        ),
        pytest.param(
            {"metrics": [described(type="Value")]},
            "spec.metrics[0].object.target.averageValue: value or averageValue",
            id="object without any target",
        ),
        pytest.param(
            {"metrics": [external(type="Value")]},
            "spec.metrics[0].external.target.averageValue: value or",
            id="external without any target",
        ),
        pytest.param(
            {"metrics": [external(type="Value", value=1, averageValue=1)]},
            "spec.metrics[0].external.target.value: must not be set beside",
            id="external with both",
        ),
        pytest.param(
            {"metrics": [pods(type="Value", value=1)]},
            "spec.metrics[0].pods.target.averageValue: must be set",
            id="pods with a value",
        ),
        pytest.param(
            {"metrics": [resource(type="Utilization")]},
            "spec.metrics[0].resource.target.averageUtilization: averageUtilization or",
            id="resource without any target",
        ),
        pytest.param(
            {"metrics": [resource(type="Utilization", averageUtilization=5, averageValue=1)]},
            "spec.metrics[0].resource.target.averageValue: must not",
            id="resource with both",
        ),
        pytest.param(
            {"metrics": [resource(type="Utilization", averageUtilization=0)]},
            "spec.metrics[0].resource.target.averageUtilization: must be at least 1",
            id="0 %",
        ),
        pytest.param(
            {"metrics": [external(type="Value", value=0)]},
            "spec.metrics[0].external.target.value: must be positive",
            id="target 0",
        ),
        pytest.param(
            {"metrics": [external(type="Average", averageValue=1)]},
            "spec.metrics[0].external.target.type:",
            id="unknown target type",
        ),
        pytest.param(
            {"metrics": [external(type="Value", value="5 k")]},
            "spec.metrics[0].external.target.value: expected a Kubernetes quantity",
            id="no quantity",
        ),
        pytest.param(
            {"metrics": [resource("nvidia.com/gpu", type="Utilization", averageUtilization=5)]},
            "spec.metrics[0].resource.name: only cpu and memory",
            id="a resource that is not measured here",
        ),
        pytest.param({"behavior": {"scaleUp": {"policies": []}}}, "spec.behavior.scaleUp.policies:", id="no policies"),
        pytest.param(
            {"behavior": {"scaleUp": {"stabilizationWindowSeconds": 3601}}},
            "spec.behavior.scaleUp.stabilizationWindowSeconds:",
            id="window above an hour",
        ),
        pytest.param(
            {"behavior": {"scaleDown": {"policies": [{"type": "Pods", "value": 1, "periodSeconds": 1801}]}}},
            "spec.behavior.scaleDown.policies[0].periodSeconds:",
            id="period above half an hour",
        ),
        pytest.param(
            {"behavior": {"scaleDown": {"policies": [{"type": "Pods", "value": 0, "periodSeconds": 1}]}}},
            "spec.behavior.scaleDown.policies[0].value:",
            id="policy of nothing",
        ),
        pytest.param(
            {"behavior": {"scaleDown": {"selectPolicy": "Both"}}},
            "spec.behavior.scaleDown.selectPolicy:",
            id="unknown selection",
        ),
        pytest.param(
            {"behavior": {"scaleDown": {"tolerance": -1}}},
            "spec.behavior.scaleDown.tolerance:",
            id="negative tolerance",
        ),
        pytest.param(
            {"behaviour": {}},
            "spec.behaviour: there is no such field, or it cannot be honoured here; did you mean behavior?",
            id="a slip of the pen",
        ),
        pytest.param(
            {"behavior": {"scaleUp": {"policies": [{"type": "Pods", "value": 1, "seconds": 5}]}}},
            "spec.behavior.scaleUp.policies[0].seconds: there is no such field, or it cannot be honoured here; did you "
            "mean periodSeconds?",
            id="a slip of the pen in a list",
        ),
        pytest.param(
            {"behavior": {"xyz": 1}},
            "spec.behavior.xyz: there is no such field, or it cannot be honoured here; known: scaleUp, scaleDown",
            id="a word that is near to none",
        ),
        pytest.param(
            {"metrics": [{"type": "External", "external": {"metric": {"name": "a/b"}, "target": {"type": "Value"}}}]},
            "spec.metrics[0].external.metric.name: must not be '.' or '..' nor contain '/'",
            id="a metric's name that cannot stand in a path",
        ),
        pytest.param(
            {"scaleTargetRef": {"kind": "Deployment", "name": "a%2f"}},
            "spec.scaleTargetRef.name: must not be",
            id="a target's name that cannot stand in a path",
        ),
        pytest.param(
            {
                "metrics": [
                    {
                        "type": "ContainerResource",
                        "containerResource": {"name": "cpu", "container": "My_C", "target": {"type": "Utilization"}},
                    }
                ]
            },
            "spec.metrics[0].containerResource.container:",
            id="a container's name that no pod can have",
        ),
    ],
)
def test_refused(spec: dict[str, Any], fault: str) -> None:
    """As the API server, and by the path to the field."""
    with pytest.raises(Refusal) as refusal:
        spec_of(hpa(**spec))
    assert any(line.startswith(fault) for line in refusal.value.faults), refusal.value.faults
    assert all(line.count(", found ") <= 1 for line in refusal.value.faults), "what was found is told once"


def test_zero_and_its_gate() -> None:
    """0 is allowed for a metric that exists without workers, as Kubernetes 1.37 does; before, the gate was off."""
    zero = hpa(minReplicas=0, metrics=[external(type="Value", value=1)])
    assert spec_of(zero).replicas_min == 0
    with pytest.raises(Refusal, match="0 needs the feature gate HPAScaleToZero"):
        spec_of(zero, Context(cluster=HpaClusterSettings(scale_to_zero=False)))


@pytest.mark.parametrize(
    ("written", "computed"),
    [
        pytest.param(0.1, 0.1, id="a tenth is 100m, and 100 thousandths are the same float"),
        pytest.param(0.57, 570 * 0.001, id="0.57 is 570m, and 570 thousandths are the next float"),
        pytest.param("0", 0.0, id="nothing"),
        pytest.param("1500u", 1500 * 1e-6, id="what no thousandth can hold is kept in millionths"),
    ],
)
def test_a_tolerance_is_the_float_of_what_the_api_server_stores(written: str | float, computed: float) -> None:
    """`Quantity.AsApproximateFloat64` of the canonical form: the edge of the tolerance may be off by a hair."""
    behavior = spec_of(hpa(behavior={"scaleUp": {"tolerance": written}})).behavior
    assert behavior is not None
    assert behavior.up.tolerance == computed


def test_unknown_metrics_are_refused_where_only_signals_can_be_read() -> None:
    """A recorded state may hold any metric, a live run only what Weir measures."""
    metric = {"type": "External", "external": {"metric": {"name": "sqs"}, "target": {"type": "Value", "value": 1}}}
    assert spec_of(hpa(metrics=[metric])).metrics[0].name == "sqs"
    with pytest.raises(Refusal, match=r"spec.metrics\[0\].external.metric.name: no signal is known as sqs"):
        spec_of(hpa(metrics=[metric]), Context(known_only=True))


def test_one_name_with_two_selectors_is_refused() -> None:
    """One name stands for one signal."""
    first, second = external(type="Value", value=1), external(type="Value", value=1)
    second["external"]["metric"] = second["external"]["metric"] | {"selector": {"matchLabels": {"topic": "b"}}}
    with pytest.raises(Refusal, match=r"spec.metrics\[1\].external.metric.selector: differs"):
        spec_of(hpa(metrics=[first, second]))


def test_every_fault_is_told_at_once(tmp_path: Path) -> None:
    """With the file, the document and the number of faults."""
    path = tmp_path / "policy.yaml"
    path.write_text(yaml.safe_dump(hpa(minReplicas=20, metrics=[pods(type="Value", value=1)])))
    with pytest.raises(PolicyError) as error:
        read_policy(path)
    assert str(error.value).startswith(f"2 fault(s) in {path}, HorizontalPodAutoscaler h:")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("", "found 0; it has: nothing", id="an empty file"),
        pytest.param("kind: Deployment\nmetadata: {name: d}", "found 0; it has: Deployment d", id="no policy"),
        pytest.param(f"{FIRST}---{FIRST}", "found 2", id="two policies"),
        pytest.param(
            FIRST.replace("autoscaling/v2", "autoscaling/v1"),
            "apiVersion: expected autoscaling/v2, found 'autoscaling/v1'",
            id="another version",
        ),
        pytest.param("a: [", "is not YAML", id="no YAML"),
        pytest.param("- 1", "expected a mapping with a `kind`", id="a list"),
        pytest.param("kind: [FixedPolicy]", "found 0; it has: ['FixedPolicy']", id="a list for the kind"),
        pytest.param("kind: List\nitems: 5", "items of a List: expected a list, found int", id="a List of nothing"),
        pytest.param("kind: List\nitems: abc", "items of a List: expected a list, found str", id="a List of a text"),
        pytest.param(
            FIRST.replace("  maxReplicas: 20", "  maxReplicas: 20\n  maxReplicas: 10"),
            "the key 'maxReplicas' stands twice",
            id="two maxima",
        ),
    ],
)
def test_files_that_cannot_be_used(text: str, message: str) -> None:
    """Exactly one policy, of a version that is known."""
    with pytest.raises(PolicyError) as error:
        read_policy_text(text, "file.yaml")
    assert message in str(error.value)


def test_other_documents_are_passed_over_with_a_word() -> None:
    """Also inside a List, as kubectl prints one."""
    items = [{"apiVersion": "v1", "kind": "Service", "metadata": {"name": "s"}}, yaml.safe_load(FIRST)]
    policy = read_policy_text(yaml.safe_dump({"apiVersion": "v1", "kind": "List", "items": items}), "list.yaml")
    assert (policy.name, policy.passed_over) == ("kafka-consumer", ("Service s",))


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    """The message names it."""
    with pytest.raises(PolicyError, match="cannot read the policy"):
        read_policy(tmp_path / "none.yaml")
