"""The rules of our own policy one by one: shares of the busiest worker, trend, what is learned, the breaker."""

from dataclasses import replace

import pytest

from autoscaler.model import PodPhase, WeirLook, WeirMemory
from autoscaler.policies.weir import (
    Dealt,
    Traffic,
    WeirSpec,
    crew_of,
    judge,
    jumped,
    learn,
    read_traffic,
    steady_slope,
    weir_plan,
)
from contract.worker import WorkerPhase
from tests.weir_states import Group, state, told


@pytest.mark.parametrize(
    ("topics", "workers", "busiest"),
    [
        pytest.param([[1.0] * 12], 4, 3.0, id="they divide evenly"),
        pytest.param([[1.0] * 12], 5, 3.0, id="one more does not help"),
        pytest.param([[1.0] * 12], 6, 2.0, id="two more do"),
        pytest.param([[1.0] * 3], 5, 1.0, id="more workers than partitions"),
        pytest.param([[9.0, 1.0, 1.0, 1.0]], 3, 10.0, id="the first worker gets one more"),
        pytest.param([[1.0, 1.0, 1.0, 9.0]], 3, 9.0, id="the last one does not"),
        pytest.param([[1.0, 2.0], [3.0, 4.0]], 3, 6.0, id="each topic is dealt out from the first worker on"),
    ],
)
def test_busiest_worker(topics: list[list[float]], workers: int, busiest: float) -> None:
    """As Kafka's range assignor deals partitions out."""
    assert Dealt(topics).busiest(workers) == busiest


@pytest.mark.parametrize(
    ("loads", "useful"),
    [
        pytest.param([1.0] * 12, 12, id="even partitions: one each"),
        pytest.param([10.0] + [1.0] * 11, 12, id="the first partition gets a worker to itself last of all"),
        pytest.param([1.0] * 11 + [10.0], 7, id="the last one sooner"),
        pytest.param([100.0] + [2.0] * 11, 4, id="what comes with a hot partition hardly counts"),
    ],
)
def test_useful_workers(loads: list[float], useful: int) -> None:
    assert Dealt([loads]).useful(12) == useful


@pytest.mark.parametrize(
    ("rates", "slope"),
    [
        pytest.param([100.0 + 10 * second for second in range(13)], 10.0, id="steady growth"),
        pytest.param([100.0] * 6 + [900.0] * 7, 0.0, id="a step is no trend"),
        pytest.param([100.0] * 5 + [300.0, 500.0, 700.0] + [900.0] * 5, 200 / 9, id="one that a window smooths hardly"),
        pytest.param([500.0 - 10 * second for second in range(13)], 0.0, id="a fall"),
        pytest.param([100.0 + 10 * second for second in range(8)], 0.0, id="too few looks"),
        pytest.param([None] * 4 + [100.0 + 10 * second for second in range(9)], 0.0, id="a part that nobody measured"),
    ],
)
def test_steady_slope(rates: list[float | None], slope: float) -> None:
    """The least growth between the parts of the last 12 s."""
    looks = [WeirLook(float(second), 3, 3, rate, None) for second, rate in enumerate(rates)]
    assert steady_slope(looks) == pytest.approx(slope)


@pytest.mark.parametrize(
    ("ends", "rate"),
    [
        pytest.param([0, 1_000, 2_000, 5_000, 8_000], 3_000.0, id="a step is seen before the window shows it"),
        pytest.param([0, 1_000, 2_000, 3_200, 4_500], 1_000.0, id="a little more is noise"),
        pytest.param([0, 1_000, 2_000, 2_100, 2_200], 1_000.0, id="less is believed by the window only"),
        pytest.param([0, 9_000], 1_000.0, id="too few looks"),
        pytest.param([0, None, 9_000, 99_000], 1_000.0, id="an end that nobody knew"),
        pytest.param([90_000, 91_000, 0, 1_000], 1_000.0, id="a topic made anew"),
    ],
)
def test_jumped(ends: list[int | None], rate: float) -> None:
    """The observer says 1,000/s; the last two seconds count from 1.5 times that on."""
    looks = [WeirLook(float(second), 3, 3, 1_000.0, None, end) for second, end in enumerate(ends)]
    assert jumped(1_000.0, looks) == rate


