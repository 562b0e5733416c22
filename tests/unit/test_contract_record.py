"""The run directory gives back what was put in, and says which file is missing or damaged."""

import json
from dataclasses import asdict
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from contract.errors import SettingsError
from contract.record import RunDirectory, RunEvent, Sample

SAMPLES = [
    Sample(at_seconds=1.0, phase="warm-up"),
    Sample(at_seconds=2.0, phase="measuring", planned_events=2**40, lag_events=0, busy_ratio=0.25, workers_ready=4),
]


@pytest.fixture
def run(tmp_path: Path) -> RunDirectory:
    return RunDirectory.create(tmp_path / "runs" / "first")


def test_samples_come_back_as_they_were(run: RunDirectory) -> None:
    """None stays None (not measured) and never becomes 0."""
    run.write_samples(SAMPLES)
    assert run.samples() == SAMPLES


def test_a_run_without_a_single_sample_can_be_read(run: RunDirectory) -> None:
    run.write_samples([])
    assert run.samples() == []


def test_samples_of_other_versions_can_be_read(run: RunDirectory) -> None:
    """A column that this version does not know is passed over, one that it misses is not measured."""
    pq.write_table(pa.table({"at_seconds": [1.0], "phase": ["measuring"], "mood": ["good"]}), run.samples_parquet)
    assert run.samples() == [Sample(at_seconds=1.0, phase="measuring")]


def test_events_are_appended_in_order(run: RunDirectory) -> None:
    events = [
        RunEvent(at_seconds=0.5, kind="launched", subject="worker-1"),
        RunEvent(at_seconds=3.0, kind="died", subject="worker-1", detail="exit code -9,\n“killed”"),
    ]
    assert run.events() == []
    for event in events:
        run.append_event(event)
    assert run.events() == events
    assert [json.loads(line) for line in run.events_jsonl.read_text(encoding="utf-8").splitlines()] == [
        asdict(event) for event in events
    ]


def test_ledger_entries_keep_their_bytes(run: RunDirectory) -> None:
    assert list(run.entries()) == []
    run.write_entries([b'{"worker":"a"}', '{"worker":"ü"}'.encode()])
    assert [line.strip() for line in run.entries()] == ['{"worker":"a"}', '{"worker":"ü"}']


def test_documents_come_back_and_leave_no_draft(run: RunDirectory) -> None:
    document = {"name": "ü", "figures": [1, 2.5, None]}
    run.write_json(run.run_json, {"name": "before"})
    run.write_json(run.run_json, document)
    assert run.read_json(run.run_json) == document
    assert [file.name for file in run.path.iterdir()] == ["run.json"]


def test_a_document_that_cannot_be_written_leaves_the_old_one(run: RunDirectory) -> None:
    run.write_json(run.run_json, {"name": "before"})
    circle: list[object] = []
    circle.append(circle)
    with pytest.raises(ValueError, match="Circular"):
        run.write_json(run.run_json, circle)
    assert run.read_json(run.run_json) == {"name": "before"}


def test_a_run_never_overwrites_another(run: RunDirectory) -> None:
    run.write_json(run.run_json, {})
    with pytest.raises(SettingsError, match="is not empty: a run never overwrites another; choose a new --out"):
        RunDirectory.create(run.path)


def test_an_empty_folder_may_be_used(tmp_path: Path) -> None:
    assert RunDirectory.create(tmp_path).path == tmp_path


def test_a_file_is_no_place_for_a_run(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("", encoding="utf-8")
    with pytest.raises(SettingsError, match="cannot create the run directory"):
        RunDirectory.create(tmp_path / "taken")


def test_only_a_folder_with_a_run_can_be_opened(tmp_path: Path, run: RunDirectory) -> None:
    with pytest.raises(SettingsError, match=r"is not a run directory: there is no run\.json in it"):
        RunDirectory.open(tmp_path)
    run.write_json(run.run_json, {})
    assert RunDirectory.open(run.path).path == run.path


def test_a_missing_file_is_named(run: RunDirectory) -> None:
    with pytest.raises(SettingsError, match=r"account\.json cannot be read: No such file.*did the run end early"):
        run.read_json(run.account_json)
    with pytest.raises(SettingsError, match=r"samples\.parquet cannot be read"):
        run.samples()


def test_a_damaged_file_is_named(run: RunDirectory) -> None:
    """Cut short, as by a full disk; not text; not a line of the right shape."""
    run.account_json.write_text('{"topic": "ev', encoding="utf-8")
    with pytest.raises(SettingsError, match=r"account\.json is damaged"):
        run.read_json(run.account_json)
    run.ledger_json.write_bytes(b"\xff\xfe")
    with pytest.raises(SettingsError, match=r"ledger\.json is damaged"):
        run.read_json(run.ledger_json)
    run.samples_parquet.write_bytes(b"PAR1 but no more")
    with pytest.raises(SettingsError, match=r"samples\.parquet cannot be read"):
        run.samples()
    run.events_jsonl.write_text('{"at_seconds": 1', encoding="utf-8")
    with pytest.raises(SettingsError, match=r"events\.jsonl is damaged"):
        run.events()
    run.events_jsonl.write_text('{"at_seconds": 1, "who": "?"}\n', encoding="utf-8")
    with pytest.raises(SettingsError, match=r"events\.jsonl is damaged"):
        run.events()
