"""Weir's own kinds of policy, read from YAML."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from autoscaler.decide import decide
from autoscaler.errors import PolicyError
from autoscaler.manifests import read_policy_text
from autoscaler.model import Decision, Memory, Observation
from autoscaler.policies.flink import Alignment, Ds2Options, Ds2Policy, FlinkOptions, FlinkPolicy

PAGE = (Path(__file__).parents[2] / "docs" / "policies.md").read_text(encoding="utf-8")
SEEN = Observation(at_seconds=0, spec_replicas=3, status_replicas=3)


def document(kind: str, spec: str) -> str:
    """A policy document in YAML."""
    return f"apiVersion: weir/v1\nkind: {kind}\nmetadata: {{name: mine}}\nspec: {spec}\n"


def decided(kind: str, spec: str) -> Decision:
    """What the policy says of a group of three of which nothing else is known."""
    return decide(SEEN, Memory(), read_policy_text(document(kind, spec), "mine.yaml").plan)[0]


def test_fixed() -> None:
    assert decided("FixedPolicy", "{replicas: 5}").replicas == 5


def test_schedule() -> None:
    """The epoch began at midnight UTC, an hour later in Berlin."""
    spec = """{replicas: 1, timezone: Europe/Berlin, entries: [
        {start: 30 0 * * *, end: 30 2 * * *, desiredReplicas: 4},
        {cron: 45 23 * * *, desiredReplicas: 2, timezone: UTC}]}"""
    assert decided("SchedulePolicy", spec).replicas == 4


def test_flink_defaults() -> None:
    """Flink's own numbers, as its options page has them."""
    policy = read_policy_text(document("FlinkPolicy", "{}"), "mine.yaml").plan.policy
    assert isinstance(policy, FlinkPolicy)
    options = policy.options
    assert (options.utilization_target, options.utilization_upper) == (0.7, 1.0)
    assert options.utilization_lower == pytest.approx(0.4)
    assert (options.metrics_window, options.stabilization_interval, options.scale_down_interval) == (900, 300, 3600)
    assert (options.catch_up_duration, options.restart_time, options.restart_time_tracking_limit) == (1800, 300, 900)
    assert (options.vertex_min_parallelism, options.vertex_max_parallelism) == (1, 200)
    assert (options.scale_down_max_factor, options.scale_up_max_factor) == (0.6, 100_000)
    assert options.scaling_parallelism_alignment_mode is Alignment.BALANCED


@pytest.mark.parametrize(
    "key",
    [
        pytest.param("job.autoscaler.scale-down.interval", id="as in Flink's configuration"),
        pytest.param("kubernetes.operator.job.autoscaler.scale-down.interval", id="as in older operators"),
        pytest.param("scale-down.interval", id="without its prefix"),
        pytest.param("scale_down_interval", id="with underscores"),
        pytest.param("scale-up.grace-period", id="by the name that it once had"),
    ],
)
@pytest.mark.parametrize("value", ["1 min", "60s", "60 s", "60000 ms", "60", "1.0 MINUTE"])
def test_flink_spellings(key: str, value: str) -> None:
    """A number in YAML is seconds, a text has a unit."""
    policy = read_policy_text(document("FlinkPolicy", f"{{{key}: {value}}}"), "mine.yaml").plan.policy
    assert isinstance(policy, FlinkPolicy)
    assert policy.options.scale_down_interval == 60


def test_flink_values_may_be_texts() -> None:
    """Flink's configuration has nothing else."""
    spec = """{utilization.target: '0.8', scaling.enabled: 'false', quota.memory: 1 gb,
        excluded.periods: '9:30-10:50; * * 14-16 * * ?'}"""
    policy = read_policy_text(document("FlinkPolicy", spec), "mine.yaml").plan.policy
    assert isinstance(policy, FlinkPolicy)
    assert (policy.options.utilization_target, policy.options.scaling_enabled) == (0.8, False)
    assert policy.options.quota_memory == 2**30
    assert len(policy.options.excluded_periods) == 2


def test_every_option_is_on_the_page() -> None:
    """Also the other way round: what the tables of Flink's section name can be set."""
    section = PAGE.split("\n## FlinkPolicy", 1)[1].split("\n## ", 1)[0]
    rows = re.findall(r"^\| (`.*?) \|", section, re.MULTILINE)
    names = {re.sub(r"[.-]", "_", name) for row in rows for name in re.findall(r"`(.*?)`", row)}
    assert names == set(FlinkOptions.model_fields) | set(Ds2Options.model_fields)


