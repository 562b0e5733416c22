"""What the report of an autoscaled run shows beside that of a fixed crew."""

import io
import json
import re

import pytest
from rich.console import Console

from contract.record import RunEvent
from loadtests.conditions import failures, read_condition
from loadtests.report import RunRecords, elasticity, read_run, render_html, render_text
from loadtests.report.charts import time_charts
from loadtests.report.drawing import Chart
from loadtests.report.figures import FIGURES, flatten
from loadtests.report.marks import MARKS_MAX, marks
from loadtests.report.thinning import thin_points
from tests.run_records import Flow, write_run
from tests.storm_run import write_storm_run

SHORT = Flow(seconds=8, warmup=2, rate=12_000)


@pytest.fixture(scope="module")
def stormy(tmp_path_factory: pytest.TempPathFactory) -> RunRecords:
    """A run with a storm."""
    return read_run(write_storm_run(tmp_path_factory.mktemp("runs") / "storm").path)


@pytest.fixture(scope="module")
def fixed(tmp_path_factory: pytest.TempPathFactory) -> RunRecords:
    """A run of an older version: none of the new columns."""
    return read_run(write_run(tmp_path_factory.mktemp("runs") / "fixed", SHORT).path)


@pytest.fixture(scope="module")
def charts(stormy: RunRecords) -> dict[str, Chart]:
    """Its charts over time by name."""
    return {chart["id"]: chart for chart in time_charts(stormy)}


def lines(chart: Chart) -> dict[str, list[tuple[float, float]]]:
    return {series["name"]: series["data"] for series in chart["series"]}


def test_the_score_is_made_from_the_records(stormy: RunRecords) -> None:
    """The policy's maximum is the one of run.json."""
    score, storm = stormy.summary.elasticity, stormy.summary.storm
    assert score is not None
    assert storm is not None
    assert (score.needed_replicas_max, score.desired_replicas_max, score.replicas_max) == (3, 20, 20)
    assert (score.saturated_at_seconds, score.probe_kills, score.scale_actions) == (76.0, 8, 5)
    assert (storm.detected, storm.saturated_after_seconds) == (True, 30.0)
    assert storm.sentence in stormy.summary.sentences


def test_replicas_are_drawn_against_the_need(charts: dict[str, Chart]) -> None:
    drawn = lines(charts["replicas"])
    assert list(drawn) == ["starting", "alive", "desired", "ready", "needed"]
    assert {value for at, value in drawn["needed"] if at <= 180} == {3.0}
    assert max(value for _, value in drawn["desired"]) == 20


def test_time_lag_has_the_limit_of_the_slo_and_a_gap_where_nobody_knows(charts: dict[str, Chart]) -> None:
    assert charts["time-lag"]["limit"] == 5.0
    assert 116.0 not in {at for at, _ in lines(charts["time-lag"])["time lag"]}


def test_cores_are_differences_and_starting_is_part_of_them(charts: dict[str, Chart]) -> None:
    drawn = lines(charts["worker-cpu"])
    everything, starting = dict(drawn["all workers"]), dict(drawn["starting"])
    assert (everything[100.0], starting[100.0]) == (1.9, 1.4)
    assert (everything[30.0], starting[30.0]) == (1.1, 0.0)


def test_kills_are_drawn_in_the_second_in_which_they_happened(charts: dict[str, Chart]) -> None:
    drawn = lines(charts["disturbances"])
    assert sum(value for _, value in drawn["probe kills"]) == 8
    assert set(dict(drawn["stopped"]).values()) == {0.0, 8.0}


def test_a_fixed_crew_has_the_charts_that_it_had(fixed: RunRecords) -> None:
    """Nothing is shown of columns that are not there."""
    assert [chart["id"] for chart in time_charts(fixed)][:4] == ["rates", "end-to-end", "lag", "workers"]
    page = render_html(fixed)
    assert 'id="elasticity"' not in page
    assert "Init storm" not in page
    assert (elasticity.cards(fixed.summary), elasticity.table(fixed.summary)) == ([], [])
    assert (elasticity.storm_banner(fixed.summary), elasticity.calm(fixed.summary)) == (None, [])


def test_the_page_tells_the_storm_once_with_its_evidence(stormy: RunRecords) -> None:
    page = re.sub(r"\s+", " ", render_html(stormy).replace("\u00a0", " "))
    assert page.count("Desired replicas rose to 20") + page.count("desired replicas rose to 20") == 1
    for words in ("Throughput against before", "6.67", "Killed by probes", "θ under", "SLO violation"):
        assert words in page


