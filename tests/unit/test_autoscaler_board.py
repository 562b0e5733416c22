"""The board: what a tick becomes in documents, samples and events; what is folded, noticed and not known."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from autoscaler.backends.base import Usage
from autoscaler.board.board import Board
from autoscaler.board.columns import Column
from autoscaler.board.facts import Facts
from autoscaler.board.history import DecisionDocument
from autoscaler.board.log import DECISIONS_MAX, Log, rule_of
from autoscaler.model import Condition, Memory, Observation, Plan, Proposal, Step
from autoscaler.needed import WorkerRate
from autoscaler.panel import Seat
from autoscaler.policies.fixed import fixed_plan
from tests.consoles import BEGAN_AT, HPA, Console, lags
from tests.controllers import Lease


def decision(at: float, before: int, now: int, rule: str = "lag", **more: Any) -> DecisionDocument:
    """One that a rule made."""
    fields: dict[str, Any] = {
        "at": at,
        "until": at,
        "count": 1,
        "policy": "p",
        "replicas_before": before,
        "replicas": now,
        "reason": f"{rule}: at {at}",
        "trail": [{"rule": rule, "replicas": now, "why": f"at {at}", "numbers": {}}],
        "conditions": [],
        "held": None,
        "shadows": {},
    } | more
    return DecisionDocument(**fields)


@pytest.mark.parametrize(
    ("second", "folded"),
    [
        pytest.param(decision(2, 3, 3), True, id="the same number for the same reason"),
        pytest.param(decision(2, 3, 3, "bounds"), False, id="for another reason"),
        pytest.param(decision(2, 3, 4), False, id="a move"),
        pytest.param(decision(2, 3, 3, policy="q"), False, id="by another policy"),
        pytest.param(decision(2, 3, 3, held="backend: no room"), False, id="while a part fails"),
    ],
)
def test_what_repeats_is_folded(second: DecisionDocument, folded: bool) -> None:
    log = Log()
    log.decide(decision(1, 3, 3))
    log.decide(second)
    assert len(log.decisions) == (1 if folded else 2)
    if folded:
        newest = log.decisions[0]
        assert (newest.at, newest.until, newest.count, newest.reason) == (1, 2, 2, "lag: at 2")


def test_moves_are_never_folded() -> None:
    log = Log()
    for at in (1, 2):
        log.decide(decision(at, at, at + 1))
    assert [one.count for one in log.decisions] == [1, 1]


def test_only_the_newest_decisions_are_kept_and_older_ones_can_be_asked_for() -> None:
    log = Log()
    for at in range(DECISIONS_MAX + 5):
        log.decide(decision(at, at, at + 1))
    assert len(log.decisions) == DECISIONS_MAX
    assert [one.at for one in log.decisions_before(10, 3)] == [9, 8, 7]


@pytest.mark.parametrize(
    ("numbers", "rule"),
    [
        pytest.param([5, 5, 4], "c", id="the last that changed it"),
        pytest.param([5, 5, 5], "a", id="the first did"),
        pytest.param([2, 2, 2], "a", id="none did: the policy's first"),
    ],
)
def test_the_rule_that_decided(numbers: list[int], rule: str) -> None:
    """From two; three steps."""
    trail = [{"rule": r, "replicas": n, "why": "w", "numbers": {}} for r, n in zip("abc", numbers, strict=True)]
    assert rule_of(decision(1, 2, numbers[-1], trail=trail)) == rule


async def test_the_state_before_the_first_tick_is_not_known() -> None:
    board = Console().board
    assert (board.state(), board.workers()) == (None, [])


async def test_the_state_after_a_tick() -> None:
    console = Console(
        facts={"worker_rate": WorkerRate(events_per_second=100.0, source="scenario"), "slo_time_lag_seconds": 5.0},
        shadows=[Seat(name="nine", plan=fixed_plan(9))],
    )
    console.eyes.seen = {
        "partitions": lags(5, 6),
        "arrival_rate": 250.0,
        "processing_rate": 200.0,
        "time_lag_seconds": 0.5,
        "group_members": 2,
    }
    await console.ticks(3)
    state = console.board.state()
    assert state is not None
    assert state.replicas.model_dump() == {"desired": 2, "current": 2, "ready": 2, "needed": 3}
    assert (state.lag.events, state.lag.seconds, state.partitions) == (11, 0.5, 2)
    assert [(shadow.name, shadow.replicas) for shadow in state.shadows] == [("nine", 9)]
    assert (state.mode, state.at, state.rollout and state.rollout.phase) == ("automatic", BEGAN_AT + 3, "complete")


async def test_what_is_not_known_is_null() -> None:
    """Neither a lag of which a part is unknown, nor anything in a tick without a look, is 0."""
    console = Console()
    console.eyes.seen = {"partitions": lags(5, None)}
    await console.tick()
    state = console.board.state()
    assert state is not None
    assert (state.lag.events, state.replicas.needed, state.rates.arrival) == (None, None, None)
    console.eyes.fault = TimeoutError()
    await console.tick()
    blind = console.board.state()
    assert blind is not None
    assert (blind.lag.events, blind.partitions, blind.held) == (None, None, "observer: TimeoutError")
    assert (blind.replicas.desired, blind.replicas.current) == (2, 2)


async def test_a_dry_run_knows_the_number_of_members_alone() -> None:
    console = Console(dry_run=True)
    console.eyes.seen = {"group_members": 6, "partitions": lags(5)}
    await console.ticks(2)
    state = console.board.state()
    assert state is not None
    assert (state.mode, state.replicas.current, state.replicas.ready) == ("dry-run", 6, None)
    assert console.board.workers() == []
    series = console.board.samples(since=None, seconds=None, points=10).series
    assert all(series["cpu_init_cores"] != series["cpu_init_cores"]), "NaN: not known"


@pytest.mark.parametrize(
    ("order", "mode"),
    [
        pytest.param(lambda _: None, "automatic", id="left alone"),
        pytest.param(lambda c: c.control.pause(), "paused", id="paused"),
        pytest.param(lambda c: c.control.aim(5, 60), "manual", id="a target"),
        pytest.param(
            lambda c: (c.control.pause(), c.control.aim(5, 60)), "manual", id="both: the target makes the number"
        ),
    ],
)
async def test_the_mode_is_that_of_this_moment(order: Any, mode: str) -> None:
    """Also between two ticks."""
    console = Console()
    await console.tick()
    order(console)
    state = console.board.state()
    assert state is not None
    assert state.mode == mode


async def test_who_stands_by_says_so() -> None:
    console = Console(leader={"holder": "b", "term": 2, "self": False, "lease_seconds": 5.0})
    await console.tick()
    state = console.board.state()
    assert state is not None
    assert state.leader is not None
    assert (state.mode, state.leader.holder) == ("standby", "b")


async def test_cpu_is_split_into_starting_and_work() -> None:
    """Rates of totals; while usage is not known they stand still, and that is no rest."""
    console = Console()
    used = Usage(generation=0, at_seconds=0.0, cpu_seconds=1.0, memory_bytes=1e6)
    figures = [(0.0, 0.0, True), (2.0, 1.5, True), (2.0, 1.5, False), (4.0, 2.1, True)]
    series = await cpu_series(console, used, figures)
    unknown = float("nan")
    assert series["cpu_init_cores"].tolist() == pytest.approx([unknown, 1.5, unknown, 0.7], nan_ok=True)
    assert series["cpu_work_cores"].tolist() == pytest.approx([unknown, 0.5, unknown, 1.9 / 3], nan_ok=True)


async def test_an_engine_that_samples_every_other_second_makes_no_spikes() -> None:
    """A core in use all the time, of which each second sample comes a tick late."""
    used = Usage(generation=0, at_seconds=0.0, cpu_seconds=1.0, memory_bytes=1e6)
    series = await cpu_series(Console(), used, [(float(tick // 2 * 2), 0.0, True) for tick in range(20)])
    assert max(series["cpu_work_cores"][6:]) <= 1.3


async def test_cpu_is_known_again_as_soon_as_a_clock_was_set_back() -> None:
    """Two totals are enough, as at the start."""
    console = Console()
    used = Usage(generation=0, at_seconds=0.0, cpu_seconds=1.0, memory_bytes=1e6)
    await cpu_series(console, used, [(float(tick), 0.0, True) for tick in range(5)])
    console.backend.world.at_seconds -= 3_600
    series = await cpu_series(console, used, [(5.0, 0.0, True), (6.0, 0.0, True)])
    assert series["cpu_work_cores"].tolist()[-1] == pytest.approx(1.0)


async def cpu_series(
    console: Console, used: Usage, figures: Sequence[tuple[float, float, bool]]
) -> Mapping[str, Column]:
    """The samples of ticks in which these totals were seen, and whether usage was known."""
    for total, init, known in figures:
        console.eyes.look_fields = {
            "worker_cpu_seconds": total,
            "init_cpu_seconds": init,
            "usage": {"worker-1": used} if known else {},
        }
        await console.tick()
    return console.board.samples(since=None, seconds=None, points=100).series


async def test_a_worker_is_shown_with_what_was_measured_of_its_present_process() -> None:
    console = Console()
    await console.ticks(3)
    console.eyes.look_fields = {
        "usage": {
            "worker-1": Usage(generation=0, at_seconds=0.0, cpu_seconds=5.0, memory_bytes=1e6),
            "worker-2": Usage(generation=7, at_seconds=0.0, cpu_seconds=5.0, memory_bytes=1e6),
        }
    }
    await console.tick()
    first, second = console.board.workers()
    assert (first.name, first.cpu_seconds, first.memory_bytes, first.pod_phase) == ("worker-1", 5.0, 1e6, "Running")
    assert (second.cpu_seconds, second.memory_bytes) == (None, None), "of another process"
    assert (first.revision, first.ready, first.restarts) == ("1", True, 0)


async def test_everything_is_told_once_to_those_who_listen() -> None:
    console = Console()
    reader = console.board.stream.join()
    await console.tick()
    names = []
    while not reader.queue.empty():
        event = reader.queue.get_nowait()
        assert event is not None
        names.append(event.decode().splitlines()[1].removeprefix("event: "))
    assert names == ["sample", "decision", "happening", "happening", "state", "workers"]


async def test_a_decision_has_the_last_answer_of_each_shadow() -> None:
    """Also of one that was not asked in this tick, and not of one that is gone."""
    slow = Plan(policy=fixed_plan(9).policy, period_seconds=60.0)
    console = Console(shadows=[Seat(name="slow", plan=slow), Seat(name="by-lag", plan=fixed_plan(4))])
    console.eyes.seen = {"partitions": lags(5)}
    await console.ticks(2)
    console.control.use(HPA)
    await console.tick()
    newest = console.board.log.decisions[0]
    assert {name: shadow.replicas for name, shadow in newest.shadows.items()} == {"slow": 9}


def storm_plan(open_: list[bool]) -> Plan:
    """A policy whose breaker is as the list says."""

    def answer(seen: Observation, memory: Memory) -> Proposal:
        del memory
        state = Condition(type="InitStorm", status=open_[0], reason="R", message="the signs")
        return Proposal(trail=(Step(rule="r", replicas=seen.spec_replicas, why="w"),), conditions=(state,))

    return Plan(policy=answer)


async def test_a_policys_own_breaker_is_a_storm() -> None:
    """For as long as it is open; while it is paused nobody asks it."""
    open_ = [True]
    console = Console(plan=storm_plan(open_))
    await console.tick()
    storm = console.board.storm()
    assert (storm.active, storm.since, storm.evidence) == (True, BEGAN_AT + 1, "the signs")
    console.control.pause()
    await console.tick()
    assert not console.board.storm().active
    console.control.resume()
    open_[0] = False
    await console.tick()
    assert not console.board.storm().active


async def test_on_standby_there_is_no_breaker_that_was_open_before() -> None:
    """Nobody asks the policy any more, which could close it."""
    lease = Lease()
    console = Console(plan=storm_plan([True]), shadows=[Seat(name="other", plan=fixed_plan(4))])
    console.controller.lease = lease
    await console.tick()
    assert console.board.storm().active
    assert list(console.board.shadows) == ["other"]
    lease.lose()
    await console.tick()
    assert not console.board.storm().active
    assert console.board.shadows == {}, "nor what shadows said then"


async def test_a_storm_is_noticed_whatever_the_policy() -> None:
    """A policy on CPU that has no breaker: twelve are asked for, three are needed, and half of the CPU is starting."""
    wanted = [3]
    plan = Plan(policy=lambda *_: Step(rule="cpu", replicas=wanted[0], why="w"))
    console = Console(plan=plan, desired=3, facts={"worker_rate": WorkerRate(events_per_second=1e3, source="scenario")})
    used = Usage(generation=0, at_seconds=0.0, cpu_seconds=1.0, memory_bytes=1e6)
    for second in range(100):
        stormy = max(0, second - 60)
        wanted[0] = min(12, 3 + 3 * (stormy // 8))
        console.eyes.seen = {
            "arrival_rate": 3_000.0,
            "processing_rate": 1_000.0 if stormy else 3_000.0,
            "partitions": lags(100 * stormy),
        }
        console.eyes.look_fields = {
            "worker_cpu_seconds": 2.0 * second,
            "init_cpu_seconds": 1.8 * stormy,
            "usage": {"worker-1": used},
        }
        await console.tick()
    storm = console.board.storm()
    assert storm.active
    assert storm.evidence is not None
    assert storm.evidence.startswith("desired replicas rose to 12, 4.0 times the 3 needed, ")
    assert [one.detail[:6] for one in console.board.log.happenings if one.kind == "storm"] == ["began:"]
    assert console.board.tallies.happenings["storm"] == 1


async def test_a_day_of_a_hundred_workers_does_not_hold_up_the_tick() -> None:
    """A tick's share of the board, with somebody who listens."""
    console = Console(plan=fixed_plan(100), desired=100)
    console.board.stream.join()
    report = (await console.ticks(3))[-1]
    began = asyncio.get_running_loop().time()
    for _ in range(10):
        console.board.add(report)
    assert (asyncio.get_running_loop().time() - began) / 10 < 0.1


def test_facts_know_the_version() -> None:
    assert Board(facts=Facts(group="g", topic="t", backend="b"), control=Console().control).facts.version
