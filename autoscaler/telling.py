"""What a person reads while the autoscaler works: a line for what happens, and now and then how things stand."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from autoscaler.controller import Report
from contract.clock import steady_seconds

STANDING_EVERY_SECONDS = 10.0
NOT_KNOWN = "?"


@dataclass(slots=True)
class Teller:
    """Says each thing once: a hold is told when it begins, when its reason changes, and when it ends."""

    say: Callable[[str], None]
    _held: str | None = None
    _stood_at: float = float("-inf")

    def tell(self, report: Report) -> None:
        """The lines of one tick."""
        for happening in report.happenings:
            self._line(happening.at_seconds, f"{happening.kind:<12} {happening.subject}  {happening.detail}".rstrip())
        if report.held != self._held:
            self._line(report.at_seconds, f"{'holding':<12} {report.held or 'no longer'}")
            self._held = report.held
        if abs(report.at_seconds - self._stood_at) >= STANDING_EVERY_SECONDS:  # a clock may be set back
            self._stood_at = report.at_seconds
            self._line(report.at_seconds, standing(report))

    def note(self, text: str) -> None:
        """A line that belongs to no tick."""
        self._line(steady_seconds(), text)

    def _line(self, at_seconds: float, text: str) -> None:
        self.say(f"{datetime.fromtimestamp(at_seconds, UTC):%H:%M:%S}  {text}")


def standing(report: Report) -> str:
    """How things stand, in one line; at its end who did not answer, and why."""
    running = sum(pod.running for pod in report.fleet.pods.values())
    ready = sum(pod.ready for pod in report.fleet.pods.values())
    seen = report.look.observation if report.look else None
    lags = [partition.lag_events for partition in seen.partitions] if seen else []
    known = [lag for lag in lags if lag is not None]
    lag = f"{sum(known):,}" if known and len(known) == len(lags) else NOT_KNOWN
    rate = NOT_KNOWN if seen is None or seen.arrival_rate is None else f"{seen.arrival_rate:,.0f}/s"
    age = NOT_KNOWN if seen is None or seen.time_lag_seconds is None else f"{seen.time_lag_seconds:.1f} s"
    problems = report.look.problems if report.look else ()
    head = "standby" if report.standby else "workers"
    pending = [pod.pending_reason for pod in report.fleet.pods.values() if pod.pending_reason and not pod.running]
    waiting = f", {len(pending)} pending ({pending[0]})" if pending else ""
    members = NOT_KNOWN if seen is None or seen.group_members is None else str(seen.group_members)
    return (
        f"{head:<12} {report.desired} wanted{_ordered(report)}, {running} running, {ready} ready{waiting}, "
        f"{members} in the group; "
        f"lag {lag} events, {age}; arriving {rate}{''.join(f'; {problem}' for problem in problems)}"
    )


def _ordered(report: Report) -> str:
    """Who wants that many, if it is not the policy."""
    steering = report.steering
    if steering.target:
        return f" by hand for {steering.target.until - report.at_seconds:,.0f} s more"
    return " (paused)" if steering.paused else ""
