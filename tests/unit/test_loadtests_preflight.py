"""A scenario that cannot run is refused before anything is started."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
import typer
from rich.console import Console
from typer.testing import CliRunner

from contract.errors import SettingsError
from contract.scenario import Scenario, read_scenario
from loadtests import run
from loadtests.cli import app
from loadtests.live import LiveView
from loadtests.preflight import check_scenario
from loadtests.shipped import SCENARIOS

TRACE = {"shape": {"kind": "trace", "file": "trace.csv"}}
REPLAY = {"replay": "events.jsonl", "replay_key": "customer"}


def scenario(**sections: Any) -> Scenario:
    """A scenario with these sections."""
    return Scenario.model_validate({"name": "mine", "seconds": 30} | sections)


@pytest.mark.parametrize("path", sorted(SCENARIOS.glob("*.yaml")), ids=lambda path: path.stem)
def test_what_ships_can_run(path: Path) -> None:
    check_scenario(read_scenario(path))


@pytest.mark.parametrize(
    ("sections", "files", "told"),
    [
        pytest.param({"worker": {"handler": {"name": "brun"}}}, {}, "handler brun: no such handler", id="a slip"),
        pytest.param({"worker": {"handler": {"name": "nomod:x"}}}, {}, "nomod cannot be imported", id="no such module"),
        pytest.param({"worker": {"handler": {"name": "burn"}}}, {}, "set cpu_micros", id="a handler without its costs"),
        pytest.param({"load": TRACE}, {}, "trace.csv cannot be read", id="no such trace"),
        pytest.param({"load": TRACE}, {"trace.csv": b"\xff\xfe\x00"}, "trace.csv cannot be read", id="a binary trace"),
        pytest.param(
            {"load": TRACE}, {"trace.csv": b""}, "trace.csv, line 1: expected the header", id="an empty trace"
        ),
        pytest.param(
            {"load": {"shape": {"kind": "poisson", "of": TRACE["shape"]}}}, {}, "trace.csv", id="a trace below a shape"
        ),
        pytest.param({"load": REPLAY}, {}, "events.jsonl, cannot be read", id="no such events"),
        pytest.param(
            {"load": REPLAY}, {"events.jsonl": b"{}\n"}, "events.jsonl, line 1", id="an event without the key"
        ),
        pytest.param(
            {"load": TRACE, "worker": {"handler": {"name": "brun"}}},
            {},
            "brun(.|\n)*trace.csv",
            id="all faults at once",
        ),
    ],
)
def test_what_would_fail_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sections: Any, files: dict[str, bytes], told: str
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    with pytest.raises(SettingsError, match=told):
        check_scenario(scenario(**sections))


def test_a_run_leaves_nothing_behind_when_it_is_refused(tmp_path: Path) -> None:
    wanted = scenario(worker={"handler": {"name": "brun"}})
    order = run.RunOrder(scenario=wanted, run_id="mine", out=tmp_path / "out")
    with pytest.raises(SettingsError, match="brun"):
        asyncio.run(run.run_scenario(order, LiveView(Console(), "mine", 30), asyncio.Event()))
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "command",
    [
        pytest.param(["validate"], id="validate"),
        pytest.param(["compare-policies", "--scaler", "weir", "--scaler", "keda-lag"], id="compare-policies"),
    ],
)
def test_commands_refuse_it(tmp_path: Path, command: list[str]) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("{name: mine, seconds: 30, worker: {handler: {name: brun}}}", encoding="utf-8")
    told = CliRunner().invoke(app, [command[0], str(path), *command[1:]])
    assert isinstance(told.exception, SettingsError)
    assert "handler brun: no such handler; known: burn" in str(told.exception)


def test_the_shell_completes_what_ships() -> None:
    """Scenarios and policies, wherever a name of theirs may stand."""
    group: Any = typer.main.get_command(app)
    for command, parameter in (("run", "scenario"), ("validate", "scenario"), ("run", "scaler")):
        found = next(each for each in group.commands[command].params if each.name == parameter)
        context = typer.Context(group.commands[command])
        assert [item.value for item in found.shell_complete(context, "st" if parameter == "scenario" else "wei")] == [
            "step" if parameter == "scenario" else "weir"
        ]
