"""The score of an autoscaled run, against series that were added up by hand."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.record import Sample
from loadtests.elasticity import Elasticity, elasticity, policy_maximum, provisioning, violations
from loadtests.needed import needed_replicas
from loadtests.series import growth, integral, rate
from tests.elastic import elastic_scenario, samples_of

STEADY = {"arriving": 2000, "desired_replicas": 2, "workers_alive": 2, "workers_ready": 2, "lag_events": 0}


def scored(samples: list[Sample], *, replicas_max: int | None = 20, **scenario: Any) -> Elasticity:
    found = elasticity(elastic_scenario(**scenario), samples, replicas_max=replicas_max)
    assert found is not None
    return found


def test_a_run_that_follows_its_load_has_nothing_to_answer_for() -> None:
    found = scored(samples_of([(10, STEADY | {"time_lag_seconds": 0.5})]))
    assert found.provisioning is not None
    assert set(found.provisioning.model_dump().values()) == {0.0}
    assert (found.amplification, found.needed_replicas_max, found.desired_replicas_max) == (1.0, 2, 2)
    assert (found.violation_seconds, found.violation_unknown_seconds) == (0.0, 0.0)
    assert (found.worker_seconds, found.scale_actions, found.saturated_at_seconds) == (20.0, 0, None)
    assert (found.worker_events_per_second, found.worker_rate_source) == (1000.0, "scenario")


def test_missing_and_idle_workers_are_told_in_relation_to_the_need() -> None:
    """Four needed: for 40 % of the time half of them is missing, for 20 % there are twice as many."""
    samples = samples_of(
        [
            (10, STEADY | {"arriving": 4000, "workers_ready": 2}),
            (10, {"workers_ready": 4}),
            (5, {"workers_ready": 8}),
        ]
    )
    found = scored(samples).provisioning
    assert found is not None
    assert found.tau_under == pytest.approx(10 / 25)
    assert found.tau_over == pytest.approx(5 / 25)
    assert found.theta_under == pytest.approx(0.5 * 10 / 25)
    assert found.theta_over == pytest.approx(1.0 * 5 / 25)


def test_where_nothing_is_needed_each_ready_worker_is_one_too_many() -> None:
    found = scored(samples_of([(10, STEADY | {"arriving": 0, "workers_ready": 3})])).provisioning
    assert found is not None
    assert (found.theta_over, found.tau_over, found.theta_under) == (3.0, 1.0, 0.0)


def test_provisioning_is_told_of_the_measured_stretch_only() -> None:
    """In the warm-up nobody is judged, and while draining nothing is needed."""
    samples = samples_of(
        [
            (5, STEADY | {"phase": "warm-up", "workers_ready": 0}),
            (10, {"phase": "measuring", "workers_ready": 2}),
            (5, {"phase": "draining", "arriving": 0}),
        ]
    )
    found = scored(samples).provisioning
    assert found is not None
    assert (found.tau_under, found.tau_over) == (0.0, 0.0)


def test_service_and_cost_are_told_from_the_end_of_the_warm_up_until_drained() -> None:
    """Ten seconds measured, five of draining; a worker-hour costs 7.2, so a worker-second 0.002."""
    samples = samples_of(
        [
            (5, STEADY | {"phase": "warm-up", "lag_events": 9_999, "time_lag_seconds": 60.0}),
            (6, {"phase": "measuring", "lag_events": 0, "time_lag_seconds": 0.1, "partitions_stopped": 0}),
            (4, {"workers_alive": 4, "lag_events": 500, "time_lag_seconds": 6.0, "partitions_stopped": 3}),
            (5, {"phase": "draining", "lag_events": 100, "time_lag_seconds": None, "partitions_stopped": 0}),
        ]
    )
    found = scored(samples, warmup_seconds=5, slo={"price_per_worker_hour": 7.2})
    assert found.violation_seconds == 4.0
    assert found.violation_unknown_seconds == 5.0
    assert found.time_lag_seconds_max == 6.0
    assert found.lag_event_seconds == 4 * 500 + 5 * 100
    assert found.lag_events_max == 500
    assert found.worker_seconds == 6 * 2 + 9 * 4
    assert found.cost == pytest.approx(48 * 0.002)
    assert found.stopped_partition_seconds == 12.0


@pytest.mark.parametrize(
    ("desired", "scale_actions", "reversals"),
    [
        pytest.param([(30, 2)], 0, 0, id="it stays at the number that the run began with"),
        pytest.param([(30, 3)], 1, 0, id="a change before the first sample counts"),
        pytest.param([(5, 2), (5, 4), (5, 8)], 2, 0, id="up twice is no reversal"),
        pytest.param([(5, 2), (5, 4), (5, 3), (5, 4)], 3, 2, id="up, down, up"),
        pytest.param([(5, 2), (60, 4), (5, 3)], 2, 1, id="a minute later it still is one"),
        pytest.param([(5, 2), (61, 4), (5, 3)], 2, 0, id="more than a minute later it is another matter"),
        pytest.param([(5, 2), (5, None), (5, 2)], 0, 0, id="a second that nobody measured is no change"),
    ],
)
def test_moves_are_counted(desired: list[tuple[int, int | None]], scale_actions: int, reversals: int) -> None:
    """Up and down soon after each other is what hurts."""
    found = scored(samples_of([(seconds, STEADY | {"desired_replicas": n}) for seconds, n in desired]))
    assert (found.scale_actions, found.reversals) == (scale_actions, reversals)


@pytest.mark.parametrize(
    ("replicas_max", "start", "saturated_at_seconds"),
    [
        pytest.param(8, 2, 11.0, id="the first second at the maximum"),
        pytest.param(9, 2, None, id="never reached"),
        pytest.param(None, 2, None, id="nobody knows the maximum"),
        pytest.param(8, 8, None, id="a run that began there did not rise to it"),
    ],
)
def test_saturation(replicas_max: int | None, start: int, saturated_at_seconds: float | None) -> None:
    samples = samples_of([(10, STEADY | {"desired_replicas": 4}), (5, {"desired_replicas": 8})])
    scaler = {"kind": "policy", "policy": "a.yaml", "replicas": start}
    assert scored(samples, replicas_max=replicas_max, scaler=scaler).saturated_at_seconds == saturated_at_seconds


def test_what_the_moves_stirred_up() -> None:
    """Rebalances of the load only, not the ones of the first join; kills are totals; a share of the workers' CPU."""
    samples = samples_of(
        [
            (5, STEADY | {"rebalances": 3, "probe_kills": 0, "worker_restarts": 0, "cores": 1.0, "init_cores": 0.0}),
            (6, {"rebalances": 7, "probe_kills": 2, "worker_restarts": 5, "cores": 2.0, "init_cores": 1.0}),
        ]
    )
    found = scored(samples)
    assert (found.rebalances, found.probe_kills, found.worker_restarts) == (4, 2, 5)
    assert found.init_cpu_share == pytest.approx(6 / 16)


