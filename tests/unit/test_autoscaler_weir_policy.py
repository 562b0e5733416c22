"""Our own policy as a whole: what it asks for, what it waits for, and what it says.

Unless a row says otherwise a worker does 400/s, is to be given 85 % of it, takes 5 s to start, and a rebalance 2 s.
"""

from dataclasses import replace

import pytest

from autoscaler.decide import decide
from autoscaler.model import Decision, Memory, Observation, ScaleFault
from autoscaler.policies.weir import WeirSpec, weir_plan
from tests.weir_states import Group, state, told

PLAN = weir_plan(WeirSpec(replicas_min=1, replicas_max=20))


def decided(seen: Observation, plan: object = PLAN) -> Decision:
    """The decision of a policy that remembers nothing."""
    return decide(seen, Memory(), plan)[0]  # type: ignore[arg-type]  # the plan of each row


@pytest.mark.parametrize(
    ("seen", "missing"),
    [
        pytest.param(state(arrival=None), "the arrival rate is unknown", id="arrivals"),
        pytest.param(state(lag=None), "the lag of 24 of 24 partitions is unknown", id="lag"),
        pytest.param(replace(state(), partitions=()), "no partitions were observed", id="partitions"),
        pytest.param(
            state(worker_rate=None, arrival=9_000.0, processing=None, lag=90_000),
            "no worker's true processing rate was measured yet, and the processing rate is unknown",
            id="rates of workers",
        ),
        pytest.param(
            state(worker_rate=None), "no worker's true processing rate was measured yet", id="rates of workers, no need"
        ),
        pytest.param(
            replace(state(), scale_fault=ScaleFault(reason="FailedGetScale", message="no answer")),
            "no answer",
            id="the number itself",
        ),
    ],
)
def test_unknown_holds_and_says_what_is_missing(seen: Observation, missing: str) -> None:
    decision = decided(seen)
    assert decision.replicas == seen.spec_replicas
    assert f"held: {missing}" in told(decision)


def test_an_unknown_time_lag_keeps_workers_from_going() -> None:
    """Growing needs lag and rates, which are known; going down must know that nothing is late."""
    group = Group(plan=PLAN, replicas=10)
    assert "the time lag is unknown" in told(group.run(60, time_lag=None))
    assert group.replicas == 10
    group.run(2)
    assert group.replicas == 4


@pytest.mark.parametrize(
    ("seen", "replicas", "why"),
    [
        pytest.param(state(arrival=1_300.0), 4, "4 is the number wanted", id="what it has is what it needs"),
        pytest.param(
            state(arrival=1_500.0),
            4,
            "4 are enough for now: the busiest gets 375/s of 400/s",
            id="a little above the utilisation nothing moves",
        ),
        pytest.param(
            state(arrival=2_400.0, lag=2_000),
            8,
            "arrival 2,400/s; one worker does 400/s, up to 85%; no backlog beyond 2 s → 8",
            id="more arrives than is done: one move to what that needs, and what gathers until it helps",
        ),
        pytest.param(
            state(arrival=1_300.0, lag=4_000, time_lag=3.0),
            4,
            "the backlog of 1,384 is gone in 5 s",
            id="a backlog that is being drained fast enough needs nobody",
        ),
        pytest.param(
            state(arrival=1_300.0, lag=40_000, time_lag=30.0),
            8,
            "4 of 8 may start at once",
            id="a backlog that takes too long",
        ),
        pytest.param(
            state(arrival=1_300.0, lag=4_000_000, partitions=40, cores=None, host=None),
            20,
            "no more than 20 are allowed: the backlog is gone in 597 s at best",
            id="the most that is allowed",
        ),
        pytest.param(
            state(arrival=1_000.0, partitions=3, lag=4_000_000, replicas=2),
            3,
            "more than 3 workers cannot help: the backlog is gone in",
            id="a backlog that all partitions cannot drain in time",
        ),
        pytest.param(
            state(arrival=3_000.0, partitions=3, lag=3_000, replicas=2),
            3,
            "more than 3 workers cannot help: each of 3 partitions brings 1,000/s, one worker does 400/s",
            id="partitions too busy for any worker",
        ),
        pytest.param(
            state(arrival=1_600.0, partitions=12, lag=1_600, cores=16.0),
            6,
            "one worker does 400/s, up to 85%; no backlog beyond 2 s → 6",
            id="five would have a busiest worker with three partitions, as four have: six it is",
        ),
        pytest.param(
            state(arrival=1_600.0, shares=[0.5, *[0.5 / 11] * 11], replicas=2),
            6,
            "the busiest partition alone brings 800/s",
            id="a hot partition: more than the others need is of no use",
        ),
    ],
)
def test_demand(seen: Observation, replicas: int, why: str) -> None:
    decision = decided(seen)
    assert why in told(decision)
    assert decision.replicas == replicas


