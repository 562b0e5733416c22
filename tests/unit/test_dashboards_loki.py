"""The profile `logs`: its files hold together, as neither Loki nor Alloy is here to say so."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from autoscaler.backends.docker.seen import GROUP, RUN, WORKER
from contract.log_lines import FIRST, timestamp
from tests.alloy import read_alloy

DASHBOARDS = Path(__file__).parents[2] / "dashboards"
TEXT = (DASHBOARDS / "loki" / "config.alloy").read_text(encoding="utf-8")
ALLOY = read_alloy(TEXT)
COMPONENTS = {f"{block.kind}.{block.label}": block for block in ALLOY.blocks if block.label}
LINES = COMPONENTS["loki.process.lines"]
LOKI: dict[str, Any] = yaml.safe_load((DASHBOARDS / "loki" / "loki.yaml").read_text(encoding="utf-8"))
SOURCE_FILE = DASHBOARDS / "grafana" / "provisioning" / "datasources" / "loki.yaml"
LABELS = {"service", "worker", "group", "run", "level"}
EXPORTS = {
    "discovery.docker": "targets",
    "discovery.relabel": "output",
    "loki.source.docker": None,
    "loki.process": "receiver",
    "loki.write": "receiver",
}
"""What a component of that kind gives to others, as its reference says."""


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param('a "b" {', "{ is never closed", id="open at the end"),
        pytest.param("}", "} closes nothing", id="closed too often"),
        pytest.param("a { b = [1 }", "} closes nothing", id="crossed"),
        pytest.param('a { b "c" }', "neither an attribute nor a block", id="neither"),
        pytest.param('a { b = "c }', "not understood", id="a text without an end"),
    ],
)
def test_what_is_no_alloy_is_noticed(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        read_alloy(text)


def test_components_are_known_and_named_once() -> None:
    kinds = [block.kind for block in ALLOY.blocks if block.label]
    assert set(kinds) == set(EXPORTS)
    assert len(COMPONENTS) == len(kinds)


def test_what_is_referred_to_exists() -> None:
    given = {f"{name}.{EXPORTS[block.kind]}" for name, block in COMPONENTS.items() if EXPORTS[block.kind]}
    assert set(ALLOY.references()) == given, "everything that is made is used, and nothing else"


def test_only_this_projects_containers_are_read_through_the_proxy() -> None:
    (chosen,) = COMPONENTS["discovery.docker.project"].of("filter")
    assert chosen.text("values") == '["com.docker.compose.project="+sys.env("COMPOSE_PROJECT_NAME")]'
    hosts = [COMPONENTS[name].text("host") for name in ("discovery.docker.project", "loki.source.docker.project")]
    assert hosts == ["tcp://logs-proxy:2375"] * 2


def test_labels_are_those_and_no_others() -> None:
    rules = [rule for rule in COMPONENTS["discovery.relabel.streams"].of("rule") if "target_label" in rule.attributes]
    named = {rule.text("target_label"): rule.text("source_labels") for rule in rules}
    meta = {"service": "com.docker.compose.service", "worker": WORKER, "group": GROUP, "run": RUN}
    expected = {k: f'["__meta_docker_container_label_{v.replace(".", "_")}"]' for k, v in meta.items()}
    assert named == expected
    (kept,), (made,) = LINES.of("stage.label_keep"), LINES.of("stage.labels")
    assert set(re.findall(r"\w+", kept.text("values"))) == LABELS
    assert made.text("values") == '{level="known_level"}'
    assert LINES.blocks[-1] is kept, "after everything that could make a label"


@pytest.mark.parametrize(
    ("level", "known"),
    [
        *(pytest.param(name, True, id=name) for name in ("debug", "info", "warning", "error", "critical")),
        pytest.param("worker-17", False, id="a line cannot make a value of a label"),
    ],
)
def test_levels_are_known_beforehand(level: str, known: bool) -> None:
    (stage,) = LINES.of("stage.regex")
    assert (re.match(stage.text("expression"), level) is not None) is known


def test_a_line_is_read_by_the_keys_that_it_has() -> None:
    (read,), (dated,) = LINES.of("stage.json"), LINES.of("stage.timestamp")
    assert set(re.findall(r"\w+", read.text("expressions"))) <= set(FIRST)
    assert (dated.text("source"), dated.text("format")) == ("timestamp", "RFC3339Nano")
    assert timestamp(0.25) == "1970-01-01T00:00:00.250Z"


@pytest.mark.parametrize(
    ("path", "value"),
    [
        pytest.param("auth_enabled", False, id="no tenants"),
        pytest.param("analytics.reporting_enabled", False, id="nothing is told to the vendor"),
        pytest.param("limits_config.retention_period", "168h", id="seven days"),
        pytest.param("compactor.retention_enabled", True, id="which the compactor keeps"),
        pytest.param("compactor.delete_request_store", "filesystem", id="and cannot without a store"),
        pytest.param("common.path_prefix", "/loki", id="everything in the volume"),
        pytest.param("common.storage.filesystem.chunks_directory", "/loki/chunks", id="chunks as well"),
        pytest.param("common.replication_factor", 1, id="alone"),
        pytest.param("server.http_listen_port", 3100, id="where Alloy and Grafana look"),
    ],
)
def test_loki_is_set_up_so(path: str, value: object) -> None:
    place: Any = LOKI
    for name in path.split("."):
        place = place[name]
    assert place == value


def test_loki_takes_as_many_labels_as_there_are() -> None:
    """And one more, which it makes itself; what is ingested is bounded."""
    limits = LOKI["limits_config"]
    assert limits["max_label_names_per_series"] > len(LABELS)
    assert {"ingestion_rate_mb", "ingestion_burst_size_mb", "max_line_size", "max_global_streams_per_user"} <= set(
        limits
    )


def test_grafana_finds_it_where_alloy_writes() -> None:
    (source,) = yaml.safe_load(SOURCE_FILE.read_text(encoding="utf-8"))["datasources"]
    (endpoint,) = COMPONENTS["loki.write.loki"].of("endpoint")
    assert (source["uid"], source["type"]) == ("loki", "loki")
    assert endpoint.text("url") == source["url"] + "/loki/api/v1/push"
    for link in source["jsonData"]["derivedFields"]:
        (label,) = re.findall(r"{(\w+)=", link["url"])
        found = re.search(link["matcherRegex"], f'{{"{label}":"worker-3.1"}}')
        assert found is not None
        assert (label in LABELS, link["datasourceUid"], "$${__value.raw}" in link["url"]) == (True, "loki", True)
