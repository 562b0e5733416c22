"""What lint finds: a row for each trap, with the least manifest that has it, and manifests that have none."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from autoscaler.cluster import HpaClusterSettings
from autoscaler.decide import decide
from autoscaler.errors import PolicyError
from autoscaler.lint import RULES, Finding, Setting, Severity, cured, lint, setting_of
from autoscaler.lint.load import init_seconds, peak_rate, worker_rate
from autoscaler.lint.model import ProbeBudget, Workload
from autoscaler.lint.rules.keda import stuck_at
from autoscaler.lint.rules.targets import CODES
from autoscaler.lint.telling import text_of as report_text
from autoscaler.manifests import read_policy_text
from autoscaler.manifests.hpa_shape import INT32_MAX
from autoscaler.model import Memory, Observation, Reading
from autoscaler.policies.hpa import Tolerances, total_average_value
from autoscaler.signals import USUAL_NAMES, Signal
from contract.scenario import Scenario
from tests.manifests import FIRST, Manifest, cpu, deployment, external, hpa, keda, own, resource, text_of

BARE = Workload(source="w", unrequested={"cpu": ("c",), "memory": ("c",)}, unprobed=("c",))
GOOD = Workload(
    source="w",
    unrequested={"cpu": (), "memory": ()},
    unprobed=(),
    budgets=(ProbeBudget(name="startup probe", seconds=60.0),),
)
FULL = Setting(
    partitions=12,
    workload=GOOD,
    init_seconds=20.0,
    peak_rate=4_000.0,
    worker_rate=500.0,
    commit_seconds=1.0,
    slo_seconds=5.0,
    rebalance_seconds=3.0,
)
"""Eight workers are needed at the peak."""


def with_facts(**facts: Any) -> Setting:
    """A setting in which nothing else is known."""
    return Setting(**facts)


def found(text: str, setting: Setting | None = None) -> dict[str, Finding]:
    """The findings by their code."""
    return {finding.code: finding for finding in lint(text, setting).findings}


def up_by(value: int) -> dict[str, Any]:
    """A behaviour that lets so many workers start at once."""
    return {"scaleUp": {"policies": [{"type": "Pods", "value": value, "periodSeconds": 15}]}}


def within(namespace: str, manifest: Manifest) -> Manifest:
    """The same in a namespace."""
    return manifest | {"metadata": manifest["metadata"] | {"namespace": namespace}}


DOWN = {"scaleDown": {"stabilizationWindowSeconds": 300}}
LAG = external(type="AverageValue", averageValue="1000")
SHIPPER = {"name": "shipper", "resources": {"requests": {"cpu": "50m"}}}
SIDE_CAR = {"name": "proxy", "restartPolicy": "Always"}

TRAPS = [
    pytest.param(FIRST, None, "hpa-averagevalue-on-value", 21, id="an average value under type Value: never scales"),
    pytest.param(
        hpa(external("Object", type="AverageValue", value="1000")),
        None,
        "hpa-value-on-averagevalue",
        1,
        id="a value under type AverageValue: never scales either",
    ),
    pytest.param(
        hpa(external("Object", type="Utilization", averageValue="1000")),
        None,
        "hpa-utilization-on-object",
        1,
        id="a share of an object: of what?",
    ),
    pytest.param(
        hpa(external(type="Value", averageValue="1000")),
        None,
        "hpa-type-ignored",
        1,
        id="external: the type is not asked",
    ),
    pytest.param(hpa(external(type="Value", value="1000")), None, "lag-on-value", 1, id="a total of lag under Value"),
    pytest.param(keda(metricType="Value"), None, "lag-on-value", 1, id="the same in a ScaledObject"),
    pytest.param(
        hpa(external(name="kafka_consumergroup_group_lag_seconds", type="AverageValue", averageValue="5")),
        None,
        "time-lag-on-average",
        1,
        id="seconds of lag are not shared among workers",
    ),
    pytest.param(keda(lagThreshold=None), None, "keda-default-threshold", 1, id="lagThreshold is 10 if it is not set"),
    pytest.param(keda(), with_facts(partitions=12), "keda-threshold-meaning", 1, id="what a threshold means in total"),
    pytest.param(
        hpa(external(type="AverageValue", averageValue="5000")),
        with_facts(worker_rate=500.0, slo_seconds=5.0),
        "lag-target-above-slo",
        1,
        id="5,000 events of 500 a second are 10 s, and 5 are allowed",
    ),
    pytest.param(
        hpa(external(type="AverageValue", averageValue="100")),
        with_facts(peak_rate=4_000.0, worker_rate=500.0, commit_seconds=1.0),
        "lag-target-below-commit",
        1,
        id="2,000 uncommitted events ask for 20 workers where 8 are needed",
    ),
    pytest.param(
        hpa(resource(), maxReplicas=20),
        with_facts(partitions=12),
        "max-above-partitions",
        1,
        id="more workers than partitions",
    ),
    pytest.param(
        keda(allowIdleConsumers="true", maxReplicaCount=20),
        with_facts(partitions=12),
        "max-above-partitions",
        1,
        id="KEDA that allows idle consumers",
    ),
    pytest.param(
        keda(allowIdleConsumers="true", partitionLimitation="0-3", maxReplicaCount=8),
        None,
        "max-above-partitions",
        1,
        id="a trigger that is limited to four partitions needs no scenario",
    ),
    pytest.param(
        keda(minReplicaCount=20), with_facts(partitions=12), "min-above-partitions", 1, id="a least above partitions"
    ),
    pytest.param(own("FixedPolicy", replicas=20), with_facts(partitions=12), "max-above-partitions", 4, id="fixed: 20"),
    pytest.param(
        own("FlinkPolicy", **{"job.autoscaler.vertex.max-parallelism": 48}),
        with_facts(partitions=12),
        "max-above-partitions",
        4,
        id="Flink's parallelism by Flink's name",
    ),
    pytest.param(
        own("SchedulePolicy", replicas=2, entries=[{"cron": "0 8 * * *", "desiredReplicas": 20}]),
        with_facts(partitions=12),
        "max-above-partitions",
        4,
        id="an entry of a schedule",
    ),
    pytest.param(
        hpa(resource(), maxReplicas=5),
        with_facts(peak_rate=4_000.0, worker_rate=500.0),
        "max-below-need",
        1,
        id="the peak needs 8 workers and 5 are allowed",
    ),
    pytest.param(hpa(resource(), minReplicas=8, maxReplicas=4), None, "min-above-max", 1, id="HPA: least above most"),
    pytest.param(keda(minReplicaCount=8, maxReplicaCount=4), None, "min-above-max", 1, id="KEDA: least above most"),
    pytest.param(
        own("FlinkPolicy", vertex_min_parallelism=9, vertex_max_parallelism=3),
        None,
        "min-above-max",
        4,
        id="Flink: least above most",
    ),
    pytest.param(
        own("WeirPolicy", minReplicas=9, maxReplicas=3), None, "min-above-max", 4, id="Weir: least above most"
    ),
    pytest.param(own("WeirPolicy"), with_facts(partitions=12), "max-above-partitions", 1, id="Weir: 100 by default"),
    pytest.param(hpa(resource(), minReplicas=10), None, "min-is-max", 1, id="nothing to decide"),
    pytest.param(hpa(resource()), with_facts(workload=BARE), "resource-without-request", 1, id="CPU without requests"),
    pytest.param(hpa(), with_facts(workload=BARE), "resource-without-request", 1, id="no metrics at all mean CPU"),
    pytest.param(cpu(), with_facts(workload=BARE), "resource-without-request", 1, id="a CPU trigger without requests"),
    pytest.param(
        text_of(hpa(resource()), deployment(resources=None)),
        None,
        "resource-without-request",
        1,
        id="the Deployment in the same file has none",
    ),
    pytest.param(
        text_of(hpa(resource()), deployment(side_car=SIDE_CAR)),
        None,
        "resource-without-request",
        1,
        id="a side-car has none",
    ),
    pytest.param(hpa(resource()), with_facts(workload=BARE), "cpu-without-readiness", 1, id="CPU without readiness"),
    pytest.param(
        text_of(hpa(resource()), deployment(readinessProbe=None)),
        None,
        "cpu-without-readiness",
        1,
        id="the container in the same file has no readiness probe",
    ),
    pytest.param(
        text_of(hpa(resource()), deployment(SHIPPER, readinessProbe=None)),
        None,
        "cpu-without-readiness",
        1,
        id="none of two containers has one",
    ),
    pytest.param(
        hpa(resource()),
        with_facts(init_seconds=400.0),
        "init-longer-than-protection",
        1,
        id="400 s of start against 300 s",
    ),
    pytest.param(
        hpa(resource()),
        with_facts(init_seconds=20.0, cluster=HpaClusterSettings(cpu_initialization_period_seconds=0)),
        "init-longer-than-protection",
        1,
        id="the protection is off",
    ),
    pytest.param(
        text_of(
            hpa(resource()),
            {"apiVersion": "weir/v1", "kind": "ClusterSettings", "spec": {"cpu_initialization_period_seconds": 10}},
        ),
        with_facts(init_seconds=20.0),
        "init-longer-than-protection",
        1,
        id="the cluster's settings stand in the same file",
    ),
    pytest.param(
        keda(), with_facts(init_seconds=90.0, workload=GOOD), "init-longer-than-probe", 1, id="killed while it starts"
    ),
    pytest.param(
        text_of(keda(), deployment(livenessProbe={"periodSeconds": 5})),
        with_facts(init_seconds=20.0),
        "init-longer-than-probe",
        1,
        id="a liveness probe alone gives up after 15 s",
    ),
    pytest.param(keda(), with_facts(partitions=64), "keda-sticks-below-cap", 1, id="63 of 64 is within the tolerance"),
    pytest.param(
        keda(fallback={"failureThreshold": 3, "replicas": 4}),
        with_facts(peak_rate=4_000.0, worker_rate=500.0),
        "keda-fallback-too-small",
        1,
        id="a fallback of 4 where 8 are needed",
    ),
    pytest.param(
        keda(minReplicaCount=3, fallback={"failureThreshold": 3, "replicas": 2}),
        None,
        "keda-fallback-too-small",
        1,
        id="a fallback below the least has no effect",
    ),
    pytest.param(
        keda(minReplicaCount=3, idleReplicaCount=1), None, "keda-idle-not-zero", 1, id="an idle number that is not 0"
    ),
    pytest.param(
        keda(minReplicaCount=0), with_facts(slo_seconds=5.0), "keda-polls-slower-than-slo", 1, id="30 s until a poll"
    ),
    pytest.param(
        keda(minReplicaCount=0, activationLagThreshold="5000"),
        None,
        "keda-activation-above-threshold",
        1,
        id="work for five workers, and none",
    ),
    pytest.param(keda(minReplicaCount=0), None, "keda-zero-in-one-step", 1, id="all at once"),
    pytest.param(
        hpa(resource(), behavior={"scaleDown": {"selectPolicy": "Disabled"}}),
        None,
        "never-scales-down",
        1,
        id="disabled",
    ),
    pytest.param(
        keda(behavior={"scaleDown": {"selectPolicy": "Disabled"}}), None, "never-scales-down", 1, id="KEDA: disabled"
    ),
    pytest.param(
        hpa(resource(), behavior={"scaleDown": {"policies": [{"type": "Pods", "value": 0, "periodSeconds": 60}]}}),
        None,
        "never-scales-down",
        1,
        id="0 workers at a time",
    ),
    pytest.param(
        hpa(resource(), behavior={"scaleUp": {"selectPolicy": "Disabled"}}), None, "never-scales-up", 1, id="no way up"
    ),
    pytest.param(
        hpa(resource(), behavior={"scaleDown": {"stabilizationWindowSeconds": 0}}),
        None,
        "down-window-zero",
        1,
        id="0 s",
    ),
    pytest.param(
        keda(minReplicaCount=0, cooldownPeriod=10),
        with_facts(rebalance_seconds=20.0),
        "shorter-than-rebalance",
        1,
        id="a cooldown shorter than a rebalance",
    ),
    pytest.param(
        hpa(resource(), behavior={"scaleDown": {"stabilizationWindowSeconds": 10}}),
        with_facts(rebalance_seconds=20.0),
        "shorter-than-rebalance",
        1,
        id="a window shorter than a rebalance",
    ),
    pytest.param(
        hpa(LAG, behavior={"scaleDown": {"tolerance": 1}}),
        None,
        "never-scales-down",
        1,
        id="a tolerance that holds at no lag",
    ),
    pytest.param(
        keda(behavior={"scaleDown": {"tolerance": "1500m"}}), None, "never-scales-down", 1, id="KEDA: such a tolerance"
    ),
    pytest.param(hpa(LAG, behavior=up_by(INT32_MAX)), None, "pods-policy-wraps", 1, id="no limit that is one"),
    pytest.param(hpa(LAG, behavior=up_by(INT32_MAX - 9)), None, "pods-policy-wraps", 1, id="the least that wraps"),
    pytest.param(keda(behavior=up_by(INT32_MAX - 50)), None, "pods-policy-wraps", 1, id="KEDA: a maximum of 100"),
    pytest.param(hpa(LAG, minReplicas=0), None, "hpa-min-zero", 1, id="an HPA that may go to 0"),
    pytest.param(text_of(hpa(resource()), keda()), None, "two-policies", 1, id="an HPA beside a ScaledObject"),
    pytest.param(
        text_of(within("blue", hpa(resource())), within("blue", hpa(resource(), name="b"))),
        None,
        "two-policies",
        1,
        id="two HPAs in one namespace",
    ),
    pytest.param(
        text_of(within("blue", hpa(resource())), hpa(resource(), name="b")),
        None,
        "two-policies",
        1,
        id="one that names no namespace may be in the same",
    ),
    pytest.param(
        text_of(hpa(resource()), deployment(replicas=3)), None, "replicas-beside-policy", 1, id="an apply sets it back"
    ),
    pytest.param(hpa(resource(), speed=3), None, "refused", 1, id="a field that there is not"),
    pytest.param(
        text_of(hpa(resource())).replace("/v2", "/v1"), None, "refused", 1, id="another version of the interface"
    ),
]


@pytest.mark.parametrize(("manifest", "setting", "code", "line"), TRAPS)
def test_trap(manifest: Any, setting: Setting | None, code: str, line: int) -> None:
    """Each is found, at a field that is there, with a reason; `line` is at least where it stands."""
    text = manifest if isinstance(manifest, str) else text_of(manifest)
    findings = found(text, setting)
    assert code in findings
    finding = findings[code]
    assert line <= finding.line <= text.count("\n") + 1
    assert finding.what.endswith((".", "?")), finding.what
    assert finding.why.endswith(".")
    assert finding.path


@pytest.mark.parametrize(
    ("manifest", "setting"),
    [
        pytest.param(hpa(external(type="AverageValue", averageValue="1000")), FULL, id="lag, all facts known"),
        pytest.param(
            hpa(external("Object", type="AverageValue", averageValue="1000"), behavior=DOWN),
            FULL,
            id="an object metric",
        ),
        pytest.param(hpa(resource()), FULL, id="CPU with requests and probes"),
        pytest.param(
            text_of(hpa(resource()), deployment()), with_facts(init_seconds=20.0), id="CPU beside a good Deployment"
        ),
        pytest.param(
            text_of(hpa(resource()), deployment(SHIPPER)), None, id="one probe of two holds back the whole worker"
        ),
        pytest.param(
            text_of(hpa(resource()), deployment(readinessProbe=None, startupProbe={"failureThreshold": 120})),
            None,
            id="a container is not ready before it has started",
        ),
        pytest.param(
            text_of(hpa(resource()), deployment(side_car={"name": "migrate"})), None, id="an init container that ends"
        ),
        pytest.param(
            text_of(within("blue", hpa(resource())), within("green", hpa(resource()))), None, id="two namespaces"
        ),
        pytest.param(
            text_of(within("blue", hpa(resource())), within("green", deployment(replicas=3, resources=None))),
            None,
            id="a workload of the same name in another namespace",
        ),
        pytest.param(hpa(LAG, behavior={"scaleDown": {"tolerance": "0.9"}}), None, id="a wide tolerance"),
        pytest.param(hpa(LAG, behavior=up_by(INT32_MAX - 10)), None, id="the most that a Pods policy may say"),
        pytest.param(hpa(resource(averageValue="500m", type="AverageValue")), with_facts(workload=GOOD), id="cores"),
        pytest.param(keda(), None, id="KEDA"),
        pytest.param(keda(fallback={"failureThreshold": 3, "replicas": 9}), None, id="KEDA with a fallback"),
        pytest.param(own("FixedPolicy", replicas=8), FULL, id="fixed"),
        pytest.param(own("FlinkPolicy", vertex_max_parallelism=12), FULL, id="Flink"),
        pytest.param(
            own("SchedulePolicy", replicas=2, entries=[{"cron": "0 8 * * *", "desiredReplicas": 9}]),
            FULL,
            id="schedule",
        ),
        pytest.param(
            hpa(
                resource(), behavior={"scaleDown": {"policies": [{"type": "Percent", "value": 1, "periodSeconds": 60}]}}
            ),
            None,
            id="1 per cent of a few removes one: the remainder is truncated, not the step",
        ),
    ],
)
def test_clean(manifest: Any, setting: Setting | None) -> None:
    """Nothing to complain about, not even for information."""
    report = lint(manifest if isinstance(manifest, str) else text_of(manifest), setting)
    assert report.findings == ()
    assert report.clean


def test_the_manifest_that_this_project_comes_from() -> None:
    """Lint says that it never scales, and the cured one scales."""
    finding = found(FIRST)["hpa-averagevalue-on-value"]
    assert finding.severity is Severity.ERROR
    assert "never scales" in finding.what
    assert finding.corrected == "type: AverageValue"
    after = cured(FIRST)
    assert after == FIRST.replace("type: Value", "type: AverageValue")
    assert lint(after).findings == ()
    for text, replicas in ((FIRST, 10), (after, 20)):
        lag = {"kafka_consumer_lag": Reading(value=48_200.0)}
        seen = Observation(at_seconds=0.0, spec_replicas=10, status_replicas=10, metrics=lag)
        decision, _ = decide(seen, Memory(), read_policy_text(text, "first.yaml").plan)
        assert decision.replicas == replicas


@pytest.mark.parametrize(("manifest", "setting", "code", "line"), TRAPS)
def test_a_cure_cures(manifest: Any, setting: Setting | None, code: str, line: int) -> None:
    """What `--fix` can write is gone afterwards, and nothing new is refused."""
    del line
    text = manifest if isinstance(manifest, str) else text_of(manifest)
    before = found(text, setting)
    after = found(cured(text, setting), setting)
    assert bool(before[code].edits) == (code not in after)
    assert ("refused" in after) <= ("refused" in before)


@pytest.mark.parametrize(
    ("partitions", "most", "tolerance", "expected"),
    [
        pytest.param(64, 100, 0.1, range(59, 64), id="from 59 to 63 of 64"),
        pytest.param(23, 100, 0.1, range(21, 23), id="22 of 23"),
        pytest.param(12, 100, 0.1, range(11, 12), id="11 of 12"),
        pytest.param(10, 100, 0.1, range(10, 10), id="10 partitions are far enough apart"),
        pytest.param(64, 60, 0.1, range(59, 60), id="a maximum below the partitions"),
        pytest.param(64, 100, 0.0, range(64, 64), id="without a tolerance nothing sticks"),
    ],
)
def test_where_keda_sticks(partitions: int, most: int, tolerance: float, expected: range) -> None:
    """The numbers are those at which the HPA's own rule holds, and no others."""
    assert stuck_at(partitions, most, 10, tolerance) == expected
    band = Tolerances(down=tolerance, up=tolerance)
    for workers in range(1, min(partitions, most)):
        answer = total_average_value(partitions * 10_000, status=workers, target_milli=10_000, tolerances=band)
        assert (answer.replicas == workers) == (workers in expected)