def test_a_trend_is_followed_to_where_it_will_be() -> None:
    """80/s each second: in the 7 s until a move helps it is 560/s more."""
    steps = []
    for look_ahead in (True, False):
        group = Group(plan=weir_plan(WeirSpec(replicas_max=20, look_ahead=look_ahead)))
        trails = [group.tick(arrival=500.0 + 80 * second).trail for second in range(13)]
        steps.append(trails[-1][0])
    ahead, blind = steps
    assert "arrival 1,460/s growing 80/s² → 2,020/s in 7 s" in ahead.why
    assert ahead.numbers["forecast_rate"] == pytest.approx(2_020)
    assert blind.numbers["forecast_rate"] == pytest.approx(1_460)
    assert (ahead.replicas, blind.replicas) == (6, 5)


def test_workers_that_start_are_counted_on() -> None:
    """After one move nothing more is asked for while it is on its way, although the backlog still grows."""
    group = Group(plan=PLAN, replicas=4)
    group.tick(arrival=2_400.0, lag=2_400, cores=16.0)
    asked = group.replicas
    for second in range(1, 6):
        lag = 2_400 + 800 * second
        group.tick(arrival=2_400.0, lag=lag, starting=[float(second)] * (asked - 4), cores=16.0, time_lag=2.0)
    assert asked == 8
    assert group.replicas == asked


def test_an_overdue_worker_is_replaced_and_told() -> None:
    """A start takes 5 s, twice that is too long."""
    late = state(replicas=5, starting=[10.5], arrival=1_600.0)
    in_time = state(replicas=5, starting=[9.5], arrival=1_600.0)
    assert decided(in_time).replicas == 5
    decision = decided(late)
    assert decision.replicas == 6
    assert "1 did not become ready within 2 start times of 5.0 s, or failed: not counted → 6" in told(decision)


def test_workers_that_never_come_up_do_not_become_ever_more() -> None:
    """Five are needed, with what gathers meanwhile; half as many again, however many of them are overdue."""
    group = Group(plan=PLAN, replicas=4)
    for _ in range(100):
        group.tick(arrival=1_300.0, starting=[99.0] * (group.replicas - 1), cores=64.0)
    assert group.replicas == 8


@pytest.mark.parametrize(
    ("numbers", "why"),
    [
        pytest.param({"lag": 6_000}, "no worker goes while a backlog of 5,", id="something waits"),
        pytest.param({"time_lag": 2.5}, "no worker goes while the time lag is 2.5 s of 2 s", id="something is late"),
        pytest.param({}, "12 were needed within the last 20 s", id="it was needed just now"),
    ],
)
def test_no_worker_goes_too_early(numbers: dict[str, object], why: str) -> None:
    group = Group(plan=PLAN, replicas=12)
    group.run(30, arrival=3_300.0)
    decision = group.run(10, arrival=300.0, **numbers)
    assert why in told(decision)
    assert group.replicas == 12


