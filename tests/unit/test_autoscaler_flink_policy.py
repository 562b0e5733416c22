"""Flink's autoscaler over time: windows, intervals, backlogs, brakes.  100 events/s a worker when always busy."""

from typing import Any

import orjson
import pytest

from autoscaler.decide import decide
from autoscaler.lines import read_state, write_decision
from autoscaler.model import FlinkMemory, FlinkSample, Memory, Rescale
from autoscaler.policies.flink import (
    Aggregator,
    Alignment,
    FlinkOptions,
    aggregate_load,
    evaluate,
    flink_plan,
    measure,
    processing_capacity,
)
from tests.flink_states import Job, state


def job(replicas: int = 10, **options: Any) -> Job:
    """A job under Flink's own defaults, but for the partitions, which are left out of account."""
    given = {"scaling_parallelism_alignment_mode": Alignment.OFF, **options}
    return Job(plan=flink_plan(FlinkOptions(**given)), replicas=replicas)


def why(running: Job, **numbers: Any) -> str:
    """The reason that the next look gives."""
    return running.tick(10, **numbers).trail[-1].why


FULL = {"metrics_window": 60, "stabilization_interval": 30}
BUSY = {"rate": 1_000.0, "busy": 1.0}
"""10 workers at their limit: nothing to spare."""
CALM = {"rate": 200.0, "busy": 0.2}
"""10 workers of which four would do."""


def test_nothing_is_decided_until_the_metric_window_is_full() -> None:
    running = job()
    assert running.run(900, lag=60_000, **BUSY).trail[-1].why == "held: the metric window is full in 10 s"
    assert running.tick(10, lag=60_000, **BUSY).replicas > 10


def test_looks_are_a_control_loop_apart() -> None:
    running = job(**FULL)
    running.tick(1)
    assert running.tick(1).trail[-1].why == "held: next look in 9 s"
    assert len((running.memory.flink or FlinkMemory()).samples) == 1


def test_scaling_up_is_immediate() -> None:
    """1,000/s at 0.7, 60,000 events within 30 minutes and what piles up in 5: 1,629/s of 1,000/s is 17 workers."""
    running = job(**FULL)
    running.run(60, lag=60_000, **BUSY)
    decision = running.tick(10, lag=60_000, **BUSY)
    assert (decision.replicas, decision.recommendation) == (17, 17)
    assert decision.trail[0].numbers["capacity"] == 1_629
    assert decision.trail[0].why.startswith("1,000/s arrive: needs 1,629/s, can do 1,000/s; times 1.63")


def test_at_full_load_without_lag_it_stays_on_the_edge() -> None:
    """1,000/s of 1,000/s is not below the edge at utilisation 1.0: Flink does not grow before there is lag."""
    running = job(**FULL)
    decision = running.run(80, lag=0, **BUSY)
    assert decision.replicas == 10
    assert decision.trail[-1].why == "held: within the edges: 1,000/s against 1,000 to 2,667"


def test_after_a_rescale_it_stabilises_and_fills_its_window_again() -> None:
    running = job(**FULL)
    running.run(70, lag=60_000, **BUSY)
    assert running.replicas == 17
    assert why(running, lag=60_000, rate=1_700.0, busy=1.0, ready=12) == (
        "held: the job is not running: 12 of 17 workers take part"
    )
    assert why(running, lag=60_000, rate=1_700.0, busy=1.0) == "held: stabilising for another 30 s"
    running.run(20, lag=60_000, rate=1_700.0, busy=1.0)
    assert why(running, lag=60_000, rate=1_700.0, busy=1.0) == "held: the metric window is full in 60 s"
    running.run(50, lag=60_000, rate=1_700.0, busy=1.0)
    assert "within the edges" in why(running, lag=60_000, rate=1_700.0, busy=1.0) or running.replicas > 17


def test_a_lost_worker_restarts_the_job() -> None:
    """As any failed task in Flink: what was collected is thrown away, and it stabilises again."""
    running = job(**FULL)
    running.run(60, lag=60_000, **BUSY)
    assert why(running, lag=60_000, ready=9, **BUSY) == "held: the job is not running: 9 of 10 workers take part"
    assert (running.memory.flink or FlinkMemory()).samples == ()
    assert why(running, lag=60_000, **BUSY) == "held: stabilising for another 30 s"
    running.run(20, lag=60_000, **BUSY)
    assert why(running, lag=60_000, **BUSY) == "held: the metric window is full in 60 s"


