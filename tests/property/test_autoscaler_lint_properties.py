"""What holds for lint whatever stands in the manifest."""

import copy
import json
from collections.abc import Iterator
from typing import Any

import yaml
from hypothesis import given
from hypothesis import strategies as st

from autoscaler.lint import Setting, Workload, cured, lint
from autoscaler.lint.model import ProbeBudget
from tests.manifests import FIRST, Manifest, cpu, deployment, external, hpa, keda, own, resource, text_of

BEHAVIOR = {
    "scaleDown": {"stabilizationWindowSeconds": 0, "policies": [{"type": "Pods", "value": 1, "periodSeconds": 60}]},
    "scaleUp": {"selectPolicy": "Disabled", "tolerance": "0.1"},
}
WHOLE: list[Manifest] = [
    yaml.safe_load(FIRST),
    hpa(resource(), external(type="Value", value="5"), behavior=BEHAVIOR),
    keda(
        fallback={"failureThreshold": 3, "replicas": 1},
        idleReplicaCount=0,
        partitionLimitation="0-3",
        behavior=BEHAVIOR,
    ),
    cpu(),
    deployment(replicas=3, livenessProbe={"periodSeconds": 5}),
    own("FixedPolicy", replicas=30),
    own("FlinkPolicy", **{"job.autoscaler.vertex.max-parallelism": 48}),
    own("SchedulePolicy", replicas=2, entries=[{"cron": "0 8 * * *", "desiredReplicas": 30}]),
    own("WeirPolicy", minReplicas=3, maxReplicas=30),
]
FULL = Setting(
    partitions=12,
    workload=Workload(
        source="w",
        unrequested={"cpu": ("c",), "memory": ()},
        unprobed=("c",),
        budgets=(ProbeBudget(name="liveness probe", seconds=10.0),),
    ),
    init_seconds=20.0,
    peak_rate=4_000.0,
    worker_rate=500.0,
    commit_seconds=1.0,
    slo_seconds=5.0,
    rebalance_seconds=3.0,
)
junk = (
    st.none()
    | st.booleans()
    | st.integers(-5, 10**20)
    | st.floats(allow_nan=False)
    | st.sampled_from(
        ["", "x", "-1", "0", "9" * 30, "1e3", "1.5", "١٢", [], {}, [None], [3], {"a": 1}, ["x", {}], {"type": "Object"}]
    )
)


@st.composite
def damaged(draw: st.DrawFn) -> str:
    """Some manifests in one file, with junk at a few places."""
    documents = copy.deepcopy(draw(st.lists(st.sampled_from(WHOLE), min_size=1, max_size=3)))
    for _ in range(draw(st.integers(0, 3))):
        holder, key = draw(st.sampled_from(list(_places(documents))))
        holder[key] = copy.deepcopy(draw(junk))
    return text_of(*documents)


def _places(place: Any) -> Iterator[tuple[Any, Any]]:
    """Every value with what holds it; whole documents too."""
    for key in list(place) if isinstance(place, dict) else range(len(place)):
        yield place, key
        if isinstance(place[key], dict | list):
            yield from _places(place[key])


@given(text=damaged(), setting=st.sampled_from([Setting(), FULL]))
def test_lint_never_falls_over_a_document(text: str, setting: Setting) -> None:
    """Whatever is wrong with it: findings have a line of the text."""
    for finding in lint(text, setting).findings:
        assert 1 <= finding.line <= text.count("\n") + 1
        assert finding.what


@given(text=damaged(), setting=st.sampled_from([Setting(), FULL]))
def test_a_cure_is_yaml_and_needs_no_second_one(text: str, setting: Setting) -> None:
    """And as many documents are there as before."""
    once = cured(text, setting)
    assert len(list(yaml.safe_load_all(once))) == len(list(yaml.safe_load_all(text)))
    assert cured(once, setting) == once


@given(document=st.sampled_from(WHOLE), flow=st.booleans(), indent=st.sampled_from([2, 4]))
def test_how_it_is_written_does_not_matter(document: Manifest, flow: bool, indent: int) -> None:  # drawn
    """A cure of the same document on lines of its own, in braces, or further in is the same."""
    usual = yaml.safe_load(cured(text_of(document), FULL))
    other = yaml.safe_dump(document, default_flow_style=flow, indent=indent, sort_keys=False)
    assert yaml.safe_load(cured(other, FULL)) == usual


@given(document=st.sampled_from(WHOLE), indent=st.sampled_from([None, 2]), blank=st.sampled_from(["", " "]))
def test_json_stays_json(document: Manifest, indent: int | None, blank: str) -> None:
    """And has the same cure as YAML."""
    text = json.dumps(document, indent=indent, separators=(f",{blank if indent is None else ''}", f":{blank}"))
    assert json.loads(cured(text, FULL)) == yaml.safe_load(cured(text_of(document), FULL))