@pytest.mark.parametrize(
    ("seen", "known", "rate"),
    [
        pytest.param(state(), None, 400.0, id="the first measurement is taken as it is"),
        pytest.param(state(busy=0.1), None, 400.0, id="of idle workers too, if there is no other"),
        pytest.param(state(busy=0.1), 300.0, 300.0, id="then idle workers teach nothing"),
        pytest.param(state(), 300.0, 328.347, id="a better rate is believed soon"),
        pytest.param(state(worker_rate=200.0), 300.0, 298.347, id="a worse one slowly: it may be a bad moment"),
        pytest.param(state(worker_rate=200.0, starting=[1.0]), 300.0, 300.0, id="and not beside workers that start"),
        pytest.param(state(worker_rate=200.0, busy=0.95), 300.0, 271.653, id="soon, if the workers are fully busy"),
        pytest.param(state(worker_rate=200.0, busy=0.95, host=0.95), 300.0, 298.347, id="unless the host is, too"),
        pytest.param(
            state(worker_rate=200.0, busy=0.95, starting=[1.0]), 300.0, 300.0, id="and never beside workers that start"
        ),
        pytest.param(state(worker_rate=None), 300.0, 300.0, id="nothing measured: what was known"),
    ],
)
def test_the_rate_of_a_worker_is_learned(seen: object, known: float | None, rate: float) -> None:
    """Time constants of 3 s and 60 s; the last look was 1 s ago."""
    weir = WeirMemory(worker_rate=known, looks=(WeirLook(99.0, 4, 4, None, None),))
    learned = learn(weir, seen).worker_rate  # type: ignore[arg-type]  # a state, as each row has it
    assert learned == pytest.approx(rate, abs=0.001)


def test_starts_and_rebalances_are_learned_and_kept() -> None:
    weir = learn(WeirMemory(), state())
    assert (weir.start_seconds, weir.rebalance_seconds) == (5.0, 2.0)
    later = learn(weir, replace(state(101.0, rebalance=None), workers=()))
    assert (later.start_seconds, later.rebalance_seconds) == (5.0, 2.0)


def test_looks_are_a_second_apart_and_bounded() -> None:
    weir = WeirMemory()
    for quarter in range(1_000):
        weir = learn(weir, state(quarter / 4))
    assert len(weir.looks) == 64
    assert {later.at_seconds - look.at_seconds for look, later in zip(weir.looks, weir.looks[1:], strict=False)} == {
        1.0
    }


def test_crew() -> None:
    """Who consumes, who starts in time (four starts on two cores take twice as long), who does not count."""
    seen = state(replicas=6, starting=[3.0, 19.0, 21.0])
    ready, timely, slow, late = seen.workers[2:]
    dealing = replace(ready, name="dealing", phase=WorkerPhase.JOINING)
    joining = replace(timely, name="joining", phase=WorkerPhase.JOINING)
    gone = replace(late, name="gone", phase=WorkerPhase.FAILED)
    leaving = replace(ready, name="leaving", deleted=True)
    pending = replace(timely, name="pending", phase=None, ready=None, pod_phase=PodPhase.PENDING, started_at=None)
    workers = (ready, dealing, timely, slow, late, joining, gone, leaving, replace(pending, init_seconds=None))
    crew = crew_of(replace(seen, spec_replicas=8, workers=workers), start_seconds=5.0, overdue_factor=2.0)
    assert (crew.ready, crew.starting, crew.overdue, crew.initialising) == (2, 4, 2, 4)
    assert crew.joining == 1
    assert crew.start_seconds == 10.0
    assert crew.wait_seconds == 10.0
    assert crew.initialising_seconds == 21.0


