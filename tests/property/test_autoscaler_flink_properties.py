"""What holds of Flink's autoscaler, DS2 and schedules whatever the numbers."""

from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from autoscaler.cron import parse_cron
from autoscaler.decide import decide
from autoscaler.model import FlinkMemory, Memory, Plan
from autoscaler.moments import last_firing, local_moment, next_firing
from autoscaler.policies.flink import (
    Alignment,
    Ds2Options,
    Ds2Policy,
    FlinkOptions,
    align,
    flink_plan,
    processing_capacity,
    scale_factor,
    scaled_parallelism,
)
from tests.flink_states import Job, state

REPLICAS = st.integers(1, 60)
RATES = st.floats(0, 1e6)
LAGS = st.integers(0, 10**8)
BUSY = st.one_of(st.none(), st.floats(0, 1))
MODES = st.sampled_from(Alignment)
PARTITIONS = st.integers(1, 240)
OPTIONS = {"metrics_window": 20.0, "stabilization_interval": 10.0, "scale_down_interval": 30.0}


@given(replicas=REPLICAS, looks=st.lists(st.tuples(RATES, LAGS, BUSY), min_size=3, max_size=20), partitions=PARTITIONS)
def test_bounds_hold_and_memory_stays_bounded(
    replicas: int, looks: list[tuple[float, int, float | None]], partitions: int
) -> None:
    """Within 1 to the larger of the maximum and the present number; no window keeps more than it spans."""
    options = FlinkOptions(**OPTIONS, vertex_max_parallelism=40)
    job = Job(plan=flink_plan(options), replicas=replicas)
    for rate, lag, busy in looks:
        before = job.replicas
        job.tick(10, rate=rate, lag=lag, busy=busy, partitions=partitions)
        assert 1 <= job.replicas <= max(before, 40)
        flink = job.memory.flink or FlinkMemory()
        assert len(flink.samples) <= 3
        assert len(flink.down_recommendations) <= 4
        assert len(flink.rescales) <= options.history_max_count


@given(replicas=REPLICAS, looks=st.lists(st.tuples(RATES, LAGS, BUSY), min_size=3, max_size=8))
def test_the_same_input_gives_the_same_output(replicas: int, looks: list[tuple[float, int, float | None]]) -> None:
    jobs = [Job(plan=flink_plan(FlinkOptions(**OPTIONS)), replicas=replicas) for _ in range(2)]
    for rate, lag, busy in looks:
        first, second = (job.tick(10, rate=rate, lag=lag, busy=busy) for job in jobs)
        assert first == second
    assert jobs[0].memory == jobs[1].memory


@given(
    replicas=REPLICAS,
    rate=st.floats(1, 1e6),
    busy=st.floats(0, 1),
    lags=st.tuples(LAGS, LAGS),
    spare=st.integers(0, 180),
    mode=MODES,
)
def test_more_lag_never_means_fewer_workers(
    *, replicas: int, rate: float, busy: float, lags: tuple[int, int], spare: int, mode: Alignment
) -> None:
    """Of two jobs that differ in nothing but a steady lag, the one with more lag is not given fewer workers.

    As long as no worker is without a partition: those go as soon as anything moves at all.
    """
    options = FlinkOptions(metrics_window=20.0, scale_down_interval=0.0, scaling_parallelism_alignment_mode=mode)
    answers = []
    for lag in sorted(lags):
        job = Job(plan=flink_plan(options), replicas=replicas)
        answers.append(job.run(30, rate=rate, lag=lag, busy=busy, partitions=replicas + spare).replicas)
    assert answers[0] <= answers[1]


@given(replicas=REPLICAS, unknown=st.sampled_from(["lag", "rate", "busy"]), lag=LAGS)
def test_unknown_holds(replicas: int, unknown: str, lag: int) -> None:
    """Without lag, rate or busy time nothing moves, for as long as it lasts."""
    numbers: dict[str, Any] = {"lag": 0 if unknown == "busy" else lag, unknown: None}
    job = Job(plan=flink_plan(FlinkOptions(**OPTIONS)), replicas=replicas)
    assert job.run(200, **numbers).replicas == replicas


