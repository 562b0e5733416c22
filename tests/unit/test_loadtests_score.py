"""The score: figures from samples, the verdict from ledger and SLO, and the sentences that explain it."""

from dataclasses import replace
from typing import Any

import pytest

from contract.histogram import LatencyHistogram
from contract.ledger import LedgerEntry, ProducerAccount
from contract.record import Sample
from contract.scenario import Scenario, Slo
from loadtests.audit import Audit, audit
from loadtests.score import EXIT_CODES, Summary, score
from tests.ledgers import account, done, log, sent

WARMUP_SECONDS = 5.0


def latencies(*seconds: float) -> str:
    histogram = LatencyHistogram()
    for value in seconds:
        histogram.record_seconds(value)
    return histogram.encode()


def second(number: int, phase: str = "measuring", *, rate: int = 1_000, **changes: Any) -> Sample:
    """A sample of a run that keeps up: `rate` events/s of 200 bytes, 0.5 core each for producer and workers."""
    steady = Sample(
        at_seconds=float(number),
        phase=phase,
        planned_events=rate * number,
        sent_events=rate * number,
        acked_events=rate * number,
        processed_events=rate * number,
        produced_bytes=200 * rate * number,
        buffered_bytes=0,
        lag_events=0,
        producer_cpu_seconds=0.5 * number,
        worker_cpu_seconds=0.5 * number,
        broker_cpu_seconds=1.0 * number,
        producer_rss_bytes=100,
        worker_rss_bytes=200,
    )
    return replace(steady, **changes)


def run() -> list[Sample]:
    """Five seconds of warm-up in which everything is slower, ten that count, two of draining."""
    warming = [second(n, "warm-up", lag_events=9_999, acked_events=0) for n in range(5)]
    draining = [second(15, "draining", lag_events=300), second(17, "draining", lag_events=0, rebalances=1)]
    return [*warming, *(second(n) for n in range(5, 15)), *draining]


def ledger(**changes: Any) -> Audit:
    clean = audit(account(sent()), [LedgerEntry(worker="w", at_us=1, ranges=(done(0, 9),))], [log()])
    return clean.model_copy(update=changes)


def told(**changes: Any) -> ProducerAccount:
    measured = {"schedule_delay": latencies(0.001, 0.02), "publish_latency": latencies(0.004), "value_bytes": 2_000}
    return account(sent()).model_copy(update=measured | changes)


def scored(
    samples: list[Sample] | None = None,
    *,
    slo: Slo | None = None,
    by: ProducerAccount | None = None,
    entries: tuple[LedgerEntry, ...] = (),
    audited: Audit | None = None,
) -> Summary:
    scenario = Scenario(name="n", seconds=15, warmup_seconds=WARMUP_SECONDS, slo=slo or Slo())
    return score(scenario, run() if samples is None else samples, by or told(), entries, audited or ledger())


def entry(at_seconds: float, *seconds: float) -> LedgerEntry:
    return LedgerEntry(
        worker="w", at_us=round(at_seconds * 1e6), ranges=(), end_to_end=latencies(*seconds) if seconds else None
    )


def test_rates_are_those_of_the_measured_stretch() -> None:
    """Differences of totals over differences of time; what the warm-up or the draining did is not in them."""
    found = scored()
    assert (found.planned_rate, found.sent_rate, found.produced_rate, found.processed_rate) == (
        1_000,
        1_000,
        1_000,
        1_000,
    )
    assert (found.produced_ratio, found.processed_ratio, found.measured_seconds) == (1.0, 1.0, 9.0)
    assert (found.produced_mb_per_second, found.processed_mb_per_second) == (0.2, 0.2)
    assert (found.lag_events_max, found.lag_events_mean, found.lag_events_end) == (0, 0.0, 0)


def test_uneven_samples_do_not_change_a_rate() -> None:
    """A rate is a slope between the first and the last sample, wherever those in between lie."""
    uneven = [second(n) for n in (5, 6, 11, 12, 14)]
    assert scored(uneven).processed_rate == scored().processed_rate


def test_seconds_that_could_not_be_measured_are_passed_over() -> None:
    samples = [second(n, processed_events=None, lag_events=None) if n % 2 else second(n) for n in range(5, 15)]
    found = scored(samples)
    assert (found.processed_rate, found.lag_events_max) == (1_000, 0)