def test_a_job_that_has_just_started_stabilises() -> None:
    """Seen for the first time while it still starts, and when it has run for 20 s."""
    starting, started = job(**FULL), job(**FULL)
    starting.tick(10, ready=3)
    assert why(starting) == "held: stabilising for another 30 s"
    assert why(started, ready_at=-10.0) == "held: stabilising for another 10 s"


def test_what_is_sampled_while_stabilising_leaves_the_window() -> None:
    """It is collected, as in Flink, but does not fill the window and is gone when that is full."""
    running = job(**FULL)
    running.tick(10, ready=3)
    running.run(30, **BUSY)
    assert len((running.memory.flink or FlinkMemory()).samples) == 3
    assert running.run(70, **BUSY).trail[-1].why.startswith("held: within the edges")
    assert [one.at_seconds for one in (running.memory.flink or FlinkMemory()).samples][::6] == [50, 110]


def test_a_single_observation_under_a_backlog_does_not_count_twice() -> None:
    """Two are needed; an average over fewer than two is none."""
    running = job(**FULL)
    running.tick(10, lag=60_000, rate=1_000.0, busy=0.5)
    running.run(60, lag=0, rate=1_000.0, busy=0.5)
    samples = (running.memory.flink or FlinkMemory()).samples
    assert [one.observed_rate for one in samples] == [1_000, *[None] * 6]


def test_stabilising_ends_also_if_the_clock_began_at_zero() -> None:
    """A moment of 0.0 is a moment, not the lack of one."""
    running = job(**FULL)
    running.now = -80.0
    running.run(70, lag=60_000, **BUSY)
    assert running.replicas == 17
    assert running.tick(10, lag=60_000, **BUSY).at_seconds == 0.0
    assert (running.memory.flink or FlinkMemory()).running_at == 0.0
    running.run(30, lag=60_000, **BUSY)
    assert "the metric window is full in" in why(running, lag=60_000, **BUSY)


@pytest.mark.parametrize(
    ("how", "samples", "expected"),
    [
        pytest.param("MAX", [(0, 100, 0.5), (900, 300, 0.5)], 600, id="max: the rate over the window / the mean load"),
        pytest.param("MIN", [(0, 100, 0.5), (900, 300, 0.5)], 600, id="min: the rate over the window / the mean load"),
        pytest.param("MAX", [(0, 90, 0.1), (900, 90, 0.9)], 180, id="max: the load is the mean of the samples"),
        pytest.param("AVG", [(0, 90, 0.1), (900, 90, 0.9)], 100, id="avg: the load is that of a counter"),
        pytest.param("AVG", [(0, 90, 0.5), (100, 90, 0.2), (400, 90, 0.6)], 180, id="avg: it is weighted by time"),
        pytest.param("AVG", [(0, 90, 0.5), (100, 90, None), (400, 90, 0.6)], 150, id="avg: unknown is left out"),
        pytest.param("MAX", [(0, 90, 0.5), (900, 90, None)], None, id="max: unknown at last"),
        pytest.param("AVG", [(0, 90, 0.5), (450, 90, 0.5), (900, 90, None)], None, id="avg: unknown at last"),
    ],
)
def test_true_rate_of_a_window(how: str, samples: list[tuple[float, float, float | None]], expected: float) -> None:
    """Rates come from counters, as Flink has them for a source: each sample tells of the time since the one before."""
    options = FlinkOptions(metrics_busy_time_aggregator=Aggregator(how))
    found = evaluate(measure([FlinkSample(at, 0, rate, load) for at, rate, load in samples], options), (), options)
    assert (None if isinstance(found, str) else found.true_rate) == expected


def test_a_load_is_kept_to_three_decimals() -> None:
    """0.6996 is 0.7: 1,000/s / 0.7 is less than the 1,429/s that are needed, and ten workers are one too few."""
    running = job(**FULL, catch_up_duration=0, target_utilization_boundary=0)
    assert running.run(80, rate=1_000.0, busy=0.6996).replicas == 11


