"""Rules that hold for every shape, seed and second."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from contract.load import Constant, Poisson, Ramp, Shape, Sine, Spike, Step, Steps, Sum
from producer.pacer import MS_PER_SECOND, pacer_of
from producer.schedule import Schedule
from producer.shapes import curve_of

rates = st.floats(0, 50_000, allow_nan=False)
durations = st.floats(0.01, 30, allow_nan=False)
moments = st.floats(0, 20, allow_nan=False)
steps = st.dictionaries(moments, rates, min_size=1, max_size=5).map(
    lambda at: Steps(kind="steps", steps=tuple(Step(at_seconds=t, rate=at[t]) for t in sorted(at)))
)
smooth: st.SearchStrategy[Shape] = st.one_of(
    st.builds(Constant, rate=rates),
    steps,
    st.builds(Ramp, kind=st.just("ramp"), from_rate=rates, to_rate=rates, seconds=durations, at_seconds=moments),
    st.builds(
        Sine,
        kind=st.just("sine"),
        mean_rate=rates,
        amplitude_rate=rates,
        period_seconds=durations,
        phase=st.floats(0, 1),
    ),
    st.builds(
        Spike,
        kind=st.just("spike"),
        base_rate=rates,
        peak_rate=rates,
        at_seconds=moments,
        rise_seconds=moments,
        hold_seconds=moments,
        fall_seconds=moments,
    ),
)
shapes: st.SearchStrategy[Shape] = st.recursive(
    smooth,
    lambda inner: st.one_of(
        st.builds(Poisson, kind=st.just("poisson"), of=inner),
        st.builds(Sum, kind=st.just("sum"), shapes=st.lists(inner, min_size=1, max_size=3).map(tuple)),
    ),
    max_leaves=4,
)
SECONDS = 6


@given(smooth)
def test_the_total_is_the_integral_rounded_down(shape: Shape) -> None:
    """Whatever the shape, nothing is lost or gained by counting in milliseconds."""
    counted = sum(int(pacer_of(shape, seed=0).counts(second).sum()) for second in range(SECONDS))
    integral = float(curve_of(shape, {})(np.array([float(SECONDS)]))[0])
    assert abs(counted - integral) <= 1
    assert counted <= integral + 1e-5


@given(smooth)
def test_curves_never_fall(shape: Shape) -> None:
    """A rate is never negative."""
    at = np.linspace(0, 60, 2_000)
    assert (np.diff(curve_of(shape, {})(at)) >= -1e-5).all()


@given(shapes, st.integers(0, 2**32), st.integers(0, SECONDS))
def test_counts_depend_on_shape_seed_and_second_alone(shape: Shape, seed: int, second: int) -> None:
    """Asked twice, or after other seconds, a pacer gives the same answer."""
    once, again = pacer_of(shape, seed=seed), pacer_of(shape, seed=seed)
    again.counts(second + 1)
    assert (once.counts(second) == again.counts(second)).all()
    assert (once.counts(second) >= 0).all()
    assert len(once.counts(second)) == MS_PER_SECOND


@given(rates, rates, durations)
def test_a_ramp_moves_in_its_direction(from_rate: float, to_rate: float, seconds: float) -> None:
    """No second of a rising ramp expects fewer events than the one before it, and the other way round."""
    ramp = Ramp(kind="ramp", from_rate=from_rate, to_rate=to_rate, seconds=seconds)
    change = np.diff(np.diff(curve_of(ramp, {})(np.arange(40.0))))
    assert (change * np.sign(to_rate - from_rate) >= -1e-4).all()


@given(st.lists(smooth, min_size=1, max_size=4))
def test_a_sum_is_the_sum_of_its_parts(parts: list[Shape]) -> None:
    """As expected events; whole events differ by the rounding of each part."""
    at = np.linspace(0, 30, 100)
    together = curve_of(Sum(kind="sum", shapes=tuple(parts)), {})(at)
    assert np.allclose(together, np.sum([curve_of(part, {})(at) for part in parts], axis=0))


@given(
    shapes,
    st.integers(1, 4_000),
    st.lists(st.tuples(st.integers(0, 3_000_000), st.integers(1, 20_000)), max_size=20),
)
def test_splitting_a_schedule_changes_nothing(shape: Shape, end_ms: int, moves: list[tuple[int, int]]) -> None:
    """However the clock jumps and however little is taken at a time, the same events come out at the same times."""
    pacer = pacer_of(shape, seed=3)
    whole = np.concatenate([pacer.counts(second) for second in range(end_ms // 1000 + 1)])[:end_ms]
    schedule, taken, now_us = Schedule(pacer, end_ms), np.zeros(end_ms, np.int64), 0
    for step_us, events_max in [*moves, (10_000_000, 1)]:
        now_us += step_us
        schedule.advance(now_us)
        assert schedule.planned == whole[: now_us // 1000 + 1].sum()
        due = schedule.take(events_max)
        assert due.events <= events_max
        np.add.at(taken, due.at_us // 1000, due.counts)
    while schedule.taken < schedule.planned:
        due = schedule.take(100_000)
        np.add.at(taken, due.at_us // 1000, due.counts)
    assert schedule.over
    assert (taken == whole).all()
