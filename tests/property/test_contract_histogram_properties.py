"""Histograms add up, and keep their values within their three digits, for any batches."""

from hypothesis import given
from hypothesis import strategies as st

from contract.histogram import HIGHEST_MICROS, LatencyHistogram

BATCHES = st.lists(st.lists(st.integers(1, HIGHEST_MICROS), max_size=20), max_size=6)


def of(batch: list[int]) -> LatencyHistogram:
    histogram = LatencyHistogram()
    histogram.record_micros(batch)
    return histogram


@given(BATCHES)
def test_the_sum_of_parts_is_the_whole(batches: list[list[int]]) -> None:
    """Merging the histograms of several processes gives the histogram of all their values."""
    merged = LatencyHistogram.merged(map(of, batches))
    whole = of([value for batch in batches for value in batch])
    assert (merged.count, merged.percentiles()) == (whole.count, whole.percentiles())


@given(st.lists(st.integers(1, HIGHEST_MICROS), min_size=1, max_size=50))
def test_text_keeps_everything(values: list[int]) -> None:
    histogram = of(values)
    again = LatencyHistogram.decode(histogram.encode())
    assert (again.count, again.percentiles()) == (histogram.count, histogram.percentiles())


@given(st.integers(1, HIGHEST_MICROS))
def test_each_value_is_kept_within_a_thousandth(micros: int) -> None:
    kept = of([micros]).seconds_at(50)
    assert kept is not None
    assert abs(kept * 1e6 - micros) <= micros / 1_000
