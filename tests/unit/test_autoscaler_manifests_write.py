"""Policies as manifests of a cluster: what is written, what gets lost, and what is refused."""

from pathlib import Path
from typing import Any

import pytest
import typer
import yaml
from typer.testing import CliRunner

from autoscaler.cluster import HpaClusterSettings
from autoscaler.commands.manifest import manifest
from autoscaler.errors import PolicyError
from autoscaler.lint import lint
from autoscaler.manifests import ReadPolicy, read_policy_text
from autoscaler.manifests.kinds import Context
from autoscaler.manifests.write import Form, Names, write_manifest
from autoscaler.model import Memory, Observation, Step
from tests.manifests import FIRST, cpu, external, hpa, keda, own, resource, text_of

KAFKA = Names(bootstrap_servers="kafka:9092", group="workers", topic="orders")
TARGET = Names(target="Deployment/worker")
LAG = external(type="AverageValue", averageValue="1000")
BEHAVIOR = {"scaleDown": {"stabilizationWindowSeconds": 60}}
OFFICE = {"start": "0 8 * * MON-FRI", "end": "0 18 * * MON-FRI", "desiredReplicas": 12}


def stay(seen: Observation, memory: Memory) -> Step:
    """A user's own policy."""
    del memory
    return Step(rule="stay", replicas=seen.spec_replicas, why="stay")


def policy(document: Any, **cluster: Any) -> ReadPolicy:
    """The document, read."""
    text = document if isinstance(document, str) else text_of(document)
    return read_policy_text(text, "policy.yaml", Context(cluster=HpaClusterSettings(**cluster)))


def written(document: Any, form: Form, names: Names = KAFKA, *, lossy: bool = False) -> Any:
    """The document that is written."""
    return yaml.safe_load(write_manifest(policy(document), form, names, lossy=lossy).text)


def test_an_hpa_on_lag_as_a_scaled_object() -> None:
    """Idle consumers are allowed, because an HPA has no cap either."""
    document = written(hpa(LAG, behavior=BEHAVIOR), Form.SCALED_OBJECT)
    assert document == {
        "apiVersion": "keda.sh/v1alpha1",
        "kind": "ScaledObject",
        "metadata": {"name": "worker"},
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "worker"},
            "minReplicaCount": 2,
            "maxReplicaCount": 10,
            "advanced": {"horizontalPodAutoscalerConfig": {"behavior": BEHAVIOR}},
            "triggers": [
                {
                    "type": "kafka",
                    "metadata": {
                        "bootstrapServers": "kafka:9092",
                        "consumerGroup": "workers",
                        "topic": "orders",
                        "lagThreshold": "1000",
                        "allowIdleConsumers": "true",
                    },
                }
            ],
        },
    }


def test_resources_as_triggers_and_back() -> None:
    """CPU at a share, memory by an amount, one container's."""
    memory = {
        "type": "Resource",
        "resource": {"name": "memory", "target": {"type": "AverageValue", "averageValue": "1Gi"}},
    }
    one = {
        "type": "ContainerResource",
        "containerResource": {
            "name": "cpu",
            "container": "app",
            "target": {"type": "Utilization", "averageUtilization": 50},
        },
    }
    document = written(hpa(resource(), memory, one), Form.SCALED_OBJECT)
    assert document["spec"]["triggers"] == [
        {"type": "cpu", "metricType": "Utilization", "metadata": {"value": "60"}},
        {"type": "memory", "metricType": "AverageValue", "metadata": {"value": "1Gi"}},
        {"type": "cpu", "metricType": "Utilization", "metadata": {"value": "50", "containerName": "app"}},
    ]
    back = written(document, Form.HPA)
    assert back["spec"]["metrics"][0] == resource()
    assert back["spec"]["metrics"][2] == one


