"""One HTML file for people: opens offline, asks nobody for anything, and stays readable for years.

Everything is inlined.  The content security policy forbids every request and every script but the two whose SHA-256 it
names, so a hostile name in a scenario could not run even if escaping ever failed.
"""

import base64
import hashlib
import json
import re
from importlib import resources
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from contract.record import RunDirectory
from loadtests.report import cards, elasticity, environment, tables
from loadtests.report.charts import latency_chart, measured, shades, time_charts
from loadtests.report.marks import marks
from loadtests.report.records import RunRecords
from loadtests.report.slos import slo_line


def render_html(records: RunRecords) -> str:
    """The report of a run as one HTML document."""
    library, script = _asset("assets/echarts.common.min.js"), _asset("templates/report.js")
    template = _environment().get_template("report.html.j2")
    return template.render(
        _context(records),
        style=Markup(_asset("templates/report.css")),  # noqa: S704  # our own file
        library=Markup(library),  # noqa: S704  # the vendored file
        script=Markup(script),  # noqa: S704  # our own file
        script_sources=" ".join(f"'sha256-{_digest(text)}'" for text in (library, script)),
    )


def write_html(directory: RunDirectory, records: RunRecords) -> None:
    """Replace report.html as a whole."""
    draft = directory.report_html.with_suffix(".draft")
    draft.write_text(render_html(records), encoding="utf-8")
    draft.replace(directory.report_html)


def _context(records: RunRecords) -> dict[str, Any]:
    summary, run = records.summary, records.run
    over_time, by_percentile = time_charts(records), latency_chart(records)
    return {
        "summary": summary,
        "run": run,
        "facts": environment.facts(records),
        "notes": records.notes,
        "banner": cards.banner(summary),
        "cards": cards.cards(summary),
        "elasticity": elasticity.cards(summary),
        "score": elasticity.table(summary),
        "storm": elasticity.storm_banner(summary),
        "calm": elasticity.calm(summary),
        "slos": [slo_line(slo) for slo in summary.slos],
        "tables": tables,
        "happened": tables.happened(records),
        "events_count": len(records.events),
        "environment": [*environment.environment(run), *environment.versions(run)],
        "scenario_yaml": environment.scenario_yaml(run),
        "over_time": over_time,
        "by_percentile": by_percentile,
        "data": _embedded(_chart_data(records, [*over_time, *([by_percentile] if by_percentile else [])])),
    }


def _chart_data(records: RunRecords, charts: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "charts": charts,
        "shades": shades(records.samples),
        "measured": measured(records.samples),
        "events": marks(records.events),
    }


def _embedded(value: Any) -> Markup:
    """JSON that is safe inside a script element: no text can close it or open another one."""
    text = json.dumps(value, separators=(",", ":"), allow_nan=False)
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Markup(text)  # noqa: S704  # nothing that HTML would read is left in it


def _environment() -> Environment:
    made = Environment(
        loader=PackageLoader("loadtests.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["tight"] = _tight
    return made


def _tight(text: str) -> str:
    """No line break between a number and its unit."""
    return re.sub(r"(?<=\d) (?=[%×]|(?:ms|s|min|h|MB|GB|cores|events)\b)", "\u00a0", text)  # noqa: RUF001  # the sign for times


def _asset(name: str) -> str:
    return resources.files("loadtests.report").joinpath(name).read_text(encoding="utf-8")


def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
