"""Flink's formulas.  Rows marked by a number of their own stand in Flink's tests as well."""

import math
from typing import Any

import pytest

from autoscaler.model import Rescale
from autoscaler.policies.flink import (
    Alignment,
    align,
    ineffective,
    processing_backlog,
    processing_capacity,
    rate_thresholds,
    restart_seconds,
    round_metric,
    scalability_coefficient,
    scale_factor,
    scaled_parallelism,
    target_rate,
    true_processing_rate,
)


@pytest.mark.parametrize(
    ("input_rate", "load", "observed", "threshold", "expected"),
    [
        pytest.param(35, 0.1, None, 0.15, 350, id="input rate divided by busy share"),
        pytest.param(35, 0.1, 300, 0.2, 350, id="350 is within 20 % of the 300 observed: busy time counts"),
        pytest.param(35, 0.1, 300, 0.1, 300, id="350 is more than 10 % above the 300 observed: observed counts"),
        pytest.param(345, 1.0, 300, 0.15, 345, id="exactly 15 % above is still within"),
        pytest.param(100, 0.0, None, 0.15, math.inf, id="never busy: infinite"),
        pytest.param(0, 0.0, None, 0.15, math.inf, id="nothing comes in: infinite"),
        pytest.param(0, None, None, 0.15, math.inf, id="nothing comes in and no load known: infinite all the same"),
        pytest.param(100, 0.0, 300, 0.15, 300, id="infinite by busy time, observed counts"),
        pytest.param(1, None, 300, 0.15, 300, id="busy time unknown, observed counts"),
        pytest.param(1, None, None, 0.15, None, id="both unknown: unknown"),
        pytest.param(100, 1.0, 500, 0.15, 100, id="a lower rate by busy time is believed"),
    ],
)
def test_true_processing_rate(
    input_rate: float, load: float | None, observed: float | None, threshold: float, expected: float | None
) -> None:
    """Busy time is believed unless a rate observed under a backlog contradicts it downwards."""
    found = true_processing_rate(input_rate=input_rate, load=load, observed_rate=observed, switch_threshold=threshold)
    assert found == (None if expected is None else pytest.approx(expected))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param(0.6996, 0.7, id="to the nearest"),
        pytest.param(0.0005, 0.001, id="a half is rounded up"),
        pytest.param(1.0005, 1.001, id="by its decimal digits, not by its binary ones, which are a little less"),
        pytest.param(0.0004, 0.0004, id="never down to 0"),
        pytest.param(0.0, 0.0, id="0 itself"),
        pytest.param(1e300, 1e300, id="too large for decimals"),
        pytest.param(math.inf, math.inf, id="infinity"),
    ],
)
def test_metrics_are_kept_to_three_decimals(value: float, expected: float) -> None:
    assert round_metric(value) == expected


def test_target_rate() -> None:
    """What is consumed plus what the lag grows by, never negative."""
    assert target_rate(input_rate=100, lag_change_rate=50) == 150
    assert target_rate(input_rate=100, lag_change_rate=-300) == 0


@pytest.mark.parametrize(
    ("rate", "lag", "utilization", "catch_up", "restart", "expected"),
    [
        pytest.param(700, 0, 0.7, 0, 0, 1000, id="the rate at the utilisation"),
        pytest.param(700, 0, 0.9, 0, 0, 778, id="rounded to the nearest"),
        pytest.param(700, 700, 0.9, 2, 0, 1128, id="the lag within the catch-up duration"),
        pytest.param(700, 0, 0.7, 2, 1, 1350, id="what piles up during the restart as well"),
        pytest.param(700, 5000, 0.7, 0, 60, 1000, id="a catch-up of 0 leaves both out"),
        pytest.param(2037.5, 15_544, 1.0, 7, 300, 91_579, id="the share of the lag is rounded before: 91,579.4996"),
        pytest.param(700, 0, 0.0, 60, 60, math.inf, id="utilisation 0 is infinite capacity"),
        pytest.param(700, 0, -0.5, 60, 60, math.inf, id="a negative utilisation is 0"),
        pytest.param(700, 0, 1.4, 0, 0, 700, id="a utilisation above 1 is 1"),
        pytest.param(0.5, 0, 1.0, 0, 0, 1, id="a half is rounded up"),
    ],
)
def test_processing_capacity(
    *, rate: float, lag: float, utilization: float, catch_up: float, restart: float, expected: float
) -> None:
    """Capacity needed = lag / catch-up + rate * restart / catch-up + rate / utilisation, rounded."""
    found = processing_capacity(
        rate=rate, lag_events=lag, utilization=utilization, catch_up_seconds=catch_up, restart_seconds=restart
    )
    assert found == expected


