"""What a run is called: its verdict, or what a scenario without a limit would keep quiet about."""

from pathlib import Path
from typing import Any

import pytest

from loadtests.headline import Headline, headline
from loadtests.report.cards import banner
from loadtests.report.records import read_run
from tests.contest_runs import write_contest_run


@pytest.mark.parametrize(
    ("policy", "lost", "slo", "called"),
    [
        pytest.param("weir", 0, {}, "passed", id="never late, nothing lost"),
        pytest.param("keda-lag", 0, {}, "SLO violated", id="late, and no limit says for how long it may be"),
        pytest.param("keda-lag", 0, {"violation_seconds_max": 1}, "SLO missed", id="late for longer than the limit"),
        pytest.param("keda-lag", 0, {"violation_seconds_max": 90}, "passed", id="late within the limit"),
        pytest.param("keda-lag", 5, {}, "ledger failed", id="lost events come before late ones"),
    ],
)
def test_what_a_run_is_called(tmp_path: Path, policy: str, lost: int, slo: dict[str, Any], called: Headline) -> None:
    records = read_run(write_contest_run(tmp_path / "run", policy, lost=lost, **slo).path)
    assert headline(records.summary) == called


def test_violated_seconds_without_a_limit_are_told_with_what_to_do(tmp_path: Path) -> None:
    told = banner(read_run(write_contest_run(tmp_path / "run", "keda-lag").path).summary)
    assert (told.kind, told.title) == ("missed", "SLO violated")
    assert told.sentences[0].endswith("slo.violation_seconds_max would make a verdict of it")
