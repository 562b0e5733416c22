"""The command around lint: what it reads, writes, tells and refuses."""

import os
from pathlib import Path
from threading import Thread

import orjson
import pytest
import typer
from typer.testing import CliRunner

from autoscaler.commands.lint import lint_policy
from autoscaler.errors import PolicyError
from contract.errors import SettingsError
from tests.manifests import FIRST, Manifest, deployment, hpa, resource, text_of


@pytest.fixture
def first(tmp_path: Path) -> Path:
    """The first manifest as a file."""
    path = tmp_path / "first.yaml"
    path.write_text(FIRST)
    return path


def run(*options: str) -> tuple[int, str]:
    """Exit code and output of the command."""
    app = typer.Typer()
    app.command()(lint_policy)
    done = CliRunner().invoke(app, options)
    if isinstance(done.exception, SettingsError):
        raise done.exception
    return done.exit_code, done.output


def test_the_command_tells_where_what_and_why(first: Path) -> None:
    code, told = run(str(first))
    assert code == 1
    assert f"{first}:21: error hpa-averagevalue-on-value: spec.metrics[0].object.target" in told
    assert "type: AverageValue" in told
    assert "not checked: max-above-partitions: needs the topic's partitions (--scenario)" in told
    assert first.read_text() == FIRST


def test_the_command_fixes_and_shows_what_it_changed(first: Path) -> None:
    code, told = run(str(first), "--fix")
    assert code == 0
    assert "-        type: Value\n+        type: AverageValue\n" in told
    assert first.read_text() == FIRST.replace("type: Value", "type: AverageValue")
    assert "@@" not in run(str(first), "--fix")[1]


def test_the_command_writes_json(first: Path) -> None:
    code, told = run(str(first), "--format", "json")
    document = orjson.loads(told)
    assert (code, document["clean"], document["policies"]) == (1, False, ["HorizontalPodAutoscaler kafka-consumer"])
    (finding,) = document["findings"]
    assert (finding["code"], finding["line"], finding["fixable"]) == ("hpa-averagevalue-on-value", 21, True)
    assert document["not_checked"]


def test_the_command_takes_a_scenario_and_its_scaler_s_settings(first: Path, tmp_path: Path) -> None:
    """The settings of the scenario's scaler count, and those of the command line before them."""
    scenario = tmp_path / "scenario.yaml"
    scenario.write_text(
        "{name: s, seconds: 10, warmup_seconds: 1, topic: {partitions: 6},"
        " scaler: {policy: first.yaml, cluster: {downscale_stabilization_seconds: 0}}}"
    )
    _, told = run(str(first), "--scenario", str(scenario))
    assert "14 of 20 workers stand idle: the topic has 6 partitions" in told
    assert "down-window-zero" in told
    _, told = run(str(first), "--scenario", str(scenario), "--cluster", "downscale_stabilization_seconds=60")
    assert "down-window-zero" not in told


@pytest.mark.parametrize(
    ("text", "why"),
    [
        pytest.param("a: [", "is not YAML", id="no YAML"),
        pytest.param("", r"expected a policy \(.*\), found nothing", id="an empty file"),
        pytest.param("kind: Deployment\nmetadata: {name: w}\n", "found Deployment w$", id="no policy"),
        pytest.param("kind: ScaledObjct\n", r"found ScaledObjct \(did you mean ScaledObject\?\)", id="misspelt"),
        pytest.param("kind: [ScaledObject]\n", r"found \['ScaledObject'\]", id="a list for the kind"),
        pytest.param("kind: List\nitems: 5\n", "found List$", id="a list of nothing"),
        pytest.param("kind: List\nitems: [1, {kind: Foo}]\n", "found no kind, Foo$", id="a list of a number"),
        pytest.param(FIRST + "  minReplicas: 4\n", "the key 'minReplicas' stands twice", id="two minima"),
    ],
)
def test_the_command_refuses(tmp_path: Path, text: str, why: str) -> None:
    path = tmp_path / "policy.yaml"
    path.write_text(text)
    with pytest.raises(PolicyError, match=why):
        run(str(path))
    with pytest.raises(PolicyError, match="cannot read the policy"):
        run(str(tmp_path / "none.yaml"))


def test_a_pipe_is_read_once_and_never_written(tmp_path: Path) -> None:
    """As `weir lint <(kustomize build)` gives it."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = Thread(target=pipe.write_text, args=(FIRST,))
    writer.start()
    code, told = run(str(pipe))
    writer.join()
    assert (code, "hpa-averagevalue-on-value" in told) == (1, True)
    with pytest.raises(PolicyError, match=r"expected a regular file, found .*pipe; leave --fix out"):
        run(str(pipe), "--fix")


@pytest.mark.parametrize("seconds", ["nan", "inf", "1e400", "1e300", "-1", "3601"])
def test_a_rebalance_lasts_as_long_as_a_window_may(first: Path, seconds: str) -> None:
    with pytest.raises(SettingsError, match="--rebalance-seconds: expected 0 to 3,600 s, found"):
        run(str(first), "--rebalance-seconds", seconds)


def test_what_was_passed_over_is_told(tmp_path: Path) -> None:
    """But not what was looked at beside the policy."""
    path = tmp_path / "policy.yaml"
    others: list[Manifest] = [
        {"kind": "HorizontalPodAutoscalr", "metadata": {"name": "z"}},
        {"kind": "Service"},
        deployment(),
    ]
    made = hpa(resource(), name="keda-hpa-x")
    path.write_text(text_of(hpa(resource()), {"kind": "ClusterSettings"}, *others, made))
    told = "HorizontalPodAutoscalr z (did you mean HorizontalPodAutoscaler?), Service"
    told += ", HorizontalPodAutoscaler keda-hpa-x (KEDA made it)"
    assert f"\npassed over: {told}\n" in run(str(path))[1]
    assert orjson.loads(run(str(path), "--format", "json")[1])["passed_over"] == told.split(", ")
