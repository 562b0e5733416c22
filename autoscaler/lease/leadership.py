"""What the rest of the autoscaler wants to know of the lease, and leaves in it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from autoscaler.reconciler.model import Happening


@dataclass(frozen=True, slots=True, kw_only=True)
class Leader:
    """Who leads the group, for people and the API."""

    holder: str
    term: int
    mine: bool
    """It is this autoscaler, be it able to act at the moment or not."""
    lease_seconds: float


class Leadership(Protocol):
    """One autoscaler's place among those of its group."""

    def refusal(self) -> str | None:
        """Why nothing may be done now; None = it may act, at this very moment."""

    @property
    def standby(self) -> bool:
        """Whether the group is somebody else's, or nobody's yet: then workers are not to be kept by this one."""

    @property
    def term(self) -> int | None:
        """The term in which it leads; None on standby.  Another number means that somebody else led meanwhile."""

    @property
    def replicas(self) -> int | None:
        """How many workers the leader wants, be it this one or another; None = nobody said yet."""

    def wants(self, replicas: int) -> None:
        """Leave that number to the next leader; it goes along with the next renewal."""

    def saved_state(self) -> bytes | None:
        """The JSON document that was left last; None = there is none."""

    def keep_state(self, state: bytes) -> None:
        """Leave a JSON document to every later leader, by a renewal at once.  Raises LeaseError if it does not lead."""

    def happenings(self) -> Sequence[Happening]:
        """What has happened to the leadership since the last call: leader, standby, lost."""

    def view(self) -> Leader | None:
        """Who leads; None = nobody, or it is not known any more."""
