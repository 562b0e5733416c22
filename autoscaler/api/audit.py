"""A line for each change that somebody asked for, accepted or refused: who, what, from what to what."""

import json
from dataclasses import dataclass
from typing import Any

from autoscaler.steering import Steering

DETAIL_CHARACTERS_MAX = 300
CHANGE_CHARACTERS_MAX = 100
"""A path may be long, and anybody can ask for one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditLine:
    """One change.  `after` is the same as `before` where it was refused."""

    change: str
    accepted: bool
    status: int
    remote: str
    before: str
    after: str
    detail: str = ""

    def __str__(self) -> str:
        """In logfmt; what came over the network stands in JSON's quotes, so that no line can be forged with it."""
        fields: dict[str, Any] = {
            "change": self.change[:CHANGE_CHARACTERS_MAX],
            "result": "accepted" if self.accepted else "refused",
            "status": self.status,
            "remote": self.remote,
            "before": self.before,
            "after": self.after,
        }
        if self.detail:
            fields["detail"] = self.detail[:DETAIL_CHARACTERS_MAX]
        return " ".join(f"{name}={value if name == 'result' else json.dumps(value)}" for name, value in fields.items())


def words_of(steering: Steering, policy: str) -> str:
    """Everything that orders can change, in brief."""
    told = [f"policy {policy}"]
    if steering.paused:
        told.append(_with("paused", steering.paused.reason))
    if steering.target:
        told.append(_with(f"{steering.target.replicas} until {steering.target.until:.0f}", steering.target.reason))
    return ", ".join(told)


def _with(words: str, reason: str | None) -> str:
    return f"{words} ({reason})" if reason else words
