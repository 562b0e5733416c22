"""The group's rebalances and the workers' start times, from what each worker tells about itself."""

from typing import Any

import pytest

from autoscaler.observer.members import Members, follow, init_seconds
from autoscaler.reconciler.model import Pod
from contract.worker import WorkerPhase, WorkerStatus

READY, JOINING, STARTING = WorkerPhase.READY, WorkerPhase.JOINING, WorkerPhase.STARTING
Answers = dict[str, WorkerStatus]


def status(rebalances: int = 0, seconds: float = 0.0, phase: WorkerPhase = READY, **changes: Any) -> WorkerStatus:
    base: dict[str, Any] = {"worker": "w", "process_id": 1, "uptime_seconds": 1.0, "phase_seconds": {phase: 1.0}}
    return WorkerStatus(phase=phase, rebalances=rebalances, rebalance_seconds=seconds, **(base | changes))


def pod(name: str, generation: int = 0, launched_at: float | None = 0.0) -> Pod:
    return Pod(name=name, created_at=0.0, generation=generation, launched_at=launched_at)


PODS = {name: pod(name) for name in "ab"}


def replay(ticks: list[Answers]) -> Members:
    members = Members()
    for number, answers in enumerate(ticks):
        members = follow(members, PODS, answers, float(number))
    return members


@pytest.mark.parametrize(
    ("ticks", "rebalances"),
    [
        pytest.param([{}], None, id="nobody has answered: unknown"),
        pytest.param([{"a": status(7)}], 0, id="what was before the first look is not counted"),
        pytest.param([{"a": status()}, {"a": status(1)}, {"a": status(3)}], 3, id="one worker's own count"),
        pytest.param(
            [{"a": status(), "b": status()}, {"a": status(1), "b": status(1)}], 1, id="both saw it: one rebalance"
        ),
        pytest.param(
            [{"a": status(), "b": status()}, {"a": status(1)}, {"a": status(1), "b": status(1)}],
            1,
            id="the same one, told late, is not another",
        ),
        pytest.param([{"a": status()}, {}, {"a": status(2)}], 2, id="silence loses none"),
        pytest.param(
            [
                {"a": status(), "b": status(phase=STARTING)},
                {"a": status(5), "b": status(phase=JOINING)},
                {"b": status()},
                {"b": status(2)},
            ],
            7,
            id="one that joined late counts on where the others were",
        ),
    ],
)
def test_the_groups_rebalances(ticks: list[Answers], rebalances: int | None) -> None:
    assert replay(ticks).rebalances == rebalances


@pytest.mark.parametrize(
    ("ticks", "seconds"),
    [
        pytest.param([{"a": status(2, 9.0)}], None, id="what was before the first look is not measured"),
        pytest.param([{"a": status()}, {"a": status(1)}], None, id="one that has not ended has no time yet"),
        pytest.param([{"a": status()}, {"a": status(1)}, {"a": status(1, 3.0)}], 3.0, id="its time comes at its end"),
        pytest.param([{"a": status()}, {"a": status(2, 3.0)}], 1.5, id="two of them"),
        pytest.param(
            [{"a": status(), "b": status()}, {"a": status(1, 1.0), "b": status(1, 2.0)}], 1.5, id="mean over workers"
        ),
        pytest.param(
            [{"a": status(n, float(10 * min(n, 5) + max(0, n - 5)))} for n in range(60)], 1.0, id="of late only"
        ),
    ],
)
def test_the_time_of_a_rebalance(ticks: list[Answers], seconds: float | None) -> None:
    assert replay(ticks).rebalance_seconds() == seconds


def test_a_new_process_under_an_old_name_is_another_member() -> None:
    members = follow(Members(), {"a": pod("a")}, {"a": status(4)}, 0.0)
    members = follow(members, {"a": pod("a", generation=1)}, {"a": status(0)}, 1.0)
    members = follow(members, {"a": pod("a", generation=1)}, {"a": status(1)}, 2.0)
    assert members.rebalances == 1


def test_those_that_are_gone_are_forgotten() -> None:
    assert follow(replay([{"a": status(), "b": status()}]), {"a": pod("a")}, {}, 1.0).known.keys() == {"a"}


@pytest.mark.parametrize(
    ("answer", "now", "expected"),
    [
        pytest.param(status(phase=STARTING), 7.0, 7.0, id="so far, while it is not ready"),
        pytest.param(None, 7.0, None, id="it does not answer: unknown"),
        pytest.param(status(phase_seconds={READY: 2.0}), 7.0, 5.0, id="until it was ready, from its launch"),
        pytest.param(
            status(1, 1.5, phase_seconds={READY: 2.0}), 7.0, 3.5, id="time lost in rebalances is no part of the start"
        ),
    ],
)
def test_init_seconds(answer: WorkerStatus | None, now: float, expected: float | None) -> None:
    one = pod("a")
    members = follow(Members(), {"a": one}, {"a": answer} if answer else {}, now)
    assert init_seconds(one, members.known.get("a"), answer, now) == expected


def test_init_seconds_stay_as_they_were_when_it_became_ready() -> None:
    members = follow(Members(), PODS, {"a": status(phase_seconds={READY: 1.0})}, 6.0)
    later = status(1, phase=JOINING, phase_seconds={READY: 4.0, JOINING: 9.0})
    members = follow(members, PODS, {"a": later}, 18.0)
    assert init_seconds(PODS["a"], members.known["a"], later, 18.0) == 5.0
    assert init_seconds(PODS["a"], members.known["a"], None, 19.0) == 5.0, "also when it does not answer"
    restarted = pod("a", generation=1, launched_at=20.0)
    assert init_seconds(restarted, members.known["a"], status(phase=STARTING), 21.0) == 1.0
