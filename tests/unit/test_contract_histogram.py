"""Latencies: three digits, whatever their size; sums of processes; text that other tools read."""

import gc
import weakref

import numpy as np
import pytest

from contract.histogram import HIGHEST_MICROS, LatencyHistogram

ERROR_MAX = 0.001


def test_nothing_recorded_is_unknown_and_not_zero() -> None:
    empty = LatencyHistogram()
    assert empty.count == 0
    assert empty.percentiles() == {"p50": None, "p90": None, "p99": None, "p99.9": None, "max": None}
    assert LatencyHistogram.decode(empty.encode()).count == 0


def test_an_empty_batch_adds_nothing() -> None:
    histogram = LatencyHistogram()
    histogram.record_micros([])
    assert histogram.count == 0


@pytest.mark.parametrize(
    ("micros", "seconds"),
    [
        pytest.param(-5, 1e-6, id="before its plan: the clocks disagree, counts as the least"),
        pytest.param(0, 1e-6, id="nothing measurable counts as a microsecond"),
        pytest.param(HIGHEST_MICROS * 10, 3600.0, id="above an hour counts as an hour"),
    ],
)
def test_what_lies_outside_counts_as_the_nearer_end(micros: int, seconds: float) -> None:
    batch, single = LatencyHistogram(), LatencyHistogram()
    batch.record_micros([micros])
    single.record_seconds(micros / 1e6)
    assert batch.seconds_at(100) == pytest.approx(seconds, rel=ERROR_MAX)
    assert single.seconds_at(100) == pytest.approx(seconds, rel=ERROR_MAX)


@pytest.mark.parametrize("percentile", [50.0, 90.0, 99.0, 99.9, 100.0])
def test_percentiles_agree_with_exact_ones(percentile: float) -> None:
    """Within 0.1 % of the values around NumPy's exact answer, from microseconds to minutes."""
    micros = np.random.default_rng(7).lognormal(mean=8.0, sigma=2.0, size=100_000).astype(np.int64) + 1
    histogram = LatencyHistogram()
    for batch in np.array_split(micros, 37):
        histogram.record_micros(batch)
    below, above = (np.percentile(micros, percentile, method=side) / 1e6 for side in ("lower", "higher"))
    found = histogram.seconds_at(percentile)
    assert found is not None
    assert histogram.count == micros.size
    assert below * (1 - ERROR_MAX) <= found <= above * (1 + ERROR_MAX)


def test_one_by_one_and_by_the_batch_are_the_same() -> None:
    batch, single = LatencyHistogram(), LatencyHistogram()
    batch.record_micros([1_500, 1_500, 250_000])
    single.record_seconds(0.0015, count=2)
    single.record_seconds(0.25)
    assert batch.percentiles() == single.percentiles()


def test_reset_forgets() -> None:
    histogram = LatencyHistogram()
    histogram.record_seconds(1.0)
    histogram.reset()
    assert histogram.count == 0


def test_a_histogram_goes_when_nobody_has_it_any_more() -> None:
    """At once and without the garbage collector, which workers run seldom: one is made every second."""
    gc.disable()
    try:
        histogram = LatencyHistogram()
        histogram.record_micros([1, 2, 3])
        histogram.encode()
        LatencyHistogram.merged([histogram])
        trace = weakref.ref(histogram._hdr)
        del histogram
        assert trace() is None
    finally:
        gc.enable()