def test_a_policy_that_wraps_is_told_once() -> None:
    """And written with the largest number that fits; what is frozen for another reason is told as well."""
    wraps = text_of(hpa(LAG, behavior=up_by(INT32_MAX)))
    assert set(found(wraps)) == {"pods-policy-wraps"}
    assert "From 1 replica on" in found(wraps)["pods-policy-wraps"].what
    assert yaml.safe_load(cured(wraps))["spec"]["behavior"] == up_by(INT32_MAX - 10)
    frozen = hpa(LAG, behavior={"scaleUp": up_by(INT32_MAX)["scaleUp"] | {"selectPolicy": "Disabled"}})
    assert set(found(text_of(frozen))) == {"pods-policy-wraps", "never-scales-up"}


@pytest.mark.parametrize(
    ("least", "fixable"),
    [
        pytest.param({"minReplicaCount": 3}, True, id="below a least of 3"),
        pytest.param({"minReplicaCount": 0}, True, id="KEDA takes a 0 that is written down for 1"),
        pytest.param({}, False, id="without a least KEDA refuses 0 as well"),
    ],
)
def test_an_idle_number_of_0_is_written_where_keda_takes_it(least: Manifest, fixable: bool) -> None:
    """Otherwise both lines are shown."""
    scaled = keda(**least, idleReplicaCount=1)
    if not least:
        del scaled["spec"]["minReplicaCount"]
    finding = found(text_of(scaled))["keda-idle-not-zero"]
    assert bool(finding.edits) == fixable
    assert fixable == ("refused" not in found(cured(text_of(scaled))))
    assert ("minReplicaCount: 1" in finding.corrected) != fixable


