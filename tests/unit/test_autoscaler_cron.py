"""Cron expressions and local time."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from autoscaler.cron import parse_cron, parse_quartz
from autoscaler.moments import last_firing, local_moment, next_firing

NEW_YORK = "America/New_York"


def seconds(text: str, zone: str = "UTC", fold: int = 0) -> float:
    """An ISO date and time in a zone, as seconds since the epoch."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold).timestamp()


@pytest.mark.parametrize(
    ("text", "after", "expected"),
    [
        pytest.param("*/15 * * * *", "2026-07-09T14:45:59", "2026-07-09T15:00", id="every quarter of an hour"),
        pytest.param("20-35/15 * * * *", "2026-07-09T14:45", "2026-07-09T15:20", id="a range with a step"),
        pytest.param("3/20 * * * *", "2026-07-09T14:24", "2026-07-09T14:43", id="from a minute on with a step"),
        pytest.param("0 8,18 * * *", "2026-07-09T08:00", "2026-07-09T18:00", id="a list; a firing is not after itself"),
        pytest.param("0 0 * Feb Mon", "2026-07-09T00:00", "2027-02-01T00:00", id="names in any case"),
        pytest.param("0 0 * * 7", "2026-07-09T00:00", "2026-07-12T00:00", id="7 is Sunday"),
        pytest.param("0 0 * * 0", "2026-07-09T00:00", "2026-07-12T00:00", id="0 is Sunday"),
        pytest.param("0 0 ? * sat", "2026-07-09T00:00", "2026-07-11T00:00", id="? is a star"),
        pytest.param("0 0 1,15 * SUN", "2026-07-09T00:00", "2026-07-12T00:00", id="both days restricted: the weekday"),
        pytest.param("0 0 10 * SUN", "2026-07-09T00:00", "2026-07-10T00:00", id="both days restricted: the date"),
        pytest.param("0 0 */2 * SUN", "2026-07-09T00:00", "2026-07-11T00:00", id="*/2 restricts: either day"),
        pytest.param("0 0 * * MON", "2026-07-09T00:00", "2026-07-13T00:00", id="only the weekday restricted"),
        pytest.param("59 23 31 12 *", "2026-12-31T23:59", "2027-12-31T23:59", id="a year on"),
        pytest.param("0 0 29 2 *", "2026-07-09T00:00", "2028-02-29T00:00", id="the next leap year"),
        pytest.param("0 0 31 4,5 *", "2026-05-31T00:00", "2027-05-31T00:00", id="a month too short is passed over"),
    ],
)
def test_next_firing(text: str, after: str, expected: str) -> None:
    """The first one strictly after the moment; and it is the last one at its own moment."""
    cron = parse_cron(text)
    assert next_firing(cron, seconds(after), "UTC") == seconds(expected)
    assert last_firing(cron, seconds(expected), "UTC") == seconds(expected)
    before = last_firing(cron, seconds(expected) - 1, "UTC")
    assert before is None or before <= seconds(after)


@pytest.mark.parametrize(
    ("text", "after", "expected"),
    [
        pytest.param("30 2 11 Mar ?", "2012-03-11T00:00-05:00", "2013-03-11T02:30-04:00", id="left out: not that day"),
        pytest.param("0 * * * *", "2012-03-11T01:00-05:00", "2012-03-11T03:00-04:00", id="hourly skips the hour"),
        pytest.param("30 1 * * *", "2012-11-04T00:00-04:00", "2012-11-04T01:30-04:00", id="repeated: the first time"),
        pytest.param("30 1 * * *", "2012-11-04T01:45-04:00", "2012-11-04T01:30-05:00", id="repeated: once more"),
        pytest.param("0 0 * * *", "2012-11-04T01:45-05:00", "2012-11-05T00:00-05:00", id="a day of 25 hours"),
        pytest.param("0 0 * * *", "2012-03-11T01:45-05:00", "2012-03-12T00:00-04:00", id="a day of 23 hours"),
        pytest.param("0 9 * * *", "2012-07-09T14:00-04:00", "2012-07-10T09:00-04:00", id="summer"),
        pytest.param("0 9 * * *", "2012-01-09T14:00-05:00", "2012-01-10T09:00-05:00", id="winter"),
    ],
)
def test_changes_of_clocks(text: str, after: str, expected: str) -> None:
    """Local time as the clocks show it in New York."""
    start, wanted = (datetime.fromisoformat(moment).timestamp() for moment in (after, expected))
    cron = parse_cron(text)
    assert next_firing(cron, start, NEW_YORK) == wanted
    assert last_firing(cron, wanted + 59, NEW_YORK) == wanted


