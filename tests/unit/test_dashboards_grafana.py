"""What each board promises: its JSON is its code's, every metric exists, every panel can be read."""

import re
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client import Histogram

from contract.metrics import METRICS
from dashboards.grafana.generate import BOARDS, JSON, text_of
from dashboards.grafana.panels import COLOURS
from tests.boards import documents, panels, queries

ROOT = Path(__file__).parents[2]
RULES = yaml.safe_load((ROOT / "dashboards/prometheus/recording.yaml").read_text())
RECORDED = {rule["record"] for group in RULES["groups"] for rule in group["rules"]}
KNOWN = {
    *RECORDED,
    *(name for name, metric in METRICS.items() if metric.kind is not Histogram),
    *(f"{n}_{part}" for n, m in METRICS.items() if m.kind is Histogram for part in ("bucket", "sum", "count")),
}
WORDS = re.compile(r"\b[a-z_][a-z0-9_]*(?::[a-z0-9_]+)*\b(?!\s*\()")
NO_METRICS = {
    "by", "on", "and", "or", "unless", "group_left", "le", "sum", "max", "min", "rate", "increase", "instance", "job",
    "consumergroup", "topic", "partition", "worker", "group", "run", "reason", "direction", "result", "part", "phase",
    "policy", "metric", "state", "kind", "rule", "m",
}  # fmt: skip
EVERY = [pytest.param(name, board, id=name) for name, board in documents().items()]

each = pytest.mark.parametrize(("name", "board"), EVERY)


def named(expr: str) -> set[str]:
    """The metrics of a query: its words that are neither PromQL nor labels, nor in quotes."""
    bare = re.sub(r'"[^"]*"|\[[^\]]*\]', "", expr)
    return set(WORDS.findall(bare)) - NO_METRICS


@each
def test_its_json_is_what_its_code_says(name: str, board: Any) -> None:
    """`make dashboards` writes it."""
    assert (JSON / f"{name}.json").read_text() == text_of(BOARDS[name])
    assert board["uid"].startswith("weir-")


@pytest.mark.parametrize("asked", list(queries()), ids=lambda asked: f"{asked.board}: {asked.panel}")
def test_a_query_names_metrics_that_there_are(asked: Any) -> None:
    assert named(asked.expr)
    assert named(asked.expr) <= KNOWN


def test_a_metric_that_there_is_not_would_be_found() -> None:
    assert named('sum by (group) (rate(worker_events_procesed_total{group="x"}[1m]))') - KNOWN


@each
def test_every_panel_says_what_it_shows_and_in_which_unit(name: str, board: Any) -> None:
    for panel in panels(board):
        assert panel["title"], name
        assert panel["description"].endswith("."), panel["title"]
        assert panel["fieldConfig"]["defaults"]["unit"], panel["title"]
        assert all(target["legendFormat"] for target in panel["targets"]), panel["title"]


UNITS = {"_seconds": {"s"}, "_bytes": {"bytes"}, "_ratio": {"percentunit"}}


@each
def test_a_panels_unit_is_that_of_its_metric(name: str, board: Any) -> None:
    """Seconds are shown as seconds.  A rate of seconds is a share, or cores, and a signal is whatever it is."""
    for panel in panels(board):
        for target in panel["targets"]:
            for metric in named(target["expr"]) & set(METRICS):
                fits = next((units for end, units in UNITS.items() if metric.endswith(end)), None)
                if fits:
                    assert panel["fieldConfig"]["defaults"]["unit"] in fits, (name, panel["title"], metric)


@each
def test_panels_lie_beside_each_other_and_have_numbers_of_their_own(name: str, board: Any) -> None:
    assert len({panel["id"] for panel in board["panels"]}) == len(board["panels"]), name
    places = [panel["gridPos"] for panel in board["panels"]]
    assert all(place["x"] + place["w"] <= 24 for place in places)
    for one, other in combinations(places, 2):
        assert (
            one["x"] + one["w"] <= other["x"]
            or other["x"] + other["w"] <= one["x"]
            or one["y"] + one["h"] <= other["y"]
            or other["y"] + other["h"] <= one["y"]
        ), (one, other)


@each
def test_every_variable_that_is_used_is_asked_for(name: str, board: Any) -> None:
    defined = {variable["name"] for variable in board["templating"]["list"]}
    expressions = [target["expr"] for panel in panels(board) for target in panel["targets"]]
    used = {word for expression in expressions for word in re.findall(r"\$(\w+)", expression)}
    assert used <= defined, name
    assert {"datasource", "run", "group", "topic"} <= defined


@each
def test_boards_are_linked_and_keep_time_and_variables(name: str, board: Any) -> None:
    (link,) = [link for link in board["links"] if link["type"] == "dashboards"]
    assert (link["tags"], link["keepTime"], link["includeVars"]) == (["weir"], True, True), name
    assert board["tags"] == ["weir"]


def test_colours_are_those_of_the_live_page() -> None:
    """On a light ground; one thing has one colour everywhere."""
    css = (ROOT / "autoscaler/page/style/palette.css").read_text()
    palette = dict(re.findall(r"--([a-z-]+): light-dark\((#\w{6}),", css))
    assert {name: palette[name] for name in COLOURS} == dict(COLOURS)


def test_provisioning_names_the_source_and_the_folder_that_compose_mounts() -> None:
    folder = ROOT / "dashboards/grafana/provisioning"
    (source,) = yaml.safe_load((folder / "datasources/prometheus.yaml").read_text())["datasources"]
    (provider,) = yaml.safe_load((folder / "dashboards/weir.yaml").read_text())["providers"]
    grafana = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]["grafana"]
    assert source["uid"] == "prometheus"
    assert f"./dashboards/grafana/json:{provider['options']['path']}:ro" in grafana["volumes"]
    home = grafana["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]
    assert (JSON / Path(home).name).is_file()
