"""Prometheus' rules: they name what there is, every alert is explained and tested, and promtool agrees."""

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.promql import faults, labels_of
from tests.promtool import PROMTOOL, needs_promtool

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "dashboards" / "prometheus"
PAGE = (ROOT / "docs" / "alerts.md").read_text(encoding="utf-8")
API_PAGE = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
FILES = [FOLDER / "recording.yaml", FOLDER / "alerts.yaml"]
TESTS = sorted((FOLDER / "tests").glob("*.yaml"))


def read(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


RULES: list[dict[str, Any]] = [rule for path in FILES for group in read(path)["groups"] for rule in group["rules"]]
RECORDS = {rule["record"]: rule["expr"] for rule in RULES if "record" in rule}
ALERTS = {rule["alert"]: rule for rule in RULES if "alert" in rule}
CASES = {path.stem: read(path)["tests"] for path in TESTS}

each_alert = pytest.mark.parametrize("name", ALERTS)
each_record = pytest.mark.parametrize("name", RECORDS)


@pytest.mark.parametrize("rule", [pytest.param(rule, id=rule.get("record") or rule["alert"]) for rule in RULES])
def test_a_rule_names_what_there_is(rule: dict[str, Any]) -> None:
    assert faults(rule["expr"], RECORDS) == []


@pytest.mark.parametrize(
    ("expr", "told"),
    [
        pytest.param("sum by (group) (rate(worker_events_processed_total[1m])) > 1e3", [], id="all there"),
        pytest.param("rate(worker_moods_total[1m])", ["there is no metric worker_moods_total"], id="a metric"),
        pytest.param('worker_phase{mood="x"}', ["worker_phase has no label mood"], id="a label that is selected"),
        pytest.param("sum by (mood) (worker_phase)", ["no metric here has the label mood"], id="a label to sum by"),
        pytest.param("worker_init_seconds", ["there is no metric worker_init_seconds"], id="a histogram as a whole"),
        pytest.param("rate(worker_init_seconds_count[5m] offset 1h)", [], id="a part of a histogram"),
        pytest.param("worker_ready_sum", ["there is no metric worker_ready_sum"], id="a part of a gauge"),
        pytest.param("autoscaler_leader * on (revision) up{job='weir'}", [], id="what service discovery gives"),
        pytest.param(
            "sum by (group) (autoscaler_leader)",
            ["no metric here has the label group"],
            id="what it gives workers only",
        ),
        pytest.param("lag:sum and on (group) lag:sum", ["no metric here has the label group"], id="a recording rule"),
    ],
)
def test_what_there_is_not_would_be_noticed(expr: str, told: list[str]) -> None:
    assert faults(expr, {"lag:sum": "sum by (topic) (kafka_consumergroup_lag)"}) == told


@each_record
def test_a_record_has_its_level_and_is_no_metric_of_ours(name: str) -> None:
    """Prometheus' form is level:metric:operation; one name is the ecosystem's own."""
    assert labels_of(name, {}) is None
    assert name == "kafka_consumergroup_lag_sum" or len(name.split(":")) == 3


@each_alert
def test_an_alert_says_how_bad_it_is_and_what_to_do(name: str) -> None:
    rule = ALERTS[name]
    assert rule["labels"]["severity"] in {"critical", "warning"}
    assert re.fullmatch(r"\d+[smh]", rule["for"])
    assert set(rule["annotations"]) == {"summary", "description", "runbook"}
    assert "{{" in rule["annotations"]["description"], "numbers, and whose they are"


@each_alert
def test_an_alert_has_its_section(name: str) -> None:
    assert ALERTS[name]["annotations"]["runbook"] == f"docs/alerts.md#{name.lower()}"
    assert f"\n## {name}\n" in PAGE


@each_alert
def test_the_page_has_its_severity_and_its_patience(name: str) -> None:
    rule = ALERTS[name]
    assert f"| [{name}](#{name.lower()}) | {rule['labels']['severity']} | {rule['for']} |" in PAGE


def test_the_page_explains_no_alert_that_there_is_not() -> None:
    assert set(re.findall(r"^## (Weir\w+)$", PAGE, re.MULTILINE)) == set(ALERTS)


def test_every_query_in_a_text_names_what_there_is() -> None:
    queries = [
        re.sub(r"%q", '""', query.replace('\\"', '"'))
        for rule in ALERTS.values()
        for query in re.findall(r'printf "((?:[^"\\]|\\.)*)"[^}]*\| query', rule["annotations"]["description"])
    ]
    assert len(queries) >= len(ALERTS) // 2
    assert [fault for query in queries for fault in faults(query, RECORDS)] == []


@each_alert
def test_an_alert_is_tested(name: str) -> None:
    """It fires and resolves, stays silent where it should, and somebody has thought of series that are missing."""
    fires = {test["name"]: [bool(one["exp_alerts"]) for one in test["alert_rule_test"]] for test in CASES[name]}
    assert {one["alertname"] for test in CASES[name] for one in test["alert_rule_test"]} == {name}
    assert any(True in checks for test, checks in fires.items() if test.startswith("fires"))
    assert any(True in checks[:-1] and not checks[-1] for test, checks in fires.items() if "resolves" in test)
    assert {fired for test, checks in fires.items() if test.startswith("does not fire") for fired in checks} == {False}
    assert [test for test in fires if test.startswith("missing series")]


@each_record
def test_a_record_is_tested_with_its_series_and_without(name: str) -> None:
    checks = [one for test in CASES["recording"] for one in test["promql_expr_test"]]
    assert {bool(one["exp_samples"]) for one in checks if name in re.findall(r"[\w:]+", one["expr"])} == {True, False}


def test_the_page_of_the_api_shows_the_sum_as_it_is_recorded() -> None:
    (block,) = (text for text in re.findall(r"```yaml\n(.*?)```", API_PAGE, re.DOTALL) if text.startswith("groups:"))
    (rule,) = yaml.safe_load(block)["groups"][0]["rules"]
    assert rule["expr"] == RECORDS[rule["record"]]


def promtool(*arguments: str | Path) -> str:
    """What it says when it disagrees."""
    assert PROMTOOL is not None
    told = subprocess.run([PROMTOOL, *arguments], capture_output=True, text=True, check=False)
    return "" if told.returncode == 0 else told.stdout + told.stderr


@needs_promtool
def test_promtool_takes_the_rules() -> None:
    assert promtool("check", "rules", "--lint-fatal", *FILES) == ""


@needs_promtool
@pytest.mark.parametrize("path", TESTS, ids=lambda path: path.stem)
def test_promtool_finds_that_rules_do_what_they_say(path: Path) -> None:
    assert promtool("test", "rules", path) == ""