@pytest.mark.parametrize(
    ("lag", "catch_up", "restart", "backlog", "expected"),
    [
        pytest.param(0, 0, 1, False, (778, 1000), id="catch-up 0: the restart does not count"),
        pytest.param(700, 2, 1, False, (1128, 1700), id="lag on both edges, the restart on the lower one only"),
        pytest.param(0, 2, 1, False, (778, 1350), id="no lag"),
        pytest.param(700, 2, 1, True, (1050, math.inf), id="backlog: full utilisation will do, no going down"),
        pytest.param(0, 2, 1, True, (700, math.inf), id="backlog without lag of its own"),
        pytest.param(21_000, 60, 300, False, (1128, 4850), id="a tracked restart of five minutes"),
        pytest.param(0, 60, 300, False, (778, 4500), id="the same without lag"),
    ],
)
def test_rate_thresholds(
    lag: float, catch_up: float, restart: float, backlog: bool, expected: tuple[float, float]
) -> None:
    """Edges at 0.9 and 0.7 for 700 events/s, as in Flink's own table."""
    edges = rate_thresholds(
        rate=700,
        lag_events=lag,
        utilization_max=0.9,
        utilization_min=0.7,
        catch_up_seconds=catch_up,
        restart_seconds=restart,
        backlog=backlog,
    )
    assert (edges.up_below, edges.down_above) == expected


@pytest.mark.parametrize(
    ("true_rate", "outside"),
    [
        pytest.param(777, True, id="below the first edge"),
        pytest.param(778, False, id="on the first edge"),
        pytest.param(1000, False, id="on the second edge"),
        pytest.param(1001, True, id="above the second edge"),
    ],
)
def test_edges(true_rate: float, outside: bool) -> None:
    """Both edges hold."""
    edges = rate_thresholds(
        rate=700, lag_events=0, utilization_max=0.9, utilization_min=0.7, catch_up_seconds=0, restart_seconds=0
    )
    assert edges.outside(true_rate) is outside


@pytest.mark.parametrize(
    ("lag", "rate", "expected"),
    [
        pytest.param(0, 100, False, id="no lag"),
        pytest.param(250 * 300, 200, True, id="more than five minutes' work"),
        pytest.param(180 * 300, 200, False, id="less than five minutes' work"),
        pytest.param(200 * 300, 200, False, id="exactly five minutes' work"),
        pytest.param(1, 0, True, id="lag and nothing consumed"),
        pytest.param(0, 0, False, id="no lag and nothing consumed"),
    ],
)
def test_processing_backlog(lag: float, rate: float, expected: bool) -> None:
    """A backlog is more lag than is consumed in five minutes."""
    assert processing_backlog(lag_events=lag, input_rate=rate, threshold_seconds=300) is expected


@pytest.mark.parametrize(
    ("current", "rate", "true_rate", "utilization", "limits", "expected"),
    [
        pytest.param(10, 50, 100, 0.5, {}, 10, id="50/s at half load of 100/s: just right"),
        pytest.param(10, 80, 100, 0.8, {}, 10, id="80/s at 0.8 of 100/s: just right"),
        pytest.param(10, 60, 100, 0.8, {}, 8, id="60/s at 0.8 needs 75/s"),
        pytest.param(10, 59, 100, 0.8, {}, 8, id="59/s rounds up to the same"),
        pytest.param(2, 100, 40, 0.5, {}, 10, id="five times the capacity"),
        pytest.param(2, 100, 100, 0.6, {}, 4, id="1.67 times 2 rounds up"),
        pytest.param(10, 10, 100, 1.0, {"down_max_factor": 0.5}, 5, id="no more than half of them go"),
        pytest.param(10, 10, 100, 1.0, {"down_max_factor": 0.6}, 4, id="no more than 0.6 of them go"),
        pytest.param(10, 200, 10, 1.0, {"up_max_factor": 0.5}, 15, id="no more than half as many come"),
        pytest.param(10, 200, 10, 1.0, {"up_max_factor": 0.6}, 16, id="no more than 0.6 as many come"),
        pytest.param(10, 0, math.inf, 0.7, {}, 4, id="nothing comes in: the largest step down"),
    ],
)
def test_scale_factor(
    *, current: int, rate: float, true_rate: float, utilization: float, limits: dict[str, float], expected: int
) -> None:
    """Capacity at the target divided by the true rate, held within the steps, times the workers, rounded up."""
    capacity = processing_capacity(rate=rate, lag_events=0, utilization=utilization, catch_up_seconds=0)
    factor = scale_factor(capacity=capacity, true_rate=true_rate, **limits)
    assert scaled_parallelism(current=current, factor=factor, least=1, most=200) == expected