@pytest.mark.parametrize(
    ("shares", "skewed", "largest"),
    [
        pytest.param([0.3, 0.3, 0.2, 0.2], False, 0.25, id="a little more here than there is noise"),
        pytest.param([0.4, 0.2, 0.2, 0.2], True, 0.4, id="a hot partition"),
    ],
)
def test_traffic_is_even_unless_it_clearly_is_not(shares: list[float], skewed: bool, largest: float) -> None:
    traffic = read_traffic(state(shares=shares))
    assert isinstance(traffic, Traffic)
    assert traffic.skewed is skewed
    assert traffic.share_max == pytest.approx(largest)


STORM = {"replicas": 9, "starting": [16.0] * 4, "processing": 1_000.0, "host": 1.0, "cores": 4.0}
"""Four starts on four cores take 5 s, and these have been at it for 16 s."""


@pytest.mark.parametrize(
    ("changes", "open_"),
    [
        pytest.param({}, True, id="grown, nothing more is done, starts are late, the host is full"),
        pytest.param({"processing": 1_500.0}, False, id="more is done than before"),
        pytest.param({"replicas": 5, "starting": [16.0]}, False, id="it has not grown"),
        pytest.param({"starting": [7.0] * 4}, False, id="the starts are not late"),
        pytest.param({"starting": [1.0] * 4, "restarts": 1}, True, id="young ones that were started again"),
        pytest.param({"starting": [1.0], "replicas": 6, "restarts": 1}, False, id="a single one is an accident"),
        pytest.param({"host": 0.5, "cpu_starting": 0.9}, False, id="the host has CPU to spare"),
        pytest.param({"host": None}, False, id="nobody knows where the CPU goes"),
        pytest.param({"host": None, "cpu_starting": 0.5}, True, id="most of the workers' CPU goes into starting"),
        pytest.param({"processing": None}, False, id="nobody knows what is done"),
    ],
)
def test_the_breaker_trips_on_evidence_only(changes: dict[str, object], open_: bool) -> None:
    weir = WeirMemory(looks=(WeirLook(80.0, 5, 5, 2_000.0, 1_000.0), WeirLook(81.0, 9, 5, 2_000.0, 1_000.0)))
    seen = state(**(STORM | changes))  # type: ignore[arg-type]  # each row names its own numbers
    crew = crew_of(seen, start_seconds=5.0, overdue_factor=2.0)
    after, condition = judge(replace(weir, start_seconds=5.0), seen, crew, calm_seconds=10.0)
    assert condition.status is open_
    assert (after.tripped_at is not None) is open_


def test_an_open_breaker_tells_its_evidence_keeps_from_growing_and_closes_after_calm() -> None:
    group = Group(plan=weir_plan(WeirSpec(replicas_max=20)), replicas=5)
    busy = {"arrival": 3_000.0, "processing": 1_000.0, "lag": 30_000, "cores": 4.0, "time_lag": 9.0}
    group.tick(**busy)
    group.replicas = 9
    decision = group.tick(**busy, starting=[16.0] * 4, host=1.0, cpu_starting=0.9)
    (storm,) = decision.conditions
    assert (storm.type, storm.status, storm.reason) == ("InitStorm", True, "BreakerTripped")
    assert storm.message == (
        "replicas 5 → 9 in 1 s, ready 5 → 5, processing 1,000/s → 1,000/s; 4 initialise, the oldest for 16 s "
        "(a start of so many takes 5 s); host at 100%, 88% of the workers' CPU goes into starting"
    )
    assert group.replicas == 9
    assert "the init-storm breaker is open: replicas 5 → 9" in told(decision)
    still = group.tick(**busy, starting=[3.0] * 4, host=1.0)
    assert still.conditions[0].reason == "BreakerOpen"
    assert group.replicas == 9
    cooling = group.run(10, **busy)
    assert cooling.conditions[0].message == "calm for 9 s of 10 s"
    assert group.replicas == 9
    calm = group.tick(**busy)
    assert (calm.conditions[0].status, calm.conditions[0].reason) == (False, "NoStorm")
    assert group.replicas == 12
