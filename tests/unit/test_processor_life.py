"""Phase, history and the price of rebalances, in virtual time."""

from contract.worker import WorkerPhase as Phase
from processor.life import Life
from processor.lifecycle import Event


class Clock:
    """Time that passes when told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def a_ready_life() -> tuple[Life, Clock, list[tuple[Phase, str | None]]]:
    """A worker that started 3 s, initialised 10 s and joined 2 s."""
    clock, seen = Clock(), []
    life = Life(clock, lambda phase, reason: seen.append((phase, reason)))
    for event, seconds in ((Event.LAUNCHED, 3), (Event.INITIALISED, 10), (Event.ASSIGNED, 2)):
        clock.now += seconds
        life.follow(event)
    return life, clock, seen


def test_time_is_counted_by_phase() -> None:
    """Each phase has the time spent in it, the present one up to now."""
    life, clock, _ = a_ready_life()
    clock.now += 7
    assert life.phase_seconds() == {Phase.STARTING: 3, Phase.INITIALISING: 10, Phase.JOINING: 2, Phase.READY: 7}
    assert life.uptime_seconds() == 22


def test_rebalances_are_counted_from_losing_to_getting_partitions() -> None:
    """The first join is no rebalance; a second revoke before partitions came belongs to the first."""
    life, clock, _ = a_ready_life()
    assert (life.rebalances, life.rebalance_seconds) == (0, 0)
    life.follow(Event.REVOKED)
    clock.now += 1.5
    life.follow(Event.REVOKED)
    clock.now += 0.5
    assert life.follow(Event.ASSIGNED) == 2.0
    assert (life.rebalances, life.rebalance_seconds) == (1, 2.0)
    assert life.phase_seconds()[Phase.JOINING] == 4


def test_the_reason_of_a_failure_replaces_that_of_a_drain() -> None:
    """Changes are told with their reason; why it failed matters more than why it drained."""
    life, _, seen = a_ready_life()
    life.follow(Event.STOP, "asked to stop")
    life.follow(Event.STOP, "asked again")
    life.follow(Event.FAIL, "Kafka is gone")
    assert seen[-2:] == [(Phase.DRAINING, "asked to stop"), (Phase.FAILED, "Kafka is gone")]
    assert life.reason == "Kafka is gone"
