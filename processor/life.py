"""Where a worker stands in its life, since when, and what rebalances have cost it.  The clock is brought along."""

from collections.abc import Callable

from contract.worker import WorkerPhase
from processor.lifecycle import Event, follow

Listener = Callable[[WorkerPhase, str | None], None]


class Life:
    """The phase and its history.

    Attributes:
        phase: Where the worker is.
        reason: Why it drains or has failed.
        rebalances: How often its partitions were taken back.
        rebalance_seconds: Time without an assignment because of that, up to the last one that ended.
    """

    def __init__(self, clock: Callable[[], float], on_change: Listener) -> None:
        self.phase = WorkerPhase.STARTING
        self.reason: str | None = None
        self.rebalances = 0
        self.rebalance_seconds = 0.0
        self._clock = clock
        self._on_change = on_change
        self.started_at = self._phase_since = clock()
        self._spent: dict[WorkerPhase, float] = {}
        self._revoked_at: float | None = None

    def follow(self, event: Event, reason: str | None = None) -> float | None:
        """Go on with `event`; returns how long a rebalance took when this one ended it.

        Raises ForbiddenTransitionError for what cannot happen now.
        """
        before, now = self.phase, self._clock()
        self.phase = follow(before, event)
        if reason and (self.reason is None or event is Event.FAIL):
            self.reason = reason
        if self.phase is not before:
            self._spent[before] = self._spent.get(before, 0.0) + now - self._phase_since
            self._phase_since = now
            self._on_change(self.phase, self.reason)
        if event is Event.REVOKED and before is WorkerPhase.READY:
            self.rebalances += 1
            self._revoked_at = now
        return self._end_of_rebalance(now) if event is Event.ASSIGNED else None

    def phase_seconds(self) -> dict[WorkerPhase, float]:
        """Time spent in each phase so far, the present one included."""
        running = self._spent.get(self.phase, 0.0) + self._clock() - self._phase_since
        return {**self._spent, self.phase: running}

    def uptime_seconds(self) -> float:
        """Time since the start."""
        return self._clock() - self.started_at

    def _end_of_rebalance(self, now: float) -> float | None:
        if self._revoked_at is None:
            return None
        took = now - self._revoked_at
        self.rebalance_seconds += took
        self._revoked_at = None
        return took
