"""The report of one run as one HTML file: what stands in it, for `templates/report.html.j2` to lay out."""

from typing import Any

from contract.record import RunDirectory
from loadtests.report import cards, elasticity, environment, tables
from loadtests.report.charts import latency_chart, measured, shades, time_charts
from loadtests.report.document import render_document, write_document
from loadtests.report.marks import marks
from loadtests.report.records import RunRecords
from loadtests.report.slos import slo_line


def render_html(records: RunRecords) -> str:
    """The report of a run as one HTML document."""
    over_time, by_percentile = time_charts(records), latency_chart(records)
    charts = [*over_time, *([by_percentile] if by_percentile else [])]
    context = _context(records) | {"over_time": over_time, "by_percentile": by_percentile}
    return render_document("report.html.j2", context, data=_chart_data(records, charts))


def write_html(directory: RunDirectory, records: RunRecords) -> None:
    """Replace report.html as a whole."""
    write_document(render_html(records), directory.report_html)


def _context(records: RunRecords) -> dict[str, Any]:
    summary, run = records.summary, records.run
    return {
        "summary": summary,
        "run": run,
        "version": run.get("weir_version"),
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
    }


def _chart_data(records: RunRecords, charts: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "charts": charts,
        "shades": shades(records.samples),
        "measured": measured(records.samples),
        "events": marks(records.events),
    }