def test_workers_go_in_one_move_and_then_not_for_a_while() -> None:
    """Within a window the number falls once, to the largest need of that window."""
    group = Group(plan=PLAN, replicas=12)
    group.run(5, arrival=3_300.0)
    group.run(10, arrival=1_700.0)
    assert group.replicas == 12
    group.run(10, arrival=600.0)
    assert group.replicas == 12
    group.run(6, arrival=600.0)
    assert group.replicas == 6
    assert "the last move was" in told(group.run(6, arrival=600.0))
    group.run(15, arrival=600.0)
    assert group.replicas == 2


def test_slow_starts_make_going_down_slower() -> None:
    """Twice the 32 s that it takes to get a worker back; and one more stays, for what a rebalance leaves behind."""
    slow = Group(plan=PLAN, replicas=10)
    slow.run(60, arrival=600.0, rebalance=27.0)
    assert slow.replicas == 10
    slow.run(10, arrival=600.0, rebalance=27.0)
    assert slow.replicas == 3
    slow.run(200, arrival=600.0, rebalance=27.0)
    assert slow.replicas == 3


@pytest.mark.parametrize(
    ("numbers", "replicas", "why"),
    [
        pytest.param({}, 5, "lag grows: arrival 2,000/s, processing 1,000/s: one more", id="one more"),
        pytest.param({"processing": 2_000.0}, 4, "was measured yet", id="it does not grow"),
        pytest.param({"lag": 3_000}, 4, "was measured yet", id="it is not late"),
        pytest.param({"starting": [1.0]}, 4, "waiting for what the last move brings", id="one is on its way"),
        pytest.param({"partitions": 4}, 4, "more workers would have nothing to read", id="no partition is left"),
    ],
)
def test_nothing_known_of_workers(numbers: dict[str, object], replicas: int, why: str) -> None:
    """Lag that grows is known to need more than there is, if not how many more."""
    given = {"arrival": 2_000.0, "processing": 1_000.0, "lag": 50_000, "worker_rate": None} | numbers
    decision = decided(state(**given))  # type: ignore[arg-type]  # each row names its own numbers
    assert why in told(decision)
    assert decision.replicas == replicas


@pytest.mark.parametrize(
    ("numbers", "replicas", "why"),
    [
        pytest.param({}, 9, "1.8 of 2 cores are free for starts: 5 of 8 may start at once", id="as cores are free"),
        pytest.param({"host": 1.0}, 5, "0.0 of 2 cores are free for starts: 1 of 8", id="one always may"),
        pytest.param({"host": None}, 5, "the load of the 2 cores is unknown: 1 of 8", id="cores of unknown load"),
        pytest.param({"cores": None}, 12, "the host's cores are unknown", id="unknown cores are no limit"),
        pytest.param({"cores": 16.0}, 12, "all 8 may start at once", id="room for all"),
        pytest.param({"starting": [1.0]}, 9, "5 of 8 may start", id="not held back by fewer than they are"),
        pytest.param(
            {"starting": [1.0] * 3, "replicas": 6}, 6, "6 more wait for the 3 that start", id="they join together"
        ),
        pytest.param({"starting": [99.0]}, 9, "5 of 9 may start", id="one that is overdue is not waited for"),
    ],
)
def test_no_more_start_at_once_than_the_host_bears(numbers: dict[str, object], replicas: int, why: str) -> None:
    given = {"arrival": 5_000.0, "lag": 20_000, "host": 0.1} | numbers
    decision = decided(state(**given))  # type: ignore[arg-type]  # each row names its own numbers
    assert why in told(decision)
    assert decision.replicas == replicas


def test_a_spec_outside_of_its_bounds_comes_back() -> None:
    assert decided(state(replicas=30, arrival=None)).replicas == 20
    assert PLAN.period_seconds == 0
    assert (PLAN.replicas_min, PLAN.replicas_max) == (1, 20)
