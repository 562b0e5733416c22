"""What an operator ordered, from one leader to the next."""

from typing import Any

import orjson
import pytest

from autoscaler.control import RefusedError
from autoscaler.handover import hand_on, leader_of
from autoscaler.lease.leadership import Leader
from autoscaler.releases import Releases, templates_of
from autoscaler.rollout.changes import begin
from autoscaler.steering import Pause, Steering, Target, decode, encode
from contract.scenario import WorkerSpec
from tests.consoles import Console
from tests.controllers import Lease

FIVE = "apiVersion: weir/v1\nkind: FixedPolicy\nmetadata: {name: five}\nspec: {replicas: 5}\n"


def estate(steering: Steering, **more: Any) -> bytes:
    """What a leader leaves."""
    return orjson.dumps({"steering": orjson.loads(encode(steering)), **more})


def left(lease: Lease) -> Steering:
    """The orders among what is left."""
    assert lease.state is not None
    return decode(orjson.dumps(orjson.loads(lease.state)["steering"]))


def leading(lease: Lease, **more: Any) -> Console:
    """A console under a lease, whose orders are handed on."""
    console = Console(**more)
    console.controller.lease = lease
    hand_on(console.control)
    return console


async def test_orders_are_left_with_the_lease() -> None:
    """At once, not with the next tick; and so is their end."""
    lease = Lease()
    console = leading(lease)
    await console.tick()
    console.control.pause("deploy")
    assert left(lease).paused == Pause(since=console.now, reason="deploy")
    console.control.resume()
    assert left(lease) == Steering()


async def test_a_new_leader_goes_on_with_them() -> None:
    """The pause, the target and the policy of the one before."""
    lease = Lease()
    console = leading(lease)
    target = Target(replicas=3, until=console.now + 60)
    lease.state = estate(Steering(paused=Pause(since=1.0), target=target, policy=FIVE))
    report = await console.tick()
    assert report.steering == Steering(paused=Pause(since=1.0), target=target, policy=FIVE)
    assert (report.desired, console.controller.panel.acting.name) == (3, "five")
    console.control.let_go()
    console.control.resume()
    assert (await console.tick()).desired == 5


async def test_no_order_is_taken_between_winning_the_lease_and_taking_over() -> None:
    """It would take the place of everything that the leader before has left, and then be lost itself."""
    lease = Lease()
    console = leading(lease)
    lease.state = before = estate(Steering(policy=FIVE))
    with pytest.raises(RefusedError, match="taking over"):
        console.control.pause("deploy")
    assert lease.state == before
    await console.tick()
    console.control.pause("deploy")
    assert left(lease).policy == FIVE


async def test_a_target_that_is_over_is_not_taken_over() -> None:
    lease = Lease()
    console = leading(lease)
    lease.state = estate(Steering(target=Target(replicas=9, until=console.now - 1)))
    report = await console.tick()
    assert (report.steering, report.desired) == (Steering(), 2)


async def test_what_cannot_be_read_here_is_told_and_the_rest_holds() -> None:
    """Such as a policy of a later version, in a pause."""
    lease = Lease()
    console = leading(lease)
    lease.state = estate(Steering(paused=Pause(since=1.0), policy="kind: Unheard\n"))
    report = await console.tick()
    assert report.steering.paused == Pause(since=1.0)
    (told,) = [happening for happening in report.happenings if happening.kind == "takeover"]
    assert told.detail.startswith("not all of an operator's orders can be taken over from the leader before: ")
    assert console.controller.panel.acting.name == "start"


async def test_back_from_another_leader_only_what_that_one_left_holds() -> None:
    """Its own orders of the time before are over, also those about the policy."""
    lease = Lease()
    console = leading(lease)
    await console.tick()
    console.control.use(FIVE)
    console.control.pause()
    lease.lose()
    report = await console.tick()
    assert (report.standby, report.steering) == (True, Steering())
    lease.state = estate(Steering())
    lease.win(term=3)
    report = await console.tick()
    assert (report.steering, console.controller.panel.acting.name) == (Steering(), "start")


async def test_the_rollout_goes_on_where_it_was() -> None:
    """Revisions, and what they are made from, at the next leader that was started with the same settings."""
    first, second = WorkerSpec(grace_seconds=5), WorkerSpec(grace_seconds=7)
    lease = Lease()
    console = rolling(lease, first)
    await console.tick()
    console.controller.releases.start(second, None, now=console.now)
    heir = rolling(lease, first)
    report = await heir.tick()
    assert report.rollout is not None
    assert [revision.number for revision in report.rollout.revisions] == [1, 2]
    assert report.rollout.current.worker == second
    assert "takeover" not in [happening.kind for happening in report.happenings]


async def test_a_rollout_that_cannot_be_read_is_told_and_the_orders_hold() -> None:
    lease = Lease()
    lease.state = estate(Steering(paused=Pause(since=1.0)), rollout={"version": 9})
    report = await rolling(lease, WorkerSpec()).tick()
    (told,) = [happening for happening in report.happenings if happening.kind == "takeover"]
    assert told.detail.startswith("not all of the rollout can be taken over from the leader before: ")
    assert report.steering.paused == Pause(since=1.0)


def rolling(lease: Lease, worker: WorkerSpec) -> Console:
    """A console whose workers can have other settings."""
    console = leading(lease)
    releases = Releases(rollout=begin(worker), templates=templates_of(lambda _worker, _id: {}))
    console.controller.releases = releases
    hand_on(console.control)
    return console


async def test_a_target_that_ends_without_the_lease_ends_quietly() -> None:
    """There is nobody to leave it to; whoever leads ends it as well."""
    lease = Lease()
    console = leading(lease)
    await console.tick()
    console.control.aim(4, 1.5)
    await console.tick()
    lease.lose()
    assert (await console.tick()).standby


@pytest.mark.parametrize(
    ("why", "leader", "words"),
    [
        pytest.param(
            "the lease could not be renewed in time", None, "does not act at the moment: the lease could", id="holding"
        ),
        pytest.param(
            "other leads, term 2",
            Leader(holder="other", term=2, mine=False, lease_seconds=5.0),
            "other leads; orders are taken there",
            id="on standby",
        ),
    ],
)
async def test_orders_are_refused_without_the_lease(why: str, leader: Leader | None, words: str) -> None:
    lease = Lease()
    console = leading(lease)
    console.control.leader = lambda: leader_of(console.controller)
    lease.why, lease.leader = why, leader
    with pytest.raises(RefusedError, match=words):
        console.control.pause()


async def test_a_standby_says_so() -> None:
    """Also while it is not known who leads."""
    lease = Lease()
    console = leading(lease)
    lease.lose()
    await console.tick()
    assert console.board.mode == "standby"


async def test_who_leads_is_told_in_the_words_of_the_api() -> None:
    lease = Lease()
    console = leading(lease)
    assert leader_of(console.controller) is None
    lease.leader = Leader(holder="me", term=4, mine=True, lease_seconds=5.0)
    assert leader_of(console.controller) == {"holder": "me", "term": 4, "self": True, "lease_seconds": 5.0}
    console.controller.lease = None
    assert leader_of(console.controller) is None


async def test_without_a_lease_nothing_is_handed_on() -> None:
    console = Console()
    hand_on(console.control)
    console.control.pause()
    assert (await console.tick()).steering.paused is not None
