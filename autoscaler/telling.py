"""What the autoscaler tells while it works: a line for what happens, and now and then how things stand.

A person reads words with the time before them, a machine gets an event with keys.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from autoscaler.controller import Report
from autoscaler.reconciler.model import Happening
from contract.clock import steady_seconds
from contract.log_lines import timestamp

STANDING_EVERY_SECONDS = 10.0
NOT_KNOWN = "?"
log = logging.getLogger("autoscaler")


@dataclass(slots=True)
class Teller:
    """Says each thing once: a hold is told when it begins, when its reason changes, and when it ends."""

    say: Callable[[str], None]
    machine: bool = False
    """Events are logged, with keys, instead of said in words."""
    _held: str | None = None
    _stood_at: float = float("-inf")

    def tell(self, report: Report) -> None:
        """The lines of one tick."""
        for one in report.happenings:
            self._line(one.at_seconds, f"{one.kind:<12} {one.subject}  {one.detail}".rstrip(), one.kind, **keys_of(one))
        if report.held != self._held:
            words = f"{'holding':<12} {report.held or 'no longer'}"
            self._line(report.at_seconds, words, "holding" if report.held else "no longer holding", reason=report.held)
            self._held = report.held
        if abs(report.at_seconds - self._stood_at) >= STANDING_EVERY_SECONDS:  # a clock may be set back
            self._stood_at = report.at_seconds
            self._line(
                report.at_seconds, standing(report), "standing by" if report.standby else "standing", **figures(report)
            )

    def note(self, text: str) -> None:
        """A line that belongs to no tick."""
        self._line(steady_seconds(), text, text)

    def announce(self, text: str) -> None:
        """A line of the start or the end, which needs no time before it."""
        if self.machine:
            log.info(text)
        else:
            self.say(text)

    def _line(self, at_seconds: float, text: str, event: str, **keys: Any) -> None:
        if self.machine:
            log.info(event, extra={"timestamp": timestamp(at_seconds), **keys})
        else:
            self.say(f"{datetime.fromtimestamp(at_seconds, UTC):%H:%M:%S}  {text}")


def keys_of(happening: Happening) -> dict[str, Any]:
    """What happened, for a machine; of a decision who took it, and from how many workers to how many."""
    if scaled := happening.scaled:
        replicas = {"from_replicas": scaled.before, "to_replicas": scaled.after}
        return {"decision": happening.subject} | replicas | {"reason": scaled.why}
    return {"subject": happening.subject} | ({"reason": happening.detail} if happening.detail else {})


def figures(report: Report) -> dict[str, Any]:
    """How things stand, for a machine; None = not known."""
    seen = report.look.observation if report.look else None
    lags = [partition.lag_events for partition in seen.partitions] if seen else []
    known = [lag for lag in lags if lag is not None]
    return {
        "wanted_replicas": report.desired,
        "running_replicas": sum(pod.running for pod in report.fleet.pods.values()),
        "ready_replicas": sum(pod.ready for pod in report.fleet.pods.values()),
        "group_members": seen.group_members if seen else None,
        "lag_events": sum(known) if known and len(known) == len(lags) else None,
        "time_lag_seconds": seen.time_lag_seconds if seen else None,
        "arrival_rate": seen.arrival_rate if seen else None,
        "problems": report.look.problems if report.look else (),
    }


def standing(report: Report) -> str:
    """How things stand, in one line; at its end who did not answer, and why."""
    now = figures(report)
    lag = _known(now["lag_events"], "{:,}")
    rate = _known(now["arrival_rate"], "{:,.0f}/s")
    age = _known(now["time_lag_seconds"], "{:.1f} s")
    head = "standby" if report.standby else "workers"
    pending = [pod.pending_reason for pod in report.fleet.pods.values() if pod.pending_reason and not pod.running]
    waiting = f", {len(pending)} pending ({pending[0]})" if pending else ""
    return (
        f"{head:<12} {report.desired} wanted{_ordered(report)}, {now['running_replicas']} running, "
        f"{now['ready_replicas']} ready{waiting}, {_known(now['group_members'], '{}')} in the group; "
        f"lag {lag} events, {age}; arriving {rate}{''.join(f'; {problem}' for problem in now['problems'])}"
    )


def _known(figure: float | None, form: str) -> str:
    return NOT_KNOWN if figure is None else form.format(figure)


def _ordered(report: Report) -> str:
    """Who wants that many, if it is not the policy."""
    steering = report.steering
    if steering.target:
        return f" by hand for {steering.target.until - report.at_seconds:,.0f} s more"
    return " (paused)" if steering.paused else ""
