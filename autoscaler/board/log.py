"""The newest decisions and happenings, bounded; decisions that only repeat the one before are folded into it."""

from collections import deque
from dataclasses import dataclass, field
from itertools import islice

from autoscaler.board.history import DecisionDocument, HappeningDocument

DECISIONS_MAX = 2_000
HAPPENINGS_MAX = 5_000


@dataclass(slots=True)
class Log:
    """Newest first."""

    decisions: deque[DecisionDocument] = field(default_factory=lambda: deque(maxlen=DECISIONS_MAX))
    happenings: deque[HappeningDocument] = field(default_factory=lambda: deque(maxlen=HAPPENINGS_MAX))

    def decide(self, decision: DecisionDocument) -> DecisionDocument:
        """Keep it; what is shown for it now."""
        newest = self.decisions[0] if self.decisions else None
        if newest is None or not _repeats(decision, newest):
            self.decisions.appendleft(decision)
            return decision
        self.decisions[0] = decision.model_copy(update={"at": newest.at, "count": newest.count + 1})
        return self.decisions[0]

    def decisions_before(self, before: float, limit: int) -> list[DecisionDocument]:
        """At most `limit` that began earlier than `before`."""
        return list(islice((one for one in self.decisions if one.at < before), limit))


def _repeats(now: DecisionDocument, before: DecisionDocument) -> bool:
    """Nothing changed, by the same rule: its words have other numbers each time."""
    same = now.replicas == now.replicas_before == before.replicas == before.replicas_before
    return same and (now.policy, now.held, rule_of(now)) == (before.policy, before.held, rule_of(before))


def rule_of(decision: DecisionDocument) -> str:
    """Name of the rule that decided: the last that changed the number, else the policy's first."""
    replicas, rule = decision.replicas_before, decision.trail[0].rule
    for step in decision.trail:
        if step.replicas != replicas:
            replicas, rule = step.replicas, step.rule
    return rule