def test_a_scaled_object_as_an_hpa() -> None:
    """An external metric of the group's total lag."""
    document = written(keda(allowIdleConsumers="true", maxReplicaCount=9, behavior=BEHAVIOR), Form.HPA)
    assert document["spec"]["minReplicas"] == 1
    assert document["spec"]["maxReplicas"] == 9
    assert document["spec"]["behavior"] == BEHAVIOR
    assert document["spec"]["metrics"] == [
        {
            "type": "External",
            "external": {
                "metric": {
                    "name": "kafka_consumergroup_lag_sum",
                    "selector": {"matchLabels": {"consumergroup": "workers", "topic": "orders"}},
                },
                "target": {"type": "AverageValue", "averageValue": "1000"},
            },
        }
    ]


@pytest.mark.parametrize(
    ("trigger", "names", "labels"),
    [
        pytest.param(
            {"consumerGroup": "billing"},
            {},
            {"consumergroup": "billing", "topic": "orders"},
            id="both of the trigger's",
        ),
        pytest.param({"topic": None}, {}, {"consumergroup": "workers"}, id="no topic is all topics of the group"),
        pytest.param(
            {},
            {"group": "ours"},
            {"consumergroup": "ours", "topic": "orders"},
            id="a given group wins over the trigger's",
        ),
    ],
)
def test_a_lag_is_that_of_the_triggers_group(trigger: Any, names: Any, labels: Any) -> None:
    """Without a selector the metric would cover every group of the cluster."""
    document = written(keda(allowIdleConsumers="true", **trigger), Form.HPA, Names(**names))
    assert document["spec"]["metrics"][0]["external"]["metric"]["selector"] == {"matchLabels": labels}


@pytest.mark.parametrize(
    ("trigger", "lost"),
    [
        pytest.param({"consumerGroup": None, "consumerGroupFromEnv": "G"}, "alone covers every group", id="not known"),
        pytest.param({"consumerGroup": "a/b"}, "no selector can name it", id="no value of a label"),
    ],
)
def test_a_group_that_no_selector_names_is_a_loss(trigger: Any, lost: str) -> None:
    read = policy(keda(allowIdleConsumers="true", **trigger))
    with pytest.raises(PolicyError, match=f"would lose(.|\n)*{lost}"):
        write_manifest(read, Form.HPA)
    assert write_manifest(read, Form.HPA, KAFKA).lost == ()


GIVEN = Names(bootstrap_servers="prod:9092", group="billing", topic="invoices")
OF_OURS = {"matchLabels": {"consumergroup": "billing", "topic": "invoices"}}


def test_given_names_win_in_a_scaled_object() -> None:
    document = keda(consumerGroup=None, consumerGroupFromEnv="GROUP", allowIdleConsumers="true")
    trigger = written(document, Form.SCALED_OBJECT, GIVEN)["spec"]["triggers"][0]["metadata"]
    assert trigger == {
        "bootstrapServers": "prod:9092",
        "consumerGroup": "billing",
        "topic": "invoices",
        "lagThreshold": "1000",
        "allowIdleConsumers": "true",
    }


@pytest.mark.parametrize(
    ("metric", "selector"),
    [
        pytest.param(external("Object", type="AverageValue", averageValue="1"), OF_OURS, id="an Object metric"),
        pytest.param(external(type="AverageValue", averageValue="1"), OF_OURS, id="an External metric"),
        pytest.param(
            external(name="kafka_consumergroup_group_lag", type="AverageValue", averageValue="1"),
            {"matchLabels": {"group": "billing", "topic": "invoices"}},
            id="kafka-lag-exporter has another label",
        ),
        pytest.param(
            external(name="s0-kafka-orders", type="AverageValue", averageValue="1"),
            None,
            id="KEDA's own metrics are found by KEDA's labels",
        ),
        pytest.param(
            external(name="kafka_topic_arrival_rate", type="AverageValue", averageValue="1"),
            None,
            id="a rate of no group",
        ),
    ],
)
def test_given_names_narrow_an_hpa(metric: Any, selector: Any) -> None:
    written_metric = written(hpa(metric), Form.HPA, GIVEN)["spec"]["metrics"][0]
    found = written_metric.get("external") or written_metric["object"]
    assert found["metric"].get("selector") == selector


