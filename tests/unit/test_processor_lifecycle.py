"""The table of a worker's life."""

from itertools import product

import pytest

from contract.worker import WorkerPhase as Phase
from processor.lifecycle import CONSUMING, FINAL, TRANSITIONS, Event, ForbiddenTransitionError, follow


@pytest.mark.parametrize(
    ("events", "phase"),
    [
        pytest.param([], Phase.STARTING, id="a new worker is starting"),
        pytest.param([Event.LAUNCHED], Phase.INITIALISING, id="once its page is up it pays the cold start"),
        pytest.param([Event.LAUNCHED, Event.INITIALISED], Phase.JOINING, id="then it asks to be let in"),
        pytest.param(
            [Event.LAUNCHED, Event.INITIALISED, Event.ASSIGNED], Phase.READY, id="with an assignment it is ready"
        ),
        pytest.param(
            [Event.LAUNCHED, Event.INITIALISED, Event.ASSIGNED, Event.REVOKED],
            Phase.JOINING,
            id="a rebalance takes a ready worker back to joining",
        ),
        pytest.param([Event.LAUNCHED, Event.STOP], Phase.DRAINING, id="it can be stopped during its cold start"),
        pytest.param(
            [Event.STOP, Event.STOP, Event.LEFT], Phase.STOPPED, id="a second request to stop changes nothing"
        ),
        pytest.param(
            [Event.LAUNCHED, Event.INITIALISED, Event.STOP, Event.ASSIGNED],
            Phase.DRAINING,
            id="an assignment that comes while draining comes too late",
        ),
        pytest.param([Event.LAUNCHED, Event.FAIL], Phase.FAILED, id="what cannot go on has failed"),
    ],
)
def test_a_life(events: list[Event], phase: Phase) -> None:
    """Events lead through the phases in the order that the contract describes."""
    current = Phase.STARTING
    for event in events:
        current = follow(current, event)
    assert current is phase


@pytest.mark.parametrize(("phase", "event"), list(product(sorted(FINAL), Event)))
def test_final_phases_stay(phase: Phase, event: Event) -> None:
    """Nothing happens to a worker that has stopped or failed."""
    with pytest.raises(ForbiddenTransitionError, match=f"{event} cannot happen to a worker that is {phase}"):
        follow(phase, event)


def test_every_phase_can_be_reached() -> None:
    """No phase of the contract is a dead letter."""
    reached = {Phase.STARTING}
    for _ in Phase:
        reached |= {after for (before, _event), after in TRANSITIONS.items() if before in reached}
    assert reached == set(Phase)


def test_every_phase_that_is_not_final_can_fail_and_can_be_stopped() -> None:
    """No phase traps a worker."""
    for phase in set(Phase) - FINAL:
        assert follow(phase, Event.FAIL) is Phase.FAILED
        assert follow(phase, Event.STOP) is Phase.DRAINING


def test_only_ready_consumes_and_only_an_assignment_makes_ready() -> None:
    """Whoever consumes has been assigned partitions, and nobody else consumes."""
    assert {Phase.READY} == CONSUMING
    assert {(b, e) for (b, e), after in TRANSITIONS.items() if after is Phase.READY} == {
        (Phase.JOINING, Event.ASSIGNED)
    }
