"""Rates, busy ratio and slice size, in virtual time."""

import pytest

from processor.rates import Rates, RateWindow, SliceSize, WorstOf


def test_nothing_is_known_of_a_worker_that_has_just_begun() -> None:
    """Not measured is None, never 0."""
    assert RateWindow(10.0).rates(10.0) == Rates()


def test_an_idle_worker_has_a_rate_of_zero_and_no_true_rate() -> None:
    """After some seconds without events 0 events/s is a fact; what it could do remains unknown."""
    assert RateWindow(0.0).rates(3.0) == Rates(processing_rate=0.0, busy_ratio=0.0)


def test_rates_are_over_the_last_seconds_only() -> None:
    """100 events every 0.1 s, busy half of the time: 1,000/s, or 2,000/s if always busy; the past is forgotten."""
    window = RateWindow(0.0)
    window.record(0.5, events=1_000_000, busy_seconds=0.5)
    for step in range(200):
        window.record(10 + step * 0.1, events=100, busy_seconds=0.05)
    rates = window.rates(29.95)
    assert rates.processing_rate == pytest.approx(1_000, rel=0.05)
    assert rates.true_processing_rate == pytest.approx(2_000)
    assert rates.busy_ratio == pytest.approx(0.5, rel=0.05)


def test_a_young_worker_is_measured_over_its_age() -> None:
    """One second of work is not diluted by four seconds that it did not live."""
    window = RateWindow(100.0)
    window.record(100.9, events=500, busy_seconds=0.9)
    assert window.rates(101.0).processing_rate == pytest.approx(500)
    assert window.rates(101.0).busy_ratio == pytest.approx(0.9)


def test_the_busy_ratio_never_exceeds_one() -> None:
    """A slice that began before the window counts for no more than the window."""
    window = RateWindow(0.0)
    window.record(20.0, events=1, busy_seconds=15.0)
    assert window.rates(20.0).busy_ratio == 1.0


def test_the_worst_is_remembered_as_long_as_the_window_and_no_longer() -> None:
    """A stall stays visible for the last seconds, however many good timers follow."""
    worst = WorstOf()
    assert worst.worst(0.0) is None
    worst.record(1.0, 0.7)
    for step in range(30):
        worst.record(1.0 + step * 0.1, 0.001)
    assert worst.worst(4.0) == 0.7
    assert worst.worst(8.0) == 0.001


@pytest.mark.parametrize(
    ("seconds_per_event", "expected"),
    [
        pytest.param(1e-6, 5_000, id="a cheap event: as many as allowed"),
        pytest.param(1e-3, 200, id="a millisecond each: 0.2 s worth of them"),
        pytest.param(10.0, 1, id="ten seconds each: one by one"),
    ],
)
def test_a_slice_takes_about_as_long_whatever_an_event_costs(seconds_per_event: float, expected: int) -> None:
    """Whoever waits for the slice in hand waits for a bounded time."""
    size = SliceSize(5_000)
    for _ in range(20):
        size.learn(events=size.events, seconds=size.events * seconds_per_event)
    assert size.events == expected


def test_a_slice_at_most_doubles_and_a_short_one_proves_nothing() -> None:
    """The first cost is a guess, so growth is careful; a short slice at low load is no reason to grow."""
    size = SliceSize(5_000, first_events=64)
    size.learn(events=10, seconds=1e-6)
    assert size.events == 64
    size.learn(events=64, seconds=1e-6)
    assert size.events == 128