def test_labels_that_a_selector_has_are_kept() -> None:
    metric = external(type="AverageValue", averageValue="1")
    metric["external"]["metric"]["selector"] = {"matchLabels": {"group_id": "old", "env": "live"}}
    document = hpa(metric)
    selector = written(document, Form.HPA, GIVEN)["spec"]["metrics"][0]["external"]["metric"]["selector"]
    assert selector == {"matchLabels": {"group_id": "billing", "env": "live", "topic": "invoices"}}


def test_an_option_without_a_place_is_told() -> None:
    """Nothing that was asked for is passed over in silence."""
    names = Names(bootstrap_servers="prod:9092", group="billing", events_per_second=5)
    text = write_manifest(policy(hpa(resource())), Form.HPA, names).text
    assert "# Note: --bootstrap-servers prod:9092 has no place here" in text
    assert "# Note: --group billing has no place here" in text
    assert "# Note: --events-per-second 5 has no place here" in text


def test_a_fixed_policy() -> None:
    for form in Form:
        read = policy(yaml.safe_dump(written(own("FixedPolicy", replicas=6), form, TARGET)))
        assert (read.plan.replicas_min, read.plan.replicas_max) == (6, 6)


def test_a_schedule_as_cron_triggers() -> None:
    document = written(
        own("SchedulePolicy", replicas=2, timezone="Europe/Berlin", entries=[OFFICE]), Form.SCALED_OBJECT, TARGET
    )
    assert (document["spec"]["minReplicaCount"], document["spec"]["maxReplicaCount"]) == (2, 12)
    assert document["spec"]["triggers"] == [
        {
            "type": "cron",
            "metadata": {
                "timezone": "Europe/Berlin",
                "start": "0 8 * * MON-FRI",
                "end": "0 18 * * MON-FRI",
                "desiredReplicas": "12",
            },
        }
    ]


def test_the_same_kind_is_written_without_what_the_cluster_added() -> None:
    whole = hpa(LAG)
    whole["metadata"] |= {"uid": "1", "resourceVersion": "2", "namespace": "ours"}
    whole["status"] = {"currentReplicas": 3}
    names = Names(name="new", target="StatefulSet/other")
    document = written(whole, Form.HPA, names)
    assert document["metadata"] == {"name": "new", "namespace": "ours"}
    assert document["spec"]["scaleTargetRef"] == {"apiVersion": "apps/v1", "kind": "StatefulSet", "name": "other"}
    assert "status" not in document


def test_our_own_policy_as_the_nearest_lag_target() -> None:
    """2 s of a worker that does 500 events/s are 1,000 events; all that it does not do is told."""
    read = policy(own("WeirPolicy", minReplicas=3, maxReplicas=20, timeLagSeconds=2, downWindowSeconds=20))
    names = Names(target="Deployment/worker", events_per_second=500, bootstrap_servers="k:1", group="g", topic="t")
    with pytest.raises(PolicyError, match=r"would lose(.|\n)*init-storm breaker"):
        write_manifest(read, Form.HPA, names)
    with pytest.raises(PolicyError, match="--events-per-second missing: ours aims at 2 s"):
        write_manifest(read, Form.HPA, TARGET, lossy=True)
    spec = yaml.safe_load(write_manifest(read, Form.HPA, names, lossy=True).text)["spec"]
    assert (spec["minReplicas"], spec["maxReplicas"]) == (3, 20)
    assert spec["metrics"][0]["external"]["target"] == {"type": "AverageValue", "averageValue": "1000"}
    assert spec["behavior"]["scaleDown"] == {"stabilizationWindowSeconds": 20}
    scaled = yaml.safe_load(write_manifest(read, Form.SCALED_OBJECT, names, lossy=True).text)
    assert "allowIdleConsumers" not in scaled["spec"]["triggers"][0]["metadata"]
    policy(text_of(scaled))


