"""A WeirPolicy as it stands in a file, and as the page describes it."""

import re
from pathlib import Path

import orjson
import pytest

from autoscaler.commands.decide import answers
from autoscaler.errors import PolicyError
from autoscaler.manifests import read_policy_text
from autoscaler.manifests.weir import WeirSpecShape
from autoscaler.policies.weir import WeirPolicy, WeirSpec

PAGE = (Path(__file__).parents[2] / "docs" / "policies.md").read_text(encoding="utf-8")
SECTION = PAGE[PAGE.index("## WeirPolicy") :].split("\n## ")[0]


def read(spec: str) -> WeirSpec:
    """What the file says, with the defaults."""
    text = f"apiVersion: weir/v1\nkind: WeirPolicy\nmetadata: {{name: mine}}\nspec: {spec}\n"
    policy = read_policy_text(text, "mine.yaml").plan.policy
    assert isinstance(policy, WeirPolicy)
    return policy.spec


def test_what_is_left_out_is_the_default() -> None:
    assert read("{}") == WeirSpec()


def test_every_knob_can_be_set() -> None:
    """Each field of the manifest reaches the policy."""
    spec = read(
        "{minReplicas: 3, maxReplicas: 20, timeLagSeconds: 3, catchUpSeconds: 20, utilisation: 0.7,"
        " utilisationMax: 0.9, downWindowSeconds: 60, startSeconds: 30, overdueFactor: 3, rebalanceSeconds: 5,"
        " lookAhead: false, growthMax: 0.2, startsPerCore: 1, stormCalmSeconds: 20}"
    )
    assert spec == WeirSpec(
        replicas_min=3,
        replicas_max=20,
        time_lag_seconds=3,
        catch_up_seconds=20,
        utilisation=0.7,
        utilisation_max=0.9,
        down_window_seconds=60,
        start_seconds=30,
        overdue_factor=3,
        rebalance_seconds=5,
        look_ahead=False,
        growth_max=0.2,
        starts_per_core=1,
        storm_calm_seconds=20,
    )


@pytest.mark.parametrize(
    ("spec", "fault"),
    [
        pytest.param("{minReplicas: 3, maxReplicas: 2}", "spec.minReplicas: 3 is above maxReplicas 2", id="bounds"),
        pytest.param("{utilisation: 0.99}", "spec.utilisation: 0.99 is above utilisationMax 0.95", id="utilisations"),
        pytest.param("{lagThreshold: 1000}", "spec.lagThreshold: there is no such field", id="somebody else's field"),
        pytest.param("{timeLagSeconds: 0}", "spec.timeLagSeconds:", id="no time at all"),
        pytest.param("{minReplicas: 0}", "spec.minReplicas:", id="nobody to measure"),
    ],
)
def test_what_cannot_be_honoured_is_named(spec: str, fault: str) -> None:
    with pytest.raises(PolicyError) as refused:
        read(spec)
    assert fault in str(refused.value)


def test_the_page_lists_every_knob_with_its_default() -> None:
    rows = dict(re.findall(r"^\| `(\w+)` \| ([\w.]+) \|", SECTION, re.MULTILINE))
    fields = WeirSpecShape.model_fields.values()
    assert rows == {str(field.alias): str(field.default).lower().removesuffix(".0") for field in fields}


def test_the_example_of_the_page_is_read() -> None:
    (example,) = re.findall(r"```yaml\n(.*?)```", SECTION, re.DOTALL)
    assert isinstance(read_policy_text(example, "docs/policies.md").plan.policy, WeirPolicy)


def test_its_memory_can_be_written_and_read() -> None:
    """A line that brings the memory of the line before goes on as one that leaves it out."""
    plan = read_policy_text("{apiVersion: weir/v1, kind: WeirPolicy, metadata: {name: mine}}", "mine.yaml").plan
    partition = {"topic": "events", "partition": 0, "start_offset": 0, "end_offset": 9_000, "committed_offset": 1_000}
    worker = {"name": "w0", "pod_phase": "Running", "phase": "ready", "true_processing_rate": 100.0, "busy_ratio": 1.0}
    first, second = (
        {
            "at_seconds": at,
            "spec_replicas": 1,
            "status_replicas": 1,
            "partitions": [partition],
            "workers": [worker | {"init_seconds": 4.0}],
            "arrival_rate": 90.0,
        }
        for at in (0.0, 1.0)
    )
    one, two = map(orjson.loads, answers(map(orjson.dumps, (first, second)), plan))
    assert one["memory"]["weir"]["looks"] == [[0.0, 1, 1, 90.0, None, 9_000]]
    assert one["memory"]["weir"]["worker_rate"] == 100.0
    (alone,) = map(orjson.loads, answers([orjson.dumps(second | {"memory": one["memory"]})], plan))
    assert alone | {"line": 2} == two
