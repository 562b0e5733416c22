"""The text report, word for word.  `WEIR_WRITE_GOLDEN=1 pytest tests/golden` writes it anew; then review the diff."""

import io
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.console import Console

from contract.record import RunDirectory
from loadtests.report import read_run, render_text
from loadtests.score import Summary
from tests.run_records import write_run
from tests.storm_run import write_storm_run

HERE = Path(__file__).parent
WRITERS: dict[str, Callable[[Path], RunDirectory]] = {"report.txt": write_run, "report-storm.txt": write_storm_run}


@pytest.mark.parametrize("name", WRITERS)
def test_the_text_report_reads_as_it_was_reviewed(tmp_path: Path, name: str) -> None:
    """Whoever changes the report shows the change in a diff."""
    text, golden = _rendered(tmp_path / "run", WRITERS[name]), HERE / name
    if os.environ.get("WEIR_WRITE_GOLDEN"):
        golden.write_text(text, encoding="utf-8")
    assert text == golden.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", WRITERS)
def test_the_text_report_fits_eighty_columns_and_needs_no_special_terminal(tmp_path: Path, name: str) -> None:
    """Logs and pipes get plain lines: no colours, no frames."""
    text = _rendered(tmp_path / "run", WRITERS[name])
    assert max(map(len, text.splitlines())) <= 80
    assert "\x1b" not in text
    assert not set("│┃─━┏┓╭╮") & set(text)


NAMES = ("p50", "p90", "p99", "p99.9", "max")
LATENCIES = {
    "schedule_delay": (0.0006, 0.0015, 0.003, 0.0052, 0.0103),
    "publish": (0.0012, 0.0031, 0.007, 0.0118, 0.0301),
    "end_to_end": (0.0023, 0.0194, 0.462, 0.856, 0.906),
}
SLOS = {
    "schedule_delay_p99_seconds_max": 0.003,
    "end_to_end_p50_seconds_max": 0.0023,
    "end_to_end_p99_seconds_max": 0.462,
}


def _with_fixed_latencies(summary: Summary) -> Summary:
    """Figures that do not hang on the last digit of a histogram."""
    latencies = {kind: dict(zip(NAMES, seconds, strict=True)) for kind, seconds in LATENCIES.items()}
    slos = tuple(slo.model_copy(update={"actual": SLOS.get(slo.name, slo.actual)}) for slo in summary.slos)
    return summary.model_copy(update={"latencies": latencies, "slos": slos})


def _rendered(path: Path, write: Callable[[Path], RunDirectory]) -> str:
    write(path)
    records, sink = read_run(path), io.StringIO()
    render_text(_with_fixed_latencies(records.summary), records.run, Console(file=sink, width=80))
    return "\n".join(line.rstrip() for line in sink.getvalue().splitlines()) + "\n"