@pytest.mark.parametrize(
    "samples",
    [
        pytest.param([], id="no sample at all"),
        pytest.param([second(1, "warm-up")], id="ended within the warm-up"),
        pytest.param([second(6)], id="a single second: a slope needs two"),
        pytest.param([second(6), second(6)], id="the same moment twice"),
    ],
)
def test_too_short_a_run_has_no_rates(samples: list[Sample]) -> None:
    """Unknown is None, not 0."""
    found = scored(samples)
    assert (found.planned_rate, found.processed_rate, found.processed_ratio) == (None, None, None)
    assert found.costs["workers"].cores is None


def test_draining_is_timed_from_the_end_of_the_load() -> None:
    assert scored().drained_after_seconds == 2.0
    assert scored([*run()[:-1], second(17, "draining", lag_events=5)]).drained_after_seconds is None


def test_costs_are_cpu_per_million_events_and_the_largest_memory() -> None:
    costs = scored().costs
    assert costs["producer"].cores == 0.5
    assert costs["workers"].cpu_seconds_per_million_events == 500.0
    assert (costs["broker"].cores, costs["broker"].rss_bytes_max, costs["workers"].rss_bytes_max) == (1.0, None, 200)


def test_end_to_end_latency_leaves_out_the_warm_up() -> None:
    """Entries that may hold events processed within it, and one second more, do not count."""
    found = scored(entries=(entry(2, 9.0), entry(5.5, 8.0), entry(7, 0.002), entry(8), entry(9, 0.004)))
    assert found.latencies["end_to_end"]["max"] == pytest.approx(0.004, rel=0.001)
    assert found.latencies["end_to_end"]["p50"] == pytest.approx(0.002, rel=0.001)
    assert found.latencies["schedule_delay"]["max"] == pytest.approx(0.02, rel=0.001)
    assert found.latencies["publish"]["p50"] == pytest.approx(0.004, rel=0.001)


def test_an_entry_that_was_written_twice_weighs_once() -> None:
    twice = scored(entries=(entry(7, 0.002), entry(8, 0.004), entry(8, 0.004)))
    assert twice.latencies["end_to_end"]["p50"] == pytest.approx(0.002, rel=0.001)


def test_without_entries_latency_is_unknown() -> None:
    assert set(scored().latencies["end_to_end"].values()) == {None}


HELD_OR_NOT = [
    pytest.param({"produced_ratio_min": 1.0}, True, id="at least: reached exactly"),
    pytest.param({"processed_ratio_min": 0.5}, True, id="at least: exceeded"),
    pytest.param({"lag_events_max": 0}, True, id="at most: reached exactly"),
    pytest.param({"dead_lettered_events_max": 0}, True, id="nothing was given up"),
    pytest.param({"cores_max": 1.0}, True, id="producer and workers together, without the broker"),
    pytest.param({"cores_max": 0.9}, False, id="more cores than allowed"),
    pytest.param({"schedule_delay_p99_seconds_max": 0.001}, False, id="a sender that fell behind"),
    pytest.param({"end_to_end_p99_seconds_max": 60}, False, id="not measured counts as missed"),
]


@pytest.mark.parametrize(("asked", "held"), HELD_OR_NOT)
def test_an_slo_is_held_or_missed(asked: dict[str, float], held: bool) -> None:  # a column of the table
    found = scored(slo=Slo.model_validate(asked))
    assert {slo.name: slo.held for slo in found.slos} == {next(iter(asked)): held, "unread_events_max": True}
    assert found.verdict == ("passed" if held else "SLO missed")


def test_only_what_was_asked_for_is_judged() -> None:
    assert scored(slo=Slo(unread_events_max=None)).slos == ()


def test_unread_events_miss_the_slo_unless_they_are_allowed() -> None:
    """A run that nobody consumed proves nothing: without a word in the scenario, nothing may be left."""
    left = ledger(complete=False, unread=5)
    assert scored(slo=Slo(), audited=left).verdict == "SLO missed"
    assert scored(slo=Slo(unread_events_max=None), audited=left).verdict == "passed"


NOT_JUDGED = {"time_lag_seconds_max", "price_per_worker_hour"}


def test_every_slo_of_a_scenario_is_judged() -> None:
    """A field of Slo that the score does not know would be held by silence.

    A time lag above its limit makes a violated second; how many of those there may be is what is judged.
    """
    asked = Slo.model_validate(dict.fromkeys(Slo.model_fields, 1))
    assert {slo.name for slo in scored(slo=asked).slos} == set(Slo.model_fields) - NOT_JUDGED