@pytest.mark.parametrize(
    ("current", "factor", "least", "most", "expected"),
    [
        pytest.param(1, 0.0001, 1, 2**31, 1, id="never below one"),
        pytest.param(2, 0.1, 1, 2**31, 1, id="rounded up to one"),
        pytest.param(6, 0.8, 1, 2**31, 5, id="4.8 is 5"),
        pytest.param(16, 1.5, 1, 2**31, 24, id="24"),
        pytest.param(200, 2, 1, 2**31, 400, id="400"),
        pytest.param(200, 2**31, 1, 2**31, 2**31 - 1, id="no more than an integer of Java's holds"),
        pytest.param(10, 0.28, 5, 200, 5, id="the minimum"),
        pytest.param(4, 0.28, 5, 200, 4, id="a job below its minimum stays there"),
        pytest.param(10, 5, 1, 10, 10, id="the maximum"),
        pytest.param(12, 5, 1, 10, 12, id="a job above its maximum stays there"),
    ],
)
def test_limits(*, current: int, factor: float, least: int, most: int, expected: int) -> None:
    """The limits stretch to the present number."""
    assert scaled_parallelism(current=current, factor=factor, least=least, most=most) == expected


@pytest.mark.parametrize(
    ("mode", "current", "wanted", "partitions", "most", "expected"),
    [
        pytest.param("BALANCED", 16, 24, 128, 200, 26, id="balanced: 26 lowers the busiest share"),
        pytest.param("EVENLY_SPREAD", 16, 24, 128, 200, 32, id="evenly: the next divisor"),
        pytest.param("OFF", 16, 24, 128, 200, 24, id="off: as computed"),
        pytest.param("BALANCED", 22, 25, 35, 30, 25, id="balanced: nothing suits below the limit, as computed"),
        pytest.param("EVENLY_SPREAD", 22, 25, 35, 30, 25, id="evenly: nothing suits below the limit, as computed"),
        pytest.param("EVENLY_SPREAD", 5, 7, 12, 8, 7, id="never below what is needed"),
        pytest.param("EVENLY_SPREAD", 6, 5, 36, 200, 6, id="going down ends at the present number, which divides"),
        pytest.param("EVENLY_SPREAD", 200, 260, 720, 200_000, 360, id="the next divisor of 720"),
        pytest.param("EVENLY_SPREAD", 10, 25, 128, 200, 32, id="32 divides 128"),
        pytest.param("BALANCED", 10, 25, 128, 200, 26, id="26 has 4 whole shares where 25 has 5"),
        pytest.param("BALANCED", 3, 5, 0, 200, 5, id="partitions unknown: as computed"),
        pytest.param("BALANCED", 100, 180, 15, 180, 15, id="balanced: no more workers than partitions, going up"),
        pytest.param("EVENLY_SPREAD", 100, 50, 15, 180, 15, id="evenly: no more workers than partitions, going down"),
        pytest.param("OFF", 100, 180, 15, 180, 180, id="off: more workers than partitions, going up"),
        pytest.param("OFF", 100, 50, 15, 180, 50, id="off: more workers than partitions, going down"),
        pytest.param("BALANCED", 100, 100, 15, 180, 100, id="nothing moves: workers beyond the partitions stay"),
    ],
)
def test_alignment(*, mode: str, current: int, wanted: int, partitions: int, most: int, expected: int) -> None:
    """The first number from the wanted one upwards that suits the partitions; never blocks."""
    found = align(wanted=wanted, current=current, partitions=partitions, most=most, mode=Alignment(mode))
    assert found == expected


