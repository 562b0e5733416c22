"""How numbers are written."""

import pytest

from loadtests.report.slos import slo_line
from loadtests.report.units import Unit, duration, show
from loadtests.score import SloResult


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        pytest.param(199_987.4, "events/s", "199,987 events/s", id="rates are whole and have separators"),
        pytest.param(0.00183, "ms", "1.83 ms", id="latencies in seconds are shown in milliseconds"),
        pytest.param(0.0142, "ms", "14.2 ms", id="three digits are enough above ten"),
        pytest.param(0.09997, "ms", "100 ms", id="what rounds up to a hundred is written like a hundred"),
        pytest.param(1.4203, "ms", "1,420 ms", id="large latencies stay milliseconds, with separators"),
        pytest.param(0.99974, "ratio", "99.97 %", id="a near miss is not rounded up to 100 per cent"),
        pytest.param(98_400_000, "bytes", "98.4 MB", id="memory below a gigabyte is in megabytes"),
        pytest.param(24_000_000_000, "bytes", "24.0 GB", id="memory above a gigabyte is in gigabytes"),
        pytest.param(0.0, "events", "0 events", id="zero is a measured value"),
        pytest.param(None, "events", "—", id="what was not measured is a dash, not zero"),
    ],
)
def test_numbers_carry_their_unit(value: float | None, unit: Unit, text: str) -> None:
    """One way to write each kind of number."""
    assert show(value, unit) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        pytest.param(1.25, "1.2 s", id="short times are in seconds"),
        pytest.param(60.0, "60 s", id="a minute is still seconds"),
        pytest.param(125.0, "2 min 5 s", id="longer ones are in minutes"),
        pytest.param(4_830.0, "1 h 20 min", id="hours lose the seconds"),
        pytest.param(None, "—", id="unknown is a dash"),
    ],
)
def test_durations_are_read_at_a_glance(seconds: float | None, text: str) -> None:
    """Nobody should have to divide by sixty."""
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("result", "words"),
    [
        pytest.param(
            SloResult(name="end_to_end_p99_seconds_max", limit=0.02, actual=0.0142, held=True),
            ("end-to-end p99", "≤ 20 ms", "14.2 ms"),
            id="a limit that somebody wrote has no needless zeros",
        ),
        pytest.param(
            SloResult(name="produced_ratio_min", limit=0.995, actual=None, held=False),
            ("produced / planned", "≥ 99.5 %", "not measured"),
            id="at least is told from at most, and unmeasured from zero",
        ),
        pytest.param(
            SloResult(name="lag_events_max", limit=200_000, actual=12.0, held=True),
            ("highest lag", "≤ 200,000 events", "12 events"),
            id="zeros of whole numbers are kept",
        ),
        pytest.param(
            SloResult(name="from_a_later_version_max", limit=3, actual=4, held=False),
            ("from_a_later_version_max", "≤ 3", "4"),
            id="an SLO that this version has no words for keeps its name",
        ),
    ],
)
def test_slos_are_told_in_words(result: SloResult, words: tuple[str, str, str]) -> None:
    """Label, limit, measured value."""
    line = slo_line(result)
    assert (line.label, line.limit, line.actual) == words
