"""The page of a contest: whole, offline, safe against any name, and true to its records."""

import base64
import hashlib
import re
from dataclasses import replace
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from contract.record import Sample
from loadtests.contest_plan import Contender, Contest, Turn, draw_turns
from loadtests.report import read_run
from loadtests.report.document import palette
from loadtests.report.policies_charts import POINTS_MAX, colour, over_runs
from loadtests.report.policies_page import render_policies
from loadtests.standings import Played, standings
from tests.contest_runs import KINDS, contest_scenario, write_contest_run
from tests.unit.test_report_html import HOSTILE, Page, _contrast

Played2 = tuple[Contest, list[Played]]


@pytest.fixture(scope="module")
def contest(tmp_path_factory: pytest.TempPathFactory) -> Played2:
    """Three policies, two runs each; the last run of the order failed."""
    folder = tmp_path_factory.mktemp("contest")
    turns, played = [], []
    for turn in draw_turns(list(KINDS), repeat=2, seed=5):
        if turn.number == 6:
            turns.append(turn.model_copy(update={"outcome": "failed", "detail": "the producer did not begin"}))
            continue
        path = write_contest_run(folder / str(turn.number), turn.policy, seed=turn.repeat).path
        kind = KINDS[turn.policy]
        played.append(Played(policy=turn.policy, kind=kind, repeat=turn.repeat, records=read_run(path)))
        done = {"outcome": "finished", "folder": f"runs/{turn.number}", "busy_ratio": 0.04}
        turns.append(turn.model_copy(update=done))
    return _contest(KINDS, tuple(turns)), played


@pytest.fixture(scope="module")
def page(contest: Played2) -> Page:
    return _page(*contest)


def _contest(kinds: dict[str, str], turns: tuple[Turn, ...], **changes: Any) -> Contest:
    contenders = tuple(Contender(name=n, kind=k, file=Path("a.yaml"), document={}) for n, k in kinds.items())
    made = Contest(
        scenario=contest_scenario(),
        order_seed=5,
        repeat=2,
        contenders=contenders,
        turns=turns,
        started_at="2026-01-01",
        host={"cores": 2},
        weir_version="0.1.0",
    )
    return made.model_copy(update=changes)


def _page(contest: Contest, played: list[Played]) -> Page:
    failed = [turn.policy for turn in contest.turns if turn.outcome == "failed"]
    policies = [(contender.name, contender.kind) for contender in contest.contenders]
    entered = standings(policies, played, {name: failed.count(name) for name in failed})
    return Page(render_policies(contest, entered, played))


def _series(page: Page, chart: str) -> dict[str, Any]:
    found = next(c for c in page.data()["charts"] if c["id"] == chart)
    return {series["name"]: series for series in found["series"]}


def test_every_element_is_closed_and_nothing_is_asked_for(page: Page) -> None:
    assert page.open == []
    loading = {"src", "srcset", "data", "poster", "action", "background", "xlink:href"}
    assert [(tag, a) for tag, attributes in page.elements for a in attributes if a in loading] == []
    styles = "".join(text for tag, text in page.texts if tag == "style")
    assert "url(" not in styles
    assert "@import" not in styles
    links = [str(attributes["href"]) for _, attributes in page.elements if "href" in attributes]
    assert {link for link in links if not link.startswith("#")} == {f"runs/{n}/report.html" for n in range(1, 6)}


def test_only_the_scripts_it_was_made_with_may_run(page: Page) -> None:
    sums = [base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in page.scripts()[1:]]
    policy = next(str(a["content"]) for _, a in page.elements if a.get("http-equiv") == "Content-Security-Policy")
    assert policy.startswith("default-src 'none'; script-src " + " ".join(f"'sha256-{one}'" for one in sums) + ";")


def test_who_stormed_stands_at_the_top_in_words(page: Page) -> None:
    """Best first; symbol and word, not only a colour."""
    text = page.text()
    order = [text.index(words) for words in ("Held the SLO", "Violated the SLO for", "Init storm in")]
    assert order == sorted(order)
    assert order[-1] < text.index("Medians of the runs")
    assert "20 of 4 needed" in text
    assert "5 of 6 runs finished" in text
    assert "order drawn with seed 5" in text


def test_sentences_claims_and_failed_runs_are_told(page: Page) -> None:
    text = page.text()
    assert "hpa-cpu went from 3 to its maximum of 20 in 12 s" in text
    assert re.search(r"probes killed 6 workers, 2 of which had been ready; [67]\d of \d+ s violated the SLO", text)
    assert "weir is better than keda-lag: fewer SLO violation seconds (0 against" in text
    assert "the producer did not begin" in text
    assert "1 further run failed." in text


def test_the_best_of_a_row_is_marked_by_a_word_too(page: Page) -> None:
    """What is nobody's best, such as the need, has no mark."""
    text = page.text()
    assert "worker-seconds 1,684 631 426 best" in text
    assert "peak needed 4 4 4 peak desired" in text