def test_busy_time_unknown_in_the_latest_sample_leaves_the_job_out() -> None:
    """Also where a backlog shows what the workers can do; the next run that knows it goes on."""
    running = job(**FULL, catch_up_duration=600)
    decisions = [running.tick(10, rate=1_000.0, busy=None, lag=lag) for lag in range(100_000, 300_000, 10_000)]
    assert {decision.replicas for decision in decisions} == {10}
    assert decisions[-1].trail[-1].why == "held: the true processing rate is unknown: no worker reports how busy it is"
    assert running.tick(10, rate=1_000.0, busy=1.0, lag=300_000).replicas > 10


def test_half_a_second_is_none() -> None:
    """Flink asks these durations for their whole seconds."""
    options = FlinkOptions.model_validate({"catch_up_duration": "500 ms", "restart_time": "1999 ms"})
    assert (options.catch_up_duration, options.restart_time) == (0, 1)
    found = processing_capacity(
        rate=700, lag_events=100, utilization=0.7, catch_up_seconds=options.catch_up_duration, restart_seconds=1
    )
    assert found == 1_000


DAY = 86_400.0


@pytest.mark.parametrize(
    ("options", "rescales", "now", "expected"),
    [
        pytest.param(
            {"scaling_effectiveness_detection_enabled": True},
            [Rescale(10, 10, 20, 90, 180)],
            1_000,
            20,
            id="effectiveness: a scale-up of today that did not help",
        ),
        pytest.param(
            {"scaling_effectiveness_detection_enabled": True},
            [Rescale(10, 10, 20, 90, 180)],
            3 * DAY,
            29,
            id="effectiveness: one of three days ago is forgotten",
        ),
        pytest.param(
            {"observed_scalability_enabled": True},
            [Rescale(10, 4, 2, 160, None), Rescale(20, 2, 8, 96, None), Rescale(30, 8, 20, 240, None)],
            1_000,
            42,
            id="scalability: three points of today",
        ),
        pytest.param(
            {"observed_scalability_enabled": True},
            [Rescale(10, 4, 2, 160, None), Rescale(20, 2, 8, 96, None), Rescale(30, 8, 20, 240, None)],
            3 * DAY,
            29,
            id="scalability: three of three days ago are forgotten",
        ),
        pytest.param(
            {"restart_time_tracking_enabled": True, "catch_up_duration": 600},
            [Rescale(10, 4, 8, 160, None, 600), Rescale(30, 8, 20, 240, None, 60)],
            1_000,
            49,
            id="restart time: the longest of today",
        ),
        pytest.param(
            {"restart_time_tracking_enabled": True, "catch_up_duration": 600},
            [Rescale(10, 4, 8, 160, None, 600), Rescale(30, 8, 20, 240, None, 60)],
            3 * DAY,
            31,
            id="restart time: of those of three days ago the last one stays",
        ),
    ],
)
def test_history_ages_without_a_rescale(
    options: dict[str, Any], rescales: list[Rescale], now: float, expected: int
) -> None:
    """20 workers, always busy, do 94/s, and 134/s are needed."""
    given = {"catch_up_duration": 0, "restart_time": 0, "target_utilization_boundary": 0.1, **options}
    running = job(20, metrics_window=60, stabilization_interval=0, **given)
    flink = FlinkMemory(replicas=20, rescaled_at=100.0, running_at=160.0, rescales=tuple(rescales))
    running.now, running.memory = now, Memory(flink=flink)
    assert running.run(80, rate=94.0, busy=1.0).replicas == expected


def test_what_is_expected_of_a_rescale_is_of_the_number_that_it_comes_to() -> None:
    """1.629 times 10 is 16.3, but 17 workers come: 1,700/s are expected of them, not 1,629/s."""
    running = job(**FULL)
    running.run(70, lag=60_000, **BUSY)
    assert running.memory.flink is not None
    assert running.memory.flink.pending is not None
    assert running.memory.flink.pending.expected_rate == 1_700


