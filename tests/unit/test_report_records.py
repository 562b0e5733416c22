"""What a report does with a directory that is whole, and with one that is not."""

import json
from pathlib import Path

import pytest

from contract.errors import SettingsError
from loadtests.report import as_document, read_run, render_html
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


@pytest.mark.parametrize(
    ("kept", "covers"),
    [
        pytest.param(0, "it covers 0 of the 96,000 events", id="an empty ledger"),
        pytest.param(9, "it covers ", id="some lines are gone"),
    ],
)
def test_a_ledger_that_lost_lines_proves_nothing(tmp_path: Path, kept: int, covers: str) -> None:
    """The audit said more than the entries cover any more."""
    directory = write_run(tmp_path / "run", SHORT)
    directory.write_entries(line.encode() for line in list(directory.entries())[:kept])
    records = read_run(directory.path)
    assert [note for note in records.notes if note.startswith("ledger.jsonl is incomplete") and covers in note]
    assert not any("proves it" in sentence for sentence in records.summary.sentences)
    assert any("the ledger is incomplete" in sentence for sentence in records.summary.sentences)
    assert records.summary.ledger.acknowledged == SHORT.total


def test_a_missing_ledger_proves_nothing(tmp_path: Path) -> None:
    directory = write_run(tmp_path / "run", SHORT)
    directory.entries_jsonl.unlink()
    assert not any("proves it" in sentence for sentence in read_run(directory.path).summary.sentences)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        pytest.param("[]", "expected an object, found a list", id="a list"),
        pytest.param("null", "expected an object, found nothing", id="null"),
        pytest.param("3", "expected an object, found a number", id="a number"),
        pytest.param("{", "is damaged", id="half a document"),
        pytest.param("[" * 100_000, "is damaged", id="too deep"),
    ],
)
def test_a_run_json_that_is_none(tmp_path: Path, text: str, told: str) -> None:
    directory = write_run(tmp_path / "run", SHORT)
    directory.run_json.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError, match=told):
        read_run(directory.path)


@pytest.mark.parametrize("text", ["[]", "null", '"x"', "{", '{"name": 3}'])
def test_a_summary_that_is_none_cannot_stand_in(tmp_path: Path, text: str) -> None:
    directory = write_run(tmp_path / "run", SHORT)
    directory.samples_parquet.unlink()
    directory.summary_json.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError, match=r"no usable summary\.json"):
        read_run(directory.path)


@pytest.mark.parametrize(
    ("name", "part"),
    [
        pytest.param("host", [], id="a host that is a list"),
        pytest.param("host", {"cores": 2, "load_average": "low"}, id="a load in words"),
        pytest.param("host", {"memory_bytes": 10**400}, id="more memory than there is"),
        pytest.param("versions", "all new", id="versions in words"),
        pytest.param("kafka", 3, id="a Kafka that is a number"),
        pytest.param("started_us", "yesterday", id="a start in words"),
    ],
)
def test_a_damaged_part_of_run_json_is_left_out_and_told(tmp_path: Path, name: str, part: object) -> None:
    directory = write_run(tmp_path / "run", SHORT, **{name: part})
    records = read_run(directory.path)
    assert name not in records.run
    assert any(note.startswith("1 fault(s) in run.json:") and name in note for note in records.notes)
    assert render_html(records).startswith("<!doctype html>")


def test_a_histogram_that_is_none_leaves_the_figures_of_the_run_itself(tmp_path: Path) -> None:
    directory = write_run(tmp_path / "run", SHORT)
    account = json.loads(directory.account_json.read_text())
    directory.write_json(directory.account_json, account | {"schedule_delay": "x"})
    assert any(note.startswith("the score cannot be used") for note in read_run(directory.path).notes)


def test_the_json_report_is_the_summary_and_the_run(tmp_path: Path) -> None:
    """Programs get all figures and where they come from, as plain JSON."""
    document = json.loads(json.dumps(as_document(read_run(write_run(tmp_path / "run", SHORT).path))))
    assert document["summary"]["ledger"]["lost"] == 0
    assert document["run"]["host"]["cores"] == 2