@given(current=REPLICAS, factors=st.tuples(st.floats(0, 50), st.floats(0, 50)), spare=st.integers(0, 180), mode=MODES)
def test_a_larger_factor_never_gives_fewer_workers(
    current: int, factors: tuple[float, float], spare: int, mode: Alignment
) -> None:
    """Rounding, limits and alignment keep the order; alignment never goes below what is needed nor turns around.

    As long as no worker is without a partition: those go as soon as anything moves at all.
    """
    answers, partitions = [], current + spare
    for factor in sorted(factors):
        wanted = scaled_parallelism(current=current, factor=factor, least=1, most=100)
        aligned = align(wanted=wanted, current=current, partitions=partitions, most=100, mode=mode)
        needed = wanted if mode is Alignment.OFF else min(wanted, partitions)
        assert needed <= aligned <= max(needed, partitions)
        assert aligned <= max(current, wanted) or wanted > current
        answers.append(aligned)
    assert answers[0] <= answers[1]


@given(rate=RATES, lag=LAGS, share=st.floats(0.01, 1), true_rate=st.floats(0, 1e6))
def test_the_factor_stays_within_its_steps(rate: float, lag: int, share: float, true_rate: float) -> None:
    capacity = processing_capacity(rate=rate, lag_events=lag, utilization=share, catch_up_seconds=60)
    factor = scale_factor(capacity=capacity, true_rate=true_rate, down_max_factor=0.5, up_max_factor=2)
    assert 0.5 <= factor <= 3


@given(replicas=REPLICAS, arrivals=st.tuples(RATES, RATES), worker_rate=st.floats(1, 1e5))
def test_ds2_gives_no_fewer_workers_for_more_events(
    replicas: int, arrivals: tuple[float, float], worker_rate: float
) -> None:
    plan = Plan(policy=Ds2Policy(Ds2Options(warm_up_time=0)))
    seen = [state(0, replicas, arrival_rate=rate, worker_rate=worker_rate) for rate in sorted(arrivals)]
    wanted = [decide(one, Memory(), plan)[0].recommendation for one in seen]
    assert wanted[0] is not None
    assert wanted[1] is not None
    assert wanted[0] <= wanted[1]


CRONS = st.sampled_from(["*/7 * * * *", "30 2 * * *", "0 */5 1,15 * MON", "15 1 * 3,10,11 SUN", "59 23 29 2 *"])
ZONES = st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"])
SECONDS = st.integers(0, int(datetime(2040, 1, 1, tzinfo=UTC).timestamp()))


@given(text=CRONS, zone=ZONES, at_seconds=SECONDS)
def test_firings_match_and_enclose_the_moment(text: str, zone: str, at_seconds: int) -> None:
    """Next and last firing are moments of the expression, one after and one not after; nothing lies between them."""
    cron = parse_cron(text)
    after, before = next_firing(cron, at_seconds, zone), last_firing(cron, at_seconds, zone)
    assert after is not None
    assert before is not None
    assert before <= at_seconds < after
    assert cron.matches(local_moment(after, zone))
    assert cron.matches(local_moment(before, zone))
    assert next_firing(cron, before, zone) == after


@given(zone=ZONES, at_seconds=SECONDS, text=st.sampled_from(["*/7 * * * *", "30 2 * * *", "15 1 * 3,10,11 SUN"]))
def test_no_firing_is_passed_over(zone: str, at_seconds: int, text: str) -> None:
    """Minute by minute for two days there is no moment of the expression before the next firing."""
    cron = parse_cron(text)
    after = next_firing(cron, at_seconds, zone)
    first = at_seconds // 60 * 60 + 60
    passed = (minute for minute in range(first, first + 2 * 86_400, 60) if cron.matches(local_moment(minute, zone)))
    found = next(passed, None)
    assert found is None or found == after
