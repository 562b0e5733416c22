"""The boards' queries, as Grafana would send them, and what is wrong with the answers of a live Prometheus."""

import json
import re
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from dashboards.grafana.generate import JSON

VARIABLES = {"group": ".*", "topic": ".*", "run": ".*", "worker": ".*", "datasource": "prometheus"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One query of one panel, with `.*` for every variable."""

    board: str
    panel: str
    expr: str
    may_be_empty: bool = False
    """Marks of what happened: most of the time nothing did."""


def documents() -> dict[str, Any]:
    """Each board as Grafana reads it."""
    return {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(JSON.glob("*.json"))}


def panels(board: Any) -> list[Any]:
    """Those that show something."""
    return [panel for panel in board["panels"] if panel["type"] != "row"]


def queries() -> Iterator[Asked]:
    """Every query of every panel, and of every annotation."""
    for name, board in documents().items():
        for panel in panels(board):
            for target in panel["targets"]:
                yield Asked(board=name, panel=panel["title"], expr=substituted(target["expr"]))
        for mark in board["annotations"]["list"]:
            yield Asked(board=name, panel=mark["name"], expr=substituted(mark["expr"]), may_be_empty=True)


def substituted(expr: str) -> str:
    """With the variables' values in it."""
    return re.sub(r"\$\{?(\w+)\}?", lambda match: VARIABLES[match[1]], expr)


def check(prometheus: str) -> list[str]:
    """A line for each query that Prometheus refuses, or has no answer to."""
    return [f"{one.board}, {one.panel}: {fault}" for one in queries() if (fault := _fault(prometheus, one))]


def _fault(prometheus: str, asked: Asked) -> str | None:
    url = f"{prometheus}/api/v1/query?{urllib.parse.urlencode({'query': asked.expr})}"
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310  # ours
            result = json.load(answer)["data"]["result"]
    except urllib.error.HTTPError as error:
        return f"{error.read().decode()} for {asked.expr}"
    return None if result or asked.may_be_empty else f"no answer to {asked.expr}"