def test_memory_goes_through_json() -> None:
    """What is written beside a decision and read again decides the same, in the middle of everything."""
    straight, recorded = (job(**FULL, restart_time_tracking_enabled=True) for _ in range(2))
    for number in range(120):
        numbers = {"lag": 60_000, **BUSY} if number < 40 else CALM
        told = straight.tick(10, **numbers)
        again = recorded.tick(10, **numbers)
        assert told == again
        line = orjson.loads(write_decision(again, recorded.memory, number + 1))
        state_line = {"at_seconds": 0, "spec_replicas": 1, "status_replicas": 1, "memory": line["memory"]}
        read = read_state(orjson.dumps(state_line), 1).memory
        assert read == recorded.memory
        recorded.memory = read
    flink = straight.memory.flink or FlinkMemory()
    assert flink.rescales
    assert flink.down_recommendations


def test_a_rescale_by_somebody_else_counts_as_one() -> None:
    running = job(**FULL)
    running.run(60, **BUSY)
    running.replicas = 12
    assert why(running, **BUSY) == "held: stabilising for another 30 s"


def test_going_down_waits_for_an_hour_and_takes_the_largest_of_it() -> None:
    running = job(metrics_window=60)
    running.run(60, **CALM)
    assert running.tick(10, **CALM).trail[-1].why == "held: going down waits for another 3,600 s"
    running.run(1_800, rate=350.0, busy=0.35)
    assert running.run(1_790, **CALM).replicas == 10
    last = running.tick(10, **CALM)
    assert last.trail[0].replicas == 4
    assert last.replicas == 6, "the window had 350/s, which needs 6"
    assert last.trail[-2].rule == "scale-down interval"


def test_the_largest_of_the_hour_must_have_been_outside_the_edges() -> None:
    """400/s would fit on 7 workers, but 10 were not too many for it: nothing moves until that has left the window."""
    running = job(metrics_window=60)
    running.run(70, **CALM)
    running.run(1_800, rate=400.0, busy=0.4)
    assert "within the edges" in running.run(1_800, **CALM).trail[-1].why
    assert running.run(1_870, **CALM).replicas < 10


DOWN_SOON = {**FULL, "stabilization_interval": 0, "scale_down_interval": 600, "catch_up_duration": 0}


def test_going_down_waits_on_after_a_rescale_by_somebody_else() -> None:
    """500 s of the interval before, 100 s after it, of which the window takes 70 s to fill again."""
    running = job(20, **DOWN_SOON)
    running.run(560, rate=100.0, busy=0.1)
    running.replicas = 21
    assert running.run(70, rate=100.0, busy=0.1).replicas == 21
    assert running.run(40, rate=100.0, busy=0.1).replicas < 20


def test_going_down_waits_anew_after_a_rescale_of_our_own() -> None:
    running = job(20, **DOWN_SOON)
    assert running.run(670, rate=100.0, busy=0.1).replicas < 20
    running.tick(10, rate=100.0, busy=0.1)
    assert (running.memory.flink or FlinkMemory()).down_began_at is None


def test_the_largest_of_the_interval_may_be_the_present_number() -> None:
    """8 were wanted, somebody went there, and now 4 would do: 8 is still within the interval."""
    running = job(20, **DOWN_SOON)
    running.run(600, rate=100.0, busy=0.1)
    running.replicas = 8
    decision = running.run(80, rate=100.0, busy=0.25)
    assert decision.trail[-1].why == "held: 8 is the present number"
    assert (running.memory.flink or FlinkMemory()).pending is None


def test_wanting_to_grow_forgets_what_waited() -> None:
    running = job(**FULL)
    running.run(80, **CALM)
    assert (running.memory.flink or FlinkMemory()).down_began_at is not None
    running.run(60, rate=900.0, busy=1.0)
    assert (running.memory.flink or FlinkMemory()).down_began_at is None


def test_an_interval_of_zero_goes_down_at_once() -> None:
    running = job(**FULL, scale_down_interval=0)
    running.run(60, **CALM)
    assert running.tick(10, **CALM).replicas == 4, "no more than 0.6 of them go"