def test_what_was_not_measured_is_unknown() -> None:
    """Not 0."""
    found = scored(samples_of([(5, {"desired_replicas": 2})]), replicas_max=None)
    unknown = {name for name, value in found.model_dump().items() if value is None}
    assert unknown == {
        "needed_replicas_max", "replicas_max", "amplification", "saturated_at_seconds", "time_lag_seconds_max",
        "violation_seconds", "violation_unknown_seconds", "lag_event_seconds", "lag_events_max", "cost",
        "provisioning", "rebalances", "stopped_partition_seconds", "init_cpu_share", "probe_kills", "worker_restarts",
    }  # fmt: skip


def test_a_run_without_desired_replicas_has_no_score() -> None:
    """As in runs of older versions."""
    assert elasticity(elastic_scenario(), samples_of([(5, {"workers_ready": 2})]), replicas_max=5) is None
    assert elasticity(elastic_scenario(), [], replicas_max=None) is None


@pytest.mark.parametrize(
    ("run", "most"),
    [
        pytest.param({"scaler": {"name": "hpa", "replicas_min": 3, "replicas_max": 20}}, 20, id="as run.json says"),
        pytest.param({"scaler": {"name": "hpa"}}, None, id="a policy without a maximum"),
        pytest.param({}, None, id="a run of an older version"),
    ],
)
def test_the_policy_s_maximum(run: dict[str, Any], most: int | None) -> None:
    assert policy_maximum(run) == most


