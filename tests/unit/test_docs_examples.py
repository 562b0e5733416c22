"""What the documentation shows works as it stands there."""

import re
import sys
from pathlib import Path

import pytest

from contract.event import PoisonError
from contract.scenario import read_scenario
from contract.worker import HandlerSpec
from processor.handlers import HANDLERS, make_handler
from producer.shapes import SHAPES

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
EXTENDING = (ROOT / "docs" / "extending.md").read_text(encoding="utf-8")


def block(language: str) -> str:
    """The one code block of that language in the page about extending."""
    (found,) = re.findall(rf"```{language}\n(.*?)```", EXTENDING, re.DOTALL)
    return str(found)


def test_the_scenario_of_the_page_is_valid(tmp_path: Path) -> None:
    path = tmp_path / "evening-rush.yaml"
    path.write_text(block("yaml"), encoding="utf-8")
    assert read_scenario(path).name == "evening-rush"


def test_the_handler_of_the_page_handles(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It keeps a list as a whole or not at all, as the page asks of handlers."""
    (tmp_path / "orders.py").write_text(block("python"), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    handler = make_handler(HandlerSpec(name="orders:handle"))
    handler.handle(0, [{"key": "a", "value": 2}, {"key": "a", "value": 3}])
    with pytest.raises(PoisonError, match="cannot be negative"):
        handler.handle(0, [{"key": "a", "value": 9}, {"key": "b", "value": -1}])
    assert sys.modules["orders"].totals == {"a": 5}
    monkeypatch.delitem(sys.modules, "orders")


def test_the_tables_that_the_page_names_are_there() -> None:
    assert "count" in HANDLERS
    assert "constant" in SHAPES


@pytest.mark.parametrize("page", [pytest.param(page, id=str(page.relative_to(ROOT))) for page in PAGES])
def test_every_link_within_the_project_leads_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    links = [link for link in re.findall(r"\]\(([^)#\s]+)", text) if "://" not in link]
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_every_file_that_a_recipe_names_exists() -> None:
    named = re.findall(r"`((?:contract|producer|processor|loadtests|tests)/[\w/.-]+)`", EXTENDING)
    assert [name for name in named if "NAME" not in name and not (ROOT / name).exists()] == []
