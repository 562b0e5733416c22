"""Several autoscalers, one lease: whatever is delayed, lost, frozen or killed, never two may act at the same time."""

from dataclasses import dataclass, field

import hypothesis.strategies as st
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from autoscaler.lease.election import Election, Left, Seen, Step, Timing
from autoscaler.lease.record import LeaseRecord

TIMING = Timing(lease_seconds=6.0)
RATES = (1.0, 0.85, 1.15)
"""How fast each host's clock runs: the unused third of the lease is for this, and more."""
OFFSETS = (0.0, 1e6, -50.0)
STEP_SECONDS = 0.1


@dataclass
class Kafka:
    """What is committed, and whose claim is the last."""

    committed: list[Seen] = field(default_factory=list)
    claims: int = 0

    def newest(self) -> Seen | None:
        return self.committed[-1] if self.committed else None

    def claim(self) -> int:
        self.claims += 1
        return self.claims

    def write(self, claim: int, record: LeaseRecord) -> bool:
        """False = fenced."""
        if claim != self.claims:
            return False
        self.committed.append(Seen(offset=len(self.committed), record=record))
        return True


@dataclass
class Host:
    """One autoscaler; what it has asked Kafka for and not heard of yet is `asked`."""

    election: Election
    rate: float
    offset: float
    claim: int = 0
    asked: Step | None = None
    read: Seen | None = None

    def clock(self, at: float) -> float:
        return self.offset + self.rate * at


class Several(RuleBasedStateMachine):
    """Each question to Kafka takes effect at one moment, and its answer arrives at another one, or never."""

    def __init__(self) -> None:
        super().__init__()
        self.kafka, self.now, self.lives = Kafka(), 0.0, 0
        self.hosts = [self._born(number) for number in range(len(RATES))]
        self.late: list[tuple[int, LeaseRecord]] = []
        """Writes that were given up and are still on their way."""

    def _born(self, number: int) -> Host:
        self.lives += 1
        election = Election(me=f"host{number}-{self.lives}", timing=TIMING)
        return Host(election, RATES[number], OFFSETS[number])

    @rule(seconds=st.sampled_from([0.01, 0.1, 0.7, 2.0, 4.5, 7.0]))
    def nobody_runs(self, seconds: float) -> None:
        self.now += seconds

    @rule(number=st.integers(0, 2))
    def asks(self, number: int) -> None:
        """The next thing that is due takes effect in Kafka, if it is not a write."""
        host = self.hosts[number]
        now = host.clock(self.now)
        step, at = host.election.next(now)
        if host.asked or at > now:
            return
        host.asked = step
        match step:
            case Step.LOOK:
                host.read = self.kafka.newest()
            case Step.CLAIM:
                host.claim = self.kafka.claim()
            case Step.WRITE:
                host.election = host.election.writes(Left(), now)
            case Step.NOTHING:  # it has left, and is started again some time
                self.hosts[number] = self._born(number)

    @rule(number=st.integers(0, 2))
    def hears(self, number: int) -> None:
        """The answer arrives; a write takes effect just before that."""
        host = self.hosts[number]
        now, asked, host.asked = host.clock(self.now), host.asked, None
        if asked is Step.LOOK:
            host.election = host.election.looked(host.read, now)
        elif asked is Step.CLAIM:
            host.election = host.election.claimed()
        elif asked is Step.WRITE:
            assert host.election.written is not None
            if not self.kafka.write(host.claim, host.election.written):
                host.election = host.election.failed(now, fenced=True, chance=0.5)

    @rule(seconds=st.sampled_from([0.3, 1.0, 3.0, 7.5]), frozen=st.integers(0, 3))
    def goes_on(self, seconds: float, frozen: int) -> None:
        """Without delays, as it mostly is; but one host may stand still."""
        until = self.now + seconds
        while self.now < until:
            self._all_run(frozen)

    def _all_run(self, frozen: int | None = None) -> None:
        for number in range(len(self.hosts)):
            if number != frozen:
                self.asks(number)
                self.hears(number)
                self.never_two()
        self.now += STEP_SECONDS

    @rule(number=st.integers(0, 2), steps=st.integers(0, 4), leaving=st.booleans())
    def freezes_in_a_renewal(self, number: int, steps: int, leaving: bool) -> None:  # hypothesis passes it by name
        """At any point of it, for longer than the lease, and then hears an answer of long ago."""
        if leaving:
            self.leaves(number)
        self.now += TIMING.renew_seconds
        for _ in range(steps):
            self.asks(number)
            self.hears(number)
            self.now += TIMING.read_back_seconds
        self.asks(number)
        self.goes_on(7.5, number)
        self.hears(number)

    @rule(number=st.integers(0, 2), written=st.sampled_from(["now", "later", "never"]))
    def hears_nothing(self, number: int, written: str) -> None:
        """The answer is lost; what was to be written is there all the same, or will be, or not."""
        host = self.hosts[number]
        asked, host.asked = host.asked, None
        if asked in {Step.CLAIM, Step.WRITE}:
            self._on_its_way(host, written)
            host.election = host.election.failed(host.clock(self.now), fenced=False, chance=0.5)

    def _on_its_way(self, host: Host, written: str) -> None:
        if record := host.election.written:
            if written == "now":
                self.kafka.write(host.claim, record)
            elif written == "later":
                self.late.append((host.claim, record))

    @precondition(lambda self: self.late)
    @rule()
    def a_late_write_arrives(self) -> None:
        self.kafka.write(*self.late.pop())

    @rule(number=st.integers(0, 2), written=st.sampled_from(["now", "later", "never"]))
    def dies(self, number: int, written: str) -> None:
        """And is started again, under another name and knowing nothing."""
        if self.hosts[number].asked is Step.WRITE:
            self._on_its_way(self.hosts[number], written)
        self.hosts[number] = self._born(number)

    @rule(number=st.integers(0, 2))
    def leaves(self, number: int) -> None:
        self.hosts[number].election = self.hosts[number].election.leaves()

    @invariant()
    def never_two(self) -> None:
        acting = [host.election.me for host in self.hosts if host.election.holds(host.clock(self.now))]
        assert len(acting) <= 1, acting

    @invariant()
    def who_acts_stands_in_kafka(self) -> None:
        newest = self.kafka.newest()
        for host in self.hosts:
            if host.election.holds(host.clock(self.now)):
                assert newest is not None
                assert newest.record.holder == host.election.me

    @invariant()
    def terms_only_rise(self) -> None:
        terms = [seen.record.term for seen in self.kafka.committed]
        assert terms == sorted(terms)

    def teardown(self) -> None:
        """When nothing disturbs them any more, one of them leads before long, and goes on leading."""
        until = self.now + 5 * TIMING.lease_seconds
        while self.now < until:
            self._all_run()
        assert sum(host.election.holds(host.clock(self.now)) for host in self.hosts) == 1


Several.TestCase.settings = settings(max_examples=100, stateful_step_count=30)
TestSeveral = Several.TestCase
