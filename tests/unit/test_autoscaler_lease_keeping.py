"""The lease as it is kept, with a Kafka in memory: it leads, waits, fails, is replaced."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

import pytest
from aiokafka.errors import TransactionalIdAuthorizationFailed

from autoscaler.backends.guarded import GuardedBackend
from autoscaler.backends.memory import MemoryBackend
from autoscaler.errors import BackendError, LeaseError
from autoscaler.lease.election import Seen, Timing
from autoscaler.lease.lease import Lease, own_name
from autoscaler.lease.record import LeaseRecord
from autoscaler.lease.transaction import FencedError
from contract.clock import awake_seconds
from contract.errors import KafkaError
from tests.templates import BARE

TIMING = Timing(lease_seconds=1.2)
"""Real time; everything is over within a few of these."""


@dataclass
class Kafka:
    """A control topic in memory.  What is in `faults` is raised by the step of that name."""

    committed: list[Seen] = field(default_factory=list)
    claims: int = 0
    faults: dict[str, Exception] = field(default_factory=dict)

    async def look(self) -> Seen | None:
        self._fail("look")
        return self.committed[-1] if self.committed else None

    async def claim(self) -> "Claim":
        self._fail("claim")
        self.claims += 1
        return Claim(self, self.claims)

    def explain(self, error: Exception) -> str:
        return str(error)

    def _fail(self, step: str) -> None:
        if step in self.faults:
            raise self.faults[step]


@dataclass
class Claim:
    """Its number is the epoch."""

    kafka: Kafka
    number: int

    async def write(self, record: LeaseRecord) -> None:
        self.kafka._fail("write")
        await asyncio.sleep(0)
        if self.number != self.kafka.claims:
            raise FencedError
        self.kafka.committed.append(Seen(offset=len(self.kafka.committed), record=record))


@asynccontextmanager
async def kept(kafka: Kafka, name: str = "me") -> AsyncIterator[Lease]:
    """A lease, started, and released in the end."""
    lease = Lease(kafka, me=name, timing=TIMING)
    try:
        await lease.start()
        yield lease
    finally:
        await lease.release()


async def until(holds: Callable[[], object]) -> None:
    """Wait for something that happens soon."""
    async with asyncio.timeout(10):
        while not holds():  # noqa: ASYNC110  # what it waits for sets no event
            await asyncio.sleep(0.005)


def kinds(lease: Lease) -> list[str]:
    return [happening.kind for happening in lease.happenings()]


async def test_the_first_one_leads_at_once_and_goes_on() -> None:
    """It has the lease when it is started, and renews it."""
    kafka = Kafka()
    async with kept(kafka) as lease:
        assert lease.refusal() is None
        assert (lease.standby, lease.term) == (False, 1)
        view = lease.view()
        assert view is not None
        assert (view.holder, view.term, view.mine, view.lease_seconds) == ("me", 1, True, TIMING.lease_seconds)
        assert kinds(lease) == ["leader"]
        await asyncio.sleep(TIMING.lease_seconds * 1.5)
        assert lease.refusal() is None
        assert kinds(lease) == []
    assert {seen.record.term for seen in kafka.committed} == {1}
    assert kafka.claims == 1


async def test_the_second_waits_and_takes_over_when_it_is_handed_over() -> None:
    """With what the first one left."""
    kafka = Kafka()
    async with kept(kafka, "first") as first, kept(kafka, "second") as second:
        first.wants(7)
        await first.save_state(b'{"paused": true}')
        assert second.refusal() == "first leads, term 1"
        assert second.standby
        await until(lambda: second.saved_state() == b'{"paused": true}')
        assert second.replicas == 7
        assert kinds(second) == ["standby"]
        await first.release()
        assert first.refusal() == "the lease was given back"
        await until(lambda: second.refusal() is None)
        assert (second.term, second.replicas, second.saved_state()) == (2, 7, b'{"paused": true}')
        assert kinds(second) == ["leader"]


async def test_of_many_that_start_at_once_one_leads() -> None:
    kafka = Kafka()
    async with AsyncExitStack() as stack:
        leases = await asyncio.gather(*(stack.enter_async_context(kept(kafka, f"host{n}")) for n in range(5)))
        for _ in range(40):
            assert sum(lease.refusal() is None for lease in leases) <= 1
            await asyncio.sleep(0.02)
        assert sum(lease.refusal() is None for lease in leases) == 1


async def test_fenced_it_stops_at_once_and_goes_on_in_its_term_if_nobody_came() -> None:
    """As after a candidate that claimed and died."""
    kafka = Kafka()
    async with kept(kafka) as lease:
        await kafka.claim()
        await until(lambda: lease.refusal() is not None)
        assert lease.refusal() == "the lease could not be renewed in time: another autoscaler has claimed it"
        assert not lease.standby
        await until(lambda: lease.refusal() is None)
        assert lease.term == 1


async def test_who_was_replaced_says_so_and_waits() -> None:
    kafka = Kafka()
    async with kept(kafka) as lease:
        lease.happenings()
        other = LeaseRecord(holder="other", term=2, renewal=1, lease_seconds=60)
        await (await kafka.claim()).write(other)
        await until(lambda: lease.standby)
        assert lease.refusal() == "other leads, term 2"
        assert [(h.kind, h.subject, h.detail) for h in lease.happenings()] == [("lost", "me", "other leads, term 2")]


async def test_while_kafka_is_away_it_holds_and_then_goes_on() -> None:
    """Its lease runs out, nobody's fault is told as anything else, and it is not on standby meanwhile."""
    kafka = Kafka()
    async with kept(kafka) as lease:
        kafka.faults = {"look": KafkaError("gone"), "claim": KafkaError("gone"), "write": KafkaError("gone")}
        await until(lambda: lease.refusal() is not None)
        assert lease.refusal() == "the lease could not be renewed in time: gone"
        assert not lease.standby
        kafka.faults.clear()
        await until(lambda: lease.refusal() is None)
        assert lease.term == 1


