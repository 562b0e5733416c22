"""Standings, their sentences, and Weir's promise: tables of made summaries."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from autoscaler.journal import Tick
from autoscaler.model import Condition, Decision, Observation, Step
from contract.record import RunEvent, Sample
from loadtests.audit import audit
from loadtests.blindness import Blindness, blindness
from loadtests.claims import baseline_claims
from loadtests.elasticity import Elasticity
from loadtests.report.records import RunRecords
from loadtests.score import SloResult, score
from loadtests.standings import TABLE, Played, Spread, Standing, best, spread, standings
from loadtests.standings_words import climb_seconds, outcome_words, sentences
from loadtests.storm import Storm
from tests.run_records import Flow, make_account, make_scenario

_NOTHING = Flow(seconds=1, warmup=0, rate=0)
EMPTY = score(make_scenario(Flow()), [], make_account(_NOTHING), [], audit(make_account(_NOTHING), [], []))
CALM: dict[str, Any] = {
    "worker_events_per_second": 1000.0, "worker_rate_source": "scenario", "needed_replicas_max": 4,
    "desired_replicas_max": 5, "amplification": 1.25, "saturated_at_seconds": None, "time_lag_limit_seconds": 5.0,
    "time_lag_seconds_max": 3.2, "violation_seconds": 0.0, "violation_unknown_seconds": 0.0,
    "lag_event_seconds": 1000.0, "lag_events_max": 50, "worker_seconds": 400.0, "cost": None, "provisioning": None,
    "replicas_max": 20, "scale_actions": 1, "reversals": 0, "rebalances": 1, "stopped_partition_seconds": 0.0,
    "init_cpu_share": 0.06, "probe_kills": 0, "worker_restarts": 0,
}  # fmt: skip
STORMY: dict[str, Any] = {
    "desired_replicas_max": 20, "amplification": 5.0, "violation_seconds": 61.0, "worker_seconds": 1600.0,
    "init_cpu_share": 0.78, "probe_kills": 23, "worker_restarts": 23, "time_lag_seconds_max": 48.0,
}  # fmt: skip
JUMP = ((10, 3), (12, 8), (26, 20), (90, 20))


def run(  # what a test does not say is a calm run
    policy: str = "a",
    *,
    storm: bool = False,
    verdict: str = "passed",
    lost: int = 0,
    slos: Sequence[SloResult] = (),
    desired: Sequence[tuple[int, int]] = ((10, 3), (12, 5), (90, 5)),
    kills: Sequence[str] = (),
    repeat: int = 1,
    blindness: Blindness | None = None,
    kind: str = "HorizontalPodAutoscaler",
    **changes: Any,
) -> Played:
    """A finished run of `policy` with three workers at the start and a maximum of 20."""
    told = {
        "verdict": verdict,
        "slos": tuple(slos),
        "warmup_seconds": 0.0,
        "elasticity": Elasticity(**CALM | changes),
        "storm": Storm(detected=storm, desired_replicas_max=20, sentence="…"),
        "ledger": EMPTY.ledger.model_copy(update={"lost": lost}),
    }
    samples = tuple(Sample(at_seconds=float(at), phase="measuring", desired_replicas=n) for at, n in desired)
    events = tuple(RunEvent(at_seconds=50.0, kind="probe-kill", subject="w", detail=detail) for detail in kills)
    document = {"scenario": {"scaler": {"replicas": 3}}, "scaler": {"replicas_min": 3, "replicas_max": 20}}
    records = RunRecords(
        path=Path("/runs/1"), run=document, summary=EMPTY.model_copy(update=told), samples=samples, events=events
    )
    return Played(policy=policy, kind=kind, repeat=repeat, records=records, blindness=blindness)


def enter(*runs: Played, failed: int = 0) -> list[Standing]:
    policies = list(dict.fromkeys((one.policy, one.kind) for one in runs))
    return standings(policies, runs, {policies[0][0]: failed})


def missed(name: str = "end_to_end_p99_seconds_max") -> SloResult:
    return SloResult(name=name, limit=0.25, actual=3.0, held=False)


@pytest.mark.parametrize(
    ("values", "told"),
    [
        pytest.param([3.0, 1.0, 2.0], Spread(median=2.0, least=1.0, most=3.0, runs=3), id="the middle and both ends"),
        pytest.param([1.0, None, 4.0], Spread(median=2.5, least=1.0, most=4.0, runs=2), id="what is not known is out"),
        pytest.param([None], None, id="nothing known is no figure, not zero"),
    ],
)
def test_spread(values: list[float | None], told: Spread | None) -> None:
    assert spread(values) == told


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        pytest.param(run("b", verdict="SLO missed"), run("a", lost=1, verdict="ledger failed"), id="nothing lost"),
        pytest.param(run("b", verdict="SLO missed"), run("a", storm=True), id="no storm before a met SLO"),
        pytest.param(run("b", violation_seconds=50), run("a", verdict="SLO missed"), id="the verdict before seconds"),
        pytest.param(run("b", worker_seconds=900), run("a", violation_seconds=1), id="violated seconds before cost"),
        pytest.param(
            run("b", violation_seconds=3), run("a", violation_unknown_seconds=4), id="unknown seconds are violated"
        ),
        pytest.param(run("b", worker_seconds=399), run("a"), id="then the cheaper one"),
    ],
)
def test_who_is_better(better: Played, worse: Played) -> None:
    assert [(s.rank, s.policy) for s in enter(worse, better)] == [(1, "b"), (2, "a")]


def test_a_policy_without_a_run_comes_last() -> None:
    ranked = standings([("a", "X"), ("b", "X")], [run("b", lost=3, verdict="ledger failed")], {"a": 2})
    assert [s.policy for s in ranked] == ["b", "a"]
    assert sentences(ranked[1]) == ["a has no finished run: 2 runs failed."]
    assert outcome_words(ranked[1]) == "No run was finished"


@pytest.mark.parametrize(
    ("runs", "words"),
    [
        pytest.param([run()], "Held the SLO", id="calm"),
        pytest.param([run(storm=True)], "Init storm", id="storm"),
        pytest.param([run(storm=True), run()], "Init storm in 1 of 2 runs", id="one storm is told"),
        pytest.param([run(storm=True), run(storm=True)], "Init storm in all 2 runs", id="all of them"),
        pytest.param([run(storm=True, verdict="ledger failed", lost=2)], "Lost events", id="lost is worse than storm"),
        pytest.param([run(verdict="SLO missed", slos=[missed()])], "Missed the SLO", id="missed"),
        pytest.param(
            [run(violation_seconds=23.0)], "Violated the SLO for 23 s", id="seconds count where nobody limits them"
        ),
        pytest.param(
            [run(violation_seconds=9, slos=[SloResult(name="violation_seconds_max", limit=9, actual=9, held=True)])],
            "Held the SLO",
            id="within the limit that the scenario sets",
        ),
    ],
)
def test_the_outcome_in_a_title(runs: list[Played], words: str) -> None:
    assert outcome_words(enter(*runs)[0]) == words


def test_the_best_of_a_row() -> None:
    """The least where less is better; nobody where all are equal, or where no direction is good."""
    entered = enter(run("a", worker_seconds=400), run("b", worker_seconds=300), run("c", worker_seconds=300))
    assert best(TABLE["worker_seconds"], entered) == {"b", "c"}
    assert best(TABLE["violation_seconds"], entered) == set()
    assert best(TABLE["needed_replicas_max"], enter(run("a"), run("b", needed_replicas_max=3))) == set()


def test_to_ask_for_less_than_is_needed_is_no_virtue() -> None:
    entered = enter(run("a", amplification=0.75), run("b", amplification=1.0), run("c", amplification=1.25))
    assert best(TABLE["amplification"], entered) == {"a", "b"}


@pytest.mark.parametrize(
    ("desired", "seconds"),
    [
        pytest.param(JUMP, 14.0, id="from the first step to the maximum"),
        pytest.param(((10, 3), (12, 20)), 0.0, id="in one step"),
        pytest.param(((5, 8), (20, 3), (30, 10), (34, 20)), 4.0, id="the growth that got there, not an earlier one"),
        pytest.param(((10, 3), (12, 19)), None, id="never there"),
    ],
)
def test_how_fast_it_went_to_the_maximum(desired: Sequence[tuple[int, int]], seconds: float | None) -> None:
    samples = [Sample(at_seconds=float(at), phase="measuring", desired_replicas=n) for at, n in desired]
    assert climb_seconds(samples, 3, 20) == seconds


def test_a_storm_in_words() -> None:
    """Five runs, one of which had another course: numbers are medians."""
    had = ["x; it had been ready"] * 9 + ["x; it had never been ready"] * 14
    runs = [run(storm=True, desired=JUMP, kills=had, repeat=n, **STORMY) for n in range(1, 6)]
    told = sentences(enter(*runs)[0])
    assert told[0] == (
        "a went from 3 to its maximum of 20 in 14 s (median of 5) while 4 workers were needed: amplification 5.0."
    )
    assert told[1] == "It was an init storm in 5 of 5 runs."
    assert told[2] == (
        "78 % of the workers' CPU went into starting; probes killed 23 workers, 9 of which had been ready; "
        "61 of 90 s violated the SLO; it took 1,600 worker-seconds."
    )
    assert len(told) == 3


@pytest.mark.parametrize(
    ("runs", "told"),
    [
        pytest.param(
            [run()],
            "a went from 3 to 5 at most while 4 workers were needed: amplification 1.25. 6 % of the workers' CPU went "
            "into starting; no second violated the SLO, time lag was 3.2 s at most; it took 400 worker-seconds.",
            id="a calm run",
        ),
        pytest.param(
            [run(desired_replicas_max=3, scale_actions=0, desired=((10, 3),), init_cpu_share=None)],
            "a kept its 3 workers while 4 workers were needed. No second violated the SLO, time lag was 3.2 s at most; "
            "it took 400 worker-seconds.",
            id="one that never moved: no amplification, and no share that nobody measured",
        ),
        pytest.param(
            [run(desired_replicas_max=3, needed_replicas_max=None, amplification=None, init_cpu_share=0.001)],
            "a never asked for more than the 3 workers that it began with. No second violated the SLO, time lag was "
            "3.2 s at most; it took 400 worker-seconds.",
            id="one that only went down; the need is not known, the share not worth a word",
        ),
        pytest.param(
            [run(desired=JUMP, desired_replicas_max=20, amplification=5.0), run()],
            "a went from 3 to its maximum of 20 in 1 of 2 runs (median of 2) while 4 workers were needed: "
            "amplification 3.12. 6 % of the workers' CPU went into starting; no second violated the SLO, time lag was "
            "3.2 s at most; it took 400 worker-seconds.",
            id="the maximum in some runs only",
        ),
        pytest.param(
            [
                run(desired=((1, 3), (9, 20)), desired_replicas_max=20, violation_seconds=None, worker_restarts=2),
            ],
            "a went from 3 to its maximum of 20 in one step while 4 workers were needed: amplification 1.25. "
            "6 % of the workers' CPU went into starting; 2 workers died and were started again; "
            "it took 400 worker-seconds.",
            id="one step; the time lag was never measured, so nothing is said of the SLO",
        ),
        pytest.param(
            [run(violation_seconds=4.0, violation_unknown_seconds=2.0, init_cpu_share=None, probe_kills=1)],
            "a went from 3 to 5 at most while 4 workers were needed: amplification 1.25. Probes killed 1 worker; "
            "4 of 90 s violated the SLO; the time lag of 2 s is not known; it took 400 worker-seconds.",
            id="unknown seconds are told; kills without events say nothing of readiness",
        ),
    ],
)
def test_what_happened_in_words(runs: list[Played], told: str) -> None:
    assert " ".join(sentences(enter(*runs)[0])) == told


def test_missed_objectives_lost_events_and_failed_runs_are_told() -> None:
    runs = [run(verdict="ledger failed", lost=12, slos=[missed()]), run(slos=[missed()]), run()]
    assert sentences(enter(*runs, failed=1)[0])[-3:] == [
        "Missed: end-to-end p99 ≤ 250 ms in 2 of 3 runs.",
        "12 events were lost in 1 of 3 runs.",
        "1 further run failed.",
    ]


def _tick(reason: str | None, *, status: bool = False) -> Tick:
    seen = Observation(at_seconds=1.0, spec_replicas=3, status_replicas=3)
    if reason is None:
        return Tick(seen=seen, policy="a", decision=None, desired=3)
    held = Condition(type="ScalingActive", status=status, reason=reason, message=f"for {reason}", changed_at=0.0)
    step = Step(rule="hold", replicas=3, why="held")
    decision = Decision(at_seconds=1.0, trail=(step,), conditions=(held,))
    return Tick(seen=seen, policy="a", decision=decision, desired=3)


@pytest.mark.parametrize(
    ("ticks", "told"),
    [
        pytest.param([], Blindness(blind=0, decisions=0, why=""), id="no tick"),
        pytest.param(
            [_tick("FailedGetExternalMetric"), _tick("ValidMetricFound", status=True), _tick(None)],
            Blindness(blind=1, decisions=2, why="for FailedGetExternalMetric"),
            id="one of two decisions; a tick without one is none",
        ),
        pytest.param(
            [_tick("ScalingDisabled")], Blindness(blind=0, decisions=1, why=""), id="switched off is not blind"
        ),
    ],
)
def test_blindness(ticks: list[Tick], told: Blindness) -> None:
    assert blindness(ticks) == told


@pytest.mark.parametrize(
    ("blind", "told"),
    [
        pytest.param(0, False, id="it saw all the time"),
        pytest.param(4, False, id="now and then it did not: nothing to speak of"),
        pytest.param(50, True, id="half of the time"),
    ],
)
def test_a_blind_policy_does_not_pass_for_a_calm_one(blind: int, *, told: bool) -> None:
    runs = [run(blindness=Blindness(blind=blind, decisions=100, why="no partition")), run()]
    words = f"It could not read its metric in {blind} of 100 decisions and held: no partition."
    assert (words in sentences(enter(*runs)[0])) is told


OWN = "WeirPolicy"


@pytest.mark.parametrize(
    ("mine", "theirs", "verdict", "words"),
    [
        pytest.param(
            {"violation_seconds": 3}, {"violation_seconds": 12}, "better",
            "weir is better than keda: fewer SLO violation seconds (3 against 12), "
            "at no more worker-seconds (400 against 400).",
            id="fewer seconds, as many workers",
        ),
        pytest.param(
            {"violation_seconds": 3, "worker_seconds": 440}, {"violation_seconds": 12}, "not better",
            "weir is not better than keda: fewer SLO violation seconds (3 against 12), "
            "at 10 % more worker-seconds (440 against 400).",
            id="bought with more workers",
        ),
        pytest.param(
            {"violation_seconds": 3}, {"violation_seconds": 2}, "not better",
            "weir is not better than keda: more SLO violation seconds (3 against 2), "
            "at no more worker-seconds (400 against 400).",
            id="more seconds",
        ),
        pytest.param(
            {"violation_seconds": 32.0009, "worker_seconds": 380}, {"violation_seconds": 32.0038}, "cheaper",
            "weir is cheaper than keda: as many SLO violation seconds (32 against 32), "
            "at no more worker-seconds (380 against 400).",
            id="milliseconds between samples are no difference",
        ),
        pytest.param(
            {"violation_unknown_seconds": 5}, {"violation_seconds": 2}, "not better",
            "weir is not better than keda: more SLO violation seconds (5 against 2), "
            "at no more worker-seconds (400 against 400).",
            id="unknown seconds count as violated",
        ),
        pytest.param(
            {}, {"worker_seconds": 500}, "cheaper",
            "weir is cheaper than keda: neither violated the SLO, at no more worker-seconds (400 against 500).",
            id="nobody violated it: the cheaper one",
        ),
        pytest.param(
            {}, {}, "as good",
            "weir is as good as keda: neither violated the SLO, at no more worker-seconds (400 against 400).",
            id="a tie is no victory",
        ),
        pytest.param(
            {"violation_seconds": None}, {}, "unknown",
            "weir against keda: cannot be told, it was not measured in both.",
            id="unknown stays unknown",
        ),
    ],
)  # fmt: skip
def test_the_promise(mine: dict[str, Any], theirs: dict[str, Any], verdict: str, words: str) -> None:
    entered = enter(run("weir", kind=OWN, **mine), run("keda", **theirs))
    assert [(c.verdict, c.sentence) for c in baseline_claims(entered)] == [(verdict, words)]


def test_a_promise_with_overlapping_runs_says_so() -> None:
    mine = [run("weir", kind=OWN, violation_seconds=s) for s in (1, 2, 9)]
    theirs = [run("keda", violation_seconds=s) for s in (3, 4, 5)]
    (claim,) = baseline_claims(enter(*mine, *theirs))
    assert claim.sentence.endswith("; the violation seconds of their runs overlap.")


def test_no_promise_without_a_policy_of_our_own() -> None:
    assert baseline_claims(enter(run("a"), run("b"))) == []