def test_a_growth_that_was_no_storm_is_told_as_such(stormy: RunRecords) -> None:
    storm = stormy.summary.storm
    assert storm is not None
    calm = stormy.summary.model_copy(
        update={"storm": storm.model_copy(update={"detected": False, "sentence": "no init storm: it was calm"})}
    )
    assert elasticity.storm_banner(calm) is None
    sink = io.StringIO()
    render_text(calm, stormy.run, Console(file=sink, width=80))
    assert "No init storm: it was calm" in sink.getvalue()


def test_every_figure_of_the_score_is_known_to_comparisons(stormy: RunRecords) -> None:
    """Except the settings in it."""
    numbers = {path for path in flatten(stormy.summary) if path.startswith("elasticity.")}
    settings = {"elasticity.time_lag_limit_seconds", "elasticity.worker_events_per_second"}
    repeated = {"elasticity.lag_events_max", "elasticity.rebalances"}
    assert numbers - settings - repeated <= {figure.path for figure in FIGURES}


@pytest.mark.parametrize(
    ("condition", "failed"),
    [
        pytest.param("init_storm>0", True, id="a storm can fail a comparison"),
        pytest.param("violation_seconds>1.1x", False, id="so can more violated seconds than the baseline's"),
        pytest.param("theta_over>0.5", True, id="so can idle workers"),
    ],
)
def test_a_comparison_can_be_held_to_the_score(stormy: RunRecords, condition: str, *, failed: bool) -> None:
    told = failures([read_condition(condition, stormy.summary)], [stormy, stormy])
    assert bool(told) is failed


def test_a_run_without_the_score_cannot_pass_a_condition_on_it(fixed: RunRecords) -> None:
    assert failures([read_condition("init_storm>0", fixed.summary)], [fixed, fixed])


def happened(kind: str, *seconds: float) -> list[RunEvent]:
    return [RunEvent(at_seconds=at, kind=kind, subject=f"w{n}") for n, at in enumerate(seconds)]


def test_few_events_are_marked_one_by_one() -> None:
    found = marks([*happened("scale", 30, 90), *happened("launch", 31)])
    assert [mark["at"] for mark in found] == [30, 31, 90]
    assert found[1]["text"] == "launch w0"
    assert marks([]) == []


def test_events_of_one_kind_at_one_moment_are_one_mark() -> None:
    """A minute long: what happens within one second is one mark."""
    found = marks([*happened("launch", 10, 10.2, 10.4, 10.9, 40), *happened("scale", 0, 60)])
    assert [mark["text"] for mark in found][1:3] == ["4 × launch: w0, w1, w2, …", "launch w4"]  # noqa: RUF001  # times


def test_hundreds_of_events_leave_the_ones_that_explain_most() -> None:
    """Faults and deaths before scale actions, those before routine; in order of time."""
    routine = happened("ready", *range(0, 600, 3))
    found = marks([*routine, *happened("scale", *range(5, 600, 60)), *happened("fault-kill", 300, 500)])
    assert len(found) == MARKS_MAX
    assert [mark["at"] for mark in found] == sorted(mark["at"] for mark in found)
    kinds = [mark["text"].split()[0] for mark in found]
    assert (kinds.count("fault-kill"), kinds.count("scale")) == (2, 10)


def test_the_marks_of_a_storm_stay_readable(stormy: RunRecords) -> None:
    """130 events and more, and every probe kill is still there."""
    assert len(stormy.events) > 130
    found = marks(stormy.events)
    assert len(found) <= MARKS_MAX
    assert sum(mark["text"].startswith("probe-kill") for mark in found) == 8


def test_the_need_keeps_its_peaks_in_a_long_run() -> None:
    points = [(float(n), 9.0 if n == 4_321 else 2.0) for n in range(10_000)]
    thinned = thin_points(points)
    assert len(thinned) <= 1_200
    assert max(value for _, value in thinned) == 9.0
    assert thinned[-1][0] == 9_999.0


def test_the_json_report_has_score_and_storm(stormy: RunRecords) -> None:
    """As programs read it."""
    document = json.loads(stormy.summary.model_dump_json())
    assert document["elasticity"]["provisioning"]["tau_under"] > 0
    assert document["storm"]["detected"] is True
