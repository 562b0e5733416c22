"""The election, step by step: what it does next, until when it may act, and what it tells."""

from dataclasses import replace

import pytest

from autoscaler.lease.election import Election, Left, Seen, Stage, Step, Timing, told
from autoscaler.lease.record import LeaseRecord

TIMING = Timing(lease_seconds=6.0)
ME, OTHER = "me", "other"


def record(holder: str = OTHER, **more: object) -> LeaseRecord:
    return LeaseRecord.model_validate({"holder": holder, "term": 3, "renewal": 1, "lease_seconds": 6.0, **more})


def seen(holder: str = OTHER, offset: int = 10, **more: object) -> Seen:
    return Seen(offset=offset, record=record(holder, **more))


def watched(newest: Seen | None, *, seconds: float, at: float = 100.0) -> Election:
    """A candidate that has looked every half second for so long, and always seen the same."""
    election, now = Election(me=ME, timing=TIMING), at - seconds
    while now < at:
        election = election.looked(newest, now)
        now += 0.5
    return election.looked(newest, at)


def leading(*, began: float = 100.0, confirmed: float = 100.1) -> Election:
    """One that has just taken over what was free."""
    writing = watched(None, seconds=0, at=began).claimed().looked(None, began).writes(Left(), began)
    assert writing.written is not None
    return writing.looked(Seen(offset=20, record=writing.written), confirmed)


@pytest.mark.parametrize(
    ("newest", "seconds", "step"),
    [
        pytest.param(None, 0, Step.CLAIM, id="no leader yet"),
        pytest.param(seen(released=True), 0, Step.CLAIM, id="the lease was given back"),
        pytest.param(seen(ME), 0, Step.CLAIM, id="its own record, whose writing it lost the right to"),
        pytest.param(seen(), 0, Step.LOOK, id="a record seen for the first time"),
        pytest.param(seen(), 5.9, Step.LOOK, id="a record that is the same for a little less than the lease"),
        pytest.param(seen(), 6.0, Step.CLAIM, id="a record that is the same for the whole lease"),
        pytest.param(seen(lease_seconds=20), 6.0, Step.LOOK, id="a leader with a longer lease than its own"),
        pytest.param(seen(lease_seconds=2), 2.0, Step.CLAIM, id="a leader with a shorter lease than its own"),
    ],
)
def test_a_candidate_claims_when_nobody_else_can_be_acting(newest: Seen | None, seconds: float, step: Step) -> None:
    assert watched(newest, seconds=seconds).next(100.0)[0] is step


def test_a_candidate_looks_before_it_claims() -> None:
    """What it saw half a second ago may have been renewed since."""
    late = 100.0 + TIMING.look_seconds * 1.1
    assert watched(None, seconds=0).next(late)[0] is Step.LOOK


def test_who_did_not_look_for_a_while_waits_anew() -> None:
    """After an outage of Kafka the leader gets the time to renew before anybody takes its place."""
    blind = watched(seen(), seconds=4.0).looked(seen(), 104.0)
    assert blind.next(104.0)[0] is Step.LOOK
    assert blind.since == 104.0
    one_look_missed = watched(seen(), seconds=4.0).looked(seen(), 102.0)
    assert one_look_missed.next(102.0)[0] is Step.CLAIM


@pytest.mark.parametrize(
    ("newest", "stage"),
    [
        pytest.param(seen(), Stage.WRITING, id="the record for which it claimed"),
        pytest.param(seen(offset=11, renewal=2), Stage.LOOKING, id="a renewal that was faster than the claim"),
        pytest.param(seen("third", 11, term=4), Stage.LOOKING, id="another candidate that was faster"),
        pytest.param(seen(offset=11, released=True), Stage.WRITING, id="a record by which the lease was given back"),
    ],
)
def test_after_a_claim_it_looks_again(newest: Seen, stage: Stage) -> None:
    """It has shut out everybody else, but one may have written before that."""
    claimed = watched(seen(), seconds=6.0).claimed()
    assert claimed.next(100.0)[0] is Step.LOOK
    after = claimed.looked(newest, 100.1)
    assert after.stage is stage
    assert not after.holds(100.1)


def test_a_claim_that_takes_long_is_no_reason_to_wait_anew() -> None:
    assert watched(seen(), seconds=6.0).claimed().looked(seen(), 104.5).stage is Stage.WRITING


def test_a_takeover_carries_on_the_term_and_what_was_left() -> None:
    election = watched(seen(), seconds=6.0).claimed().looked(seen(), 100.0)
    written = election.writes(Left(replicas=4, state={"paused": True}), 100.0).written
    assert written is not None
    assert (written.holder, written.term, written.renewal, written.released) == (ME, 4, 1, False)
    assert (written.replicas, written.state) == (4, {"paused": True})


def test_it_acts_from_reading_its_record_back_until_two_thirds_after_it_began() -> None:
    """Not from Kafka's answer to the writing: what counts is what stands."""
    election = leading(began=100.0, confirmed=100.1)
    assert [election.holds(at) for at in (100.1, 103.9, 104.0, 200.0)] == [True, True, False, False]


