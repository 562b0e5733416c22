"""Rules of the report's series for any run."""

from hypothesis import given
from hypothesis import strategies as st

from contract.histogram import LatencyHistogram
from contract.record import Sample
from loadtests.report.latency import distribution
from loadtests.report.thinning import thin

_LAGS = st.lists(st.none() | st.integers(0, 10**9), min_size=1, max_size=300)


@given(lags=_LAGS, points_max=st.integers(1, 50))
def test_thinning_keeps_the_end_of_totals_and_the_worst_lag(lags: list[int | None], points_max: int) -> None:
    """Fewer points may hide when something happened, never that it happened."""
    samples = [
        Sample(at_seconds=float(at), phase="measuring", processed_events=at, lag_events=lag)
        for at, lag in enumerate(lags)
    ]
    thinned = thin(samples, points_max)
    assert len(thinned) <= points_max
    assert thinned[-1].processed_events == samples[-1].processed_events
    assert _worst(thinned) == _worst(samples)


@given(lags=_LAGS)
def test_a_short_run_is_not_thinned(lags: list[int | None]) -> None:
    """Every second is shown as it was."""
    samples = [Sample(at_seconds=float(at), phase="measuring", lag_events=lag) for at, lag in enumerate(lags)]
    assert thin(samples) == samples


@given(micros=st.lists(st.integers(1, 3_600_000_000), min_size=1, max_size=200))
def test_the_distribution_rises_from_the_lowest_to_the_highest_value(micros: list[int]) -> None:
    """A higher percentile is never faster, and the last point is the slowest event."""
    histogram = LatencyHistogram()
    histogram.record_micros(micros)
    points = distribution(histogram)
    assert [n for n, _ in points] == sorted({n for n, _ in points})
    assert [seconds for _, seconds in points] == sorted(seconds for _, seconds in points)
    assert points[-1][1] == histogram.seconds_at(100)


def _worst(samples: list[Sample]) -> int | None:
    return max((s.lag_events for s in samples if s.lag_events is not None), default=None)