def test_sticking_is_told_with_its_number() -> None:
    finding = found(text_of(keda()), Setting(partitions=64))["keda-sticks-below-cap"]
    assert "sticks at 63 of 64 workers" in finding.what
    assert "64/63 = 1.016" in finding.why


@pytest.mark.parametrize(
    ("manifest", "setting", "told"),
    [
        pytest.param(
            own("FixedPolicy", replicas=2),
            with_facts(partitions=1),
            "1 of 2 workers stands idle: the topic has 1 partition.",
            id="one idle worker",
        ),
        pytest.param(
            keda(partitionLimitation="3", maxReplicaCount=5),
            None,
            "The most that is of use, 1 worker, is asked for at a total lag of 1,000.",
            id="one worker of use",
        ),
        pytest.param(
            text_of(hpa(LAG), deployment(replicas=1)), None, "back to 1 replica, also during a peak.", id="one replica"
        ),
        pytest.param(
            text_of(hpa(resource()), deployment({"name": "shipper"}, resources=None)),
            None,
            "app, shipper in Deployment worker have no request",
            id="two containers",
        ),
    ],
)
def test_one_and_many(manifest: Any, setting: Setting | None, told: str) -> None:
    text = manifest if isinstance(manifest, str) else text_of(manifest)
    assert told in " ".join(finding.what for finding in lint(text, setting).findings)
    for count, words in ((1, "1 error"), (2, "2 errors")):
        assert f": {words}\n" in report_text(lint("---\n".join(["kind: FixedPolicy\n"] * count)), "x")