LOSSES = [
    pytest.param(keda(), Form.HPA, "the cap at the number of partitions", id="KEDA's cap"),
    pytest.param(keda(minReplicaCount=0, allowIdleConsumers="true"), Form.HPA, "minReplicaCount 0", id="0 workers"),
    pytest.param(keda(fallback={"failureThreshold": 3, "replicas": 6}), Form.HPA, "spec.fallback", id="a fallback"),
    pytest.param(keda(idleReplicaCount=0), Form.HPA, "idleReplicaCount 0", id="an idle number"),
    pytest.param(keda(excludePersistentLag="true"), Form.HPA, "excludePersistentLag", id="a flag of the trigger"),
    pytest.param(keda(partitionLimitation="0-3"), Form.HPA, "partitionLimitation", id="a part of the partitions"),
    pytest.param(
        hpa(LAG, external(name="kafka_topic_arrival_rate", type="AverageValue", averageValue="500")),
        Form.SCALED_OBJECT,
        "arrival_rate; a Kafka trigger looks at total lag",
        id="a metric that is no lag",
    ),
    pytest.param(
        hpa(external(type="AverageValue", averageValue="1500m")),
        Form.SCALED_OBJECT,
        "lagThreshold is a whole number, 2",
        id="a fraction",
    ),
    pytest.param(
        own("SchedulePolicy", replicas=2, entries=[OFFICE, {"cron": "0 22 * * *", "desiredReplicas": 3}]),
        Form.SCALED_OBJECT,
        "needs a start and an end",
        id="from then on",
    ),
    pytest.param(
        own("SchedulePolicy", replicas=20, entries=[OFFICE]), Form.SCALED_OBJECT, "is the minimum in KEDA", id="fewer"
    ),
    pytest.param(
        own("SchedulePolicy", replicas=2, entries=[{**OFFICE, "start": "0 8 * * 7"}]),
        Form.SCALED_OBJECT,
        "calls Sunday 0",
        id="the seventh day",
    ),
    pytest.param(
        text_of(hpa(LAG), {"kind": "ClusterSettings", "spec": {"tolerance": 0.05}}),
        Form.HPA,
        "tolerance 0.05",
        id="a setting of the cluster",
    ),
]


@pytest.mark.parametrize(("document", "form", "lost"), LOSSES)
def test_a_loss_is_an_error_or_a_comment(document: Any, form: Form, lost: str) -> None:
    """With `--lossy` it is written, and says at the top what it does not hold."""
    names = Names(bootstrap_servers="kafka:9092", group="workers", topic="orders", target="Deployment/worker")
    with pytest.raises(PolicyError, match="would lose"):
        write_manifest(policy(document), form, names)
    done = write_manifest(policy(document), form, names, lossy=True)
    assert any(lost in each for each in done.lost)
    assert f"{lost}" in "".join(line for line in done.text.splitlines(keepends=True) if line.startswith("# Lost: "))
    assert yaml.safe_load(done.text)["spec"]


