"""Notices what happens to the workers between two samples, and writes it down as events of the run."""

from collections.abc import Iterator, Mapping

from autoscaler.controller import Report
from contract.record import RunEvent
from contract.worker import WorkerPhase, WorkerStatus


class Watch:
    """Remembers each worker's phase and the number of rebalances as last seen."""

    def __init__(self) -> None:
        self._phases: dict[str, WorkerPhase] = {}
        self._rebalances = 0

    def look(self, at_seconds: float, report: Report) -> Iterator[RunEvent]:
        """What is new since the last look; what the reconciler did is told with its own time."""
        for happening in report.happenings:
            at = round(at_seconds - (report.at_seconds - happening.at_seconds), 3)
            yield RunEvent(at_seconds=at, kind=happening.kind, subject=happening.subject, detail=happening.detail)
        if report.held:
            yield RunEvent(at_seconds=at_seconds, kind="held", subject="autoscaler", detail=report.held)
        if report.look:
            yield from self._phases_changed(at_seconds, report.look.statuses)
            yield from self._rebalanced(at_seconds, report.look.rebalances)

    def _phases_changed(self, at_seconds: float, statuses: Mapping[str, WorkerStatus]) -> Iterator[RunEvent]:
        for status in statuses.values():
            if self._phases.get(status.worker) != status.phase:
                self._phases[status.worker] = status.phase
                yield RunEvent(at_seconds=at_seconds, kind="phase", subject=status.worker, detail=status.phase)

    def _rebalanced(self, at_seconds: float, rebalances: int | None) -> Iterator[RunEvent]:
        if rebalances is not None and rebalances > self._rebalances:
            self._rebalances = rebalances
            yield RunEvent(at_seconds=at_seconds, kind="rebalance", subject="group", detail=f"number {rebalances}")