def test_what_is_not_known_is_told() -> None:
    """A rule that lacks a fact is listed, and is no finding."""
    report = lint(text_of(hpa(resource(), external(name="ours", type="Value", value="5"))))
    needed = {each.code: each.needs for each in report.unchecked}
    assert {"max-above-partitions", "resource-without-request", "cpu-without-readiness", "lag-on-value"} <= set(needed)
    assert "--metric ours=SIGNAL" in needed["lag-on-value"]
    assert report.clean
    known = Setting(signals={**USUAL_NAMES, "ours": Signal.TOTAL_LAG})
    assert "lag-on-value" in found(text_of(hpa(external(name="ours", type="Value", value="5"))), known)


def test_a_field_without_a_value_is_not_set() -> None:
    """As in Kubernetes: the defaults count, and a cure gives it a value."""
    text = text_of(keda(minReplicaCount=None, maxReplicaCount=None, pollingInterval=None)).replace(" null", "")
    setting = with_facts(partitions=120, slo_seconds=5.0, cluster=HpaClusterSettings(tolerance=0.0))
    before = found(text, setting)
    assert set(before) == {"keda-threshold-meaning", "keda-polls-slower-than-slo", "keda-zero-in-one-step"}
    assert before["keda-polls-slower-than-slo"].corrected == "pollingInterval: 5"
    assert "100 workers" in before["keda-threshold-meaning"].what
    assert "  pollingInterval: 5\n" in cured(text, setting)


