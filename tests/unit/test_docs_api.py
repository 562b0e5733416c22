"""docs/api.md keeps to the API: its calls, its errors and its examples are those that there are."""

import re
import shlex
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml

from autoscaler.api.app import make_app
from autoscaler.api.desk import Desk
from autoscaler.api.problems import ProblemType
from contract.metrics import METRICS
from tests.consoles import HPA, TOKEN, Console, calling

PAGE = (Path(__file__).parents[2] / "docs" / "api.md").read_text(encoding="utf-8")
DOCUMENT = make_app(Desk(board=Console().board, token=None)).openapi()
CURLS = [line for line in PAGE.splitlines() if line.startswith("curl ")]


def test_the_table_of_calls_is_that_of_the_description() -> None:
    """With those that need the token."""
    rows = re.findall(r"^\| `([A-Z]+) (/\S*)` \|.*\| (yes)? ?\|$", PAGE, re.MULTILINE)
    told = {(method, path): token == "yes" for method, path, token in rows}
    calls = {
        (method.upper(), path): bool(operation.get("security"))
        for path, operations in DOCUMENT["paths"].items()
        for method, operation in operations.items()
    }
    assert told == calls


def test_the_table_of_errors_has_every_type() -> None:
    assert set(re.findall(r"^\| `(urn:weir:problem:[a-z-]+|about:blank)` \|", PAGE, re.MULTILINE)) == set(ProblemType)


def asked(line: str) -> dict[str, Any]:
    """The request of a curl command, as httpx takes it."""
    words = shlex.split(line.replace("$TOKEN", TOKEN).replace("$API", "http://weir"))
    found: dict[str, Any] = {"method": "GET", "headers": {}}
    rest = iter(words[1:])
    for word in rest:
        match word:
            case "-s" | "-sN":
                pass
            case "-X":
                found["method"] = next(rest)
            case "-H":
                name, _, value = next(rest).partition(": ")
                found["headers"][name] = value
            case "-d":
                found["content"] = next(rest)
            case "--data-binary":
                assert next(rest) == "@hpa.yaml"
                found["content"] = HPA
            case _:
                place = urlsplit(word)
                found["url"] = f"{place.path}?{place.query}" if place.query else place.path
    return found


async def test_every_example_works_as_it_stands_there(tmp_path: Path) -> None:
    """One after the other, as somebody would try them."""
    console = Console()
    await console.tick()
    async with calling(console, tmp_path) as caller:
        for line in CURLS:
            async with caller.http.stream(**asked(line)) as answer:
                assert answer.status_code == 200, line
    assert len(CURLS) >= 9
    assert console.controller.panel.acting.name == "by-lag"


def blocks(about: str) -> Any:
    """The one block of YAML that has this key at its top."""
    found = [yaml.safe_load(text) for text in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)]
    (block,) = (each for each in found if about in each)
    return block


def test_prometheus_is_told_labels_that_there_are() -> None:
    labels = set(DOCUMENT["components"]["schemas"]["TargetGroup"]["example"]["labels"])
    jobs = {job["job_name"]: job for job in blocks("scrape_configs")["scrape_configs"]}
    relabelled = {name for rule in jobs["weir-workers"]["relabel_configs"] for name in rule["source_labels"]}
    assert relabelled <= labels


@pytest.mark.parametrize("name", sorted(set(re.findall(r"`(kafka_\w+)`", PAGE)) - {"kafka_consumergroup_lag_sum"}))
def test_every_metric_that_is_named_exists(name: str) -> None:
    assert name in METRICS


def test_the_sum_is_recorded_from_what_there_is() -> None:
    (rule,) = blocks("groups")["groups"][0]["rules"]
    assert rule["record"] not in METRICS
    (source,) = re.findall(r"kafka_\w+", rule["expr"])
    assert set(re.findall(r"\w+", rule["expr"].partition("(")[2].partition(")")[0])) <= set(METRICS[source].labels)
