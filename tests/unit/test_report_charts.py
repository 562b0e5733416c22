"""What the charts show, as data."""

import pytest

from contract.histogram import LatencyHistogram
from contract.ledger import LedgerEntry
from contract.record import Sample
from loadtests.report.charts import measured, shades
from loadtests.report.drawing import slopes
from loadtests.report.latency import over_time


def _samples(*rows: tuple[float, str, int | None]) -> list[Sample]:
    return [Sample(at_seconds=at, phase=phase, processed_events=total) for at, phase, total in rows]


@pytest.mark.parametrize(
    ("samples", "rates"),
    [
        pytest.param(
            _samples((0, "measuring", 0), (1, "measuring", 100), (2, "measuring", 300)),
            [(0, 100), (1, 100), (2, 200)],
            id="a rate is the growth since the sample before",
        ),
        pytest.param(
            _samples((0, "measuring", 0), (1, "measuring", None), (2.5, "measuring", 500)),
            [(0, 200), (2.5, 200)],
            id="a sample that was missed does not make a spike",
        ),
        pytest.param(
            _samples((0, "measuring", 0), (1, "measuring", 100), (2, "measuring", 40), (3, "measuring", 90)),
            [(0, 100), (1, 100), (3, 50)],
            id="a total that fell, because a worker died, is a gap and no negative rate",
        ),
        pytest.param(_samples((0, "measuring", 7)), [], id="one sample has no rate"),
    ],
)
def test_rates_are_slopes_of_totals(samples: list[Sample], rates: list[tuple[float, float]]) -> None:
    """Whatever the sampling, a line shows events per second."""
    assert slopes(samples, "processed_events") == rates


@pytest.mark.parametrize(
    ("phases", "expected"),
    [
        pytest.param(
            ["warm-up", "warm-up", "measuring", "measuring", "draining"],
            [("warm-up", 0, 2), ("draining", 3, 4)],
            id="a stretch reaches to the measured part on both sides",
        ),
        pytest.param(["measuring", "measuring"], [], id="what is measured is not shaded"),
        pytest.param(
            ["preparing", "warm-up", "measuring"],
            [("warm-up", 0, 2)],
            id="a stretch of a single moment cannot be seen and is left out",
        ),
        pytest.param([], [], id="an empty run has no stretches"),
    ],
)
def test_stretches_that_are_not_measured_are_shaded(
    phases: list[str], expected: list[tuple[str, float, float]]
) -> None:
    """Warm-up and draining are seen at once."""
    samples = _samples(*((float(at), phase, None) for at, phase in enumerate(phases)))
    assert [(s["label"], s["from"], s["to"]) for s in shades(samples)] == expected


def test_the_measured_part_is_from_its_first_to_its_last_sample() -> None:
    """None when there is none."""
    samples = _samples((0, "warm-up", None), (1, "measuring", None), (2, "measuring", None), (3, "draining", None))
    assert measured(samples) == (1, 2)
    assert measured(samples[:2]) is None


def test_percentiles_over_time_are_those_of_the_workers_together() -> None:
    """The p50 of a fast and a slow worker lies at one of them, not between: percentiles are not averaged."""
    entries = [_entry(at_us=500_000, seconds=0.001, count=90), _entry(at_us=700_000, seconds=1.0, count=10)]
    series = over_time(entries, started_us=0)
    assert series["p50"][0] == pytest.approx((0.5, 0.001), rel=0.01)
    assert series["p99"][0] == pytest.approx((0.5, 1.0), rel=0.01)


def test_entries_may_come_in_any_order() -> None:
    """The ledger topic is in order by partition only."""
    entries = [_entry(at_us=at, seconds=0.001, count=1) for at in (2_500_000, 500_000, 1_500_000)]
    assert [at for at, _ in over_time(entries, started_us=0)["p50"]] == [0.5, 1.5, 2.5]


def test_without_histograms_there_is_no_line() -> None:
    """Nothing is made up."""
    assert over_time([LedgerEntry(worker="w", at_us=1, ranges=())], started_us=0) == {}


def _entry(*, at_us: int, seconds: float, count: int) -> LedgerEntry:
    histogram = LatencyHistogram()
    histogram.record_seconds(seconds, count)
    return LedgerEntry(worker="w", at_us=at_us, ranges=(), end_to_end=histogram.encode())