def test_a_record_that_is_read_back_too_late_lets_nobody_act() -> None:
    """As when the process was frozen in between."""
    assert not leading(began=100.0, confirmed=150.0).holds(150.0)


def test_a_leader_renews_in_time_and_at_once_when_there_is_something_to_keep() -> None:
    step, at = leading().next(101.0)
    assert (step, round(at, 3)) == (Step.WRITE, 101.8)
    assert leading().next(101.0, urgent=True) == (Step.WRITE, 101.0)


def test_a_renewal_keeps_the_term() -> None:
    renewed = leading().writes(Left(), 101.8).written
    assert renewed is not None
    assert (renewed.term, renewed.renewal) == (1, 2)


def test_fenced_it_stops_at_once_and_claims_again_after_a_pause() -> None:
    """If nobody took its place it goes on in the same term."""
    fenced = leading().failed(101.0, fenced=True, chance=0.0)
    assert not fenced.holds(101.0)
    own = fenced.seen
    assert fenced.looked(own, 101.1).next(101.1)[0] is Step.LOOK
    again = fenced.looked(own, 101.4)
    assert again.next(101.4)[0] is Step.CLAIM
    written = again.claimed().looked(own, 101.5).writes(Left(), 101.5).written
    assert written is not None
    assert (written.term, written.renewal) == (1, 2)


def test_a_write_that_failed_takes_nothing_from_the_renewal_before() -> None:
    """Kafka is slow or away: it may act as long as it could anyway."""
    failed = leading().writes(Left(), 101.8).failed(103.0, fenced=False, chance=0.5)
    assert [failed.holds(at) for at in (103.9, 104.0)] == [True, False]


def test_who_sees_another_leader_stops() -> None:
    lost = leading().failed(101.0, fenced=False, chance=0.0).looked(seen(term=2, offset=30), 101.5)
    assert not lost.holds(101.5)
    assert lost.next(101.5)[0] is Step.LOOK


def test_a_record_that_never_appears_is_given_up() -> None:
    """As behind a transaction that hangs: then nobody can see who leads, and nobody leads."""
    written = watched(None, seconds=0).claimed().looked(None, 100.0).writes(Left(), 100.0)
    assert written.next(100.0)[0] is Step.LOOK
    waited = written.looked(None, 106.1)
    assert (waited.stage, waited.written, waited.holds(106.1)) == (Stage.LOOKING, None, False)


def test_who_leaves_stops_acting_before_it_says_so() -> None:
    leaving = leading().leaves()
    assert not leaving.holds(100.2)
    assert leaving.next(100.2) == (Step.WRITE, 100.2)
    writing = leaving.writes(Left(replicas=2), 100.2)
    assert writing.written is not None
    assert (writing.written.released, writing.written.term, writing.written.replicas) == (True, 1, 2)
    gone = writing.looked(Seen(offset=21, record=writing.written), 100.3)
    assert gone.next(100.3)[0] is Step.NOTHING
    assert not gone.holds(100.3)


def test_who_leaves_while_it_takes_over_gives_back_what_it_got() -> None:
    """It never acts."""
    writing = watched(None, seconds=0).claimed().looked(None, 100.0).writes(Left(), 100.0).leaves()
    assert writing.written is not None
    got = writing.looked(Seen(offset=1, record=writing.written), 100.1)
    assert not got.holds(100.1)
    assert got.next(100.1)[0] is Step.WRITE


@pytest.mark.parametrize(
    "election",
    [
        pytest.param(watched(seen(), seconds=1), id="on standby"),
        pytest.param(watched(seen(released=True), seconds=1), id="while nobody leads"),
        pytest.param(watched(None, seconds=1), id="before there was a leader"),
    ],
)
def test_who_has_nothing_to_give_back_just_leaves(election: Election) -> None:
    assert election.leaves().next(100.0)[0] is Step.NOTHING


@pytest.mark.parametrize(
    ("before", "after", "lines"),
    [
        pytest.param(None, seen(), [("standby", "other leads, term 3")], id="it finds a leader"),
        pytest.param(seen(), seen("third", term=4), [("standby", "third leads, term 4")], id="another standby won"),
        pytest.param(seen(ME), seen(term=4), [("lost", "other leads, term 4")], id="it was replaced"),
        pytest.param(None, seen(ME), [("leader", "term 3: the group had no leader yet")], id="the first of all"),
        pytest.param(
            seen(released=True), seen(ME, term=4), [("leader", "term 4: other gave the lease back")], id="handed over"
        ),
        pytest.param(
            seen(),
            seen(ME, term=4),
            [("leader", "term 4: other has not renewed its lease of 6 s")],
            id="the leader is silent",
        ),
        pytest.param(seen(), seen(offset=11, renewal=2), [], id="a renewal"),
        pytest.param(seen(ME), seen(ME, released=True), [], id="it gave the lease back"),
    ],
)
def test_what_is_told(before: Seen | None, after: Seen, lines: list[tuple[str, str]]) -> None:
    election = Election(me=ME, timing=TIMING)
    assert list(told(replace(election, seen=before), replace(election, seen=after))) == lines