def test_a_policy_has_one_colour_in_all_charts(page: Page) -> None:
    colours = {(s["name"], s["colour"]) for c in page.data()["charts"] for s in c["series"]}
    assert colours == {("needed", "planned"), *((name, colour(n)) for n, name in enumerate(KINDS))}
    assert page.data()["main"] == page.data()["charts"][0]["id"] == "desired"


def test_curves_are_medians_with_a_band(page: Page) -> None:
    desired, age = _series(page, "desired"), _series(page, "time-lag")
    assert max(value for _, value in desired["hpa-cpu"]["data"]) == 20
    assert "band" not in desired["needed"]
    for (at, middle), (second, least, most) in zip(age["hpa-cpu"]["data"], age["hpa-cpu"]["band"], strict=True):
        assert at == second
        assert least - 1e-6 <= middle <= most + 1e-6


@pytest.mark.parametrize(
    ("runs", "told"),
    [
        pytest.param([[(1.0, 5.0)]], [(1, 5, 5, 5)], id="one run is its own median"),
        pytest.param([[(1.02, 1.0)], [(0.98, 3.0)]], [(1, 1, 2, 3)], id="samples are never quite on their second"),
        pytest.param(
            [[(1, 1.0), (2, 1.0)], [(1, 2.0)], [(1, 3.0)]], [(1, 1, 2, 3)], id="one run of three is no median"
        ),
        pytest.param([[(1, 1.0), (2, 7.0)], [(1, 1.0)]], [(1, 1, 1, 1), (2, 7, 7, 7)], id="half of them is one"),
        pytest.param([[], [(1, 1.0)]], [(1, 1, 1, 1)], id="a run that measured nothing has no say"),
        pytest.param([], [], id="no run, no curve"),
    ],
)
def test_over_runs(runs: list[list[tuple[float, float]]], told: list[tuple[float, ...]]) -> None:
    assert over_runs(runs) == told


def test_a_long_run_keeps_its_worst_second() -> None:
    points = [(float(at), 99.0 if at == 5_003 else 1.0) for at in range(10_000)]
    told = over_runs([points])
    assert len(told) <= POINTS_MAX
    assert max(value for _, _, value, _ in told) == 99.0


def test_a_single_round_says_that_luck_is_in_it(contest: Played2) -> None:
    """Without repeats there is no band and no median to speak of."""
    made, played = contest
    first = [run for run in played if run.repeat == 1]
    single = _page(made.model_copy(update={"repeat": 1, "turns": made.turns[:3]}), first)
    assert "only --repeat can tell" in single.text()
    assert all("band" not in s for c in single.data()["charts"] for s in c["series"])


def test_hostile_names_are_only_text(contest: Played2) -> None:
    """A policy, its kind, a scenario or an error may be called anything."""
    made, played = contest
    kinds = {HOSTILE if name == "weir" else name: HOSTILE if name == "weir" else k for name, k in KINDS.items()}
    renamed = [replace(run, policy=HOSTILE, kind=HOSTILE) if run.policy == "weir" else run for run in played]
    turns = tuple(t.model_copy(update={"policy": HOSTILE, "detail": HOSTILE}) for t in made.turns)
    scenario = made.scenario.model_copy(update={"description": HOSTILE})
    page = _page(_contest(kinds, turns, scenario=scenario, kafka=HOSTILE, weir_version=HOSTILE), renamed)
    assert page.open == []
    assert "onclick" not in {name for _, attributes in page.elements for name in attributes}
    assert HOSTILE in {s["name"] for c in page.data()["charts"] for s in c["series"]}
    assert len(page.scripts()) == 3


def test_a_contest_without_samples_has_a_page(contest: Played2) -> None:
    """Old or damaged records: dashes and words instead of curves."""
    made, played = contest
    bare = [replace(run, records=replace(run.records, samples=(), needed=(), events=())) for run in played]
    page = _page(made, bare)
    assert page.open == []
    assert page.data()["charts"] == []


def test_unmeasured_columns_leave_their_chart_out(contest: Played2) -> None:
    made, played = contest
    blind = [
        replace(run, records=replace(run.records, samples=tuple(_without_lag(s) for s in run.records.samples)))
        for run in played
    ]
    assert "lag" not in {chart["id"] for chart in _page(made, blind).data()["charts"]}


def _without_lag(sample: Sample) -> Sample:
    return replace(sample, lag_events=None)


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_policy_colours_have_contrast_in_both_themes(theme: int) -> None:
    """WCAG AA: 3 for lines on a panel."""
    templates = resources.files("loadtests.report").joinpath("templates")
    style = palette() + "".join(
        templates.joinpath(name).read_text(encoding="utf-8") for name in ("report.css", "policies.css")
    )
    pairs = re.findall(r"--([\w-]+): light-dark\((#\w{6}), (#\w{6})\)", style)
    shade = {name: (light, dark)[theme] for name, light, dark in pairs}
    assert all(_contrast(shade[colour(number)], shade["surface"]) >= 3 for number in range(8))