@pytest.mark.parametrize(
    ("kind", "least", "most"),
    [
        ("FlinkPolicy", "vertex_min_parallelism", "vertex_max_parallelism"),
        ("FlinkPolicy", "job.autoscaler.vertex.min-parallelism", "job.autoscaler.vertex.max-parallelism"),
        ("WeirPolicy", "minReplicas", "maxReplicas"),
    ],
)
def test_bounds_that_contradict_each_other_are_told_once(kind: str, least: str, most: str) -> None:
    assert set(found(text_of(own(kind, **{least: 9, most: 3})))) == {"min-above-max"}


def test_an_hpa_that_keda_made_is_keda_s_affair() -> None:
    made = hpa(resource(), name="keda-hpa-worker", minReplicas=9, maxReplicas=3)
    report = lint(text_of(keda(), made))
    assert report.policies == ("ScaledObject worker",)
    assert report.findings == ()


def test_a_list_as_kubectl_prints_it() -> None:
    """Each item is a document, with lines of its own."""
    first = yaml.safe_load(FIRST)
    text = yaml.safe_dump({"apiVersion": "v1", "kind": "List", "items": [first, deployment()]}, sort_keys=False)
    assert found(text)["hpa-averagevalue-on-value"].line > 10
    assert lint(cured(text)).findings == ()


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("kind: HorizontalPodAutoscaler\n", id="nothing else"),
        pytest.param("kind: HorizontalPodAutoscaler\nspec: 3\n", id="spec is a number"),
        pytest.param("kind: ScaledObject\nspec: {triggers: [3, {type: kafka}], fallback: 1}\n", id="wrong triggers"),
        pytest.param("kind: HorizontalPodAutoscaler\nspec: {metrics: {a: 1}, behavior: []}\n", id="wrong sections"),
        pytest.param("kind: SchedulePolicy\nspec: {replicas: x, entries: 5}\n", id="a wrong schedule"),
        pytest.param("kind: FlinkPolicy\nspec: []\n", id="options that are a list"),
        pytest.param(
            "kind: HorizontalPodAutoscaler\nmetadata: []\nspec: {minReplicas: [1]}\n", id="a list for a number"
        ),
    ],
)
def test_documents_that_are_wrong_anywhere(text: str) -> None:
    """They are refused with a line, and no rule falls over them."""
    for setting in (None, FULL):
        assert "refused" in found(text, setting)


