"""What a contest is: the scenario, who takes part, in which order, and what became of each run so far.

It is one document, contest.json, renewed after every run, so that whatever happens the page can be made of what there
is and the contest can be continued.  The order is drawn in rounds: each policy once, then each once more, so that a
machine that grows slower within the hour is slower for all.
"""

import json
import random
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError

from contract.errors import SettingsError
from contract.scenario import Scenario
from contract.settings import Strict, explain

SLUG_CHARACTERS_MAX = 40

TurnOutcome = Literal["waiting", "finished", "failed", "interrupted"]


class Contender(Strict):
    """One policy: the name that it goes by here, its kind, the file and what stood in it."""

    name: str
    kind: str
    file: Path
    document: dict[str, Any]


class Turn(Strict):
    """One run, before or after it happened.  `folder` is relative to the contest's own."""

    number: int
    policy: str
    repeat: int
    outcome: TurnOutcome = "waiting"
    folder: str | None = None
    detail: str = Field("", description="why it failed")
    busy_ratio: float | None = Field(None, description="CPU of the machine in the second before the run, 1 = all cores")


class Contest(Strict):
    """A contest as far as it has come."""

    format: Literal[1] = 1
    scenario: Scenario = Field(description="its scaler's policy is replaced by each contender's")
    order_seed: int
    repeat: int
    contenders: tuple[Contender, ...]
    turns: tuple[Turn, ...]
    started_at: str
    command: str = ""
    weir_version: str = ""
    host: dict[str, Any] = Field(default_factory=dict)
    kafka: str | None = Field(None, description="bootstrap servers; None = an embedded Kafka for each run")
    backend: str = Field("process", description="where workers run")
    image: str | None = Field(None, description="of containers; None = the usual one")

    def contender(self, name: str) -> Contender:
        """The policy of that name."""
        return next(contender for contender in self.contenders if contender.name == name)

    def after(self, turn: Turn) -> "Contest":
        """The contest after a turn has become what it is."""
        turns = tuple(turn if turn.number == other.number else other for other in self.turns)
        return self.model_copy(update={"turns": turns})


def draw_turns(names: Sequence[str], *, repeat: int, seed: int) -> tuple[Turn, ...]:
    """Every policy `repeat` times, in rounds of random order.  More repeats of a seed only add rounds at the end."""
    chance = random.Random(seed)  # noqa: S311  # an order that can be drawn again, not a secret
    order = [(name, number) for number in range(1, repeat + 1) for name in chance.sample(list(names), len(names))]
    return tuple(Turn(number=n, policy=name, repeat=number) for n, (name, number) in enumerate(order, start=1))


def distinct_names(found: Sequence[tuple[str, Path]]) -> list[str]:
    """Names of policies, those that occur twice with their file's stem.  Raises SettingsError if that is not enough."""
    names = [name for name, _ in found]
    told = [name if names.count(name) == 1 else f"{name} ({path.stem})" for name, path in found]
    twice = sorted({name for name in told if told.count(name) > 1})
    if twice:
        raise SettingsError(
            f"--scaler: {', '.join(twice)} is given twice; give files different names, or use --repeat for more runs"
        )
    return told


def folder_name(turn: Turn, attempt: int) -> str:
    """Where a run's records go; a run that failed keeps its folder, and the next attempt gets another one."""
    slug = re.sub(r"[^a-z0-9._-]+", "-", turn.policy.lower()).strip("-.")[:SLUG_CHARACTERS_MAX] or "policy"
    return f"runs/{turn.number:02d}-{slug}-{turn.repeat}" + (f"-attempt-{attempt}" if attempt > 1 else "")


def resumed(before: Contest, now: Contest) -> Contest:
    """`before` continued as asked for `now`: the same plan, perhaps with more repeats.  Raises SettingsError.

    Finished runs stay; those that failed or were interrupted get another turn.
    """
    differing = [
        what
        for what, one, other in (
            ("the scenario", before.scenario, now.scenario),
            ("the order's seed", before.order_seed, now.order_seed),
            ("the policies", _contents(before), _contents(now)),
            ("the Kafka", before.kafka, now.kafka),
            ("the backend", (before.backend, before.image), (now.backend, now.image)),
        )
        if one != other
    ]
    if differing:
        raise SettingsError(f"--resume: {' and '.join(differing)} changed since; choose a new --out for a new contest")
    if now.repeat < before.repeat:
        raise SettingsError(f"--resume: it was begun with --repeat {before.repeat}; {now.repeat} would leave runs out")
    kept = {turn.number: turn for turn in before.turns if turn.outcome == "finished"}
    turns = tuple(kept.get(turn.number, turn) for turn in now.turns)
    return now.model_copy(update={"turns": turns, "started_at": before.started_at})


def read_contest(path: Path) -> Contest:
    """The contest in a contest.json.  Raises SettingsError."""
    try:
        return Contest.model_validate(json.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise SettingsError(f"{path} cannot be read: {error.strerror}; there is no contest to resume there") from error
    except ValidationError as error:
        raise SettingsError(explain(error, str(path))) from error
    except ValueError as error:
        raise SettingsError(f"{path} is damaged: {error}") from error


def write_contest(contest: Contest, path: Path) -> None:
    """Replace contest.json as a whole."""
    draft = path.with_suffix(".draft")
    draft.write_text(contest.model_dump_json(indent=2) + "\n", encoding="utf-8")
    draft.replace(path)


def _contents(contest: Contest) -> list[tuple[str, dict[str, Any]]]:
    return [(contender.name, contender.document) for contender in contest.contenders]
