"""Orders carried out: what the next ticks do, what is told and kept, and what is refused."""

from pathlib import Path

import pytest

from autoscaler.control import NoTargetError, RefusedError
from autoscaler.errors import PolicyError
from autoscaler.journal import Journal, read_journal
from autoscaler.model import Memory, Plan, Step
from autoscaler.panel import Seat
from autoscaler.policies.fixed import fixed_plan
from autoscaler.steering import Steering, Target
from tests.consoles import BAD_HPA, BEGAN_AT, HPA, Console, lags

GROW = Plan(policy=lambda seen, _: Step(rule="more", replicas=seen.spec_replicas + 1, why="one more"))


def happened(console: Console, kind: str) -> list[str]:
    """What the board was told of one kind, oldest first."""
    return [one.detail for one in reversed(console.board.log.happenings) if one.kind == kind]


async def test_paused_the_present_number_is_kept_and_shadows_go_on() -> None:
    console = Console(plan=GROW, shadows=[Seat(name="nine", plan=fixed_plan(9))])
    await console.ticks(2)
    console.control.pause("deploy")
    reports = await console.ticks(3)
    assert [report.desired for report in reports] == [4, 4, 4]
    answer = reports[-1].answer
    assert answer is not None
    assert answer.decision is None
    assert answer.order == Step(rule="paused", replicas=4, why="the present number is kept: deploy")
    assert answer.shadows["nine"].replicas == 9
    console.control.resume()
    assert (await console.tick()).desired == 5
    assert (happened(console, "pause"), happened(console, "resume")) == (["deploy"], ["start decides again"])


async def test_workers_that_die_while_it_is_paused_are_replaced() -> None:
    console = Console()
    await console.ticks(3)
    console.control.pause()
    await console.backend.kill("worker-1")
    await console.ticks(2)
    assert sum(pod.running for pod in console.controller.fleet.pods.values()) == 2


async def test_a_target_is_asserted_until_its_time_is_over_and_the_policy_goes_on_from_there() -> None:
    console = Console(plan=GROW, desired=1)
    await console.tick()
    console.control.aim(7, 2.5, "deploy")
    assert [report.desired for report in await console.ticks(4)] == [7, 7, 8, 9]
    assert happened(console, "manual") == [
        "7 until 13:46:43 UTC: deploy",
        "the target of 7 is over: start goes on from it",
    ]
    moves = happened(console, "scale")
    assert moves[1] == "2 → 7: manual: set by an operator: deploy"


async def test_a_target_that_ends_on_another_day_is_told_with_its_date() -> None:
    console = Console()
    console.control.aim(7, 2 * 86_400.0)
    await console.tick()
    assert happened(console, "manual") == ["7 until 1970-01-14 13:46:40 UTC"]


async def test_a_target_needs_no_look() -> None:
    """What an operator wants is done also while Kafka does not answer."""
    console = Console()
    await console.tick()
    console.eyes.fault = TimeoutError()
    console.control.aim(5, 60)
    report = (await console.ticks(2))[-1]
    assert (report.desired, len(report.fleet.pods), report.held) == (5, 5, "observer: TimeoutError")


async def test_a_target_ends_before_its_time_on_demand() -> None:
    console = Console()
    console.control.aim(5, 600)
    await console.tick()
    console.control.let_go()
    assert (await console.tick()).desired == 2
    with pytest.raises(NoTargetError, match="none was set, or its time is over"):
        console.control.let_go()


async def test_a_target_that_ends_while_paused_leaves_its_number() -> None:
    console = Console()
    console.control.pause()
    console.control.aim(5, 1.5)
    assert [report.desired for report in await console.ticks(3)] == [5, 5, 5]
    assert happened(console, "manual")[-1] == "the target of 5 is over: paused, so this number is kept"


@pytest.mark.parametrize(
    ("replicas", "warned"),
    [
        pytest.param(2, False, id="within"),
        pytest.param(0, True, id="fewer than the least"),
        pytest.param(3, True, id="more than the most"),
    ],
)
def test_a_target_outside_the_policys_bounds_is_told(replicas: int, warned: bool) -> None:
    """The policy is two, always."""
    console = Console()
    console.control.aim(replicas, 60)
    assert bool(console.control.warnings()) == warned