@pytest.mark.parametrize(
    ("time_lags", "held", "actual"),
    [
        pytest.param([0.1] * 10, True, 0, id="never behind"),
        pytest.param([0.1] * 7 + [5.1] * 3, True, 3, id="as many seconds as there may be"),
        pytest.param([0.1] * 6 + [5.1] * 4, False, 4, id="one second more"),
        pytest.param([5.0] * 10, True, 0, id="at the limit is not above it"),
        pytest.param([0.1] * 6 + [None] * 4, False, 4, id="seconds that nobody measured were not held"),
        pytest.param([None] * 10, False, None, id="a run whose time lag nobody measured proves nothing"),
    ],
)
def test_seconds_of_violated_slo_are_judged(time_lags: list[float | None], held: bool, actual: float | None) -> None:
    """Counted after the warm-up, one second a sample."""
    samples = [second(n + 6, time_lag_seconds=lag) for n, lag in enumerate(time_lags)]
    samples = [second(5, "warm-up", time_lag_seconds=99.0), *samples]
    judged = scored(samples, slo=Slo(violation_seconds_max=3, unread_events_max=None)).slos[0]
    assert (judged.name, judged.held, judged.actual) == ("violation_seconds_max", held, actual)


@pytest.mark.parametrize(
    ("asked", "audited", "verdict", "exit_code"),
    [
        pytest.param({}, {}, "passed", 0, id="all was well"),
        pytest.param({"lag_events_max": 0}, {}, "passed", 0, id="the SLO was held"),
        pytest.param({"cores_max": 0.1}, {}, "SLO missed", 3, id="the SLO was missed"),
        pytest.param({}, {"passed": False, "complete": False, "lost": 1}, "ledger failed", 1, id="an event was lost"),
        pytest.param(
            {"cores_max": 0.1},
            {"passed": False, "complete": False, "lost": 1},
            "ledger failed",
            1,
            id="a loss weighs more",
        ),
    ],
)
def test_verdict_and_exit_code(asked: dict[str, float], audited: dict[str, Any], verdict: str, exit_code: int) -> None:
    found = scored(slo=Slo.model_validate(asked), audited=ledger(**audited))
    assert (found.verdict, EXIT_CODES[found.verdict]) == (verdict, exit_code)


def slow(*, cores: float, buffered: int) -> list[Sample]:
    """A run that sent nine in ten of the planned events."""
    return [
        second(n, sent_events=900 * n, producer_cpu_seconds=cores * n, buffered_bytes=buffered) for n in range(5, 15)
    ]


@pytest.mark.parametrize(
    ("samples", "told_as"),
    [
        pytest.param(run(), None, id="all that was planned was sent"),
        pytest.param([second(n, sent_events=996 * n) for n in range(5, 15)], None, id="within half a per cent"),
        pytest.param([], None, id="nothing is known"),
        pytest.param(
            slow(cores=0.98, buffered=0), "the generator was the bottleneck: only 90.0% of the planned", id="out of CPU"
        ),
        pytest.param(
            slow(cores=0.3, buffered=64_000_000),
            "Kafka held the generator up: only 90.0% of the planned",
            id="out of room",
        ),
    ],
)
def test_why_the_load_fell_short(samples: list[Sample], told_as: str | None) -> None:
    found = scored(samples).generator_bottleneck
    assert found is None if told_as is None else (found or "").startswith(told_as)


def test_sentences_come_most_important_first() -> None:
    found = scored(
        slow(cores=0.98, buffered=0),
        slo=Slo(produced_ratio_min=1.0, cores_max=0.1),
        audited=ledger(passed=False, complete=False, lost=1_234, findings=("1,234 events were lost (partitions 3)",)),
    )
    assert found.sentences[0] == "FAILED: 1,234 events were lost"
    assert found.sentences[1] == "SLO missed: cores_max"
    assert found.sentences[2].startswith("the generator was the bottleneck")
    assert found.sentences[-1] == "1,234 events were lost (partitions 3)"


def test_a_complete_ledger_is_said_to_be_the_proof() -> None:
    assert scored().sentences == ("the ledger proves it: all 10 acknowledged events were processed, none was lost",)


def test_a_summary_survives_its_file() -> None:
    found = scored(entries=(entry(7, 0.002),))
    assert Summary.model_validate_json(found.model_dump_json()) == found
