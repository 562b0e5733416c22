"""Scenarios and policies that ship with Weir can be called by their name, wherever one stands."""

from pathlib import Path

SCENARIOS = Path(__file__).parent / "scenarios"
POLICIES = Path(__file__).parent / "policies"


def find_scenario(name: str) -> Path:
    """A file of that path, or else a scenario of that name that ships with Weir."""
    return _find(name, SCENARIOS)


def find_policy(name: str) -> Path:
    """A file of that path, or else a policy of that name that ships with Weir."""
    return _find(name, POLICIES)


def _find(name: str, folder: Path) -> Path:
    path, shipped = Path(name), folder / f"{name}.yaml"
    return shipped if not path.is_file() and shipped.is_file() else path