def test_nothing_goes_while_a_backlog_is_worked_off() -> None:
    """More than five minutes of lag: the lower edge is infinite."""
    options = {**FULL, "scale_down_interval": 0, "catch_up_duration": 36_000}
    options["observed_true_processing_rate_lag_threshold"] = 1_000_000
    calm, catching_up = job(**options), job(**options)
    calm.run(60, lag=200 * 299, **CALM)
    catching_up.run(60, lag=200 * 301, **CALM)
    assert calm.tick(10, lag=200 * 299, **CALM).replicas < 10
    decision = catching_up.tick(10, lag=200 * 301, **CALM)
    assert decision.replicas == 10
    assert "working off a backlog" in decision.trail[0].why
    assert "to ∞" in decision.trail[-1].why


def test_what_is_observed_under_a_backlog_replaces_busy_time() -> None:
    """Workers that claim to be half idle while 1,000/s pile up do 1,000/s, not 2,000/s."""
    believed, caught = job(**FULL), job(**FULL)
    believed.run(60, lag=29_000, rate=1_000.0, busy=0.5)
    caught.run(60, lag=31_000, rate=1_000.0, busy=0.5)
    assert believed.tick(10, lag=29_000, rate=1_000.0, busy=0.5).trail[0].numbers["true_rate"] == 2_000
    assert caught.tick(10, lag=31_000, rate=1_000.0, busy=0.5).trail[0].numbers["true_rate"] == 1_000


@pytest.mark.parametrize(
    ("numbers", "reason"),
    [
        pytest.param({"lag": None}, "the lag of 120 of 120 partitions is unknown", id="lag"),
        pytest.param({"rate": None}, "the processing rate is unknown", id="processing rate"),
        pytest.param({"partitions": 0}, "no partitions were observed", id="partitions"),
        pytest.param(
            {"ready": 9}, "the job is not running: 9 of 10 workers take part", id="a worker that is not ready"
        ),
        pytest.param({"busy": None}, "the true processing rate is unknown", id="how busy the workers are"),
    ],
)
def test_unknown_holds(numbers: dict[str, Any], reason: str) -> None:
    running = job(**FULL)
    decision = running.run(120, **numbers)
    assert decision.replicas == 10
    assert reason in decision.trail[-1].why


@pytest.mark.parametrize(
    ("how", "expected"),
    [
        pytest.param(Aggregator.MAX, 0.9, id="the busiest, by default"),
        pytest.param(Aggregator.AVG, 0.5, id="the mean"),
        pytest.param(Aggregator.MIN, 0.2, id="the least busy"),
    ],
)
def test_busy_time_aggregator(how: Aggregator, expected: float) -> None:
    """Workers that report nothing are left out."""
    seen = state(0, 4, busy=[0.9, 0.4, 0.2, None])
    assert aggregate_load(seen.workers, how) == pytest.approx(expected)


def test_scaling_disabled_decides_and_does_nothing() -> None:
    running = job(**FULL, scaling_enabled=False)
    decision = running.run(70, lag=60_000, **BUSY)
    assert (decision.replicas, decision.recommendation) == (10, 17)
    assert decision.trail[-1].why == "held: scaling is not enabled: would be 17"


@pytest.mark.parametrize(
    ("period", "held"),
    [
        pytest.param("00:00-00:10", True, id="a time of day that it is"),
        pytest.param("00:02-00:10", False, id="a time of day that it is not"),
        pytest.param("* * 0-1 * * ?", True, id="Quartz: every second of two hours"),
        pytest.param("* * 0 ? * 5", True, id="Quartz: Thursday is 5"),
        pytest.param("* * 0 ? * 4 && 00:00-00:10", False, id="both must hold"),
        pytest.param("* 0 * * THU", True, id="five fields cover whole minutes"),
    ],
)
def test_excluded_periods(period: str, held: bool) -> None:
    """The epoch began on a Thursday; the decision falls at 00:01:10."""
    running = job(**FULL, excluded_periods=[period])
    assert (running.run(70, lag=60_000, **BUSY).replicas == 10) is held


