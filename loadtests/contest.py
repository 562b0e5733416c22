"""One run after the other: each contender on the same scenario and seed, on a Kafka of its own, on a calm machine.

A run that fails is told, written down and passed over; the others go on.  After every run contest.json is renewed, so
nothing is lost but the run that was under way.
"""

import asyncio
import secrets
import traceback
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psutil
from rich.console import Console
from rich.text import Text

from autoscaler.options import Containers
from contract.errors import WeirError
from contract.kafka import KafkaSettings
from contract.record import RunDirectory
from contract.scenario import with_policy
from loadtests.contest_plan import Contest, Turn, folder_name, write_contest
from loadtests.headline import headline
from loadtests.live import LiveView
from loadtests.report import write_report
from loadtests.run import RunOrder, run_scenario
from loadtests.score import Summary

CALM_RATIO = 0.15  # of all cores: what a desktop does while nobody works on it
CALM_SECONDS = 3
PATIENCE_SECONDS = 60
ATTEMPTS_MAX = 1_000

Play = Callable[[RunOrder, LiveView, asyncio.Event], Awaitable[Summary]]
Busy = Callable[[], float]


def busy_ratio() -> float:
    """CPU in use on the whole machine since it was last asked: 1.0 = all cores."""
    return psutil.cpu_percent(interval=None) / 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """Where a contest takes place.  `play`, `busy` and `second` are replaced in tests only."""

    out: Path
    console: Console
    external: KafkaSettings | None = None
    containers: Containers | None = None
    play: Play = run_scenario
    busy: Busy = busy_ratio
    second: float = 1.0

    def say(self, text: str) -> None:
        """A line that stays."""
        self.console.print(Text(text), soft_wrap=True)

    def keep(self, contest: Contest) -> None:
        """Renew contest.json."""
        write_contest(contest, self.out / "contest.json")


async def play_contest(contest: Contest, ground: Ground, stop: asyncio.Event) -> Contest:
    """Carry out every turn that waits; `stop` ends the present run in order and plays no other."""
    ground.keep(contest)
    for turn in contest.turns:
        if turn.outcome != "waiting" or stop.is_set():
            continue
        busy = await until_calm(ground, stop)
        if not stop.is_set():
            ground.say(f"run {turn.number} of {len(contest.turns)}: {turn.policy} (repeat {turn.repeat}) …")
            ended = await _take(contest, turn, ground, stop)
            contest = contest.after(ended.model_copy(update={"busy_ratio": round(busy, 3)}))
            ground.keep(contest)
    return contest


async def until_calm(ground: Ground, stop: asyncio.Event) -> float:
    """Wait until the machine did next to nothing for some seconds, or patience ends; returns how busy it is then."""
    ground.busy()
    calm, busy = 0, 0.0
    for _ in range(PATIENCE_SECONDS):
        if await _stopped(stop, ground.second):
            return busy
        busy = ground.busy()
        calm = calm + 1 if busy <= CALM_RATIO else 0
        if calm >= CALM_SECONDS:
            return busy
    ground.say(f"the machine is still busy ({busy:.0%} of its CPU) after {PATIENCE_SECONDS} s; going on all the same")
    return busy


async def _stopped(stop: asyncio.Event, seconds: float) -> bool:
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return False
    return True


async def _take(contest: Contest, turn: Turn, ground: Ground, stop: asyncio.Event) -> Turn:
    """One run and its report; the turn with what became of it."""
    folder = _free_folder(ground.out, turn)
    taken = turn.model_copy(update={"folder": folder})
    scenario = with_policy(contest.scenario, contest.contender(turn.policy).file)
    order = RunOrder(
        scenario=scenario,
        run_id=f"{scenario.name}-{turn.number:02d}-{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(2)}",
        out=ground.out / folder,
        external=ground.external,
        containers=ground.containers,
        command=contest.command,
    )
    try:
        summary = await ground.play(order, LiveView(ground.console, turn.policy, scenario.seconds), stop)
        write_report(RunDirectory.open(order.out))
    except WeirError as error:
        return _failed(taken, str(error), ground)
    except Exception:  # noqa: BLE001  # hours of other runs must not end with one; the traceback is kept and shown
        return _failed(taken, traceback.format_exc(), ground)
    if stop.is_set():
        return taken.model_copy(update={"outcome": "interrupted"})
    ground.say(_told(turn, summary))
    return taken.model_copy(update={"outcome": "finished"})


def _failed(turn: Turn, why: str, ground: Ground) -> Turn:
    ground.say(f"run {turn.number} ({turn.policy}) failed: {why}")
    return turn.model_copy(update={"outcome": "failed", "detail": why})


def _told(turn: Turn, summary: Summary) -> str:
    storm = ", an init storm" if summary.storm and summary.storm.detected else ""
    score = summary.elasticity
    figures = f", at most {score.desired_replicas_max} workers wanted" if score else ""
    if score and score.violation_seconds is not None:
        figures += f", {score.violation_seconds:.0f} s violated"
    return f"run {turn.number}: {turn.policy}: {headline(summary)}{storm}{figures}"


def _free_folder(out: Path, turn: Turn) -> str:
    names = (folder_name(turn, attempt) for attempt in range(1, ATTEMPTS_MAX))
    return next(name for name in names if not (out / name).exists())