def rescales(*points: tuple[int, int, float]) -> tuple[Rescale, ...]:
    """(before, after, true rate) each; what was expected is in proportion."""
    return tuple(
        Rescale(
            at_seconds=float(index), before=before, after=after, true_rate=rate, expected_rate=rate * after / before
        )
        for index, (before, after, rate) in enumerate(points)
    )


@pytest.mark.parametrize(
    ("history", "current", "true_rate", "expected"),
    [
        pytest.param((), 10, 90, False, id="nothing to learn from"),
        pytest.param(((5, 10, 50),), 10, 90, False, id="80 % of the promise kept"),
        pytest.param(((5, 10, 50), (10, 20, 90)), 20, 94, True, id="4 of 90 gained"),
        pytest.param(((5, 10, 50), (10, 20, 90)), 20, 98, True, id="8 of 90 gained"),
        pytest.param(((5, 10, 50), (10, 20, 90)), 20, 100, False, id="10 of 90 gained"),
        pytest.param(((5, 10, 50), (10, 20, 90)), 10, 90, False, id="somebody else has rescaled since"),
        pytest.param(((20, 10, 90),), 10, 90, False, id="the last one was a scale-down"),
    ],
)
def test_ineffective(history: Any, current: int, true_rate: float, expected: bool) -> None:
    """A scale-up to the present number that brought less than a tenth of what was expected."""
    assert ineffective(rescales(*history), current=current, true_rate=true_rate) is expected


@pytest.mark.parametrize(
    ("history", "at_least", "expected"),
    [
        pytest.param(((4, 2, 200), (2, 8, 100), (8, 16, 400)), 3, 1.0, id="linear"),
        pytest.param(((4, 2, 196), (2, 8, 99), (8, 16, 390)), 3, 0.99, id="slightly diminishing"),
        pytest.param(((4, 2, 160), (2, 8, 96), (8, 16, 240)), 3, 0.69, id="sharply diminishing"),
        pytest.param(((1, 2, 50), (2, 4, 80), (4, 8, 100)), 3, 0.59, id="measured against a single worker"),
        pytest.param(((4, 8, 100),), 1, 1.0, id="one point is its own measure"),
        pytest.param(((2, 4, 80), (4, 8, 100)), 3, 1.0, id="too few points: linear"),
        pytest.param(((2, 4, 80), (4, 8, 100)), 2, 0.7, id="two points"),
        pytest.param(((1, 4, 100), (4, 8, 110), (8, 9, 120)), 3, 0.5, id="never below the floor"),
        pytest.param(((1, 4, 10), (4, 8, 110), (8, 9, 420)), 3, 1.0, id="never above linear"),
    ],
)
def test_scalability_coefficient(history: Any, at_least: int, expected: float) -> None:
    """Least squares against the smallest number of workers, rounded up to a hundredth."""
    assert scalability_coefficient(rescales(*history), min_observations=at_least) == expected


def test_scalability_divides_the_factor() -> None:
    """2 workers at 40/s of 200/s needed would be 10; at 0.69 of linear scaling it takes 15."""
    factor = scale_factor(capacity=200, true_rate=40, scalability=0.69)
    assert scaled_parallelism(current=2, factor=factor, least=1, most=200) == 15


@pytest.mark.parametrize(
    ("measured", "tracking", "expected"),
    [
        pytest.param((180, 300), False, 600, id="not tracked: what is assumed"),
        pytest.param((180, 300), True, 300, id="tracked: the longest"),
        pytest.param((), True, 600, id="nothing measured yet: what is assumed"),
        pytest.param((5_000,), True, 900, id="never more than the limit"),
        pytest.param((60.9,), True, 60, id="in whole seconds"),
    ],
)
def test_restart_seconds(measured: tuple[float, ...], tracking: bool, expected: float) -> None:
    history = tuple(
        one._replace(restart_seconds=seconds)
        for one, seconds in zip(rescales(*[(1, 2, 10.0)] * len(measured)), measured, strict=True)
    )
    assert restart_seconds(history, assumed=600, tracking=tracking) == expected