async def test_without_kafka_it_does_not_start() -> None:
    with pytest.raises(KafkaError, match="cannot be read: gone"):
        async with kept(Kafka(faults={"look": KafkaError("gone")})):
            pass


@pytest.mark.parametrize("step", ["claim", "write"])
async def test_what_kafka_forbids_is_an_error_at_the_start(step: str) -> None:
    with pytest.raises(LeaseError, match="nobody grants"):
        async with kept(Kafka(faults={step: TransactionalIdAuthorizationFailed("nobody grants")})):
            pass


async def test_state_is_kept_by_the_leader_only() -> None:
    kafka = Kafka()
    async with kept(kafka), kept(kafka, "second") as second:
        with pytest.raises(LeaseError, match="not the leader, so nothing can be kept: me leads, term 1"):
            await second.save_state(b"{}")


async def test_state_that_kafka_does_not_take_is_an_error_and_goes_along_later() -> None:
    kafka = Kafka()
    async with kept(kafka) as lease:
        kafka.faults["write"] = KafkaError("full")
        with pytest.raises(LeaseError, match="Kafka has not said that it keeps this: the lease could not"):
            await lease.save_state(b"[1]")
        kafka.faults.clear()
        await until(lambda: kafka.committed[-1].record.state == [1])


async def test_what_is_no_json_is_not_kept() -> None:
    async with kept(Kafka()) as lease:
        with pytest.raises(ValueError, match="Expecting value"):
            await lease.save_state(b"no")


async def test_without_an_answer_it_leaves_all_the_same() -> None:
    kafka = Kafka()
    async with kept(kafka) as lease:
        kafka.faults = {"look": KafkaError("gone"), "claim": KafkaError("gone"), "write": KafkaError("gone")}
        async with asyncio.timeout(10):
            await lease.release()
        assert lease.refusal() == "the lease was given back"


async def test_a_process_that_was_frozen_is_refused_on_waking() -> None:
    """Before any of its tasks has run again: what refuses is the clock, which went on."""
    asleep = 0.0
    lease = Lease(Kafka(), me="me", timing=TIMING, clock=lambda: awake_seconds() + asleep)
    await lease.start()
    backend = GuardedBackend(MemoryBackend(), lease.refusal)
    await backend.launch("worker-1", 0, BARE)
    asleep = TIMING.lease_seconds
    with pytest.raises(
        BackendError, match="not the leader, so worker-2 is not launched: the lease could not be renewed"
    ):
        await backend.launch("worker-2", 0, BARE)
    await lease.release()


def test_no_two_are_called_the_same() -> None:
    assert own_name() != own_name()
