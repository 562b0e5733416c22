"""Each shape against a total that can be worked out by hand, and the pacer's random parts."""

from pathlib import Path

import numpy as np
import pytest

from contract.load import Constant, Poisson, Ramp, Shape, Sine, Spike, Step, Steps, Sum, Trace
from producer.pacer import Pacer, pacer_of
from producer.shapes import SHAPES, Recordings

FILE = Path("trace.csv")
RECORDING: Recordings = {FILE: (np.array([0.0, 10.0, 20.0]), np.array([0.0, 100.0, 100.0]))}


def total(shape: Shape, seconds: int, recordings: Recordings | None = None) -> int:
    """Events due in the first `seconds`."""
    return events(pacer_of(shape, seed=1, recordings=recordings), 0, seconds)


def events(pacer: Pacer, first: int, last: int) -> int:
    """Events due from one second until another."""
    return sum(int(pacer.counts(second).sum()) for second in range(first, last))


@pytest.mark.parametrize(
    ("shape", "seconds", "expected"),
    [
        pytest.param(Constant(rate=200_000), 30, 6_000_000, id="200,000 a second for 30 s are exactly 6,000,000"),
        pytest.param(Constant(rate=1 / 3), 9, 3, id="one in three seconds"),
        pytest.param(Constant(rate=0), 5, 0, id="nothing at all"),
        pytest.param(
            Steps(kind="steps", steps=(Step(at_seconds=2, rate=10), Step(at_seconds=4, rate=100))),
            6,
            220,
            id="steps are 0 before the first, then hold",
        ),
        pytest.param(
            Ramp(kind="ramp", from_rate=0, to_rate=100, seconds=10), 12, 700, id="a ramp is a triangle, then level"
        ),
        pytest.param(
            Ramp(kind="ramp", from_rate=50, to_rate=0, seconds=4, at_seconds=2), 10, 200, id="a ramp down after a start"
        ),
        pytest.param(
            Sine(kind="sine", mean_rate=100, amplitude_rate=50, period_seconds=10), 20, 2_000, id="a sine has its mean"
        ),
        pytest.param(
            Sine(kind="sine", mean_rate=0, amplitude_rate=100 * np.pi, period_seconds=10),
            10,
            1_000,
            id="a sine below 0 is cut off: half a period of it is left",
        ),
        pytest.param(
            Sine(kind="sine", mean_rate=100, amplitude_rate=0, period_seconds=3), 7, 700, id="a sine without amplitude"
        ),
        pytest.param(
            Spike(
                kind="spike",
                base_rate=10,
                peak_rate=110,
                at_seconds=5,
                rise_seconds=2,
                hold_seconds=3,
                fall_seconds=4,
            ),
            20,
            200 + 100 + 300 + 200,
            id="a spike is its base and a trapezium",
        ),
        pytest.param(
            Spike(kind="spike", base_rate=0, peak_rate=10, at_seconds=0, hold_seconds=1), 3, 10, id="a spike at once"
        ),
        pytest.param(Trace(kind="trace", file=FILE), 20, 1_500, id="a trace is linear in between"),
        pytest.param(Trace(kind="trace", file=FILE), 30, 2_500, id="behind its end a trace stays level"),
        pytest.param(Trace(kind="trace", file=FILE, time_scale=10), 2, 150, id="a tenth of the time, a tenth of all"),
        pytest.param(Trace(kind="trace", file=FILE, rate_scale=3), 20, 4_500, id="three times as high"),
        pytest.param(Trace(kind="trace", file=FILE, peak_rate=10), 20, 150, id="as high as is asked for"),
        pytest.param(
            Trace(kind="trace", file=FILE, from_seconds=5, to_seconds=10), 5, 375, id="a stretch, its ends interpolated"
        ),
        pytest.param(
            Trace(kind="trace", file=FILE, from_seconds=0, to_seconds=5, peak_rate=10),
            5,
            25,
            id="the highest of the stretch, not of the file",
        ),
        pytest.param(
            Sum(
                kind="sum",
                shapes=(
                    Constant(rate=0.5),
                    Constant(rate=0.5),
                    Sum(kind="sum", shapes=(Ramp(kind="ramp", from_rate=0, to_rate=2, seconds=10),)),
                ),
            ),
            10,
            20,
            id="sums add up before they are rounded",
        ),
    ],
)
def test_total(shape: Shape, seconds: int, expected: int) -> None:
    """The total of a shape is the integral of its rate, rounded down once."""
    assert total(shape, seconds, RECORDING) == expected


def test_every_shape_of_the_schema_has_a_curve() -> None:
    """One shape, one line in the table."""
    kinds = {"constant", "steps", "ramp", "sine", "spike", "trace", "poisson", "sum"}
    assert set(SHAPES) == kinds


def test_poisson_has_the_mean_and_the_variance_of_poisson() -> None:
    """Over 100,000 milliseconds both are within five standard errors."""
    pacer = pacer_of(Poisson(kind="poisson", of=Constant(rate=3_000)), seed=7)
    counts = np.concatenate([pacer.counts(second) for second in range(100)])
    assert abs(counts.mean() - 3) < 5 * np.sqrt(3 / len(counts))
    assert abs(counts.var() - 3) < 5 * np.sqrt((2 * 3**2 + 3) / len(counts))


def test_noise_follows_the_shape_inside() -> None:
    """Where the inner shape is 0 nothing is drawn."""
    steps = Steps(kind="steps", steps=(Step(at_seconds=3, rate=1_000),))
    pacer = pacer_of(Poisson(kind="poisson", of=steps), seed=1)
    assert events(pacer, 0, 3) == 0
    assert events(pacer, 3, 6) > 2_500


def test_two_noisy_parts_do_not_share_their_chance() -> None:
    """Each Poisson part of a sum draws from a stream of its own."""
    part = Poisson(kind="poisson", of=Constant(rate=5_000))
    both = pacer_of(Sum(kind="sum", shapes=(part, part)), seed=1).counts(0)
    assert (both % 2).any()


def test_peak_rate_is_that_of_the_highest_second() -> None:
    """It decides how many processes are started."""
    spike = Spike(kind="spike", base_rate=100, peak_rate=5_000, at_seconds=30, hold_seconds=2)
    assert pacer_of(spike, seed=1).peak_rate(60) == pytest.approx(5_000)
    assert pacer_of(Poisson(kind="poisson", of=spike), seed=1).peak_rate(20) == pytest.approx(100)
