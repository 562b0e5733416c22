"""What is called an init storm, and what is not."""

from typing import Any

import pytest

from loadtests.storm import Storm, storm
from tests.elastic import Timeline, elastic_scenario, samples_of

CALM: dict[str, Any] = {
    "arriving": 2000, "processing": 2000, "desired_replicas": 2, "workers_alive": 2, "workers_ready": 2,
    "lag_events": 100, "rebalances": 1, "probe_kills": 0, "partitions_stopped": 0, "cores": 0.8, "init_cores": 0.0,
}  # fmt: skip
STARTING: dict[str, Any] = {"cores": 2.0, "init_cores": 1.6, "processing": 800}


def told(timeline: Timeline, *, replicas_max: int | None = 20, **scenario: Any) -> Storm | None:
    return storm(elastic_scenario(**scenario), samples_of(timeline), replicas_max=replicas_max)


MELTDOWN: Timeline = [
    (60, CALM),
    (15, STARTING | {"desired_replicas": 4, "lag_events": 9_000}),
    (15, {"desired_replicas": 9, "lag_events": 30_000, "rebalances": 3}),
    (15, {"desired_replicas": 20, "lag_events": 60_000, "rebalances": 9, "partitions_stopped": 4}),
    (30, {"lag_events": 90_000, "probe_kills": 6, "rebalances": 14}),
]


def test_a_storm_is_named_with_its_evidence() -> None:
    """From 2 to 20 within 30 s while two were needed, with the starts taking the CPU from the work."""
    found = told(MELTDOWN)
    assert found is not None
    assert found.detected
    assert (found.began_at_seconds, found.peaked_at_seconds, found.saturated_after_seconds) == (61.0, 91.0, 30.0)
    assert (found.desired_replicas_max, found.needed_replicas_max, found.amplification) == (20, 2, 10.0)
    assert found.init_cpu_share == pytest.approx(0.8)
    assert found.throughput_ratio == pytest.approx(0.4)
    assert (found.probe_kills, found.rebalances, found.stopped_partition_seconds) == (6, 13, 45 * 4)
    assert found.sentence == (
        "init storm: desired replicas rose to 20, the policy's maximum, 30 s after the first step, 10.0 times the 2 "
        "needed, 80% of the workers' CPU went into starting, throughput fell to 40%, probes killed 6 workers, "
        "13 rebalances, partitions stood still for 180 partition-seconds"
    )


def changed(**changes: Any) -> Timeline:
    """The meltdown, with some columns otherwise from its first step on."""
    return [MELTDOWN[0], *((seconds, stretch | changes) for seconds, stretch in MELTDOWN[1:])]


@pytest.mark.parametrize(
    ("timeline", "detected"),
    [
        pytest.param(MELTDOWN, True, id="far too many, because of starts, and with harm"),
        pytest.param(changed(probe_kills=0), True, id="nobody was killed, but throughput fell while lag rose"),
        pytest.param(
            changed(processing=2000, cores=5.0, init_cores=4.0), True, id="throughput held, but probes killed workers"
        ),
        pytest.param(changed(processing=2000, probe_kills=0), False, id="far too many, but no harm was done"),
        pytest.param(changed(arriving=18_000), False, id="the load needs nearly as many"),
        pytest.param(changed(init_cores=0.5), False, id="the work burnt the CPU, not the starts"),
        pytest.param(changed(cores=0, init_cores=0), False, id="CPU that nobody could measure accuses nobody"),
        pytest.param(changed(lag_events=0, probe_kills=0), False, id="workers without work to do are no harm"),
        pytest.param(
            [MELTDOWN[0], (60, STARTING | {"desired_replicas": 20, "lag_events": 90_000, "probe_kills": 6})],
            False,
            id="one jump because of a backlog: nobody was starting when it was decided",
        ),
        pytest.param(
            [
                (60, CALM),
                (15, STARTING | {"lag_events": 18_000}),
                (5, {"desired_replicas": 20}),
                (60, {"lag_events": 90_000}),
            ],
            True,
            id="one jump because all workers were started again",
        ),
        pytest.param(
            [(3, CALM), (15, STARTING | {"desired_replicas": 4}), (60, {"desired_replicas": 20, "lag_events": 90_000})],
            True,
            id="from the very beginning: less was done than arrived",
        ),
    ],
)
def test_three_questions_make_a_storm(timeline: Timeline, *, detected: bool) -> None:
    """All three must be answered with yes."""
    found = told(timeline)
    assert found is not None
    assert found.detected is detected
    assert found.sentence.startswith("init storm: " if detected else "no init storm: ")


