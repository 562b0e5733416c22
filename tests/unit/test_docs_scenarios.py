"""docs/scenarios.md has every field of a scenario with its default, every figure of the score, and all that ships."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from contract.scenario import Scenario
from loadtests.elasticity import Elasticity, Provisioning
from loadtests.shipped import POLICIES, SCENARIOS

PAGE = (Path(__file__).parents[2] / "docs" / "scenarios.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| `(\w+)` \| ([^|]*) \|", re.MULTILINE)
TABLES: list[Mapping[str, str]] = [dict(ROW.findall(table)) for table in PAGE.split("|---|---|---|---|")[1:]]
"""Of each table its first two columns."""


def models_of_a_scenario() -> list[type[BaseModel]]:
    """Every model that a scenario leads to, however deep; shapes hold shapes, so each is followed once."""
    found: dict[type[BaseModel], None] = {}
    waiting: list[Any] = [Scenario]
    while waiting:
        annotation = waiting.pop()
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            if annotation in found:
                continue
            found[annotation] = None
            waiting += [field.annotation for field in annotation.model_fields.values()]
        waiting += [part for part in get_args(annotation) if not isinstance(part, str)]
    return list(found)


def told(field: FieldInfo) -> str:
    """A default as the page has it."""
    if field.is_required():
        return "required"
    default = field.get_default()
    if default is None or default in ({}, (), ""):
        return "none"
    if isinstance(default, BaseModel):
        return "below"
    if isinstance(default, bool):
        return str(default).lower()
    if isinstance(default, int | float):
        return f"{default:,.12g}"
    return ", ".join(map(str, default)) if isinstance(default, tuple) else str(default)


def expected(model: type[BaseModel]) -> dict[str, str]:
    """The first two columns of a model's table; the `kind` of a load shape stands above it."""
    shape = model.__module__ == "contract.load" and model.__name__ != "Keys"
    fields = {name: field for name, field in model.model_fields.items() if not (shape and name == "kind")}
    return {name: told(field) for name, field in fields.items()}


@pytest.mark.parametrize("model", [pytest.param(model, id=model.__name__) for model in models_of_a_scenario()])
def test_every_field_stands_on_the_page_with_its_default(model: type[BaseModel]) -> None:
    assert expected(model) in TABLES


def test_the_page_has_no_table_of_something_else() -> None:
    fields = [expected(model) for model in models_of_a_scenario()]
    assert [table for table in TABLES if table and table not in fields and "amplification" not in table] == []


def test_every_figure_of_the_score_is_defined() -> None:
    (score,) = (table for table in TABLES if "amplification" in table)
    assert set(score) == {*Elasticity.model_fields, *Provisioning.model_fields}


@pytest.mark.parametrize("path", [pytest.param(path, id=path.stem) for path in sorted(SCENARIOS.glob("*.yaml"))])
def test_every_scenario_that_ships_has_a_line(path: Path) -> None:
    assert f"\n| `{path.stem}` | " in PAGE


def test_every_policy_that_ships_is_named() -> None:
    assert [path.stem for path in sorted(POLICIES.glob("*.yaml")) if f"`{path.stem}`" not in PAGE] == []


def test_no_model_of_a_scenario_is_forgotten() -> None:
    """The walk itself finds what lies deep."""
    names = {model.__name__ for model in models_of_a_scenario()}
    assert {"Scenario", "SizeShare", "Step", "Sum", "Probe", "ResourceAmounts", "PoisonFault", "Slo"} <= names