@pytest.mark.parametrize(
    "text", [pytest.param(text, id=text.split()[3]) for text in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)]
)
def test_the_policies_of_the_page_can_be_read(text: str) -> None:
    assert read_policy_text(text, "docs/policies.md").kind in text


def test_ds2() -> None:
    plan = read_policy_text(document("FlinkPolicy", "{model: ds2, policy_interval: 5 s, max_replicas: 9}"), "x").plan
    assert isinstance(plan.policy, Ds2Policy)
    assert plan.policy.options.policy_interval == 5
    assert len(plan.guards) == 1


@pytest.mark.parametrize(
    ("kind", "spec", "fault"),
    [
        pytest.param("FixedPolicy", "{}", "spec.replicas: must be set", id="fixed without a number"),
        pytest.param("FixedPolicy", "{replicas: -1}", "spec.replicas: Input should be", id="a negative number"),
        pytest.param(
            "FixedPolicy",
            "{replicas: 1, min: 2}",
            "spec.min: there is no such field, or it cannot be honoured here; known: replicas",
            id="unknown field",
        ),
        pytest.param(
            "SchedulePolicy",
            "{replicas: 1, entries: [{cron: '61 * * * *', desiredReplicas: 2}]}",
            "spec.entries[0].cron: minute: expected 0 to 59, found '61'",
            id="a wrong cron expression",
        ),
        pytest.param(
            "SchedulePolicy",
            "{replicas: 1, timezone: Mars/Base, entries: [{cron: '1 * * * *', desiredReplicas: 2}]}",
            "spec.timezone: expected a time zone such as UTC or Europe/Berlin, found 'Mars/Base'",
            id="no such time zone",
        ),
        pytest.param(
            "SchedulePolicy",
            "{replicas: 1, entries: [{start: '1 * * * *', desiredReplicas: 2}]}",
            "spec.entries[0]: expected either start and end, or cron",
            id="a start without an end",
        ),
        pytest.param(
            "SchedulePolicy",
            "{replicas: 1, entries: [{cron: 5, desiredReplicas: 2}]}",
            "spec.entries[0].cron: expected a text",
            id="a number where a cron expression should be",
        ),
        pytest.param(
            "FlinkPolicy",
            "{job.autoscaler.scale-down.interval: '60000'}",
            "spec.job.autoscaler.scale-down.interval: expected a duration with a unit",
            id="a text without a unit: milliseconds to Flink",
        ),
        pytest.param(
            "FlinkPolicy",
            "{scale-dwn: 1}",
            "spec.scale-dwn: there is no such option; did you mean scale_down",
            id="a slip of the pen",
        ),
        pytest.param(
            "FlinkPolicy",
            "{memory.tuning.enabled: true}",
            "spec.memory.tuning.enabled: cannot be honoured: workers have no JVM heap",
            id="an option without a meaning here",
        ),
        pytest.param(
            "FlinkPolicy",
            "{scale-down.interval: 1 h, scale_down_interval: 2 h}",
            "spec.scale_down_interval: says the same as scale-down.interval",
            id="an option twice",
        ),
        pytest.param(
            "FlinkPolicy",
            "{utilization.max: 0.6}",
            "spec: expected utilization_min <= utilization_target <= utilization_max, found 0.4, 0.7, 0.6",
            id="edges on the wrong side of the target",
        ),
        pytest.param(
            "FlinkPolicy",
            "{vertex.min-parallelism: 9, vertex.max-parallelism: 3}",
            "vertex_min_parallelism (9) must not be above vertex_max_parallelism (3)",
            id="the least above the most",
        ),
        pytest.param(
            "FlinkPolicy", "{excluded.periods: 10:50-9:30}", "begins before it ends", id="a period the wrong way round"
        ),
        pytest.param(
            "FlinkPolicy", "{excluded.periods: 9:30-25:30}", "expected a time of day", id="a time that is none"
        ),
        pytest.param(
            "FlinkPolicy", "{excluded.periods: 9:30-10:30 && 11:00-12:00}", "one of each", id="two times of day joined"
        ),
        pytest.param(
            "FlinkPolicy", "{model: hpa}", "spec.model: expected flink or ds2, found 'hpa'", id="no such model"
        ),
        pytest.param(
            "FlinkPolicy",
            "{model: ds2, utilization.target: 0.7}",
            "spec.utilization.target: there is no",
            id="mixed up",
        ),
        pytest.param(
            "CustomPolicy", "{policy: nonsense}", "spec.policy: String should match pattern", id="not module:Name"
        ),
        pytest.param(
            "CustomPolicy",
            "{policy: 'no_such_module:Lag'}",
            "spec.policy: module no_such_module cannot be imported from",
            id="no such module",
        ),
    ],
)
def test_refused(kind: str, spec: str, fault: str) -> None:
    """Every fault is named with the path to the field and the file."""
    with pytest.raises(PolicyError) as refused:
        read_policy_text(document(kind, spec), "mine.yaml")
    assert fault in str(refused.value)
    assert "mine.yaml" in str(refused.value)
    assert str(refused.value).count(", found ") <= 1, "what was found is told once"


