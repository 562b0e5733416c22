"""What a person sees while a run goes on."""

import io

import pytest
from rich.console import Console

from contract.record import Sample
from loadtests.live import LiveView


def view(*, terminal: bool) -> tuple[LiveView, io.StringIO]:
    """A view that writes into memory."""
    written = io.StringIO()
    return LiveView(Console(file=written, force_terminal=terminal, width=100), "trial", 30.0), written


def sample(at_seconds: float, events: int | None) -> Sample:
    """Everybody has dealt with the same number of events."""
    return Sample(
        at_seconds=at_seconds, phase="measuring", planned_events=events, acked_events=events, processed_events=events
    )


def test_without_a_terminal_there_is_a_line_every_five_seconds() -> None:
    """Plain lines: not one a second, no control characters."""
    live, written = view(terminal=False)
    with live.running():
        for second in range(11):
            live.show(sample(float(second), second * 1_000))
    lines = written.getvalue().splitlines()
    assert len(lines) == 3
    assert "\x1b" not in written.getvalue()
    assert "planned/s 1,000" in lines[1]
    assert "time left 20 s" in lines[2]


def test_a_terminal_gets_a_table() -> None:
    """With a terminal the rows stand below each other under the scenario's name."""
    live, written = view(terminal=True)
    with live.running():
        live.show(sample(1.0, 500))
        live.show(sample(2.0, 1_500))
    assert "weir · trial" in written.getvalue()
    assert "1,000" in written.getvalue()


@pytest.mark.parametrize(
    ("before", "now"),
    [
        pytest.param(None, 5, id="the first sample has nothing before it"),
        pytest.param(5, None, id="a value that was not measured is not zero"),
    ],
)
def test_an_unknown_rate_is_a_question_mark(before: int | None, now: int | None) -> None:
    """Unknown is shown as unknown."""
    live, written = view(terminal=False)
    if before is not None:
        live.show(sample(1.0, before))
    live.show(sample(7.0, now))
    assert "produced/s ?" in written.getvalue().splitlines()[-1]
