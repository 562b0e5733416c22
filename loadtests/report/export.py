"""The same run for programs: one JSON document, or a CSV with a row a second."""

import csv
from collections.abc import Sequence
from dataclasses import asdict, fields
from typing import Any, TextIO

from contract.record import Sample
from loadtests.headline import headline
from loadtests.report.records import RunRecords


def as_document(records: RunRecords) -> dict[str, Any]:
    """Summary and run.json in one document, with what was missing.

    `verdict` is what exit codes follow, `headline` what people read: "SLO violated" where no limit judges it.
    """
    return {
        "directory": str(records.path),
        "run": records.run,
        "summary": records.summary.model_dump(mode="json") | {"headline": headline(records.summary)},
        "notes": list(records.notes),
    }


def write_csv(runs: Sequence[RunRecords], sink: TextIO) -> None:
    """The samples of all runs under one header; the first column says which run.  An unmeasured value is empty."""
    columns = ["run", *(field.name for field in fields(Sample))]
    writer = csv.DictWriter(sink, columns, lineterminator="\n")
    writer.writeheader()
    for records in runs:
        name = str(records.run.get("id") or records.path.name)
        writer.writerows({"run": name} | asdict(sample) for sample in records.samples)
