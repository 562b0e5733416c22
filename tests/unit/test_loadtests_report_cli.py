"""The commands `report` and `compare` from the outside."""

import csv
import io
import json
import os
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from contract.errors import SettingsError
from loadtests.report_cli import compare, report
from tests.contest_runs import write_contest_run
from tests.run_records import Flow, write_run

SHORT = Flow(seconds=8, warmup=2, rate=12_000)

app = typer.Typer()
app.command()(report)
app.command()(compare)


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """A fast run and a slow one."""
    folder = tmp_path_factory.mktemp("runs")
    fast = write_run(folder / "fast", SHORT)
    slow = write_run(folder / "slow", Flow(seconds=8, warmup=2, rate=12_000, slowness=10.0))
    return str(fast.path), str(slow.path)


def _run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, arguments)
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout


def test_text_reports_follow_each_other(runs: tuple[str, str]) -> None:
    """One report a run, in the order asked for."""
    code, text = _run("report", *runs)
    assert code == 0
    assert text.index("fast/summary.json") < text.index("slow/summary.json")
    assert text.count("Ledger") == 2


def test_one_run_is_one_json_document_and_several_are_a_list(runs: tuple[str, str]) -> None:
    """Programs read either."""
    assert json.loads(_run("report", runs[0], "--format", "json")[1])["summary"]["ledger"]["passed"] is True
    assert [d["directory"] for d in json.loads(_run("report", *runs, "-f", "json")[1])] == list(runs)


def test_the_csv_has_a_row_a_second_and_one_header(runs: tuple[str, str]) -> None:
    """Spreadsheets get both runs in one table."""
    rows = list(csv.DictReader(io.StringIO(_run("report", *runs, "-f", "csv")[1])))
    assert len(rows) == 2 * 11
    assert rows[3]["planned_events"] == "36000"
    assert {row["phase"] for row in rows} == {"warm-up", "measuring", "draining"}


def test_html_goes_to_a_file_or_beside_the_records(runs: tuple[str, str], tmp_path: Path) -> None:
    """`--output` names one file, `--html` renews each directory's own."""
    file = tmp_path / "one.html"
    _run("report", runs[0], "-f", "html", "-o", str(file))
    assert file.read_text(encoding="utf-8").startswith("<!doctype html>")
    _run("report", *runs, "--html")
    assert all((Path(run) / "report.html").is_file() for run in runs)


def test_the_comparison_is_a_table_with_a_word_for_the_direction(runs: tuple[str, str]) -> None:
    """Plain lines of at most 80 columns."""
    code, text = _run("compare", *runs)
    assert code == 0
    latency = next(line for line in text.splitlines() if line.startswith("end-to-end p50"))
    assert latency.rstrip().endswith("worse")
    assert max(map(len, text.splitlines())) <= 80


def test_a_condition_that_holds_ends_with_one(runs: tuple[str, str]) -> None:
    """And says which run failed by what."""
    code, text = _run("compare", *runs, "--fail-on", "publish_p50_seconds>2x", "--fail-on", "processed_rate<0.5x")
    assert code == 1
    assert "FAILED  slow: publish_p50_seconds>2x" in text
    assert "processed_rate<0.5x" not in text


def test_a_comparison_for_programs_has_figures_and_failures(runs: tuple[str, str]) -> None:
    """The exit code is the same in any format."""
    code, text = _run("compare", *runs, "-f", "json", "--fail-on", "lost_events>0")
    document = json.loads(text)
    assert code == 0
    assert document["runs"] == ["fast", "slow"]
    assert document["failures"] == []
    assert {row["figure"]["name"] for row in document["rows"]} >= {"processed_rate", "end_to_end_p99_seconds"}


def test_what_is_refused_leaves_the_file_as_it_was(runs: tuple[str, str], tmp_path: Path) -> None:
    """Neither emptied nor half written, and nothing beside it."""
    file = tmp_path / "keep.html"
    file.write_text("kept", encoding="utf-8")
    with pytest.raises(SettingsError):
        _run("report", *runs, "--format", "html", "-o", str(file))
    assert [(path.name, path.read_text(encoding="utf-8")) for path in tmp_path.iterdir()] == [("keep.html", "kept")]


def test_an_output_through_a_link_keeps_the_link(runs: tuple[str, str], tmp_path: Path) -> None:
    (tmp_path / "real.csv").write_text("old", encoding="utf-8")
    (tmp_path / "link.csv").symlink_to("real.csv")
    _run("report", runs[0], "-f", "csv", "-o", str(tmp_path / "link.csv"))
    assert (tmp_path / "link.csv").is_symlink()
    assert (tmp_path / "real.csv").read_text(encoding="utf-8").startswith("run,at_seconds")


def test_a_device_is_written_to_and_not_replaced(runs: tuple[str, str]) -> None:
    _run("report", runs[0], "-f", "csv", "-o", os.devnull)
    assert Path(os.devnull).is_char_device()


def test_a_violated_slo_without_a_limit_is_told_beside_the_verdict(tmp_path: Path) -> None:
    """The verdict is what exit codes follow; people are not told that such a run passed."""
    late, never = (str(write_contest_run(tmp_path / name, name).path) for name in ("keda-lag", "weir"))
    summary = json.loads(_run("report", late, "-f", "json")[1])["summary"]
    assert (summary["verdict"], summary["headline"]) == ("passed", "SLO violated")
    compared = json.loads(_run("compare", never, late, "-f", "json")[1])
    assert (compared["verdicts"], compared["headlines"]) == (["passed", "passed"], ["passed", "SLO violated"])
    result = next(line for line in _run("compare", never, late)[1].splitlines() if line.startswith("result"))
    assert result.split() == ["result", "passed", "SLO", "violated"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param(("compare", "{fast}"), "at least two", id="one run has nothing to be compared with"),
        pytest.param(("compare", "{fast}", "{slow}", "--fail-on", "speed"), "expected FIGURE", id="a bad condition"),
        pytest.param(("report", "{fast}", "{slow}", "-f", "html"), "one file a run", id="two runs are two pages"),
        pytest.param(("report", "{fast}/nowhere"), "not a run directory", id="a directory without a run"),
        pytest.param(("report", "{fast}", "-o", "{fast}/no/file"), "cannot write", id="an output that cannot be"),
    ],
)
def test_bad_input_is_refused_in_words(runs: tuple[str, str], arguments: tuple[str, ...], message: str) -> None:
    """Errors of the user, for which the command line exits with 2."""
    given = [argument.format(fast=runs[0], slow=runs[1]) for argument in arguments]
    with pytest.raises(SettingsError, match=message) as raised:
        _run(*given)
    assert raised.value.exit_code == 2
