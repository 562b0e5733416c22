"""Panels, rows and boards as the JSON that Grafana reads, from few words.  Pure.

Plain dictionaries: the schema that a board needs is a page long, and the SDK that generates builders for it pins itself
to one of Grafana's versions.  Its one rule: a panel says what it shows, in which unit, and what to look for.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]

COLUMNS = 24
ROW_HEIGHT = 8
STAT_HEIGHT = 4
SOURCE = {"type": "prometheus", "uid": "${datasource}"}
COLOURS: Mapping[str, str] = {
    "produced": "#0072b2",
    "processed": "#008a64",
    "lag": "#b87400",
    "desired": "#6746c3",
    "starting": "#c0392b",
    "failed": "#a13a00",
    "neutral": "#7c8590",
}
"""By meaning: those of the live page on a light ground, which can be seen on a dark one as well."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """One series or several: PromQL, and what the legend calls them."""

    expr: str
    legend: str
    colour: str | None = None
    dashed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """`width` in twenty-fourths.  `limit` is drawn as a line, red above it.  `kind` is Grafana's name of the panel."""

    title: str
    description: str
    unit: str
    queries: Sequence[Query]
    kind: str = "timeseries"
    width: int = 12
    stacked: bool = False
    minimum: float | None = 0
    maximum: float | None = None
    limit: float | None = None
    link: str | None = None
    mappings: Sequence[Json] = field(default_factory=tuple)


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """A dashboard.  `rows`: a title, and its panels from left to right."""

    uid: str
    title: str
    description: str
    rows: Sequence[tuple[str, Sequence[Panel]]]
    annotations: Sequence[Json] = ()
    variables: Sequence[Json] = ()


def stat(title: str, description: str, unit: str, expr: str, **more: Any) -> Panel:
    """One number, as it is now."""
    query = Query(expr=expr, legend=title)
    return Panel(kind="stat", width=4, title=title, description=description, unit=unit, queries=(query,), **more)


def series(title: str, description: str, unit: str, expr: str, legend: str, **more: Any) -> Panel:
    """One query, and as many lines as it has series."""
    query = Query(expr=expr, legend=legend)
    return Panel(title=title, description=description, unit=unit, queries=(query,), **more)


def dashboard(board: Board, links: Sequence[Json]) -> Json:
    """The whole document."""
    return {
        "uid": board.uid,
        "title": board.title,
        "description": board.description,
        "tags": ["weir"],
        "schemaVersion": 41,
        "editable": False,
        "graphTooltip": 1,
        "refresh": "5s",
        "time": {"from": "now-15m", "to": "now"},
        "timezone": "",
        "links": list(links),
        "annotations": {"list": list(board.annotations)},
        "templating": {"list": list(board.variables)},
        "panels": _laid_out(board.rows),
    }


def _laid_out(rows: Sequence[tuple[str, Sequence[Panel]]]) -> list[Json]:
    """Panels one after the other, a new line where the next does not fit."""
    made: list[Json] = []
    y = 0
    for title, panels in rows:
        made.append(
            {
                "id": len(made) + 1,
                "type": "row",
                "title": title,
                "collapsed": False,
                "panels": [],
                "gridPos": {"x": 0, "y": y, "w": COLUMNS, "h": 1},
            }
        )
        y += 1
        x = height = 0
        for panel in panels:
            if x + panel.width > COLUMNS:
                x, y, height = 0, y + height, 0
            tall = STAT_HEIGHT if panel.kind == "stat" else ROW_HEIGHT
            made.append(_panel(panel, len(made) + 1, {"x": x, "y": y, "w": panel.width, "h": tall}))
            x, height = x + panel.width, max(height, tall)
        y += height
    return made


def _panel(panel: Panel, number: int, place: Json) -> Json:
    return {
        "id": number,
        "type": panel.kind,
        "title": panel.title,
        "description": panel.description,
        "datasource": SOURCE,
        "gridPos": place,
        "targets": [_target(query, index, panel) for index, query in enumerate(panel.queries)],
        "fieldConfig": {
            "defaults": _defaults(panel),
            "overrides": [o for query in panel.queries for o in _override(query)],
        },
        "options": _options(panel),
    }


def _target(query: Query, index: int, panel: Panel) -> Json:
    now = panel.kind == "stat"
    form = "heatmap" if panel.kind == "heatmap" else "time_series"
    return {
        "refId": chr(ord("A") + index),
        "datasource": SOURCE,
        "expr": query.expr,
        "legendFormat": query.legend,
        "format": form,
        "instant": now,
        "range": not now,
    }


def _defaults(panel: Panel) -> Json:
    steps: list[Json] = [{"color": COLOURS["processed"], "value": None}]
    if panel.limit is not None:
        steps.append({"color": COLOURS["failed"], "value": panel.limit})
    defaults: Json = {
        "unit": panel.unit,
        "thresholds": {"mode": "absolute", "steps": steps},
        "mappings": list(panel.mappings),
    }
    defaults |= {name: value for name, value in (("min", panel.minimum), ("max", panel.maximum)) if value is not None}
    if panel.kind == "timeseries":
        defaults["color"] = {"mode": "palette-classic"}
        defaults["custom"] = {
            "lineWidth": 1,
            "fillOpacity": 20 if panel.stacked else 5,
            "showPoints": "never",
            "spanNulls": False,
            "stacking": {"mode": "normal" if panel.stacked else "none"},
            "thresholdsStyle": {"mode": "line" if panel.limit is not None else "off"},
        }
    elif panel.kind == "stat":
        defaults["color"] = {"mode": "thresholds"}
    if panel.link:
        defaults["links"] = [{"title": "Its log", "url": panel.link}]
    return defaults


def _override(query: Query) -> list[Json]:
    """Colours by meaning, for a series whose legend is fixed."""
    if query.colour is None:
        return []
    properties: list[Json] = [{"id": "color", "value": {"mode": "fixed", "fixedColor": COLOURS[query.colour]}}]
    if query.dashed:
        properties.append({"id": "custom.lineStyle", "value": {"fill": "dash", "dash": [8, 6]}})
    return [{"matcher": {"id": "byName", "options": query.legend}, "properties": properties}]


def _options(panel: Panel) -> Json:
    match panel.kind:
        case "stat":
            return {
                "reduceOptions": {"calcs": ["lastNotNull"]},
                "colorMode": "value",
                "graphMode": "none",
                "textMode": "auto",
            }
        case "heatmap":
            return {"calculate": False, "yAxis": {"unit": panel.unit}, "color": {"scheme": "Blues", "mode": "scheme"}}
        case "state-timeline":
            return {"showValue": "never", "mergeValues": True, "legend": {"displayMode": "list", "placement": "bottom"}}
        case _:
            legend = {"displayMode": "list", "placement": "bottom", "showLegend": True}
            return {"legend": legend, "tooltip": {"mode": "multi", "sort": "desc"}}