async def test_another_policy_decides_in_the_next_tick_from_the_present_number(tmp_path: Path) -> None:
    """With an empty memory, which the journal says: so a replay answers the same."""
    console = Console()
    console.eyes.seen = {"partitions": lags(400, 400)}
    with Journal(tmp_path / "decisions.jsonl") as journal:
        console.controller.journal = journal
        await console.ticks(2)
        console.control.use(HPA)
        await console.ticks(2)
    ticks = list(read_journal(tmp_path / "decisions.jsonl"))
    assert [tick.policy for tick in ticks] == ["start", "start", "by-lag", "by-lag"]
    assert [tick.memory for tick in ticks] == [Memory(), None, Memory(), None]
    assert [tick.desired for tick in ticks] == [2, 2, 3, 3]
    assert happened(console, "policy") == ["start (FixedPolicy) → by-lag (HorizontalPodAutoscaler)"]
    assert console.controller.steering.policy == HPA


async def test_a_policy_that_cannot_be_read_changes_nothing() -> None:
    console = Console()
    kept: list[Steering] = []
    console.controller.on_steering = kept.append
    before = console.controller.panel.acting
    with pytest.raises(PolicyError, match="maxReplicas"):
        console.control.use(BAD_HPA)
    assert console.controller.panel.acting is before
    assert (console.controller.steering, kept) == (Steering(), [])


def test_code_of_the_users_own_comes_in_at_the_start_only() -> None:
    """Else whoever has the token could have anything run."""
    manifest = "{apiVersion: weir/v1, kind: CustomPolicy, metadata: {name: x}, spec: {policy: 'os:system'}}"
    with pytest.raises(PolicyError, match="taken at the start only"):
        Console().control.use(manifest)


def test_a_shadow_that_acts_watches_no_longer() -> None:
    console = Console(shadows=[Seat(name="by-lag", plan=fixed_plan(9)), Seat(name="nine", plan=fixed_plan(9))])
    console.control.use(HPA)
    assert [seat.name for seat in console.controller.panel.shadows] == ["nine"]


def test_every_order_is_handed_on_to_be_kept() -> None:
    console = Console()
    kept: list[Steering] = []
    console.controller.on_steering = kept.append
    console.control.pause("r")
    console.control.aim(5, 60)
    console.control.use(HPA)
    console.control.let_go()
    console.control.resume()
    target = Target(replicas=5, until=BEGAN_AT + 60)
    paused = Steering().pause(BEGAN_AT, "r")
    assert kept == [
        paused,
        paused.aim(target),
        paused.aim(target).use(HPA),
        paused.use(HPA),
        Steering().use(HPA),
    ]


async def test_an_end_is_handed_on_too() -> None:
    console = Console()
    console.control.aim(5, 0.5)
    kept: list[Steering] = []
    console.controller.on_steering = kept.append
    await console.tick()
    assert kept == [Steering()]


def test_resuming_what_is_not_paused_does_nothing() -> None:
    console = Console()
    kept: list[Steering] = []
    console.controller.on_steering = kept.append
    console.control.resume()
    assert kept == []


@pytest.mark.parametrize(
    ("console", "message"),
    [
        pytest.param(Console(dry_run=True), "a dry run touches nothing", id="a dry run"),
        pytest.param(
            Console(leader={"holder": "host-b", "term": 3, "self": False, "lease_seconds": 5.0}),
            "host-b leads; orders are taken there",
            id="another one leads",
        ),
    ],
)
def test_who_does_not_act_takes_no_orders(console: Console, message: str) -> None:
    for order in (
        console.control.pause,
        console.control.resume,
        console.control.let_go,
        lambda: console.control.aim(5, 60),
        lambda: console.control.use(HPA),
    ):
        with pytest.raises(RefusedError, match=message):
            order()
    assert console.controller.steering == Steering()


async def test_what_another_one_was_ordered_goes_on() -> None:
    """As after a restart: the pause, the policy, and a target that is not over yet."""
    console = Console()
    console.control.take_over(Steering().pause(BEGAN_AT - 99).aim(Target(replicas=5, until=BEGAN_AT + 9)).use(HPA))
    assert (await console.tick()).desired == 5
    assert console.controller.panel.acting.name == "by-lag"
    console.control.take_over(Steering().aim(Target(replicas=5, until=BEGAN_AT - 1)))
    assert console.controller.steering == Steering()


async def test_a_target_is_over_before_a_tick_has_told_so() -> None:
    """Whoever reads between two ticks is not told what does not hold any more."""
    console = Console()
    console.control.aim(5, 1)
    console.backend.advance(2)
    assert console.control.steering.target is None
