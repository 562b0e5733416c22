"""What is counted over the life of an autoscaler, for Prometheus.  Every key is one of few."""

from collections import Counter
from dataclasses import dataclass, field

from prometheus_client import Histogram

from autoscaler.board.history import DecisionDocument
from autoscaler.board.log import rule_of
from autoscaler.controller import Report
from autoscaler.signals import Signal, read_signal
from contract.metrics import histogram

REASONS_MAX = 64
"""A policy of the user's own may name as many rules as it likes."""
OTHER = "other"


@dataclass(slots=True)
class Tallies:
    """Counts since the start.

    Attributes:
        decisions: By direction (up, down, none) and rule.
        happenings: By kind.
        changes: Ordered by the API's callers: by what they asked for, and whether it was accepted or refused.
        known_at: When each signal was known last.
        ticks: How long they took.
        late_seconds: How late the last tick began.
    """

    decisions: Counter[tuple[str, str]] = field(default_factory=Counter)
    happenings: Counter[str] = field(default_factory=Counter)
    changes: Counter[tuple[str, str]] = field(default_factory=Counter)
    known_at: dict[Signal, float] = field(default_factory=dict)
    ticks: Histogram = field(default_factory=lambda: histogram("autoscaler_loop_duration_seconds", None))
    late_seconds: float = 0.0

    def add(self, report: Report, *, before: Report | None, period_seconds: float) -> None:
        """One tick."""
        self.ticks.observe(report.took_seconds)
        self.happenings.update(happening.kind for happening in report.happenings)
        self.late_seconds = max(0.0, report.at_seconds - before.at_seconds - period_seconds) if before else 0.0
        if report.look:
            seen = report.look.observation
            known = [signal for signal in Signal if read_signal(signal, seen).value is not None]
            self.known_at |= dict.fromkeys(known, report.at_seconds)

    def decide(self, decision: DecisionDocument) -> None:
        """One decision, or order."""
        change = decision.replicas - decision.replicas_before
        direction = "up" if change > 0 else "down" if change < 0 else "none"
        rule, rules = rule_of(decision), {rule for _, rule in self.decisions}
        self.decisions[direction, rule if rule in rules or len(rules) < REASONS_MAX else OTHER] += 1
