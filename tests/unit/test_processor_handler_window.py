"""Tumbling windows in event time."""

import itertools
from collections import defaultdict
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.event import PoisonError
from contract.worker import HandlerSpec
from processor.handlers.base import Result
from processor.handlers.window import Window

SECOND = 1_000_000


def a_window(seconds: float = 10, lateness: float = 1) -> Window:
    """The handler."""
    return Window(HandlerSpec(name="window", window_seconds=seconds, lateness_seconds=lateness, output_topic="out"))


def event(second: float, key: str = "a", value: float = 1) -> dict[str, Any]:
    """An event planned at that second."""
    return {"due_us": round(second * SECOND), "key": key, "value": value}


def read(results: list[Result] | Any) -> list[tuple[str, float, float, float, bool]]:
    """Key, start in seconds, count, sum, closed."""
    documents = [orjson.loads(result.value) for result in results]
    return [(d["key"], d["window_start_us"] / SECOND, d["count"], d["sum"], d["closed"]) for d in documents]


def test_a_window_closes_when_the_watermark_is_past_its_end_and_the_lateness() -> None:
    """Counts and sums by key; results only once nothing more may come."""
    window = a_window()
    window.handle(0, [event(1, value=5), event(9.9, value=7), event(3, key="b"), event(10.5)])
    assert read(window.results()) == []
    window.handle(0, [event(10.99), event(9.99)])
    assert read(window.results()) == []
    window.handle(0, [event(11)])
    assert read(window.results()) == [("a", 0, 3, 13, True), ("b", 0, 1, 1, True)]
    assert read(window.results()) == []


def test_late_events_are_counted_and_left_out() -> None:
    """An event of a closed window changes no result."""
    window = a_window()
    window.handle(0, [event(1), event(11), event(2), event(10)])
    assert window.late_events == 1
    assert read(window.results()) == [("a", 0, 1, 1, True)]


def test_partitions_have_their_own_time() -> None:
    """A partition that is ahead closes nothing of one that is behind."""
    window = a_window()
    window.handle(0, [event(1)])
    window.handle(1, [event(1), event(50)])
    assert [orjson.loads(result.value)["partition"] for result in window.results()] == [1]
    window.handle(0, [event(5)])
    assert window.late_events == 0


def test_release_gives_partial_results_and_the_closing_one_gives_the_rest() -> None:
    """What is committed is written; the sum over all records is the result."""
    window = a_window()
    window.handle(0, [event(1), event(2)])
    assert read(window.release()) == [("a", 0, 2, 2, False)]
    assert read(window.release()) == []
    window.handle(0, [event(3), event(20)])
    assert read(window.results()) == [("a", 0, 1, 1, True)]
    assert read(window.release()) == [("a", 20, 1, 1, False)]


def test_a_window_without_anything_new_closes_with_zero() -> None:
    """Whoever waits for a window to close learns of it."""
    window = a_window()
    window.handle(0, [event(1)])
    window.release()
    window.handle(0, [event(30)])
    assert read(window.results()) == [("a", 0, 0, 0, True)]


def test_after_a_revoke_nothing_is_left() -> None:
    """The next owner counts on; we begin anew."""
    window = a_window()
    window.handle(0, [event(1)])
    window.revoke()
    assert not window.release()


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param({"due_us": 5 * SECOND, "key": "a", "value": "x"}, id="a value that is no number"),
        pytest.param({"due_us": 5 * SECOND, "key": "a"}, id="no value"),
        pytest.param({"due_us": "now", "key": "a", "value": 1}, id="no time"),
        pytest.param({"due_us": 5 * SECOND, "key": [], "value": 1}, id="a key that is no text"),
    ],
)
def test_a_slice_is_taken_whole_or_not_at_all(bad: dict[str, Any]) -> None:
    """When one event is refused, its neighbours were not counted yet: they will be given again."""
    window = a_window()
    with pytest.raises((TypeError, KeyError, PoisonError)):
        window.handle(0, [event(1), bad])
    assert not window.release()


@given(
    st.lists(st.tuples(st.integers(0, 400), st.sampled_from("abc"), st.integers(-5, 5)), max_size=80),
    st.lists(st.integers(0, 79)),
)
def test_how_a_log_is_cut_changes_no_result(log: list[tuple[int, str, int]], cuts: list[int]) -> None:
    """Sums per window and key, and the late ones, are the same for every cutting and every moment of committing."""
    events = [event(tenth / 10, key, value) for tenth, key, value in log]

    def run(bounds: list[int], *, commit: bool) -> tuple[dict[Any, Any], int]:
        window = a_window(5, 2)
        sums: defaultdict[tuple[str, float], list[float]] = defaultdict(lambda: [0.0, 0.0])
        for begin, end in itertools.pairwise(bounds):
            window.handle(0, events[begin:end])
            written = [*window.results(), *(window.release() if commit else ())]
            for key, start, count, total, _ in read([*written]):
                sums[key, start][0] += count
                sums[key, start][1] += total
        for key, start, count, total, _ in read(window.release()):
            sums[key, start][0] += count
            sums[key, start][1] += total
        return dict(sums), window.late_events

    whole = run([0, len(events)], commit=False)
    pieces = sorted({0, len(events), *(cut % (len(events) + 1) for cut in cuts)})
    assert run(pieces, commit=False) == whole
    assert run(pieces, commit=True) == whole
