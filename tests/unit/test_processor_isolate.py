"""Finding the poison in a slice."""

from collections.abc import Sequence
from typing import Any

import pytest

from contract.event import PoisonError
from processor.isolate import handle_all


class Picky:
    """A handler that takes everything but certain events, and remembers what it took."""

    def __init__(self, refuses: dict[Any, int], error: Exception | None = None) -> None:
        self.left = dict(refuses)  # event to how often it still fails alone
        self.error = error or RuntimeError("no")
        self.took: list[Any] = []
        self.calls = 0

    async def __call__(self, events: Sequence[Any]) -> None:
        self.calls += 1
        bad = [event for event in events if self.left.get(event, 0) > 0]
        if bad:
            if len(events) == 1:
                self.left[bad[0]] -= 1
            raise self.error
        self.took += events


class Naps:
    """Sleep that only takes notes."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)


async def test_a_good_slice_is_handed_over_once() -> None:
    """No failure, no second call."""
    handler = Picky({})
    assert await handle_all(handler, range(1000), attempts=3) == []
    assert handler.calls == 1


@pytest.mark.parametrize("poison", [{0}, {99}, {41}, {3, 4, 50}, set(range(100))])
async def test_exactly_the_poison_comes_back_and_everything_else_is_taken_in_order(poison: set[int]) -> None:
    """Whatever the handler refuses is found, and its neighbours do not suffer."""
    handler = Picky(dict.fromkeys(poison, 9))
    failures = await handle_all(handler, range(100), attempts=3, sleep=Naps())
    assert [failure.index for failure in failures] == sorted(poison)
    assert {failure.attempts for failure in failures} == {3}
    assert handler.took == [event for event in range(100) if event not in poison]


async def test_one_poison_costs_few_calls() -> None:
    """Halving finds one of 1,024 events within 2 * 10 calls and its own attempts."""
    handler = Picky({700: 9})
    await handle_all(handler, range(1024), attempts=3, sleep=Naps())
    assert handler.calls <= 1 + 2 * 10 + 3


async def test_an_event_that_succeeds_in_the_end_is_no_poison() -> None:
    """A passing trouble costs attempts with growing pauses, not the event."""
    handler, naps = Picky({5: 2}), Naps()
    assert await handle_all(handler, range(8), attempts=3, sleep=naps) == []
    assert sorted(handler.took) == list(range(8))
    assert naps.seconds == [0.01, 0.02]


async def test_hopeless_events_are_not_tried_again() -> None:
    """PoisonError says that trying again is of no use."""
    handler = Picky({0: 9}, PoisonError("hopeless"))
    failures = await handle_all(handler, [0], attempts=5, sleep=Naps())
    assert [(failure.attempts, str(failure.error)) for failure in failures] == [(1, "hopeless")]
