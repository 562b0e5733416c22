"""The lease of one group as it is kept: does with Kafka what the election says, in a task of its own.

Apart from the ticks of the controller because a tick may take longer than a renewal has time.  Nobody waits for it:
whether something may be done now is read off a clock, at that moment.
"""

import asyncio
import json
import os
import random
import socket
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Protocol

from autoscaler.errors import LeaseError
from autoscaler.lease.election import NEVER, Election, Left, Seen, Step, Timing, told
from autoscaler.lease.kafka import FORBIDDEN, open_control_topic
from autoscaler.lease.leadership import Leader
from autoscaler.lease.record import LeaseRecord
from autoscaler.lease.transaction import FencedError
from autoscaler.reconciler.model import Happening
from contract.clock import awake_seconds, steady_seconds
from contract.errors import KafkaError
from contract.kafka import KafkaSettings

RELEASE_SECONDS_MAX = 3.0


class Claim(Protocol):
    """The right to write, until somebody else claims."""

    async def write(self, record: LeaseRecord) -> None:
        """Raises FencedError when somebody else has claimed, anything when it failed."""


class Topic(Protocol):
    """Where the lease stands."""

    async def look(self) -> Seen | None:
        """The newest record."""

    async def claim(self) -> Claim:
        """Shut out everybody else."""

    def explain(self, error: Exception) -> str:
        """An error in words."""


def own_name() -> str:
    """Who and where; no two are the same, also when a process id comes again."""
    return f"{socket.gethostname()}-{os.getpid()}-{os.urandom(3).hex()}"


