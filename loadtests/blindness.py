"""How often a policy could not read what it scales on: a policy that is blind holds, and would pass for a calm one."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from autoscaler.errors import StateError
from autoscaler.journal import Tick, read_journal

UNREAD = ("FailedGet", "Invalid")
"""How the reasons of ScalingActive begin when metrics are at fault; it is also False when scaling is switched off."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Blindness:
    """Decisions made without a metric, of all decisions, and the reason given most often."""

    blind: int
    decisions: int
    why: str


def read_blindness(journal: Path) -> Blindness | None:
    """That of a run; None when its journal is missing or damaged."""
    try:
        return blindness(read_journal(journal))
    except StateError:
        return None


def blindness(ticks: Iterable[Tick]) -> Blindness:
    """From the ticks of a journal."""
    decisions, reasons = 0, Counter[str]()
    for tick in ticks:
        if tick.decision is None:
            continue
        decisions += 1
        reasons.update(
            condition.message
            for condition in tick.decision.conditions
            if condition.type == "ScalingActive" and not condition.status and condition.reason.startswith(UNREAD)
        )
    why = reasons.most_common(1)[0][0] if reasons else ""
    return Blindness(blind=reasons.total(), decisions=decisions, why=why)