def test_settings_of_the_cluster_that_are_wrong() -> None:
    text = text_of(hpa(resource()), {"kind": "ClusterSettings", "metadata": {"name": "ours"}, "spec": {"speed": 1}})
    with pytest.raises(PolicyError, match="speed"):
        lint(text)


def test_facts_of_a_scenario() -> None:
    """Rates and times are worked out of what the scenario states."""
    scenario = Scenario.model_validate(
        {
            "name": "s",
            "seconds": 10,
            "topic": {"partitions": 6},
            "load": {"shape": {"kind": "sum", "shapes": [{"kind": "constant", "rate": 100}, {"kind": "sine", **SINE}]}},
            "worker": {
                "handler": {"name": "work", "cpu_micros": 150, "service_micros": 1850},
                "init": {"cpu_seconds": 8, "threads": 4, "wait_seconds": 1},
                "resources": {"limits": {"cpu": 2}},
                "probes": {"liveness": {"period_seconds": 2, "initial_delay_seconds": 5}, "readiness": None},
            },
        }
    )
    setting = setting_of(scenario)
    assert (setting.partitions, setting.peak_rate, setting.worker_rate, setting.needed) == (6, 175.0, 500.0, 1)
    assert (setting.init_seconds, setting.commit_seconds, setting.slo_seconds) == (5.0, 1.0, 5.0)
    assert setting.workload is not None
    assert setting.workload.unrequested == {"cpu": (), "memory": ("the container",)}
    assert (setting.workload.unprobed, setting.workload.budgets[0].seconds) == (("the container",), 11.0)