@pytest.mark.parametrize(
    ("options", "request_cores", "expected"),
    [
        pytest.param({"quota_cpu": 16}, 1.0, 10, id="17 cores of 16: not at all"),
        pytest.param({"quota_cpu": 17}, 1.0, 17, id="17 cores of 17"),
        pytest.param({"quota_memory": "16 gb"}, 1.0, 10, id="17 GiB of 16"),
        pytest.param({"quota_cpu": 16}, None, 10, id="requests unknown: hold"),
    ],
)
def test_quota(options: dict[str, Any], request_cores: float | None, expected: int) -> None:
    running = job(**FULL, **options)
    assert running.run(70, lag=60_000, cpu_request=request_cores, **BUSY).replicas == expected


@pytest.mark.parametrize(
    ("detection", "expected"),
    [
        pytest.param(False, 28, id="off, as in Flink: grows on"),
        pytest.param(True, 17, id="on: refuses"),
    ],
)
def test_ineffective_scale_up(detection: bool, expected: int) -> None:
    """From 10 to 17 workers, and still 1,000/s: the next step would not help either."""
    running = job(**FULL, scaling_effectiveness_detection_enabled=detection)
    running.run(70, lag=60_000, **BUSY)
    running.run(100, lag=60_000, **BUSY)
    assert running.tick(10, lag=60_000, **BUSY).replicas == expected


def test_restart_time_is_tracked() -> None:
    """Forty seconds from the change until all workers take part."""
    running = job(**FULL, restart_time_tracking_enabled=True)
    running.run(70, lag=60_000, **BUSY)
    running.run(30, lag=60_000, ready=3, **BUSY)
    running.tick(10, lag=60_000, **BUSY)
    (rescale,) = (running.memory.flink or FlinkMemory()).rescales
    assert (rescale.before, rescale.after, rescale.restart_seconds) == (10, 17, 40)


def test_history_is_bounded() -> None:
    """No more rescales than `history.max.count`."""
    running = job(2, **FULL, history_max_count=2, catch_up_duration=0)
    for _ in range(4):
        running.run(120, lag=60_000, rate=100.0 * running.replicas, busy=1.0, partitions=500)
        running.replicas += 1
        running.run(120, lag=60_000, rate=100.0 * running.replicas, busy=1.0, partitions=500)
    assert len((running.memory.flink or FlinkMemory()).rescales) <= 2
    assert len((running.memory.flink or FlinkMemory()).samples) <= 7


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        pytest.param(Alignment.BALANCED, 13, id="balanced: no more workers than partitions"),
        pytest.param(Alignment.EVENLY_SPREAD, 13, id="evenly: no more workers than partitions"),
        pytest.param(Alignment.OFF, 17, id="off: as many as computed"),
    ],
)
def test_more_workers_than_partitions(mode: Alignment, expected: int) -> None:
    running = job(**FULL, scaling_parallelism_alignment_mode=mode)
    assert running.run(70, lag=60_000, partitions=13, **BUSY).replicas == expected


def test_zero_workers_hold() -> None:
    decision, _ = decide(state(0, 0), Memory(), flink_plan(FlinkOptions()))
    assert decision.replicas == 0


def test_disabled_holds() -> None:
    assert why(job(enabled=False), **BUSY) == "held: the autoscaler is not enabled"


def test_disabled_forgets_what_it_learned_and_not_what_it_measured() -> None:
    """400 s of a scale-down interval, then switched off for 20 s: the interval begins anew, the window does not."""
    running = job(20, **DOWN_SOON)
    enabled, numbers = running.plan, {"rate": 100.0, "busy": 0.1}
    learned = Rescale(0, 10, 20, 90, 180, 60)
    running.memory = Memory(flink=FlinkMemory(replicas=20, rescaled_at=0.0, running_at=0.0, rescales=(learned,)))
    running.run(460, **numbers)
    running.plan = job(20, **DOWN_SOON, enabled=False).plan
    running.run(20, **numbers)
    assert (running.memory.flink or FlinkMemory()).rescales == ()
    running.plan = enabled
    assert why(running, **numbers) == "held: going down waits for another 600 s"
    assert running.run(590, **numbers).replicas == 20
    assert running.tick(10, **numbers).replicas < 20
