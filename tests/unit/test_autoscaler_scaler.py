"""Who decides: what is read from a scenario's scaler, what is told of it, what is refused before anything starts."""

from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from autoscaler.decide import decide
from autoscaler.errors import PolicyError
from autoscaler.model import Memory, Observation
from autoscaler.scaler import ScalerPlan, read_scaler
from contract.errors import SettingsError
from contract.scenario import FixedScaler, PolicyScaler

LAG = """
    apiVersion: autoscaling/v2
    kind: HorizontalPodAutoscaler
    metadata: {{name: {name}}}
    spec:
      scaleTargetRef: {{apiVersion: apps/v1, kind: Deployment, name: processor}}
      minReplicas: 3
      maxReplicas: 20
      metrics:
        - type: External
          external: {{metric: {{name: {metric}}}, target: {{type: AverageValue, averageValue: "1000"}}}}
    """


def write(folder: Path, *documents: str, name: str = "policy.yaml") -> Path:
    """A file of these documents."""
    path = folder / name
    path.write_text("\n---\n".join(dedent(document) for document in documents), encoding="utf-8")
    return path


def hpa(name: str = "lag", metric: str = "kafka_consumer_lag") -> str:
    return dedent(LAG).format(name=name, metric=metric)


def fixed(name: str, replicas: int = 5) -> str:
    return f"apiVersion: weir/v1\nkind: FixedPolicy\nmetadata: {{name: {name}}}\nspec: {{replicas: {replicas}}}\n"


def settings(**spec: Any) -> str:
    return f"apiVersion: weir/v1\nkind: ClusterSettings\nspec: {spec}\n"


def read(path: Path, **more: Any) -> ScalerPlan:
    return read_scaler(PolicyScaler(policy=path, **more))


def test_a_fixed_scaler_has_a_name_of_its_number() -> None:
    plan = read_scaler(FixedScaler(replicas=4))
    assert (plan.name, plan.kind, plan.replicas, plan.notes) == ("fixed-4", "FixedPolicy", 4, ())
    assert plan.panel().desired == 4


def test_a_policy_is_called_as_its_manifest_says(tmp_path: Path) -> None:
    """And run.json has the manifest as it stood."""
    plan = read(write(tmp_path, hpa("my-hpa")))
    described = plan.describe()
    assert (plan.name, plan.kind) == ("my-hpa", "HorizontalPodAutoscaler")
    assert (described["replicas_min"], described["replicas_max"]) == (3, 20)
    assert described["document"]["metadata"] == {"name": "my-hpa"}


def test_a_policy_without_a_name_is_called_as_its_kind(tmp_path: Path) -> None:
    path = write(tmp_path, "apiVersion: weir/v1\nkind: FixedPolicy\nspec: {replicas: 5}\n")
    assert read(path).name == "FixedPolicy"


@pytest.mark.parametrize(
    ("given", "started"),
    [
        pytest.param(1, 3, id="below the policy's minimum"),
        pytest.param(7, 7, id="within its bounds"),
        pytest.param(50, 20, id="above its maximum"),
    ],
)
def test_the_start_is_within_the_bounds_of_the_policy(tmp_path: Path, given: int, started: int) -> None:
    """As a Deployment would be by the time that the load begins."""
    plan = read(write(tmp_path, hpa()), replicas=given)
    assert plan.replicas == plan.panel().desired == started


def test_shadows_sit_in_the_panel_in_their_order(tmp_path: Path) -> None:
    shadows = [write(tmp_path, fixed(name), name=f"{name}.yaml") for name in ("nine", "five")]
    plan = read(write(tmp_path, hpa()), shadows=tuple(shadows))
    assert [seat.name for seat in plan.panel().shadows] == ["nine", "five"]
    assert plan.describe()["shadows"] == ["nine", "five"]


