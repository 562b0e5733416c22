"""`weir loadtest compare-policies` from the outside: what it refuses, what it leaves behind, what it ends with."""

import asyncio
import json
import signal
from functools import partial
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from contract.errors import RunError, SettingsError
from loadtests import policies_cli
from loadtests.contest import Ground
from loadtests.contest_plan import draw_turns
from loadtests.live import LiveView
from loadtests.policies_cli import compare_policies
from loadtests.report import read_run
from loadtests.run import RunOrder
from loadtests.score import Summary
from loadtests.shipped import POLICIES
from tests.contest_runs import write_contest_run

app = typer.Typer()
app.command()(compare_policies)
SCENARIO = "{name: init-storm, seconds: 90, scaler: {kind: fixed, replicas: 3}}"
CPU, LAG = "hpa-cpu", "keda-lag"


def invoke(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, arguments)
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout


@pytest.fixture
def scenario(tmp_path: Path) -> str:
    path = tmp_path / "scenario.yaml"
    path.write_text(SCENARIO, encoding="utf-8")
    return str(path)


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch) -> dict[str, object]:
    """Made records instead of real runs; `lost` and `slo` change them, `fail` names a policy whose runs fail."""
    how: dict[str, object] = {}

    async def play(order: RunOrder, view: LiveView, stop: asyncio.Event) -> Summary:
        del stop
        if how.get("fail") == view.name:
            raise RunError("the producer did not begin")
        if how.get("interrupt") == view.name:
            signal.raise_signal(signal.SIGINT)
            await asyncio.sleep(0.01)
        lost, slo = how.get("lost", 0), how.get("slo", {})
        assert isinstance(lost, int)
        assert isinstance(slo, dict)
        return read_run(write_contest_run(order.out, view.name, lost=lost, unread_events_max=None, **slo).path).summary

    monkeypatch.setattr(policies_cli, "Ground", partial(Ground, play=play, busy=lambda: 0.0, second=0.0))
    return how


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        pytest.param(["--scaler", CPU], "give two policies or more", id="one policy"),
        pytest.param(["--scaler", CPU, "--scaler", CPU], "hpa-cpu (hpa-cpu) is given twice", id="the same one twice"),
        pytest.param(
            ["--scaler", CPU, "--scaler", LAG, "--expect", "keda"],
            "--expect keda: the policies are called hpa-cpu, keda-lag",
            id="an expectation of nobody",
        ),
        pytest.param(["--scaler", CPU, "--scaler", LAG, "--resume"], "say with --out which contest", id="resume what"),
        pytest.param(
            ["--scaler", CPU, "--scaler", LAG, "--set", "scaler.replicaz=3"], "scaler", id="a slip in the scenario"
        ),
    ],
)
def test_what_it_refuses(scenario: str, arguments: list[str], told: str) -> None:
    with pytest.raises(SettingsError) as refused:
        invoke(scenario, *arguments)
    assert told in str(refused.value)


def test_the_faults_of_all_files_are_told_at_once(scenario: str, tmp_path: Path) -> None:
    broken = tmp_path / "broken.yaml"
    broken.write_text("kind: Deployment", encoding="utf-8")
    with pytest.raises(SettingsError) as refused:
        invoke(scenario, "--scaler", "absent.yaml", "--scaler", CPU, "--scaler", str(broken))
    assert "absent.yaml" in str(refused.value)
    assert "broken.yaml: expected one policy" in str(refused.value)


def test_a_folder_with_something_in_it_is_left_alone(scenario: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="is not empty: choose a new --out"):
        invoke(scenario, "--scaler", CPU, "--scaler", LAG, "--out", str(tmp_path))


def test_a_contest_leaves_a_page_its_figures_and_a_run_for_each(
    scenario: str, tmp_path: Path, stage: dict[str, object]
) -> None:
    del stage
    out = tmp_path / "out"
    code, text = invoke(
        scenario, "--scaler", CPU, "--scaler", str(POLICIES / f"{LAG}.yaml"), "--repeat", "2", "--out", str(out),
        "--seed", "4",
    )  # fmt: skip
    assert code == 0
    assert "2 policies, 4 runs, order drawn with --seed 4" in text
    assert "It was an init storm in 2 of 2 runs." in " ".join(text.split())
    assert f"page     {out / 'policies.html'}" in text
    document = json.loads((out / "standings.json").read_text(encoding="utf-8"))
    assert [(p["rank"], p["policy"], p["outcome"]["kind"]) for p in document["policies"]] == [
        (1, "keda-lag", "violated"), (2, "hpa-cpu", "storm"),
    ]  # fmt: skip
    assert document["policies"][1]["figures"]["amplification"]["median"] == 5.0
    assert document["order_seed"] == 4
    links = [f'href="{turn["folder"]}/report.html"' for turn in document["runs"]]
    assert len(links) == 4
    page = (out / "policies.html").read_text(encoding="utf-8")
    assert all(link in page for link in links)
    assert all((out / turn["folder"] / "report.html").is_file() for turn in document["runs"])


MISSED = {"violation_seconds_max": 10}


@pytest.mark.parametrize(
    ("how", "arguments", "code"),
    [
        pytest.param({}, ["--expect", CPU], 0, id="no limit was set, so nothing was missed"),
        pytest.param({"slo": MISSED}, [], 0, id="nobody was expected to meet the SLO"),
        pytest.param({"slo": MISSED}, ["--expect", CPU], 3, id="an expected policy missed it"),
        pytest.param({"lost": 5, "slo": MISSED}, ["--expect", CPU], 1, id="lost events are worse"),
        pytest.param({"fail": LAG, "slo": MISSED}, ["--expect", CPU], 2, id="a run that failed"),
        pytest.param({"interrupt": LAG}, ["--seed", "2"], 130, id="interrupted"),
    ],
)
def test_exit_codes(  # noqa: PLR0917  # pytest passes them by name
    scenario: str, tmp_path: Path, stage: dict[str, object], how: dict[str, object], arguments: list[str], code: int
) -> None:
    stage |= how
    assert invoke(scenario, "--scaler", CPU, "--scaler", LAG, "--out", str(tmp_path / "out"), *arguments)[0] == code


def test_an_interrupted_contest_has_a_page_of_what_there_is_and_goes_on(
    scenario: str, tmp_path: Path, stage: dict[str, object]
) -> None:
    page = tmp_path / "out" / "policies.html"
    contest = [scenario, "--scaler", CPU, "--scaler", LAG, "--out", str(page.parent)]
    seed = next(n for n in range(20) if draw_turns([CPU, LAG], repeat=2, seed=n)[0].policy == CPU)
    stage["interrupt"] = LAG
    code, _ = invoke(*contest, "--seed", str(seed), "--repeat", "2")
    assert code == 130
    assert "1 of 4 runs finished" in page.read_text(encoding="utf-8")
    stage.clear()
    code, text = invoke(*contest, "--resume", "--repeat", "2")
    assert code == 0
    assert f"order drawn with --seed {seed}" in text
    assert "4 of 4 runs finished" in page.read_text(encoding="utf-8")


def test_no_finished_run_is_no_page(scenario: str, tmp_path: Path, stage: dict[str, object]) -> None:
    stage["interrupt"] = CPU
    stage["fail"] = LAG
    code, text = invoke(scenario, "--scaler", CPU, "--scaler", LAG, "--out", str(tmp_path / "out"))
    assert code == 130
    assert "no run was finished, so there is nothing to compare" in text
    assert not (tmp_path / "out" / "policies.html").exists()