SINE = {"mean_rate": 50, "amplitude_rate": 25, "period_seconds": 10}


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        pytest.param({"rate": 5}, 5, id="constant"),
        pytest.param(
            {"kind": "steps", "steps": [{"at_seconds": 0, "rate": 9}, {"at_seconds": 1, "rate": 3}]}, 9, id="steps"
        ),
        pytest.param({"kind": "ramp", "from_rate": 1, "to_rate": 4, "seconds": 2}, 4, id="ramp"),
        pytest.param({"kind": "sine", **SINE}, 75, id="sine"),
        pytest.param(
            {"kind": "spike", "base_rate": 1, "peak_rate": 8, "at_seconds": 1, "hold_seconds": 1}, 8, id="spike"
        ),
        pytest.param({"kind": "trace", "file": "x.csv", "peak_rate": 7}, 7, id="a recording with a peak"),
        pytest.param({"kind": "trace", "file": "x.csv"}, None, id="a recording without one"),
        pytest.param({"kind": "poisson", "of": {"kind": "constant", "rate": 6}}, 6, id="noise"),
        pytest.param({"kind": "sum", "shapes": [{"kind": "trace", "file": "x.csv"}]}, None, id="an unknown summand"),
    ],
)
def test_peak_rate(shape: dict[str, Any], expected: float | None) -> None:
    load = {"shape": {"kind": "constant", **shape}}
    scenario = Scenario.model_validate({"name": "s", "seconds": 10, "load": load})
    assert peak_rate(scenario.load.shape) == expected


