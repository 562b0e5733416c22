"""`weir explain` as a command: run directories, journals alone, JSON, and what cannot be explained."""

from pathlib import Path
from typing import Any

import orjson
import pytest
import typer
from typer.testing import CliRunner

from autoscaler.commands.explain import explain, open_recorded
from autoscaler.errors import StateError
from autoscaler.journal import write_tick
from contract.errors import SettingsError
from contract.record import RunEvent
from tests.journals import ZERO, made_ticks, write_journal
from tests.run_records import write_run


def run(*arguments: str | Path) -> Any:
    """The command's result."""
    app = typer.Typer()
    app.command()(explain)
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A run directory with a journal and an event of second 27."""
    directory = write_run(tmp_path / "run", name="burst")
    write_journal(directory.decisions_jsonl)
    directory.append_event(RunEvent(at_seconds=27.0, kind="probe-kill", subject="worker-3", detail="liveness"))
    return directory.path


def test_a_run_directory(folder: Path) -> None:
    """Seconds are those of the run."""
    result = run(folder)
    assert result.exit_code == 0
    assert result.output.startswith("burst: the wanted number of workers changed 3 times\n")
    assert "25.2 s  7 → 12" in result.output


def test_one_second_of_it(folder: Path) -> None:
    """With what happened around it."""
    result = run(folder, "--at", "28")
    assert "burst, second 28.2" in result.output
    assert "27.0 s  probe-kill  worker-3  liveness" in result.output


def test_a_journal_alone(folder: Path) -> None:
    """Second 0 is its first tick."""
    result = run(folder / "decisions.jsonl")
    assert result.output.startswith("decisions: the wanted number of workers changed 3 times\n")
    assert "27.0 s  7 → 12" in result.output


def test_json_of_the_story(folder: Path) -> None:
    changes = [entry for entry in orjson.loads(run(folder, "--json").output) if entry["kind"] == "change"]
    assert [(entry["from_seconds"], entry["before"], entry["after"]) for entry in changes] == [
        (10.25, 3, 7),
        (25.25, 7, 12),
        (40.25, 12, 3),
    ]


def test_json_of_one_second(folder: Path) -> None:
    found = orjson.loads(run(folder, "--at", "28", "--json").output)
    assert (found["desired"], found["decision"]["trail"][-1]["replicas"]) == (12, 12)
    assert found["shadows"]["keda"]["answer"]["replicas"] == 5
    assert [event["kind"] for event in found["events"]] == ["probe-kill", "rebalance", "rebalance"]
    assert found["seen"]["workers"] == {"ready": 11, "initialising": 1}


def test_all(folder: Path) -> None:
    """More entries: each reason to hold has its own."""
    assert len(orjson.loads(run(folder, "--all", "--json").output)) > len(orjson.loads(run(folder, "--json").output))


def test_a_run_that_ended_before_its_load_began(folder: Path) -> None:
    """Then second 0 is the first tick, as with a journal alone."""
    run_json = folder / "run.json"
    run_json.write_bytes(orjson.dumps(orjson.loads(run_json.read_bytes()) | {"started_us": None}))
    assert open_recorded(folder).zero == pytest.approx(ZERO - 1.75)


def test_without_run_json(folder: Path) -> None:
    """A journal that was copied somewhere is still a journal."""
    (folder / "run.json").unlink()
    assert open_recorded(folder).title == "run"


@pytest.mark.parametrize(
    ("arrange", "message"),
    [
        pytest.param(lambda path: path.exists(), "the folder itself does not exist", id="no such folder"),
        pytest.param(
            lambda path: path.mkdir(), "there is no journal in .*run: expected decisions.jsonl", id="none in it"
        ),
        pytest.param(lambda path: path.touch(), "holds no whole line", id="an empty journal"),
        pytest.param(
            lambda path: path.write_bytes(next(map(write_tick, made_ticks()))[:-1]),
            "holds no whole line",
            id="a torn one",
        ),
        pytest.param(
            lambda path: path.write_text("{}\n"), "run: line 1: expected an object with state", id="not a journal"
        ),
    ],
)
def test_what_cannot_be_explained(tmp_path: Path, arrange: Any, message: str) -> None:
    """Each with what was expected."""
    arrange(tmp_path / "run")
    with pytest.raises(StateError, match=message):
        open_recorded(tmp_path / "run")


def test_a_second_outside_the_run(folder: Path) -> None:
    """The command line prints the message and ends with 2."""
    result = run(folder, "--at", "400")
    assert isinstance(result.exception, SettingsError)
    assert result.exception.exit_code == 2
    assert "goes from -1.8 to 59.2 s" in str(result.exception)


@pytest.mark.parametrize("at", ["nan", "inf", "-inf"])
def test_a_second_that_is_none(folder: Path, at: str) -> None:
    """`nan` is near everything: the last tick would have been explained."""
    result = run(folder, "--at", at)
    assert isinstance(result.exception, StateError)
    assert f"--at {at}: expected a second of the run" in str(result.exception)
