"""A scenario is checked as a whole, and each fault is told with its path in the YAML."""

import re
from pathlib import Path

import pytest

from contract.errors import SettingsError
from contract.load import Constant, Poisson, SizeShare, Sum, Trace
from contract.scenario import FixedScaler, PolicyScaler, Scenario, read_scenario, with_policy

GOOD = """
name: black-friday
description: a day in ten minutes
seed: 7
seconds: 600
topic: {name: orders, partitions: 24, configs: {retention.ms: "3600000"}}
load:
  shape:
    kind: sum
    shapes:
      - {kind: poisson, of: {kind: constant, rate: 1000}}
      - {kind: trace, file: traces/day.csv, time_scale: 60, peak_rate: 5000}
  event_bytes: [{bytes: 100, share: 0.9}, {bytes: 10000, share: 0.1}]
worker:
  handler: {name: "shop.orders:handle", attempts: 5}
scaler: {kind: fixed, replicas: 6}
slo: {processed_ratio_min: 0.999, end_to_end_p99_seconds_max: 0.5}
"""


N = "{name: n, seconds: 9, "  # what a scenario needs; the rest of it follows


def read(folder: Path, text: str, *overrides: str) -> Scenario:
    path = folder / "scenario.yaml"
    path.write_text(text, encoding="utf-8")
    return read_scenario(path, overrides)


def test_a_scenario_means_what_it_says(tmp_path: Path) -> None:
    scenario = read(tmp_path, GOOD)
    assert (scenario.name, scenario.topic.partitions, scenario.scaler) == ("black-friday", 24, FixedScaler(replicas=6))
    assert isinstance(scenario.load.shape, Sum)
    noise, trace = scenario.load.shape.shapes
    assert noise == Poisson(kind="poisson", of=Constant(rate=1000))
    assert isinstance(trace, Trace)
    assert scenario.load.event_bytes == (SizeShare(bytes=100, share=0.9), SizeShare(bytes=10000, share=0.1))
    assert scenario.slo.produced_ratio_min is None


def test_name_and_length_are_enough(tmp_path: Path) -> None:
    assert read(tmp_path, "{name: short, seconds: 10}").load.shape == Constant(rate=200_000)


def test_a_scenario_comes_back_from_the_record_of_its_run(tmp_path: Path) -> None:
    """run.json spells out every field, also those that are not set."""
    scenario = read(tmp_path, GOOD)
    assert Scenario.model_validate(scenario.model_dump(mode="json")) == scenario


