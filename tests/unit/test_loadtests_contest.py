"""Contests: the order, what becomes of each run, and how a contest goes on after it was stopped."""

import asyncio
import io
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from contract.errors import RunError, SettingsError
from contract.scenario import PolicyScaler
from loadtests.contest import PATIENCE_SECONDS, Ground, play_contest, until_calm
from loadtests.contest_plan import (
    Contender,
    Contest,
    Turn,
    distinct_names,
    draw_turns,
    folder_name,
    read_contest,
    resumed,
    write_contest,
)
from loadtests.live import LiveView
from loadtests.report import read_run
from loadtests.run import RunOrder
from loadtests.score import Summary
from tests.contest_runs import KINDS, contest_scenario, write_contest_run


def contest(repeat: int = 1, seed: int = 7, limit: float = 5.0) -> Contest:
    contenders = [
        Contender(name=name, kind=kind, file=Path(f"/policies/{name}.yaml"), document={"kind": kind})
        for name, kind in KINDS.items()
    ]
    return Contest(
        scenario=contest_scenario(time_lag_seconds_max=limit),
        order_seed=seed,
        repeat=repeat,
        contenders=tuple(contenders),
        turns=draw_turns(list(KINDS), repeat=repeat, seed=seed),
        started_at="2026-01-01T00:00:00+00:00",
    )


class Stage:
    """Stands in for real runs: writes made records, or fails as told; remembers what it was asked for."""

    def __init__(
        self, failing: dict[str, Exception] | None = None, then: Callable[[RunOrder], None] | None = None
    ) -> None:
        self.failing, self.then = failing or {}, then
        self.orders: list[RunOrder] = []

    async def play(self, order: RunOrder, view: LiveView, stop: asyncio.Event) -> Summary:
        del stop
        self.orders.append(order)
        if view.name in self.failing:
            raise self.failing[view.name]
        directory = write_contest_run(order.out, view.name)
        if self.then:
            self.then(order)
        return read_run(directory.path).summary


def ground(out: Path, stage: Stage, busy: float = 0.0) -> tuple[Ground, io.StringIO]:
    text = io.StringIO()
    console = Console(file=text, width=200)
    return Ground(out=out, console=console, play=stage.play, busy=lambda: busy, second=0.0), text


@given(st.integers(1, 6), st.integers(1, 5), st.integers(0, 99))
def test_every_round_has_every_policy_once(policies: int, repeat: int, seed: int) -> None:
    names = [f"policy-{number}" for number in range(policies)]
    turns = draw_turns(names, repeat=repeat, seed=seed)
    assert [turn.number for turn in turns] == list(range(1, policies * repeat + 1))
    assert Counter((t.policy, t.repeat) for t in turns) == Counter((n, r + 1) for n in names for r in range(repeat))
    assert [turn.repeat for turn in turns] == sorted(turn.repeat for turn in turns)
    assert draw_turns(names, repeat=repeat + 2, seed=seed)[: len(turns)] == turns


def test_the_seed_draws_the_order() -> None:
    orders = {tuple(t.policy for t in draw_turns(list(KINDS), repeat=2, seed=seed)) for seed in range(20)}
    assert len(orders) > 5


def test_policies_of_one_name_are_told_apart_by_their_files() -> None:
    found = [("hpa", Path("old/today.yaml")), ("hpa", Path("new/tomorrow.yaml")), ("keda", Path("k.yaml"))]
    assert distinct_names(found) == ["hpa (today)", "hpa (tomorrow)", "keda"]
    with pytest.raises(SettingsError, match=r"hpa \(a\) is given twice"):
        distinct_names([("hpa", Path("x/a.yaml")), ("hpa", Path("y/a.yaml"))])


@pytest.mark.parametrize(
    ("policy", "attempt", "name"),
    [
        pytest.param("hpa-cpu", 1, "runs/03-hpa-cpu-2", id="number, policy, repeat"),
        pytest.param("hpa-cpu", 2, "runs/03-hpa-cpu-2-attempt-2", id="a failed run keeps its folder"),
        pytest.param("../Über/x (y)", 1, "runs/03-ber-x-y-2", id="a name cannot lead out of the folder"),
        pytest.param("..", 1, "runs/03-policy-2", id="nor be no name at all"),
    ],
)
def test_names_of_run_folders(policy: str, attempt: int, name: str) -> None:
    assert folder_name(Turn(number=3, policy=policy, repeat=2), attempt) == name