@pytest.mark.parametrize(
    ("document", "form", "names", "why"),
    [
        pytest.param(
            hpa(LAG), Form.SCALED_OBJECT, Names(group="g"), "--bootstrap-servers, --topic missing", id="names"
        ),
        pytest.param(
            own("FixedPolicy", replicas=3), Form.HPA, Names(), "--target Deployment/NAME is missing", id="target"
        ),
        pytest.param(hpa(LAG), Form.HPA, Names(target="a/b/c"), "expected Deployment/NAME", id="a wrong target"),
        pytest.param(hpa(LAG), Form.HPA, Names(target="CronJob/x"), "expected Deployment/NAME or Stat", id="a CronJob"),
        pytest.param(hpa(LAG), Form.HPA, Names(target="Deployment/Bad_Name"), "--target 'Deployment/Bad", id="letters"),
        pytest.param(hpa(LAG), Form.HPA, Names(target="Deployment/a\nb"), "--target", id="a target of two lines"),
        pytest.param(hpa(LAG), Form.HPA, Names(name="Bad Name!"), "--name 'Bad Name!': expected small", id="a name"),
        pytest.param(hpa(LAG), Form.HPA, Names(name="worker\n"), "--name", id="a name with a line end"),
        pytest.param(hpa(LAG), Form.HPA, Names(name=""), "--name ''", id="an empty name"),
        pytest.param(hpa(LAG), Form.HPA, Names(group=""), "--group ''", id="an empty group"),
        pytest.param(hpa(LAG), Form.HPA, Names(group="a/b"), "selector cannot hold it", id="a group that is no label"),
        pytest.param(hpa(LAG), Form.HPA, Names(topic="a b"), "expected a topic's name", id="a wrong topic"),
        pytest.param(
            hpa(LAG), Form.SCALED_OBJECT, Names(bootstrap_servers="kafka"), "expected HOST:PORT", id="no port"
        ),
        pytest.param(hpa(LAG, name="Mine"), Form.HPA, Names(), "'Mine' cannot be one.*--name NAME", id="its own name"),
        pytest.param(own("FlinkPolicy"), Form.HPA, TARGET, "true processing rate", id="Flink"),
        pytest.param(own("FixedPolicy", replicas=0), Form.HPA, TARGET, "0 workers for ever", id="no workers"),
        pytest.param(
            own("CustomPolicy", policy="tests.manifests:hpa"),
            Form.HPA,
            TARGET,
            "code of your own",
            id="the user's code",
        ),
        pytest.param(FIRST, Form.SCALED_OBJECT, KAFKA, "nothing is left of it.*never scales", id="the first manifest"),
        pytest.param(
            own("SchedulePolicy", replicas=2, entries=[OFFICE]),
            Form.HPA,
            TARGET,
            "knows no time of day",
            id="a schedule",
        ),
    ],
)
def test_refused(document: Any, form: Form, names: Names, why: str) -> None:
    """Also with `--lossy`: nothing of use would be left, or a name is missing."""
    with pytest.raises(PolicyError, match=why):
        write_manifest(policy(document), form, names, lossy=True)


@pytest.mark.parametrize("document", [hpa(LAG), hpa(resource()), keda(allowIdleConsumers="true"), cpu()])
@pytest.mark.parametrize("form", list(Form))
def test_what_is_written_has_none_of_the_traps(document: Any, form: Form) -> None:
    """Lint has nothing against it."""
    assert lint(write_manifest(policy(document), form, KAFKA).text).findings == ()


def test_settings_of_the_cluster_that_it_is_for_are_not_lost() -> None:
    read, settings = policy(hpa(LAG), tolerance=0.05), HpaClusterSettings(tolerance=0.05)
    assert write_manifest(read, Form.HPA, cluster=settings).lost == ()


def test_one_topic_cannot_be_that_of_several_triggers() -> None:
    document = keda()
    document["spec"]["triggers"] *= 2
    with pytest.raises(PolicyError, match="2 Kafka triggers, and each needs a topic"):
        write_manifest(policy(document), Form.SCALED_OBJECT, KAFKA)


@pytest.mark.parametrize("rate", ["inf", "nan", "-1", "0", "1e300"])
def test_a_rate_is_a_number_that_there_is(tmp_path: Path, rate: str) -> None:
    path = tmp_path / "ours.yaml"
    path.write_text(text_of(own("WeirPolicy", minReplicas=1, maxReplicas=2)))
    app = typer.Typer()
    app.command()(manifest)
    done = CliRunner().invoke(app, [str(path), "--as", "hpa", "--lossy", "--target", "x", "--events-per-second", rate])
    assert (done.exit_code, "--events-per-second" in done.output) == (2, True)


def test_the_command(tmp_path: Path) -> None:
    """It writes to standard output, comments first."""
    path = tmp_path / "hpa.yaml"
    path.write_text(text_of(hpa(LAG)))
    app = typer.Typer()
    app.command()(manifest)
    options = ["--bootstrap-servers", "kafka:9092", "--group", "g", "--topic", "t", "--name", "mine"]
    done = CliRunner().invoke(app, [str(path), "--as", "scaledobject", *options])
    assert done.exit_code == 0
    assert done.output.startswith("# HorizontalPodAutoscaler worker as ScaledObject, written by weir manifest.\n")
    assert yaml.safe_load(done.output)["metadata"] == {"name": "mine"}
    assert isinstance(CliRunner().invoke(app, [str(path), "--as", "scaledobject"]).exception, PolicyError)
