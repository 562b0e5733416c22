"""Values are not written to: type checkers hold most of it, these tests the rest, as at run time nothing would."""

import ast
import dataclasses
from pathlib import Path

import pytest

import autoscaler
from autoscaler.model import Condition, Memory, Recommendation, Step
from autoscaler.model.value import replace, value

ROOT = Path(autoscaler.__file__).parent
PURE = ("model", "policies", "lines", "reconciler", "decide.py", "guards.py", "signals.py", "explain")
FILES = sorted(
    file for name in PURE for file in ([ROOT / name] if name.endswith(".py") else (ROOT / name).rglob("*.py"))
)


def writes(source: str) -> list[str]:
    """Every store into, or deletion of, a field of anything but `self`, and every setattr."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute) and not isinstance(node.ctx, ast.Load) and ast.unparse(node.value) != "self":
            found.append(ast.unparse(node))
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith(("setattr", "__setattr__", "delattr")):
            found.append(ast.unparse(node))
    return found


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_no_pure_module_writes_to_another_object(file: Path) -> None:
    """Policies, guards and the reconciler make new values instead."""
    assert writes(file.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("source", "found"),
    [
        pytest.param("seen.spec_replicas = 3", ["seen.spec_replicas"], id="a plain store"),
        pytest.param("memory.keda.active, x = True, 1", ["memory.keda.active"], id="a store in a tuple"),
        pytest.param("step.replicas += 1", ["step.replicas"], id="an augmented store"),
        pytest.param("del step.why", ["step.why"], id="a deletion"),
        pytest.param("object.__setattr__(a, 'b', 1)", ["object.__setattr__(a, 'b', 1)"], id="the back door"),
        pytest.param("self.count = seen.spec_replicas", [], id="an object's own field"),
    ],
)
def test_the_check_finds_every_way_to_write(source: str, found: list[str]) -> None:
    assert writes(source) == found


def test_a_value_is_equal_by_its_fields_and_can_be_a_key() -> None:
    ready = Condition(type="AbleToScale", status=True, reason="R", message="m")
    again = replace(ready, changed_at=None)
    assert ready == again
    assert {ready: 1}[again] == 1
    assert replace(ready, status=False) != ready


def test_a_value_takes_no_unknown_field() -> None:
    """Neither when it is made nor when it is changed."""
    with pytest.raises(TypeError, match="unexpected keyword"):
        Step(rule="r", replicas=1, why="w", reason="?")  # type: ignore[call-arg]  # the point of the test
    with pytest.raises(TypeError, match="unexpected keyword"):
        replace(Memory(), recommendation=3)  # type: ignore[call-arg]  # the point of the test


def test_replace_makes_another_value_and_leaves_the_first() -> None:
    """As `dataclasses.replace` does, in a third of the time."""
    before = Memory(created_at=1.0, recommendations=(Recommendation(0.0, 1),))
    after = replace(before, created_at=2.0)
    assert (
        after
        == dataclasses.replace(before, created_at=2.0)
        == Memory(created_at=2.0, recommendations=before.recommendations)
    )
    assert before.created_at == 1.0


@pytest.mark.parametrize(("frozen", "slots"), [(False, True), (True, False)])
def test_a_value_is_declared_frozen_and_closed(frozen: bool, slots: bool) -> None:
    """Type checkers believe what is written there."""
    with pytest.raises(AssertionError, match="a value"):
        value(frozen=frozen, slots=slots)