async def test_each_run_gets_its_policy_and_a_report(tmp_path: Path) -> None:
    stage = Stage()
    place, text = ground(tmp_path, stage)
    ended = await play_contest(contest(), place, asyncio.Event())
    assert [turn.outcome for turn in ended.turns] == ["finished"] * 3
    for turn, order in zip(ended.turns, stage.orders, strict=True):
        assert isinstance(order.scenario.scaler, PolicyScaler)
        assert (order.scenario.scaler.policy, order.external) == (Path(f"/policies/{turn.policy}.yaml"), None)
        assert order.scenario.seed == contest().scenario.seed
        assert (tmp_path / str(turn.folder) / "report.html").is_file()
    assert len({order.run_id for order in stage.orders}) == 3
    assert read_contest(tmp_path / "contest.json") == ended
    assert f"run 2 of 3: {ended.turns[1].policy} (repeat 1) …" in text.getvalue()
    assert "hpa-cpu: SLO violated, an init storm, at most 20 workers wanted, " in text.getvalue()


async def test_a_failed_run_is_told_and_the_others_go_on(tmp_path: Path) -> None:
    """A fault of ours as well: its traceback is kept."""
    stage = Stage({"weir": RunError("the producer did not begin"), "hpa-cpu": ZeroDivisionError("a bug")})
    place, text = ground(tmp_path, stage)
    ended = await play_contest(contest(), place, asyncio.Event())
    outcomes = {turn.policy: turn for turn in ended.turns}
    assert {name: turn.outcome for name, turn in outcomes.items()} == {
        "weir": "failed", "hpa-cpu": "failed", "keda-lag": "finished"
    }  # fmt: skip
    assert outcomes["weir"].detail == "the producer did not begin"
    assert "Traceback" in outcomes["hpa-cpu"].detail
    assert "(weir) failed: the producer did not begin" in text.getvalue()


async def test_a_stop_ends_the_present_run_in_order_and_plays_no_other(tmp_path: Path) -> None:
    stop = asyncio.Event()
    stage = Stage(then=lambda _: stop.set())
    place, _ = ground(tmp_path, stage)
    ended = await play_contest(contest(), place, stop)
    assert [turn.outcome for turn in ended.turns] == ["interrupted", "waiting", "waiting"]
    assert len(stage.orders) == 1


async def test_a_contest_goes_on_where_it_was(tmp_path: Path) -> None:
    """Finished runs stay, the interrupted one is played again in another folder, more repeats are added."""
    stop = asyncio.Event()
    stage = Stage(then=lambda order: stop.set() if "/02-" in str(order.out) else None)
    place, _ = ground(tmp_path, stage)
    before = await play_contest(contest(), place, stop)
    again = resumed(read_contest(tmp_path / "contest.json"), contest(repeat=2))
    stage.then = None
    after = await play_contest(again, place, asyncio.Event())
    assert [turn.outcome for turn in after.turns] == ["finished"] * 6
    assert after.turns[0] == before.turns[0]
    assert after.turns[1].folder == f"{before.turns[1].folder}-attempt-2"
    assert len(stage.orders) == 2 + 5


@pytest.mark.parametrize(
    ("now", "told"),
    [
        pytest.param(contest(limit=9.0), "the scenario changed", id="another scenario"),
        pytest.param(contest(seed=8), "the order's seed changed", id="another seed"),
        pytest.param(
            contest().model_copy(update={"contenders": contest().contenders[:2], "kafka": "a:1"}),
            "the policies and the Kafka changed",
            id="other policies, another Kafka",
        ),
        pytest.param(contest(repeat=1), "--repeat 2; 1 would leave runs out", id="fewer repeats"),
    ],
)
def test_another_plan_is_no_continuation(now: Contest, told: str) -> None:
    with pytest.raises(SettingsError, match=told):
        resumed(contest(repeat=2), now)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        pytest.param(None, "there is no contest to resume", id="no contest there"),
        pytest.param("{", "is damaged", id="no JSON"),
        pytest.param("{}", "scenario", id="something else"),
    ],
)
def test_a_contest_that_cannot_be_read(tmp_path: Path, content: str | None, told: str) -> None:
    path = tmp_path / "contest.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(SettingsError, match=told):
        read_contest(path)


def test_a_contest_comes_back_from_its_file(tmp_path: Path) -> None:
    write_contest(contest(), tmp_path / "contest.json")
    assert read_contest(tmp_path / "contest.json") == contest()


@pytest.mark.parametrize(
    ("loads", "asked", "told"),
    [
        pytest.param([0.9, 0.9, 0.05, 0.9, 0.1, 0.1, 0.1], 7, "", id="calm for three seconds in a row"),
        pytest.param([0.8], PATIENCE_SECONDS, "still busy (80% of its CPU)", id="patience ends"),
    ],
)
async def test_a_run_waits_for_a_calm_machine(tmp_path: Path, loads: list[float], asked: int, told: str) -> None:
    seen: list[float] = []

    def busy() -> float:
        seen.append(loads[min(len(seen), len(loads)) - 1])
        return seen[-1]

    text = io.StringIO()
    place = Ground(out=tmp_path, console=Console(file=text, width=200), busy=busy, second=0.0)
    await until_calm(place, asyncio.Event())
    assert len(seen) == 1 + asked  # the first look only begins the measurement
    assert told in text.getvalue()