class Lease:
    """A Leadership.  `start` it, and `release` it in the end."""

    def __init__(
        self,
        topic: Topic,
        *,
        me: str,
        timing: Timing,
        clock: Callable[[], float] = awake_seconds,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._topic, self._clock, self._chance = topic, clock, chance
        self._election = Election(me=me, timing=timing)
        self._left = Left()
        self._claim: Claim | None = None
        self._problems: dict[Step, str] = {}
        self._hopeless: str | None = None
        """What will not get better by itself."""
        self._happenings: list[Happening] = []
        self._wake, self._stepped = asyncio.Event(), asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Until it leads, or knows who does.  Raises LeaseError or KafkaError when Kafka does not let it."""
        until = self._clock() + self._election.timing.lease_seconds
        while not self._settled() and self._clock() < until:
            await self._step()
            if self._hopeless:
                raise LeaseError(self._hopeless)
        if self._election.looked_at == NEVER:
            raise KafkaError(f"the leader lease cannot be read{self._because()}")
        self._task = asyncio.create_task(self._run())

    def _settled(self) -> bool:
        """Whether it leads, or has read that it has to wait."""
        now = self._clock()
        return self._election.holds(now) or not self._election.free(now)

    async def release(self) -> None:
        """Give the lease back, if it is ours, so that another may act at once.  May be called twice."""
        self._become(self._election.leaves())
        self._wake.set()
        if self._task:
            await asyncio.wait([self._task], timeout=RELEASE_SECONDS_MAX)
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    def refusal(self) -> str | None:
        """Why nothing may be done now; None = it may act, at this very moment."""
        election = self._election
        if election.holds(self._clock()):
            return None
        if election.leaving:
            return "the lease was given back"
        record = election.record
        if election.mine:
            stands = "the lease could not be renewed in time"
        elif record is None or record.released:
            stands = "nobody leads yet"
        else:
            stands = f"{record.holder} leads, term {record.term}"
        return stands + self._because()

    @property
    def standby(self) -> bool:
        """Whether the group is somebody else's, or nobody's yet."""
        return not self._election.mine

    @property
    def term(self) -> int | None:
        """The term in which it leads; None on standby."""
        record = self._election.record
        return record.term if record and self._election.mine else None

    @property
    def replicas(self) -> int | None:
        """How many workers the leader wants."""
        return self._kept().replicas

    def wants(self, replicas: int) -> None:
        """Leave that number to the next leader."""
        self._left = Left(replicas=replicas, state=self._kept().state)

    def saved_state(self) -> bytes | None:
        """The document that the last leader left, this one or another; None = there is none."""
        state = self._kept().state
        return None if state is None else json.dumps(state).encode()

    def keep_state(self, state: bytes) -> None:
        """Leave a JSON document to every later leader: a renewal at once carries it, and each one after that.

        Raises LeaseError when this one does not lead, ValueError when it is no JSON.
        """
        if why := self.refusal():
            raise LeaseError(f"not the leader, so nothing can be kept: {why}")
        self._left = Left(replicas=self._kept().replicas, state=json.loads(state))
        self._wake.set()

    async def save_state(self, state: bytes) -> None:
        """The same, and wait until Kafka has it.  Raises LeaseError also when it has not said so within the lease."""
        before = self._election.renewals
        self.keep_state(state)
        try:
            async with asyncio.timeout(self._election.timing.lease_seconds):
                while not self._stands_since(before):
                    await self._stepped.wait()
        except TimeoutError as error:
            raise LeaseError(f"Kafka has not said that it keeps this: {self.refusal() or 'no answer yet'}") from error

    def _stands_since(self, renewal: int) -> bool:
        record = self._election.record
        return self._election.mine and record is not None and record.renewal > renewal

    def view(self) -> Leader | None:
        """Who leads; None when that is nobody, or not known any more."""
        record = self._election.record
        if record is None or record.released or self._clock() >= self._election.since + record.lease_seconds:
            return None
        return Leader(
            holder=record.holder, term=record.term, mine=self._election.mine, lease_seconds=record.lease_seconds
        )

    def happenings(self) -> Sequence[Happening]:
        """What has happened since the last call."""
        found, self._happenings = self._happenings, []
        return found

    def _kept(self) -> Left:
        """What the leader leaves: our own word while we lead, otherwise what stands in the record."""
        record = self._election.record
        if record is None or self._election.mine:
            return self._left
        return Left(replicas=record.replicas, state=record.state)

    async def _run(self) -> None:
        while self._election.next(self._clock())[0] is not Step.NOTHING:
            await self._step()

    async def _step(self) -> None:
        """Wait until something is due, and do it.  What fails is told, and done again."""
        self._wake.clear()
        step, at = self._election.next(self._clock(), urgent=self._unsaved())
        rest = at - self._clock()
        if rest > 0:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), rest)
            return
        try:
            async with asyncio.timeout(self._election.timing.lease_seconds):
                await self._do(step)
        except Exception as error:  # noqa: BLE001  # besides its own errors aiokafka lets bare ones through
            await self._failed(step, error)
        else:
            self._problems.pop(step, None)
        if not self._election.free(self._clock()):
            self._problems.pop(Step.CLAIM, None)  # it was somebody else's turn after all
            self._problems.pop(Step.WRITE, None)
        self._tell_waiting()

    async def _do(self, step: Step) -> None:
        match step:
            case Step.LOOK:
                seen = await self._topic.look()
                self._become(self._election.looked(seen, self._clock()))
            case Step.CLAIM:
                self._claim = await self._topic.claim()
                self._become(self._election.claimed())
            case Step.WRITE:
                await self._write()
            case Step.NOTHING:
                return

    async def _write(self) -> None:
        assert self._claim is not None
        self._left = self._kept()
        self._become(self._election.writes(self._left, self._clock()))
        assert self._election.written is not None
        await self._claim.write(self._election.written)

    async def _failed(self, step: Step, error: Exception) -> None:
        fenced = isinstance(error, FencedError)
        self._problems[step] = "another autoscaler has claimed it" if fenced else self._topic.explain(error)
        if isinstance(error, (*FORBIDDEN, LeaseError)):
            self._hopeless = self._problems[step]
        if step is Step.LOOK:
            await asyncio.sleep(self._election.timing.look_seconds)
            return
        self._become(self._election.failed(self._clock(), fenced=fenced, chance=self._chance()))

    def _because(self) -> str:
        return f": {'; '.join(dict.fromkeys(self._problems.values()))}" if self._problems else ""

    def _become(self, after: Election) -> None:
        now = steady_seconds()
        self._happenings += [
            Happening(at_seconds=now, kind=kind, subject=after.me, detail=detail)
            for kind, detail in told(self._election, after)
        ]
        self._election = after

    def _unsaved(self) -> bool:
        record = self._election.record
        return self._election.mine and record is not None and record.state != self._left.state

    def _tell_waiting(self) -> None:
        """Whoever waits for progress looks again."""
        self._stepped.set()
        self._stepped = asyncio.Event()


@asynccontextmanager
async def open_lease(settings: KafkaSettings, group: str, timing: Timing) -> AsyncIterator[Lease]:
    """A lease that is kept, and given back in the end.

    Raises KafkaError when there is no Kafka, LeaseError when it does not let this user.
    """
    async with open_control_topic(settings, group, timing) as topic:
        lease = Lease(topic, me=own_name(), timing=timing)
        try:
            await lease.start()
            yield lease
        finally:
            await lease.release()
