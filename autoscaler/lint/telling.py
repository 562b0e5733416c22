"""A lint report for people, and for programs."""

from collections import Counter
from collections.abc import Iterator
from textwrap import indent
from typing import Any

from autoscaler.lint.check import Report
from autoscaler.lint.model import Finding, Severity, Unchecked
from autoscaler.lint.words import counted
from autoscaler.manifests.fields import path_of


def text_of(report: Report, source: str) -> str:
    """A paragraph for each finding, then the counts and what could not be checked."""
    parts = [_paragraph(finding, source) for finding in report.findings]
    passed_over = [f"passed over: {', '.join(report.passed_over)}"] if report.passed_over else []
    return "\n".join([*parts, _summary(report), *passed_over, *_unchecked(report.unchecked)]) + "\n"


def document_of(report: Report, source: str, diff: str) -> dict[str, Any]:
    """The same as one JSON object.  `diff` is what `--fix` changed."""
    return {
        "file": source,
        "policies": list(report.policies),
        "passed_over": list(report.passed_over),
        "clean": report.clean,
        "findings": [_row(finding) for finding in report.findings],
        "not_checked": [{"rule": each.code, "needs": each.needs} for each in report.unchecked],
        "diff": diff,
    }


def _paragraph(finding: Finding, source: str) -> str:
    lines = [
        f"{source}:{finding.line}: {finding.severity} {finding.code}: {path_of(finding.path)} ({finding.document})",
        f"  {finding.what}",
        f"  Why: {finding.why}",
    ]
    if finding.corrected:
        lines += ["  Correct (--fix writes it):" if finding.edits else "  Correct:", indent(finding.corrected, "    ")]
    return "\n".join(lines) + "\n"


def _summary(report: Report) -> str:
    counts = Counter(finding.severity for finding in report.findings)
    found = ", ".join(counted(counts[severity], severity) for severity in Severity if counts[severity])
    fixable = sum(bool(finding.edits) for finding in report.findings)
    cure = f"; --fix can write {fixable}" if fixable else ""
    return f"{', '.join(report.policies)}: {found or 'nothing to complain about'}{cure}"


def _unchecked(unchecked: tuple[Unchecked, ...]) -> Iterator[str]:
    """One line for each missing fact."""
    for needs in dict.fromkeys(each.needs for each in unchecked):
        codes = dict.fromkeys(each.code for each in unchecked if each.needs == needs)
        yield f"not checked: {', '.join(codes)}: needs {needs}"


def _row(finding: Finding) -> dict[str, Any]:
    return {
        "code": finding.code,
        "severity": str(finding.severity),
        "document": finding.document,
        "path": path_of(finding.path),
        "line": finding.line,
        "what": finding.what,
        "why": finding.why,
        "corrected": finding.corrected,
        "fixable": bool(finding.edits),
    }