def test_a_limit_makes_computing_longer() -> None:
    worker = Scenario.model_validate(
        {
            "name": "s",
            "seconds": 10,
            "worker": {
                "handler": {"name": "burn", "cpu_micros": 100},
                "init": {"cpu_seconds": 4},
                "resources": {"limits": {"cpu": "500m"}},
            },
        }
    ).worker
    assert (worker_rate(worker), init_seconds(worker)) == (5_000.0, 8.0)


def test_the_page_has_a_section_for_every_rule() -> None:
    """Codes in the code and headings of the page are the same."""
    root = Path(__file__).parents[2]
    sources = "".join(path.read_text(encoding="utf-8") for path in (root / "autoscaler/lint/rules").glob("*.py"))
    codes = set(re.findall(r'code="([a-z-]+)"', sources)) | {"min-above-partitions", "max-above-partitions"}
    codes |= {*CODES.values(), "never-scales-down", "never-scales-up"}
    page = (root / "docs" / "lint.md").read_text(encoding="utf-8")
    headings = set(re.findall(r"`([a-z-]+)`", "".join(re.findall(r"^### .*$", page, re.MULTILINE))))
    assert headings == codes
    assert len(RULES) == len(set(RULES))
    assert {trap.values[2] for trap in TRAPS} == codes
