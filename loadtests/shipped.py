"""Scenarios and policies that ship with Weir can be called by their name, wherever one stands."""

from pathlib import Path
from typing import Annotated

import typer

from contract.errors import SettingsError

SCENARIOS = Path(__file__).parent / "scenarios"
POLICIES = Path(__file__).parent / "policies"


def scenario_names(incomplete: str) -> list[str]:
    """Those that begin so, for the shell to complete."""
    return [name for name in _names(SCENARIOS) if name.startswith(incomplete)]


def policy_names(incomplete: str) -> list[str]:
    """Those that begin so, for the shell to complete."""
    return [name for name in _names(POLICIES) if name.startswith(incomplete)]


ScenarioArgument = Annotated[
    str,
    typer.Argument(
        metavar="SCENARIO",
        help="A scenario file, or the name of one that ships with Weir.",
        autocompletion=scenario_names,
        show_default=False,
    ),
]


def find_scenario(name: str) -> Path:
    """A file of that path, or else a scenario of that name that ships with Weir.  Raises SettingsError for neither."""
    return _find(name, SCENARIOS, "scenario")


def find_policy(name: str) -> Path:
    """A file of that path, or else a policy of that name that ships with Weir.  Raises SettingsError for neither."""
    return _find(name, POLICIES, "policy")


def _find(name: str, folder: Path, what: str) -> Path:
    """What looks like a path stays one, for whoever opens it to complain about."""
    path, shipped = Path(name), folder / f"{name}.yaml"
    if path.is_file() or path.suffix or path.name != name:
        return path
    if not shipped.is_file():
        known = ", ".join(_names(folder))
        raise SettingsError(f"there is no {what} {name!r}: expected a file, or one that ships with Weir: {known}")
    return shipped


def _names(folder: Path) -> list[str]:
    return sorted(path.stem for path in folder.glob("*.yaml"))
