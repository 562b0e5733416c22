"""Scenarios and policies of ours are found by name; a file of the user's own goes first."""

from pathlib import Path

import pytest

from contract.errors import SettingsError
from loadtests.shipped import POLICIES, SCENARIOS, find_policy, find_scenario, policy_names, scenario_names


@pytest.mark.parametrize(
    ("there", "found"),
    [
        pytest.param(None, POLICIES / "weir.yaml", id="a name"),
        pytest.param("folder", POLICIES / "weir.yaml", id="a name that is also a folder here"),
        pytest.param("file", Path("weir"), id="a file of that name here"),
    ],
)
def test_what_a_name_stands_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, there: str | None, found: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    if there == "folder":
        (tmp_path / "weir").mkdir()
    elif there == "file":
        (tmp_path / "weir").write_text("kind: WeirPolicy")
    assert find_policy("weir") == found


def test_what_is_nowhere_stays_as_it_was_called() -> None:
    """So that the message which refuses it says what the user wrote."""
    assert find_scenario("init-storm") == SCENARIOS / "init-storm.yaml"
    assert find_scenario("nowhere/mine.yaml") == Path("nowhere/mine.yaml")


def test_a_name_that_nobody_has_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(SettingsError, match=r"there is no scenario 'nosuch'.*init-storm, .*step, worker-kills"):
        find_scenario("nosuch")
    with pytest.raises(SettingsError, match=r"there is no policy 'nosuch'.*keda-lag, weir"):
        find_policy("nosuch")


def test_names_that_a_shell_completes() -> None:
    assert scenario_names("init-storm") == ["init-storm", "init-storm-no-probe", "init-storm-restart"]
    assert policy_names("hpa") == ["hpa-cpu", "hpa-cpu-unprotected", "hpa-lag"]
