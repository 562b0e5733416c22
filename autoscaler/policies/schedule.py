"""A number of workers for each time of the day and week, whatever the load.

`Observation.at_seconds` must be seconds since the epoch here: this is the one policy for which the
clock's zero matters.
"""

from collections.abc import Callable
from dataclasses import dataclass

from autoscaler.cron import Cron
from autoscaler.model import Memory, Observation, Plan, Step
from autoscaler.moments import last_firing, next_firing


@dataclass(frozen=True, slots=True, kw_only=True)
class Between:
    """`replicas` from each firing of `start` to the next one of `end`, as KEDA's cron trigger has it."""

    start: Cron
    end: Cron
    replicas: int
    timezone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FromThenOn:
    """`replicas` from each firing of `cron` until another entry of this kind fires."""

    cron: Cron
    replicas: int
    timezone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """All entries, and the number that applies when none of them does."""

    replicas: int
    entries: tuple[Between | FromThenOn, ...]


def schedule_plan(schedule: Schedule) -> Plan:
    """The plan that follows the schedule."""
    return Plan(policy=scheduled(schedule))


def scheduled(schedule: Schedule) -> Callable[[Observation, Memory], Step]:
    """The policy: of all entries that apply now, the largest number counts."""

    def follow(seen: Observation, memory: Memory) -> Step:
        del memory
        return schedule_step(schedule, seen.at_seconds)

    return follow


def schedule_step(schedule: Schedule, at_seconds: float) -> Step:
    """What the schedule asks for at a second since the epoch."""
    active = [(entry.replicas, _told(entry)) for entry in schedule.entries if _is_between(entry, at_seconds)]
    latest = _latest(schedule, at_seconds)
    if latest is not None:
        active.append((latest.replicas, _told(latest)))
    if not active:
        return Step(rule="schedule", replicas=schedule.replicas, why=f"no entry applies: {schedule.replicas}")
    replicas, why = max(active, key=lambda told: told[0])
    return Step(rule="schedule", replicas=replicas, why=why)


def is_active(entry: Between, at_seconds: float) -> bool:
    """Whether it is after a start and before the end: the next end comes before, or with, the next start."""
    start = next_firing(entry.start, at_seconds, entry.timezone)
    end = next_firing(entry.end, at_seconds, entry.timezone)
    if end is None:
        return False
    return start is None or start >= end


def _is_between(entry: Between | FromThenOn, at_seconds: float) -> bool:
    return isinstance(entry, Between) and is_active(entry, at_seconds)


def _latest(schedule: Schedule, at_seconds: float) -> FromThenOn | None:
    """The entry that fired last; of several at the same minute the one that stands last."""
    latest: tuple[float, FromThenOn] | None = None
    for entry in schedule.entries:
        if isinstance(entry, FromThenOn):
            fired = last_firing(entry.cron, at_seconds, entry.timezone)
            if fired is not None and (latest is None or fired >= latest[0]):
                latest = (fired, entry)
    return None if latest is None else latest[1]


def _told(entry: Between | FromThenOn) -> str:
    when = f"since {entry.cron.text}" if isinstance(entry, FromThenOn) else f"{entry.start.text} to {entry.end.text}"
    return f"{when} ({entry.timezone}): {entry.replicas}"