def test_a_ramp_that_ends_in_a_storm_does_not_hide_it() -> None:
    """Minutes of growing with the load weigh nothing: only what was asked for beyond the need is looked at."""
    ramp: Timeline = [
        (60, CALM | {"arriving": n * 1000, "processing": n * 1000, "desired_replicas": n}) for n in range(2, 7)
    ]
    runaway: Timeline = [
        (15, {"desired_replicas": 9, "cores": 2.0, "init_cores": 1.4, "processing": 3000, "lag_events": 9_000}),
        (30, {"desired_replicas": 20, "lag_events": 90_000}),
    ]
    found = told([*ramp, *runaway])
    assert found is not None
    assert (found.detected, found.needed_replicas_max) == (True, 6)
    assert found.init_cpu_share == pytest.approx(0.7)


def test_the_worst_growth_is_told_and_its_end_is_when_the_need_is_met_again() -> None:
    """A calm step before and after the storm do not cover it; what happens after its end is not its harm."""
    timeline: Timeline = [
        *MELTDOWN,
        (30, {"desired_replicas": 3, "lag_events": 0}),
        (200, CALM | {"desired_replicas": 3, "rebalances": 14, "probe_kills": 6}),
        (30, {"desired_replicas": 4, "probe_kills": 9}),
    ]
    found = told(timeline)
    assert found is not None
    assert (found.detected, found.desired_replicas_max, found.ended_at_seconds) == (True, 20, 136.0)
    assert found.probe_kills == 6


def test_a_policy_s_own_cpu_window_is_how_far_one_looks_back() -> None:
    """Starts that ended 20 s before the jump are seen by a policy that looks at 40 s."""
    timeline: Timeline = [
        (60, CALM),
        (20, STARTING | {"cores": 4.0, "init_cores": 3.9}),
        (20, CALM | {"cores": 0.8, "lag_events": 500}),
        (60, {"desired_replicas": 20, "lag_events": 90_000, "processing": 800}),
    ]
    scaler = {"kind": "policy", "policy": "a.yaml", "replicas": 2}
    shares = [told(timeline, scaler=scaler | {"cpu_window_seconds": s}) for s in (15, 40)]
    assert [s.init_cpu_share for s in shares if s] == [pytest.approx(0.0), pytest.approx(78 / 96.8, rel=0.05)]


@pytest.mark.parametrize(
    "timeline",
    [
        pytest.param([(30, CALM)], id="nothing moved"),
        pytest.param([(30, CALM), (30, {"desired_replicas": 1})], id="it only went down"),
    ],
)
def test_without_growth_there_is_no_storm(timeline: Timeline) -> None:
    found = told(timeline)
    assert found == Storm(
        detected=False, desired_replicas_max=2, sentence="no init storm: desired replicas never rose above 2"
    )


def test_where_nobody_asked_for_a_number_of_workers_there_is_nothing_to_tell() -> None:
    """As in runs of older versions."""
    assert told([(30, {"workers_ready": 2})]) is None
    assert told([]) is None


def test_where_the_need_is_unknown_nobody_is_accused() -> None:
    found = told(MELTDOWN, worker={})
    assert found is not None
    assert (found.detected, found.amplification) == (False, None)
    assert "needed" not in found.sentence