@pytest.mark.parametrize(
    ("shadows", "told"),
    [
        pytest.param(["lag"], "two policies are called lag", id="a shadow with the acting policy's name"),
        pytest.param(["a", "b", "a", "b"], "two policies are called a, b", id="shadows with the same name"),
    ],
)
def test_two_policies_of_one_name_are_refused(tmp_path: Path, shadows: list[str], told: str) -> None:
    """They could not be told apart in the journal."""
    files = tuple(write(tmp_path, fixed(name), name=f"{number}.yaml") for number, name in enumerate(shadows))
    with pytest.raises(SettingsError, match=told):
        read(write(tmp_path, hpa()), shadows=files)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        pytest.param({"metrics": {"my_lag": "lagg"}}, ["scaler.metrics", "lagg", "total_lag"], id="an unknown signal"),
        pytest.param({"cluster": {"speed": 3}}, ["scaler.cluster", "speed"], id="a setting that clusters do not have"),
        pytest.param({"cluster": {"tolerance": 2}}, ["scaler.cluster", "tolerance", "2"], id="a value out of range"),
        pytest.param({"shadows": (Path("nowhere.yaml"),)}, ["nowhere.yaml"], id="a shadow that is not there"),
    ],
)
def test_what_cannot_be_used_is_refused_by_name(tmp_path: Path, more: dict[str, Any], words: list[str]) -> None:
    """Each row: further fields of the scaler, and what the message has."""
    with pytest.raises(SettingsError) as refused:
        read(write(tmp_path, hpa()), **more)
    assert all(word in str(refused.value) for word in words), refused.value


def test_a_metric_that_nothing_stands_for_is_refused(tmp_path: Path) -> None:
    """A live run could never read it; with a signal of the user's own it is taken."""
    path = write(tmp_path, hpa(metric="orders_waiting"))
    with pytest.raises(PolicyError, match="orders_waiting"):
        read(path)
    assert read(path, metrics={"orders_waiting": "total_lag"}).name == "lag"


def test_documents_that_are_no_policy_are_passed_over_with_a_word(tmp_path: Path) -> None:
    deployment = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: processor}\n"
    assert read(write(tmp_path, deployment, hpa())).notes == (
        "policy.yaml: passed over Deployment processor: not a policy",
    )


@pytest.mark.parametrize(
    ("outside", "beside", "notes"),
    [
        pytest.param({}, {}, [], id="Kubernetes' own settings are not worth a word"),
        pytest.param(
            {"sync_period_seconds": 5},
            {},
            ["cluster setting sync_period_seconds is 5 (Kubernetes: 15)"],
            id="a setting of the scenario",
        ),
        pytest.param(
            {},
            {"tolerance": 0.05},
            ["cluster setting tolerance is 0.05 (Kubernetes: 0.1)"],
            id="a setting that stands beside the policy",
        ),
        pytest.param(
            {"sync_period_seconds": 5, "tolerance": 0.2},
            {"sync_period_seconds": 3},
            [
                "cluster setting sync_period_seconds is 3 (Kubernetes: 15)",
                "cluster setting tolerance is 0.2 (Kubernetes: 0.1)",
            ],
            id="what stands beside the policy wins, the rest stays",
        ),
        pytest.param(
            {"sync_period_seconds": 5},
            {"sync_period_seconds": 15},
            [],
            id="beside the policy stands what Kubernetes has",
        ),
    ],
)
def test_changed_settings_are_told(
    tmp_path: Path, outside: dict[str, float], beside: dict[str, float], notes: list[str]
) -> None:
    """Each row: settings in the scenario, in a document beside the policy, and what is told; nothing is passed over."""
    path = write(tmp_path, hpa(), *([settings(**beside)] if beside else []))
    assert list(read(path, cluster=outside).notes) == notes


def test_settings_beside_a_policy_are_that_policys_alone(tmp_path: Path) -> None:
    """A shadow goes on with the scenario's."""
    acting = write(tmp_path, hpa("short"), settings(sync_period_seconds=3))
    shadow = write(tmp_path, hpa("long"), name="shadow.yaml")
    plan = read(acting, shadows=(shadow,), cluster={"sync_period_seconds": 10})
    assert (plan.plan.period_seconds, plan.shadows[0].plan.period_seconds) == (3.0, 10.0)


def test_the_plan_decides(tmp_path: Path) -> None:
    """What was read is what is asked."""
    plan = read(write(tmp_path, fixed("nine", 9)))
    decision, _ = decide(Observation(at_seconds=0.0, spec_replicas=2, status_replicas=2), Memory(), plan.plan)
    assert decision.replicas == 9
