"""Notices what happens to the workers between two samples, and writes it down as events of the run."""

from collections.abc import Iterator, Sequence

from contract.record import RunEvent
from contract.worker import WorkerPhase, WorkerStatus
from loadtests.children import Child


class Watch:
    """Remembers each worker's phase, life and rebalances as last seen."""

    def __init__(self, workers: Sequence[Child]) -> None:
        self._workers = workers
        self._dead: set[str] = set()
        self._phases: dict[str, WorkerPhase] = {}
        self._rebalances = 0

    def look(self, at_seconds: float, statuses: Sequence[WorkerStatus]) -> Iterator[RunEvent]:
        """What is new since the last look."""
        for status in statuses:
            if self._phases.get(status.worker) != status.phase:
                self._phases[status.worker] = status.phase
                yield RunEvent(at_seconds=at_seconds, kind="phase", subject=status.worker, detail=status.phase)
        rebalances = max((status.rebalances for status in statuses), default=0)
        if rebalances > self._rebalances:
            self._rebalances = rebalances
            yield RunEvent(at_seconds=at_seconds, kind="rebalance", subject="group", detail=f"number {rebalances}")
        yield from self._deaths(at_seconds)

    def _deaths(self, at_seconds: float) -> Iterator[RunEvent]:
        for worker in self._workers:
            if not worker.alive and worker.name not in self._dead:
                self._dead.add(worker.name)
                detail = f"exit code {worker.process.returncode}"
                yield RunEvent(at_seconds=at_seconds, kind="death", subject=worker.name, detail=detail)
