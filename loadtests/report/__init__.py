"""Reports: pure functions of what a run left behind, as text, JSON, CSV and one HTML file that opens offline."""

from pathlib import Path

from contract.record import RunDirectory
from loadtests.report.export import as_document, write_csv
from loadtests.report.html import render_html, write_html
from loadtests.report.records import RunRecords, read_run
from loadtests.report.text import print_files, render_records, render_text

__all__ = [
    "RunRecords",
    "as_document",
    "print_files",
    "read_run",
    "render_html",
    "render_records",
    "render_text",
    "write_csv",
    "write_report",
]


def write_report(directory: RunDirectory) -> Path:
    """Make report.html anew from the records in `directory` and return its path.  Raises SettingsError."""
    write_html(directory, read_run(directory.path))
    return directory.report_html