def test_half_an_hour_of_summer() -> None:
    """Lord Howe Island moves its clocks by thirty minutes."""
    cron, zone = parse_cron("15 2 * * *"), "Australia/Lord_Howe"
    assert next_firing(cron, seconds("2026-10-03T12:00", zone), zone) == seconds("2026-10-05T02:15", zone)


def test_before_the_epoch() -> None:
    assert local_moment(-1.5, "UTC").second == 58


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param("* * * *", "expected five fields", id="four fields"),
        pytest.param("@daily", "expected five fields", id="a nickname"),
        pytest.param("60 * * * *", "minute: expected 0 to 59, found '60'", id="minute 60"),
        pytest.param("* 24 * * *", "hour: expected 0 to 23", id="hour 24"),
        pytest.param("* * 0 * *", "day of month: expected 1 to 31", id="day 0"),
        pytest.param("* * * FOO *", "month: expected 1 to 12 or JAN to DEC, found 'FOO'", id="no month"),
        pytest.param("* * * * 8", "day of week: expected 0 to 7 or SUN to SAT", id="weekday 8"),
        pytest.param("* * * * FRI-MON", "begins after it ends", id="a range around the week's end"),
        pytest.param("*/0 * * * *", "expected a step", id="a step of 0"),
        pytest.param("-1 * * * *", "minute: expected", id="a negative number"),
        pytest.param("1,,2 * * * *", "minute: expected", id="nothing between commas"),
        pytest.param("0 0 L * *", "day of month: expected", id="L"),
        pytest.param("0 0 30 2 *", "never comes", id="the 30th of February"),
    ],
)
def test_refused(text: str, reason: str) -> None:
    """Nothing is guessed."""
    with pytest.raises(ValueError, match=reason):
        parse_cron(text)


@pytest.mark.parametrize(
    ("text", "moment", "expected"),
    [
        pytest.param("* * 9-11 * * ?", "2026-07-09T11:59:59", True, id="the last second of the range"),
        pytest.param("* * 9-11 * * ?", "2026-07-09T12:00:00", False, id="one too late"),
        pytest.param("* * * ? * 2-6", "2026-07-10T12:00:00", True, id="6 is Friday"),
        pytest.param("* * * ? * 2-6", "2026-07-11T12:00:00", False, id="Saturday is 7"),
        pytest.param("0 30 * * * ? 2027", "2026-07-11T12:30:00", False, id="another year"),
        pytest.param("0 30 * * * ? 2026", "2026-07-11T12:30:00", True, id="that year"),
    ],
)
def test_quartz(text: str, moment: str, expected: bool) -> None:
    """Seconds first, Sunday is 1."""
    assert parse_quartz(text).matches(local_moment(seconds(moment), "UTC")) is expected


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("* * 9-11 * *", id="five fields"),
        pytest.param("* * 9-11 1 * 2", id="both days given"),
        pytest.param("* * 9-11 ? * ?", id="neither day given"),
        pytest.param("* * * ? * 0", id="weekday 0"),
        pytest.param("* * * ? * 2,5555", id="weekday 5555"),
    ],
)
def test_quartz_refused(text: str) -> None:
    with pytest.raises(ValueError, match="expected"):
        parse_quartz(text)