def test_files_are_found_from_the_scenarios_own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever it is run from; an absolute path stays."""
    monkeypatch.chdir("/")
    text = "{name: n, seconds: 9, load: {shape: {kind: trace, file: ../day.csv}, replay: own.jsonl}}"
    scenario = read(tmp_path, text)
    assert isinstance(scenario.load.shape, Trace)
    assert scenario.load.shape.file == (tmp_path / "../day.csv").resolve()
    assert scenario.load.replay == tmp_path.resolve() / "own.jsonl"
    absolute = read(tmp_path, "{name: n, seconds: 9, load: {replay: /data/own.jsonl}}")
    assert absolute.load.replay == Path("/data/own.jsonl")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        pytest.param("{seconds: 9}", "name: Field required", id="no name"),
        pytest.param("{name: n}", "seconds: Field required", id="no length"),
        pytest.param("{name: My Run, seconds: 9}", "name: String should match pattern", id="a name with a blank"),
        pytest.param("{name: n, seconds: ten}", "seconds: Input should be a valid number", id="a word for a number"),
        pytest.param("{name: n, seconds: .nan}", "seconds: Input should be a finite number", id="not a number"),
        pytest.param(
            N + "duration: 9}",
            "duration: there is no such field; known: broker, description, drain_s",
            id="unknown field",
        ),
        pytest.param("{name: n, seconds: 5}", "warmup_seconds (5) must be less than seconds (5)", id="all warm-up"),
        pytest.param(N + "seconds: 8}", "the key 'seconds' stands twice", id="a key that stands twice"),
        pytest.param(N + "topic: {partitions: 0}}", "topic.partitions: Input should be greater", id="no partition"),
        pytest.param(N + "load:}", "load: expected a section with fields, found nothing", id="an empty section"),
        pytest.param(
            N + "load: {shape: {kind: constnat, rate: 5}}}",
            "load.shape: the kind 'constnat' is none of constant, steps, ramp, sine, spike, trace, poisson, sum",
            id="a shape that does not exist: all that do are named",
        ),
        pytest.param(
            N + "load: {shape: {rate: 5}}}", "load.shape: its kind is missing; known: constant, ", id="no kind"
        ),
        pytest.param(N + "load: {shape: {kind: constant}}}", "load.shape.rate: Field required", id="a rate is missing"),
        pytest.param(
            N + "load: {shape: {kind: sum, shapes: [{kind: poisson, of: {kind: constant, rate: -1}}]}}}",
            "load.shape.shapes.0.of.rate: Input should be greater than or equal to 0, found -1",
            id="deep within a sum",
        ),
        pytest.param(
            N + "load: {shape: {kind: steps, steps: [{at_seconds: 5, rate: 1}, {at_seconds: 5, rate: 2}]}}}",
            "load.shape.steps: at_seconds must rise from step to step",
            id="steps out of order",
        ),
        pytest.param(
            N + "load: {shape: {kind: trace, file: f, rate_scale: 1, peak_rate: 1}}}",
            "load.shape: give rate_scale or peak_rate, not both",
            id="two heights",
        ),
        pytest.param(N + "load: {event_bytes: 63}}", "load: event_bytes must be 64 to", id="too small for our fields"),
        pytest.param(
            N + "load: {event_bytes: [{bytes: 99}]}}", "load.event_bytes.0.share: Field required", id="no share"
        ),
        pytest.param(N + "worker: {handler: {name: 'a b'}}}", "worker.handler.name: String should", id="no such name"),
        pytest.param(
            N + "scaler: {kind: hpa}}", "scaler: the kind 'hpa' is none of fixed, policy", id="no such kind of scaler"
        ),
        pytest.param(
            N + "slo: {produced_ratio_min: 99}}", "slo.produced_ratio_min: Input should be less", id="per cent"
        ),
        pytest.param("- name: n", "expected a mapping such as `name: my-run`, found a list", id="a list"),
        pytest.param("", "expected a mapping such as `name: my-run`, found nothing", id="an empty file"),
        pytest.param(
            N + "load: {types: []}}", "load.types: expected 1 or more, found 0", id="a list without anything in it"
        ),
        pytest.param(N + "load: {types: 3}}", "load.types: expected a list, found a number", id="no list"),
        pytest.param(
            N + "load: {shape: {kind: sum, shapes: [{kind: poisson, of: {kind: constant, rat: 1}}]}}}",
            "load.shape.shapes.0.of.rat: there is no such field; did you mean rate?",
            id="a slip deep within a sum: fields of other shapes are not meant",
        ),
        pytest.param(
            N + "scaler: {policy: a.yaml, shadow: [b.yaml]}}",
            "scaler.shadow: there is no such field; did you mean shadows?",
            id="a field of one kind of scaler",
        ),
        pytest.param("name: [", "is not YAML", id="broken YAML"),
        pytest.param(
            N + "faults: [{kind: rollout, at_seconds: 5, worker: {handler: {name: burn}, grace: 3}}]}",
            "faults.0.worker:\n  grace: ",
            id="a rollout of a misspelt field",
        ),
        pytest.param(
            N + "faults: [{kind: rollout, at_seconds: 5, worker: {nice: 0}}]}",
            "faults.0: it changes nothing: expected a field of worker that differs, or an image",
            id="a rollout of nothing new",
        ),
        pytest.param(
            N + "faults: [{kind: rollout, at_seconds: 5, undo: true, image: x}]}",
            "an undo goes back to the version before: leave out worker and image",
            id="an undo of something else",
        ),
        pytest.param(
            N + "rollout: {max_surge: 0, max_unavailable: 0}}",
            "rollout: max_surge and max_unavailable are both 0",
            id="a rollout that cannot move",
        ),
        pytest.param(
            N + "worker: {node_selector: {gpu: true}}}",
            'worker.node_selector: gpu: expected a text, found true: put it in quotes, such as gpu: "true"',
            id="a label that is no text",
        ),
    ],
)
def test_a_wrong_scenario_is_refused(tmp_path: Path, text: str, told: str) -> None:
    """Each row: the wrong YAML, and the path and message that the user is told."""
    with pytest.raises(SettingsError) as refused:
        read(tmp_path, text)
    assert told in str(refused.value)
    assert str(tmp_path / "scenario.yaml") in str(refused.value)


def test_all_faults_of_a_scenario_are_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as refused:
        read(tmp_path, "{seconds: -1, topic: {partitions: x}, slo: {cores_max: 0}}")
    assert re.findall(r"^  (\S+):", str(refused.value), re.MULTILINE) == [
        "name",
        "seconds",
        "topic.partitions",
        "slo.cores_max",
    ]


@pytest.mark.parametrize(
    "content", [pytest.param(None, id="no such file"), pytest.param(b"name: \xff", id="not UTF-8")]
)
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "absent.yaml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(SettingsError, match=re.escape(str(path))):
        read_scenario(path)


@pytest.mark.parametrize(
    ("override", "field", "value"),
    [
        pytest.param("seed=9", "seed", 9, id="a value at the top"),
        pytest.param("topic.partitions=3", "topic.partitions", 3, id="a value in a section"),
        pytest.param("producer.acks='all'", "producer.acks", "all", id="a section that the file does not have"),
        pytest.param("description=a=b", "description", "a=b", id="only the first sign of equality divides"),
        pytest.param("slo.processed_ratio_min=null", "slo.processed_ratio_min", None, id="null takes an SLO away"),
        pytest.param(
            "load.shape={kind: constant, rate: 5}", "load.shape", Constant(rate=5), id="a whole section as YAML"
        ),
    ],
)
def test_set_overrides_a_field(tmp_path: Path, override: str, field: str, value: object) -> None:
    found: object = read(tmp_path, GOOD, override)
    for name in field.split("."):
        found = getattr(found, name)
    assert found == value


def test_the_last_of_several_overrides_wins(tmp_path: Path) -> None:
    assert read(tmp_path, GOOD, "seed=1", "seed=2").seed == 2


@pytest.mark.parametrize(
    ("override", "told"),
    [
        pytest.param("seed", "--set 'seed': expected path.to.field=value", id="no value"),
        pytest.param("=5", "--set '=5': expected path.to.field=value", id="no field"),
        pytest.param("seconds.fast=1", "seconds is a value, not a section with fields", id="a field of a number"),
        pytest.param("load.shape.shapes.0=1", "shapes is a value, not a section", id="an item of a list"),
        pytest.param(
            "topic.partitionz=3",
            "topic.partitionz: there is no such field; did you mean partitions?",
            id="a slip of the pen",
        ),
        pytest.param("seed=[", "'[' is not YAML", id="broken YAML"),
        pytest.param(
            "seed=-1", "seed: Input should be greater than or equal to 0, found -1", id="checked like the file"
        ),
    ],
)
def test_a_wrong_override_is_refused(tmp_path: Path, override: str, told: str) -> None:
    with pytest.raises(SettingsError) as refused:
        read(tmp_path, GOOD, override)
    assert told in str(refused.value)


HPA, KEDA = Path("/policies/hpa.yaml"), Path("/policies/keda.yaml")
SURROUNDED = PolicyScaler(
    policy=HPA, replicas=5, cluster={"tolerance": 0.2}, metrics={"my_lag": "total_lag"}, cpu_window_seconds=5
)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(
            FixedScaler(replicas=6), PolicyScaler(policy=KEDA, replicas=6), id="a fixed number is where it starts"
        ),
        pytest.param(
            SURROUNDED, SURROUNDED.model_copy(update={"policy": KEDA}), id="what surrounds a policy stays as it is"
        ),
        pytest.param(
            PolicyScaler(policy=HPA, shadows=(KEDA, HPA)),
            PolicyScaler(policy=KEDA, shadows=(HPA,)),
            id="a policy that acts is not its own shadow",
        ),
    ],
)
def test_another_policy_for_the_same_scenario(before: FixedScaler | PolicyScaler, after: PolicyScaler) -> None:
    scenario = Scenario(name="n", seconds=9, seed=3, scaler=before)
    assert with_policy(scenario, KEDA) == Scenario(name="n", seconds=9, seed=3, scaler=after)


SHIPPED = sorted((Path(__file__).parents[2] / "loadtests" / "scenarios").glob("*.yaml"))


@pytest.mark.parametrize("path", [pytest.param(path, id=path.stem) for path in SHIPPED])
def test_every_scenario_of_ours_is_valid_and_has_its_files(path: Path) -> None:
    scenario = read_scenario(path)
    assert scenario.description
    if isinstance(scenario.load.shape, Trace):
        assert scenario.load.shape.file.is_file()
