"""Who may act, as a pure machine: from records that were read and a clock that never stands still to what is next.

The argument for its one rule, never two at the same time, in four steps:

1. A leader may act until a share of the lease after the moment at which it *began* its last renewal that it has read
   back as the newest record.
2. A candidate takes over only after it has seen one and the same record for the whole lease.  It saw it no earlier than
   its writer began it, so by then (1) has ended; a released record ends it before it is written.
3. Before it writes it claims: Kafka refuses every write that began under an earlier claim.  Then it looks again.  If a
   record came in between, somebody else was faster, and the candidate goes back to waiting.
4. Two that claim at once fence each other until one writes between its look and the other's claim; (3) stops the other.

No two clocks are compared, only how long something takes on one of them.  They have to run equally fast, within the
share of the lease that nobody uses.  Kubernetes elects its leaders by the same reasoning (client-go, leaderelection).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from autoscaler.lease.record import LeaseRecord

LEASE_SECONDS = 5.0
"""Kubernetes has 15 s, for API servers that may be slow for seconds; here a takeover is to take a few."""
NEVER = float("-inf")


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """How long things take, as shares of the lease; Kubernetes' 15 s, 10 s and 2 s are the pattern."""

    lease_seconds: float = LEASE_SECONDS

    @property
    def acting_seconds(self) -> float:
        """How long one renewal lets its leader act; the rest of the lease is for what it has begun by then."""
        return self.lease_seconds * 2 / 3

    @property
    def renew_seconds(self) -> float:
        """From the beginning of one renewal to the next."""
        return self.lease_seconds * 0.3

    @property
    def look_seconds(self) -> float:
        """From one look to the next, of who has nothing to write."""
        return self.lease_seconds * 0.1

    @property
    def read_back_seconds(self) -> float:
        """From one look to the next, of who waits for its own record."""
        return self.lease_seconds * 0.004

    @property
    def blind_seconds(self) -> float:
        """Who did not look for longer than this has not watched the record that it sees."""
        return self.lease_seconds * 0.5


class Stage(StrEnum):
    """How far somebody is with Kafka."""

    LOOKING = "looking"
    CLAIMED = "claimed"
    """Whoever wrote before is shut out; what they wrote is not known yet."""
    WRITING = "writing"
    """It may write, as long as nobody else claims."""


