"""Runs held against a baseline, and the conditions that fail a comparison."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from contract.errors import SettingsError
from loadtests.compare import Judgement, compare
from loadtests.conditions import failures, read_condition
from loadtests.report import RunRecords, read_run
from tests.run_records import Flow, write_run

SHORT = Flow(seconds=8, warmup=2, rate=12_000)


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> RunRecords:
    """A run to be changed by the tests."""
    return read_run(write_run(tmp_path_factory.mktemp("runs") / "base", SHORT).path)


def _changed(records: RunRecords, name: str, run: Mapping[str, Any] | None = None, **figures: Any) -> RunRecords:
    return RunRecords(
        path=records.path.with_name(name),
        run={**records.run, **(run or {})},
        summary=records.summary.model_copy(update=figures),
    )


@pytest.mark.parametrize(
    ("figure", "before", "after", "judgement"),
    [
        pytest.param("processed_rate", 100.0, 110.0, "better", id="a higher rate is better"),
        pytest.param("processed_rate", 100.0, 90.0, "worse", id="a lower rate is worse"),
        pytest.param("lag_events_max", 100, 90, "better", id="less lag is better"),
        pytest.param("lag_events_max", 0, 5, "worse", id="from nothing to something has no per cent, but a direction"),
        pytest.param("processed_rate", 100.0, 100.9, "same", id="less than one per cent is noise"),
        pytest.param("lag_events_max", 0, 0, "same", id="nothing and nothing are the same"),
        pytest.param("planned_rate", 100.0, 200.0, "different", id="another load is neither better nor worse"),
        pytest.param("processed_rate", None, 90.0, "unknown", id="without a baseline nothing can be told"),
        pytest.param("processed_rate", 100.0, None, "unknown", id="what was not measured is not judged"),
    ],
)
def test_differences_know_which_direction_is_good(
    recorded: RunRecords, figure: str, before: float | None, after: float | None, judgement: Judgement
) -> None:
    """More throughput is good, more latency is not."""
    runs = [_changed(recorded, name, None, **{figure: value}) for name, value in (("base", before), ("next", after))]
    row = next(row for row in compare(runs).rows if row.figure.name == figure)
    assert row.cells[1].judgement == judgement


def test_a_run_against_itself_is_the_same_in_everything(recorded: RunRecords) -> None:
    """No warning, no difference."""
    comparison = compare([recorded, recorded])
    assert comparison.warnings == ()
    assert {cell.judgement for row in comparison.rows for cell in row.cells} == {"same"}


@pytest.mark.parametrize(
    ("change", "warnings"),
    [
        pytest.param(
            {"scenario": {"seconds": 9, "slo": {"cores_max": 2}}},
            ["next: the scenarios differ from the baseline's in seconds, slo.cores_max"],
            id="differing fields of the scenario are named by their path",
        ),
        pytest.param({"scenario": {"name": "other", "description": "other"}}, [], id="another name is no difference"),
        pytest.param(
            {"host": {"cores": 64, "load_average": [9.0]}},
            ["next: the hosts differ from the baseline's in cores"],
            id="another machine is told, its momentary load is not",
        ),
        pytest.param(
            {"versions": {"aiokafka": "0.15.0"}},
            ["next: the versions differ from the baseline's in aiokafka"],
            id="another version of a package is told",
        ),
        pytest.param(
            {"scenario": {f"new_{n}": n for n in range(8)}},
            ["next: the scenarios differ from the baseline's in new_0, new_1, new_2, new_3, new_4, new_5 and 2 more"],
            id="many differences are counted, not listed",
        ),
    ],
)
def test_what_else_differs_is_said(recorded: RunRecords, change: dict[str, Any], warnings: list[str]) -> None:
    """A comparison of two things at once says so."""
    run = {part: _merged(recorded.run[part], values) for part, values in change.items()}
    assert list(compare([recorded, _changed(recorded, "next", run)]).warnings) == warnings


def _merged(base: dict[str, Any], values: dict[str, Any]) -> dict[str, Any]:
    return base | {n: _merged(base[n], v) if isinstance(v, dict) else v for n, v in values.items()}


@pytest.mark.parametrize(
    ("condition", "figures", "failed"),
    [
        pytest.param("processed_rate<0.98x", {"processed_rate": 97.0}, True, id="below its share of the baseline"),
        pytest.param("processed_rate<0.98x", {"processed_rate": 98.0}, False, id="exactly at the share still passes"),
        pytest.param("processed_rate<=0.98x", {"processed_rate": 98.0}, True, id="unless at the share counts too"),
        pytest.param("processed_rate < 95", {"processed_rate": 94.0}, True, id="a plain number is absolute"),
        pytest.param("processed_rate>1e6", {"processed_rate": 94.0}, False, id="numbers may have an exponent"),
        pytest.param("processed_rate>=94.0", {"processed_rate": 94.0}, True, id="all four comparisons are known"),
        pytest.param("ledger.lost>0", {}, False, id="a dotted path into the summary names a figure"),
        pytest.param("lost_events>=0", {}, True, id="a short name does as well"),
        pytest.param("latencies.end_to_end.p99.9>0", {}, True, id="a path may have a dot in its last part"),
        pytest.param("end_to_end_p999_seconds>100x", {}, False, id="and percentiles have short names too"),
        pytest.param("worker_cpu_seconds_per_million_events>1.5x", {}, False, id="so have the costs of a role"),
        pytest.param("processed_rate<1", {"processed_rate": None}, True, id="what was not measured fails the gate"),
    ],
)
def test_conditions_fail_runs(recorded: RunRecords, condition: str, figures: dict[str, Any], failed: bool) -> None:
    """The runs after the baseline are held to them."""
    runs = [_changed(recorded, "base", processed_rate=100.0), _changed(recorded, "next", **figures)]
    told = failures([read_condition(condition, runs[0].summary)], runs)
    assert bool(told) is failed
    assert all(sentence.startswith(f"next: {condition}") for sentence in told)


def test_a_relative_condition_needs_a_baseline(recorded: RunRecords) -> None:
    """It fails, and says why."""
    runs = [_changed(recorded, "base", processed_rate=None), _changed(recorded, "next")]
    told = failures([read_condition("processed_rate<0.98x", runs[0].summary)], runs)
    assert told == ["next: processed_rate<0.98x cannot be told, the baseline has no processed_rate"]


def test_each_run_and_condition_that_fails_is_named(recorded: RunRecords) -> None:
    """One sentence each, the baseline is never judged."""
    runs = [_changed(recorded, name, processed_rate=rate) for name, rate in (("a", 1.0), ("b", 0.5), ("c", 2.0))]
    told = failures([read_condition(text, runs[0].summary) for text in ("processed_rate<1", "lost_events<1")], runs)
    assert [sentence.split(",")[0] for sentence in told] == [
        "b: processed_rate<1",
        "b: lost_events<1",
        "c: lost_events<1",
    ]


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        pytest.param("procesed_rate<1", "near it: processed_rate", id="a slip of the pen gets near names"),
        pytest.param("zzzz<1", "known: planned_rate", id="a name like no other gets the list"),
        pytest.param("processed_rate=1", "expected FIGURE OP NUMBER", id="there is no equality for measured figures"),
        pytest.param("processed_rate<fast", "expected FIGURE OP NUMBER", id="the limit is a number"),
        pytest.param("verdict<1", "no figure 'verdict'", id="words cannot be compared"),
    ],
)
def test_bad_conditions_are_refused(recorded: RunRecords, condition: str, message: str) -> None:
    """The error shows the condition and the way out."""
    with pytest.raises(SettingsError, match=message):
        read_condition(condition, recorded.summary)


def test_names_are_those_of_the_directories(tmp_path: Path, recorded: RunRecords) -> None:
    """A run is called what the user called it."""
    other = read_run(write_run(tmp_path / "candidate", SHORT).path)
    assert compare([recorded, other]).runs == ("base", "candidate")
