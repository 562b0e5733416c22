"""A worker's life as a table: what happens in which phase, and what follows.  Pure.

It stands apart so that the rules can be read in one place and tested without a worker.  Its one rule: what is not in
the table cannot happen, and the attempt is a fault of ours, not of the world.
"""

from enum import StrEnum

from contract.worker import WorkerPhase as Phase

FINAL = frozenset({Phase.STOPPED, Phase.FAILED})
CONSUMING = frozenset({Phase.READY})


class Event(StrEnum):
    """What can happen to a worker."""

    LAUNCHED = "launched"  # the status page is up
    INITIALISED = "initialised"  # the cold start is paid for
    ASSIGNED = "assigned"  # the group has given it its partitions, possibly none
    REVOKED = "revoked"  # a rebalance has taken them back
    STOP = "stop"  # SIGTERM, SIGINT
    LEFT = "left"  # everything is committed, the group knows that it goes
    FAIL = "fail"  # it cannot go on


class ForbiddenTransitionError(AssertionError):
    """A bug of ours: this event cannot happen in this phase."""


TRANSITIONS: dict[tuple[Phase, Event], Phase] = {
    (Phase.STARTING, Event.LAUNCHED): Phase.INITIALISING,
    (Phase.STARTING, Event.STOP): Phase.DRAINING,
    (Phase.STARTING, Event.FAIL): Phase.FAILED,
    (Phase.INITIALISING, Event.INITIALISED): Phase.JOINING,
    (Phase.INITIALISING, Event.STOP): Phase.DRAINING,
    (Phase.INITIALISING, Event.FAIL): Phase.FAILED,
    (Phase.JOINING, Event.ASSIGNED): Phase.READY,
    (Phase.JOINING, Event.REVOKED): Phase.JOINING,  # a second rebalance before the first has given anything
    (Phase.JOINING, Event.STOP): Phase.DRAINING,
    (Phase.JOINING, Event.FAIL): Phase.FAILED,
    (Phase.READY, Event.REVOKED): Phase.JOINING,
    (Phase.READY, Event.STOP): Phase.DRAINING,
    (Phase.READY, Event.FAIL): Phase.FAILED,
    (Phase.DRAINING, Event.ASSIGNED): Phase.DRAINING,  # a rebalance that was under way ends: too late to consume
    (Phase.DRAINING, Event.REVOKED): Phase.DRAINING,
    (Phase.DRAINING, Event.STOP): Phase.DRAINING,  # an impatient second Ctrl-C
    (Phase.DRAINING, Event.LEFT): Phase.STOPPED,
    (Phase.DRAINING, Event.FAIL): Phase.FAILED,
}


def follow(phase: Phase, event: Event) -> Phase:
    """The phase after `event`.  Raises ForbiddenTransitionError when it cannot happen in `phase`."""
    try:
        return TRANSITIONS[phase, event]
    except KeyError:
        raise ForbiddenTransitionError(f"{event} cannot happen to a worker that is {phase}") from None
