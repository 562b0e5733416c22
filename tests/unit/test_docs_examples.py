"""What the documentation shows works as it stands there."""

import re
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from autoscaler.decide import decide
from autoscaler.manifests import read_policy_text
from autoscaler.manifests.table import KINDS
from autoscaler.model import Memory, Observation, Partition, PodPhase, Worker
from contract.event import PoisonError
from contract.scenario import read_scenario
from contract.worker import HandlerSpec
from processor.handlers import HANDLERS, make_handler
from producer.shapes import SHAPES

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
EXTENDING = (ROOT / "docs" / "extending.md").read_text(encoding="utf-8")


def block(language: str, about: str) -> str:
    """The one code block of that language with that text in the page about extending."""
    blocks = re.findall(rf"```{language}\n(.*?)```", EXTENDING, re.DOTALL)
    (found,) = (text for text in blocks if about in text)
    return str(found)


def test_the_scenario_of_the_page_is_valid(tmp_path: Path) -> None:
    path = tmp_path / "evening-rush.yaml"
    path.write_text(block("yaml", "evening-rush"), encoding="utf-8")
    assert read_scenario(path).name == "evening-rush"


def test_the_handler_of_the_page_handles(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It keeps a list as a whole or not at all, as the page asks of handlers."""
    (tmp_path / "orders.py").write_text(block("python", "# orders.py"), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    handler = make_handler(HandlerSpec(name="orders:handle"))
    handler.handle(0, [{"key": "a", "value": 2}, {"key": "a", "value": 3}])
    with pytest.raises(PoisonError, match="cannot be negative"):
        handler.handle(0, [{"key": "a", "value": 9}, {"key": "b", "value": -1}])
    assert sys.modules["orders"].totals == {"a": 5}
    monkeypatch.delitem(sys.modules, "orders")


def test_the_policy_of_the_page_decides(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """600/s arrive and 12,000 wait, to be gone in 30 s: 1,000/s, of which a worker does 150."""
    (tmp_path / "drain.py").write_text(block("python", "# drain.py"), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    plan = read_policy_text(block("yaml", "CustomPolicy"), "docs/extending.md").plan
    partition = Partition(topic="events", partition=0, start_offset=0, end_offset=20_000, committed_offset=8_000)
    worker = Worker(name="w0", pod_phase=PodPhase.RUNNING, true_processing_rate=150.0)
    seen = Observation(
        at_seconds=0, spec_replicas=2, status_replicas=2, partitions=(partition,), workers=(worker,), arrival_rate=600.0
    )
    decision, memory = decide(seen, Memory(), plan)
    assert (decision.replicas, memory.custom) == (7, {"best": 150.0})
    held, _ = decide(replace(seen, arrival_rate=None), memory, plan)
    assert held.replicas == 2
    most, _ = decide(replace(seen, arrival_rate=1e6), memory, plan)
    assert most.replicas == 24
    monkeypatch.delitem(sys.modules, "drain")


def test_the_tables_that_the_page_names_are_there() -> None:
    assert "count" in HANDLERS
    assert "constant" in SHAPES
    assert "CustomPolicy" in KINDS


@pytest.mark.parametrize("page", [pytest.param(page, id=str(page.relative_to(ROOT))) for page in PAGES])
def test_every_link_within_the_project_leads_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    links = [link for link in re.findall(r"\]\(([^)#\s]+)", text) if "://" not in link]
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_every_file_that_a_recipe_names_exists() -> None:
    named = re.findall(r"`((?:contract|producer|processor|autoscaler|loadtests|tests)/[\w/.-]+)`", EXTENDING)
    assert [name for name in named if "NAME" not in name and not (ROOT / name).exists()] == []