class Step(StrEnum):
    """What there is to be done with Kafka."""

    LOOK = "look"
    CLAIM = "claim"
    WRITE = "write"
    NOTHING = "nothing"
    """The lease is released, or was not ours; there is nothing more to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """The newest record, and where it stands."""

    offset: int
    record: LeaseRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """What the leader leaves to the next one."""

    replicas: int | None = None
    state: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Election:
    """One autoscaler's knowledge.  Every method gives the next one; seconds are those of one clock of its own host."""

    me: str
    timing: Timing = Timing()
    stage: Stage = Stage.LOOKING
    seen: Seen | None = None
    since: float = NEVER
    """Since when the newest record is the same, as far as it was watched."""
    looked_at: float = NEVER
    written: LeaseRecord | None = None
    """Its own record that has not been read back yet."""
    began_at: float = NEVER
    """When it began to write its newest record."""
    renewals: int = 0
    acts_until: float = NEVER
    not_before: float = NEVER
    """When it may claim again after a claim or a write that failed."""
    leaving: bool = False

    def holds(self, now: float) -> bool:
        """Whether it may act now."""
        return now < self.acts_until

    @property
    def record(self) -> LeaseRecord | None:
        """The newest record."""
        return self.seen.record if self.seen else None

    @property
    def mine(self) -> bool:
        """Whether the newest record is its own: then nobody else leads, be it able to act or not."""
        return self.record is not None and self.record.holder == self.me and not self.record.released

    def next(self, now: float, *, urgent: bool = False) -> tuple[Step, float]:
        """What to do, and when.  `urgent`: what it leaves to the next leader has changed."""
        if self.stage is Stage.CLAIMED or self.written:
            return Step.LOOK, self.looked_at + self.timing.read_back_seconds
        if self.leaving and not self.mine:
            return Step.NOTHING, now
        if self.stage is Stage.WRITING:
            due = self.began_at + self.timing.renew_seconds
            return Step.WRITE, now if urgent or self.leaving or not self.mine else due
        if now - self.looked_at <= self.timing.look_seconds and self.free(now) and now >= self.not_before:
            return Step.CLAIM, now
        return Step.LOOK, self.looked_at + self.timing.look_seconds

    def free(self, now: float) -> bool:
        """Whether nobody else can be acting, and nobody else is to."""
        record = self.record
        if record is None or record.released or record.holder == self.me:
            return True
        return now >= self.since + record.lease_seconds

    def looked(self, seen: Seen | None, now: float) -> "Election":
        """After reading to the end of what is committed; `now` is when that was done.

        Who did not look for a while begins to wait anew: after an outage of Kafka the leader has the time to renew.
        """
        blind = self.stage is Stage.LOOKING and now - self.looked_at > self.timing.blind_seconds
        since = now if seen != self.seen or blind else self.since
        after = replace(self, seen=seen, looked_at=now, since=since)
        if seen and seen.record.holder != self.me:
            after = replace(after, acts_until=NEVER)
        match after.stage:
            case Stage.CLAIMED:
                return replace(after, stage=Stage.WRITING if after.free(now) else Stage.LOOKING)
            case Stage.WRITING if after.written:
                return after.read_back(now)
            case _:
                return after

    def read_back(self, now: float) -> "Election":
        """What it wrote counts when it is the newest record; it is given up when that takes too long."""
        assert self.written is not None
        if self.record and self.record.mark == self.written.mark:
            acts_until = NEVER if self.leaving else self.began_at + self.timing.acting_seconds
            return replace(self, written=None, acts_until=acts_until)
        if now > self.began_at + self.timing.lease_seconds:
            return replace(self, written=None, stage=Stage.LOOKING)
        return self

    def claimed(self) -> "Election":
        """Kafka lets nobody else write who claimed before; what they wrote has to be looked at first."""
        return replace(self, stage=Stage.CLAIMED, written=None)

    def writes(self, left: Left, now: float) -> "Election":
        """With the record that is to be written now as `written`."""
        before = self.record
        term = 1 if before is None else before.term + (not self.mine)
        record = LeaseRecord(
            holder=self.me,
            term=term,
            renewal=self.renewals + 1,
            lease_seconds=self.timing.lease_seconds,
            released=self.leaving,
            replicas=left.replicas,
            state=left.state,
        )
        return replace(self, written=record, began_at=now, renewals=record.renewal)

    def failed(self, now: float, *, fenced: bool, chance: float) -> "Election":
        """A claim or a write did not succeed, or nobody knows.  `chance`, 0 to 1, keeps two from meeting for ever.

        Fenced means that somebody else has claimed: it stops acting at once, although it would still have the time.
        """
        return replace(
            self,
            stage=Stage.LOOKING,
            written=None,
            acts_until=NEVER if fenced else self.acts_until,
            not_before=now + self.timing.look_seconds * (0.5 + chance),
        )

    def leaves(self) -> "Election":
        """It gives the lease back, if it has it: it stops acting before it says so."""
        return replace(self, leaving=True, acts_until=NEVER)


def role(election: Election) -> tuple[str, int] | None:
    """Who leads by the newest record, and in which term; None while nobody does."""
    record = election.record
    return None if record is None or record.released else (record.holder, record.term)


def told(before: Election, after: Election) -> Sequence[tuple[str, str]]:
    """Kind and detail of what is worth telling between the two: leader, standby, lost."""
    was, now = role(before), role(after)
    if was == now or now is None:
        return ()
    holder, term = now
    if holder == after.me:
        return (("leader", f"term {term}: {_why(before)}"),)
    since = f"{holder} leads, term {term}"
    kind = "lost" if before.mine else "standby"
    return ((kind, since),)


def _why(before: Election) -> str:
    record = before.record
    if record is None:
        return "the group had no leader yet"
    if record.released:
        return f"{record.holder} gave the lease back"
    return f"{record.holder} has not renewed its lease of {record.lease_seconds:g} s"