def test_uneven_seconds_weigh_as_long_as_they_took() -> None:
    """Sampled at 1, 2 and 5 s: the level at 5 s stands for three seconds; one that is unknown is bridged."""
    samples = [Sample(at_seconds=at, phase="measuring", lag_events=lag) for at, lag in ((1, 10), (2, 20), (5, 30))]
    assert integral(samples, "lag_events", 0.0) == 10 + 20 + 90
    samples[1] = replace(samples[1], lag_events=None)
    assert integral(samples, "lag_events", 0.0) == 10 + 120
    assert integral(samples, "time_lag_seconds", 0.0) is None


def test_a_total_that_begins_anew_does_not_grow_backwards() -> None:
    samples = [Sample(at_seconds=n, phase="measuring", rebalances=r) for n, r in enumerate((5, 8, 1, 2))]
    assert growth(samples, "rebalances") == 4
    assert rate(samples[:2], "rebalances") == 3.0


levels = st.integers(0, 50)
timelines = st.lists(
    st.tuples(
        st.integers(1, 8),
        st.fixed_dictionaries(
            {
                "phase": st.sampled_from(("warm-up", "measuring", "draining")),
                "arriving": st.integers(0, 20_000),
                "desired_replicas": st.one_of(st.none(), levels),
                "workers_ready": levels,
                "workers_alive": levels,
                "time_lag_seconds": st.one_of(st.none(), st.floats(0, 100)),
            }
        ),
    ),
    max_size=12,
)


@given(timelines)
def test_scores_stay_within_what_they_mean(timeline: list[tuple[int, dict[str, Any]]]) -> None:
    """Amounts are not negative, shares of time are shares, and there are no more violated seconds than seconds."""
    scenario, samples = elastic_scenario(), samples_of(timeline)
    shares = provisioning(samples, needed_replicas(scenario, samples))
    if shares is not None:
        assert 0 <= shares.theta_under <= shares.tau_under <= 1
        assert shares.theta_over >= 0
        assert shares.tau_under + shares.tau_over <= 1 + 1e-9
        assert (shares.theta_over > 0) == (shares.tau_over > 0)
    found, violated = elasticity(scenario, samples, replicas_max=20), violations(scenario, samples)
    if violated is not None:
        assert 0 <= violated.seconds <= violated.at_worst <= len(samples)
    if found is not None and found.amplification is not None:
        last = next(s.desired_replicas for s in reversed(samples) if s.desired_replicas is not None)
        assert found.amplification >= last / (found.needed_replicas_max or 1)
        assert found.reversals <= max(0, found.scale_actions - 1)


@given(timelines, st.integers(1, 50))
def test_more_ready_workers_never_leave_more_missing(timeline: list[tuple[int, dict[str, Any]]], more: int) -> None:
    scenario, samples = elastic_scenario(), samples_of(timeline)
    needed = needed_replicas(scenario, samples)
    fewer, plenty = (
        provisioning([replace(s, workers_ready=s.workers_ready + extra) for s in samples], needed)
        for extra in (0, more)
    )
    if fewer is not None and plenty is not None:
        assert plenty.theta_under <= fewer.theta_under
        assert plenty.theta_over >= fewer.theta_over
