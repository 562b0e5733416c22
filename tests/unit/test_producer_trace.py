"""Recordings: what is read, and what is refused with file and line."""

from pathlib import Path

import pytest

from contract.load import Constant, Poisson, Sum, Trace
from producer.errors import ProducerError
from producer.trace import read_recordings, read_trace

HEADER = "seconds,events_per_second\n"
SHIPPED = Path(__file__).parents[2] / "loadtests" / "traces" / "nasa-http-1995-busiest-day.csv"


def test_the_trace_that_ships_is_a_whole_day() -> None:
    """A sample a minute, and the highest one that its README tells."""
    times, rates = read_trace(SHIPPED)
    assert (len(times), times[0], times[-1]) == (1_441, 0, 86_400)
    assert rates.max() == pytest.approx(6.817)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        pytest.param("", "line 1: expected the header 'seconds,events_per_second', found ''", id="an empty file"),
        pytest.param("a,b\n0,1\n", "line 1: expected the header", id="other columns"),
        pytest.param(HEADER, "has no samples", id="only a header"),
        pytest.param(HEADER + "0,1\n1,x\n", "line 3: expected two numbers, found '1,x'", id="a word"),
        pytest.param(HEADER + "0,1,2\n", "line 2: expected two numbers, found '0,1,2'", id="too many columns"),
        pytest.param(HEADER + "0,1\n\n", "line 3: expected two numbers", id="a blank line"),
        pytest.param(HEADER + "5,1\n5,2\n", "line 3: seconds must rise", id="time stands still"),
        pytest.param(HEADER + "nan,1\n", "line 2: seconds must rise", id="no time"),
        pytest.param(HEADER + "0,-1\n", "line 2: events_per_second must be 0 or more, found -1", id="a negative rate"),
        pytest.param(HEADER + "0,inf\n", "line 2: events_per_second must be 0 or more, found inf", id="no rate"),
    ],
)
def test_a_bad_trace_is_refused(text: str, told: str, tmp_path: Path) -> None:
    """The message names file and line and shows what was found."""
    file = tmp_path / "t.csv"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ProducerError) as caught:
        read_trace(file)
    assert str(file) in str(caught.value)
    assert told in str(caught.value)


def test_a_missing_trace_is_refused(tmp_path: Path) -> None:
    """Like any file that cannot be read."""
    with pytest.raises(ProducerError, match="cannot be read"):
        read_trace(tmp_path / "none.csv")


def test_traces_are_found_inside_other_shapes(tmp_path: Path) -> None:
    """In sums and under noise."""
    file = tmp_path / "t.csv"
    file.write_text(HEADER + "0,1\n60,2\n", encoding="utf-8")
    noisy = Poisson(kind="poisson", of=Trace(kind="trace", file=file))
    assert list(read_recordings(Sum(kind="sum", shapes=(Constant(rate=1), noisy)))) == [file]


@pytest.mark.parametrize(
    ("first", "last"),
    [
        pytest.param(0.0, 61.0, id="ends behind the recording"),
        pytest.param(30.0, 30.0, id="is empty"),
        pytest.param(70.0, None, id="begins behind the recording"),
    ],
)
def test_a_stretch_that_is_not_there_is_refused(first: float, last: float | None, tmp_path: Path) -> None:
    """It would send nothing, or hold the last rate for ever, without a word."""
    file = tmp_path / "t.csv"
    file.write_text(HEADER + "0,1\n60,2\n", encoding="utf-8")
    with pytest.raises(ProducerError, match="spans 0 to 60 s"):
        read_recordings(Trace(kind="trace", file=file, from_seconds=first, to_seconds=last))
