"""Whatever the strategy, the sizes and the workers: what a rollout never does, and that it ends."""

import asyncio
from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from autoscaler.rollout.changes import begin, resumed, start, undo
from autoscaler.rollout.document import from_document, to_document
from autoscaler.rollout.model import REVISIONS_MAX, Phase, Rollout
from autoscaler.rollout.sizes import Set, fence, resized
from contract.rollout import RolloutStrategy
from contract.scenario import WorkerSpec
from tests.rollouts import CRASHES, NEVER_READY, Rolling, Version, worker

AMOUNTS = st.integers(0, 6) | st.integers(0, 100).map(lambda share: f"{share}%")


@st.composite
def strategies(draw: st.DrawFn) -> RolloutStrategy:
    surge, unavailable = draw(AMOUNTS), draw(AMOUNTS)
    if {str(surge), str(unavailable)} <= {"0", "0%"}:
        surge = 1
    patience = draw(st.sampled_from([0.0, 3.0]))
    return RolloutStrategy(
        max_surge=surge, max_unavailable=unavailable, min_ready_seconds=patience, progress_deadline_seconds=60
    )


GOOD = st.builds(
    Version, ready_seconds=st.sampled_from([0.0, 1.0, 7.0]), stop_seconds=st.sampled_from([0.0, 1.0, 20.0])
)
BAD = st.sampled_from([NEVER_READY, CRASHES, Version(ready_seconds=0.0, ends_seconds=2.0)])
WAIT = 15
"""Until a first version is there, whatever the patience."""


def holds(rolling: Rolling, desired: int) -> None:
    """The two promises, after a tick in which nobody died."""
    bounds = fence(rolling.rollout.strategy, desired)
    assert rolling.available() >= desired - bounds.unavailable
    assert len(rolling.staying()) <= desired + bounds.surge


@settings(max_examples=60)
@given(strategies(), st.integers(0, 9), GOOD, GOOD)
def test_a_good_version_replaces_the_old_one_within_its_bounds(
    strategy: RolloutStrategy, desired: int, first: Version, second: Version
) -> None:
    """Never too few that are available, never too many, and it ends."""

    async def play() -> None:
        rolling = Rolling(desired, strategy, {"1": first, "2": second})
        await rolling.ticks(WAIT)
        rolling.start(2)
        for _ in range(500):
            await rolling.tick()
            holds(rolling, desired)
            if rolling.rollout.phase is Phase.COMPLETE:
                break
        assert rolling.rollout.phase is Phase.COMPLETE, rolling.rollout.reason
        assert [pod.revision for pod in rolling.pods] == ["2"] * desired

    asyncio.run(play())


@settings(max_examples=60)
@given(strategies(), st.integers(1, 9), BAD)
def test_a_bad_version_leaves_the_old_workers_serving_and_can_be_undone(
    strategy: RolloutStrategy, desired: int, bad: Version
) -> None:
    """It is stalled, whatever happens nobody else is taken away, and the way back keeps the same bounds."""
    if bad.ready_seconds is not None and not strategy.min_ready_seconds:
        strategy = strategy.model_copy(update={"min_ready_seconds": 3.0})

    async def play() -> None:
        rolling = Rolling(desired, strategy, {"2": bad})
        await rolling.ticks(WAIT)
        rolling.start(2)
        for _ in range(200):
            await rolling.tick()
            holds(rolling, desired)
        stalled = rolling.rollout
        assert stalled.phase is Phase.STALLED
        rolling.undo()
        for _ in range(200):
            await rolling.tick()
            holds(rolling, desired)
        undone = rolling.rollout
        assert undone.phase is Phase.UNDONE
        assert [pod.revision for pod in rolling.pods] == ["1"] * desired

    asyncio.run(play())


@settings(max_examples=40)
@given(strategies(), st.lists(st.integers(0, 9), min_size=1, max_size=5), st.lists(st.booleans(), max_size=4))
def test_it_ends_also_when_the_number_changes_and_versions_follow_each_other(
    strategy: RolloutStrategy, wanted: Sequence[int], turns: Sequence[bool]
) -> None:
    """Never more workers than the highest number of late allows."""

    async def play() -> None:
        rolling = Rolling(wanted[0], strategy, {str(number): Version() for number in range(1, 9)})
        await rolling.ticks(WAIT)
        for number, desired in enumerate(wanted):
            rolling.want(desired)
            if number < len(turns):
                rolling.undo() if turns[number] and len(rolling.rollout.revisions) > 1 else rolling.start(number + 2)
            for _ in range(6):
                await rolling.tick()
        await rolling.ticks(200)
        assert not rolling.rollout.moving
        assert [pod.revision for pod in rolling.pods] == [rolling.rollout.current.name] * wanted[-1]

    asyncio.run(play())


SETS = st.lists(st.integers(0, 12).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n))), min_size=1, max_size=4)


@given(SETS, st.integers(0, 15), strategies(), st.none() | st.integers(1, 30), st.booleans())
def test_sizes_stay_within_reason_from_any_state(
    sizes: Sequence[tuple[int, int]], desired: int, strategy: RolloutStrategy, before: int | None, frozen: bool
) -> None:
    """Nothing negative, nothing that creates beyond the bounds, and asked again the answer stands."""
    sets = [Set(revision=str(i), size=size, available=ready) for i, (size, ready) in enumerate(sizes)]
    wanted, bounds = sets[-1].revision, fence(strategy, desired)
    after = resized(sets, wanted, desired, bounds, most_before=before, frozen=frozen)
    total = sum(size for size, _ in sizes)
    assert all(size > 0 for size in after.values())
    assert sum(after.values()) <= max(total, desired + bounds.surge)
    known = {one.revision: one.available for one in sets}
    again = [
        Set(revision=one.revision, size=after.get(one.revision, 0), available=min(known[one.revision], size))
        for one in sets
        for size in [after.get(one.revision, 0)]
    ]
    if before is None:
        assert resized(again, wanted, desired, bounds, most_before=None, frozen=frozen) == after


@st.composite
def histories(draw: st.DrawFn) -> Rollout:
    """Starts and undos, as people may ask for them."""
    rollout = begin(worker(100))
    for number in range(1, draw(st.integers(0, 15)) + 1):
        if len(rollout.revisions) > 1 and draw(st.booleans()):
            rollout = undo(rollout, now=float(number))
        else:
            rollout = start(rollout, worker(number), draw(st.none() | st.just("weir:2")), draw(strategies()), now=0.0)
    return rollout


@given(histories())
def test_what_was_written_is_read_again(rollout: Rollout) -> None:
    """And goes on by itself where it was."""
    again = from_document(to_document(rollout))
    assert again == rollout
    for mine, theirs in zip(again.revisions, rollout.revisions, strict=True):
        assert mine.worker.model_fields_set == theirs.worker.model_fields_set
    assert resumed(again, rollout.given.worker, rollout.given.image, None, now=9.0) == rollout


@given(histories())
def test_a_number_means_one_set_of_settings_for_ever(rollout: Rollout) -> None:
    after = start(rollout, WorkerSpec(batch_events_max=77), None, None, now=1.0)
    assert after.current.number == rollout.last_number + 1 == after.last_number
    assert len({revision.number for revision in after.revisions}) == len(after.revisions)
    assert REVISIONS_MAX >= 1
