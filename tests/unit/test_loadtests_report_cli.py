"""The commands `report` and `compare` from the outside."""

import csv
import io
import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from contract.errors import SettingsError
from loadtests.report_cli import compare, report
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
