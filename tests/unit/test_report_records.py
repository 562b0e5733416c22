"""What a report does with a directory that is whole, and with one that is not."""

import json
from pathlib import Path

import pytest

from contract.errors import SettingsError
from loadtests.report import as_document, read_run
from tests.run_records import Flow, write_run

SHORT = Flow(seconds=8, warmup=2, rate=12_000)


def test_figures_are_scored_from_the_records_not_taken_from_the_summary(tmp_path: Path) -> None:
    """Old runs profit from figures that were thought of later."""
    directory = write_run(tmp_path / "run", SHORT)
    directory.write_json(directory.summary_json, {"name": "of an older version"})
    records = read_run(directory.path)
    assert records.notes == ()
    assert records.summary.ledger.acknowledged == SHORT.total
    assert records.summary.planned_rate == pytest.approx(12_000)


@pytest.mark.parametrize(
    "missing",
    [
        pytest.param("samples.parquet", id="without samples nothing can be scored"),
        pytest.param("account.json", id="without the producer's account nothing can be scored"),
        pytest.param("ledger.jsonl", id="without the workers' entries nothing can be scored"),
        pytest.param("ledger.json", id="without the audit nothing can be scored"),
    ],
)
def test_the_run_s_own_summary_stands_in_and_the_missing_file_is_named(tmp_path: Path, missing: str) -> None:
    """A report says what it could not use."""
    directory = write_run(tmp_path / "run", SHORT)
    (directory.path / missing).unlink()
    records = read_run(directory.path)
    assert records.summary.ledger.acknowledged == SHORT.total
    assert f"{missing} is missing" in records.notes
    assert any("the run itself wrote down" in note for note in records.notes)


def test_missing_events_are_told_but_do_no_harm(tmp_path: Path) -> None:
    """Events are told, not counted."""
    directory = write_run(tmp_path / "run", SHORT)
    directory.events_jsonl.unlink()
    records = read_run(directory.path)
    assert records.notes == ("events.jsonl is missing",)
    assert records.summary.processed_rate is not None


def test_a_damaged_file_is_told_apart_from_a_missing_one(tmp_path: Path) -> None:
    """The message names the file and the fault."""
    directory = write_run(tmp_path / "run", SHORT)
    account = json.loads(directory.account_json.read_text())
    directory.write_json(directory.account_json, account | {"planned": "many"})
    assert any("account.json" in note and "planned" in note for note in read_run(directory.path).notes)


def test_a_run_without_records_and_without_a_summary_is_refused(tmp_path: Path) -> None:
    """The error names every file that is missing, and what to do."""
    directory = write_run(tmp_path / "run", SHORT)
    for path in (directory.samples_parquet, directory.account_json, directory.summary_json):
        path.unlink()
    with pytest.raises(SettingsError, match=r"samples\.parquet is missing; account\.json is missing.*Run the scenario"):
        read_run(directory.path)


def test_the_json_report_is_the_summary_and_the_run(tmp_path: Path) -> None:
    """Programs get all figures and where they come from, as plain JSON."""
    document = json.loads(json.dumps(as_document(read_run(write_run(tmp_path / "run", SHORT).path))))
    assert document["summary"]["ledger"]["lost"] == 0
    assert document["run"]["host"]["cores"] == 2