def test_another_version_is_refused() -> None:
    text = document("FixedPolicy", "{replicas: 1}").replace("weir/v1", "weir/v2")
    with pytest.raises(PolicyError, match="apiVersion: expected weir/v1, found 'weir/v2'"):
        read_policy_text(text, "mine.yaml")


SOURCE = """
from autoscaler.model import Proposal, Step

class More:
    def __init__(self, by=1):
        self.by = by
    def __call__(self, seen, memory):
        return Step(rule="more", replicas=seen.spec_replicas + self.by, why=f"{self.by} more")

def two(seen, memory):
    return Proposal(trail=(Step(rule="two", replicas=2, why="two"),), recommendation=2)

def one_argument(seen):
    return None
async def later(seen, memory):
    return None
def nothing(seen, memory):
    return None
def half(seen, memory):
    return Step(rule="half", replicas=0.5, why="")
def empty(seen, memory):
    return Proposal(trail=())
def broken(seen, memory):
    return 1 / 0
number = 5
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A user's folder with a module in it."""
    (tmp_path / "users_policies.py").write_text(SOURCE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.path", [*sys.path])
    yield
    sys.modules.pop("users_policies", None)


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        pytest.param("{policy: 'users_policies:More'}", 4, id="a class with its defaults"),
        pytest.param("{policy: 'users_policies:More', options: {by: 5}}", 8, id="a class with options"),
        pytest.param("{policy: 'users_policies:More', options: {by: 5}, maxReplicas: 6}", 6, id="held by the most"),
        pytest.param("{policy: 'users_policies:two', minReplicas: 3}", 3, id="held by the least"),
        pytest.param("{policy: 'users_policies:two'}", 2, id="a function"),
    ],
)
def test_custom(spec: str, expected: int) -> None:
    assert decided("CustomPolicy", spec).replicas == expected


@pytest.mark.parametrize(
    ("spec", "fault"),
    [
        pytest.param("{policy: 'users_policies:Less'}", "has no Less", id="no such name"),
        pytest.param("{policy: 'users_policies:number'}", "is a int", id="nothing to call"),
        pytest.param("{policy: 'users_policies:later'}", "is async", id="async"),
        pytest.param("{policy: 'users_policies:one_argument'}", "to take two arguments", id="one argument"),
        pytest.param("{policy: 'users_policies:two', options: {by: 1}}", "is not a class", id="options for a function"),
        pytest.param(
            "{policy: 'users_policies:More', options: {of: 1}}",
            "spec.options: users_policies:More cannot be made with these options (of)",
            id="options that the class does not take",
        ),
        pytest.param(
            "{policy: 'users_policies:More', minReplicas: 3, maxReplicas: 2}",
            "spec.minReplicas: 3 is above maxReplicas 2",
            id="the least above the most",
        ),
    ],
)
def test_custom_refused(spec: str, fault: str) -> None:
    with pytest.raises(PolicyError) as refused:
        read_policy_text(document("CustomPolicy", spec), "mine.yaml")
    assert fault in str(refused.value)


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        pytest.param("nothing", "expected a Step or a Proposal, found NoneType", id="no answer"),
        pytest.param("half", "expected a whole number of replicas that is not negative, found 0.5", id="half a worker"),
        pytest.param("empty", "expected a trail of at least one step", id="an empty trail"),
        pytest.param("broken", "failed at 0 s: ZeroDivisionError", id="an error of its own"),
    ],
)
def test_custom_answers(name: str, fault: str) -> None:
    """An answer that cannot be followed is an error that names the policy."""
    plan: Any = read_policy_text(document("CustomPolicy", f"{{policy: 'users_policies:{name}'}}"), "mine.yaml").plan
    with pytest.raises(PolicyError) as refused:
        plan.policy(SEEN, Memory())
    assert fault in str(refused.value)
    assert f"users_policies:{name}" in str(refused.value)
