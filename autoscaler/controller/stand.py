"""What an autoscaler may do in a tick, where there are others on its group."""

from enum import Enum, auto

from autoscaler.lease.leadership import Leadership


class Stand(Enum):
    """One tick's place among the autoscalers of a group."""

    ACTING = auto()
    TAKING_OVER = auto()
    """It has become the leader: it may act once it knows which workers there are."""
    HOLDING = auto()
    """It leads, but cannot prove it at the moment."""
    STANDBY = auto()
    """Somebody else leads: it looks on, and ends what it still has of its own."""


def stand_of(lease: Leadership | None, term: int | None) -> tuple[Stand, str | None]:
    """Where it stands, and what keeps it from acting.  `term` is the one that it has taken over in."""
    if lease is None:
        return Stand.ACTING, None
    if lease.standby:
        return Stand.STANDBY, None
    if why := lease.refusal():
        return Stand.HOLDING, why
    return (Stand.ACTING if lease.term == term else Stand.TAKING_OVER), None
