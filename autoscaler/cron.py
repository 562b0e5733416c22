"""Cron expressions: what they say, and whether a moment of local time is one of theirs.

Here because no cron library is among the dependencies.  Two spellings: the five fields of crontab(5), read as KEDA's
cron trigger reads them, and Quartz' six or seven, in which Flink writes excluded periods.  Its one rule: nothing is
guessed.  A range that begins after its end, `L`, `W`, `#` and `@daily` are refused.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

DAYS_IN_MONTH = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
WEEKDAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
CRONTAB_FIELDS = 5
QUARTZ_FIELDS = (6, 7)


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """A second of local time.  `weekday` 0 is Sunday."""

    year: int
    month: int
    day: int
    weekday: int
    hour: int
    minute: int
    second: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Cron:
    """A parsed expression.  `years` None = every year."""

    text: str
    seconds: frozenset[int]
    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    either_day: bool
    """Both the day of the month and the day of the week are restricted: one of them is enough."""
    years: frozenset[int] | None = None

    def has_day(self, moment: Moment) -> bool:
        """Whether the date is one of the expression's."""
        if moment.month not in self.months or (self.years is not None and moment.year not in self.years):
            return False
        by_month, by_week = moment.day in self.days, moment.weekday in self.weekdays
        return (by_month or by_week) if self.either_day else (by_month and by_week)

    def matches(self, moment: Moment) -> bool:
        """Whether the moment, to the second, is one of the expression's."""
        time = moment.second in self.seconds and moment.minute in self.minutes and moment.hour in self.hours
        return time and self.has_day(moment)


@dataclass(frozen=True, slots=True)
class _Field:
    name: str
    least: int
    most: int
    names: Sequence[str] = ()
    first_name: int = 0


MINUTE, HOUR = _Field("minute", 0, 59), _Field("hour", 0, 23)
DAY, MONTH = _Field("day of month", 1, 31), _Field("month", 1, 12, MONTHS, 1)
WEEKDAY = _Field("day of week", 0, 7, WEEKDAYS)
QUARTZ_WEEKDAY = _Field("day of week", 1, 7, WEEKDAYS, 1)
SECOND, YEAR = _Field("second", 0, 59), _Field("year", 1970, 2099)


def parse_cron(text: str) -> Cron:
    """Minute, hour, day of month, month, day of week (0 or 7 = Sunday).  Raises ValueError that says what is wrong.

    If both days are restricted, either will do; `*/2` restricts, as it does for KEDA.
    """
    parts = text.split()
    if len(parts) != CRONTAB_FIELDS:
        raise ValueError(f"expected five fields (minute hour day month weekday) as in `0 8 * * 1-5`, found {text!r}")
    minutes, hours, days, months, weekdays = (
        _values(part, field) for part, field in zip(parts, (MINUTE, HOUR, DAY, MONTH, WEEKDAY), strict=True)
    )
    either = not _is_star(parts[2]) and not _is_star(parts[4])
    if not either:
        _check_day_exists(text, days, months)
    return Cron(
        text=text,
        seconds=frozenset({0}),
        minutes=minutes,
        hours=hours,
        days=days,
        months=months,
        weekdays=frozenset(day % 7 for day in weekdays),
        either_day=either,
    )


def parse_quartz(text: str) -> Cron:
    """Second, minute, hour, day of month, month, day of week (1 = Sunday) and, if it is there, year.

    Raises ValueError.  One of the two days must be `?`, so that there is no question which of them counts.
    """
    parts = text.split()
    if len(parts) not in QUARTZ_FIELDS:
        raise ValueError(f"expected Quartz' six or seven fields as in `* * 9-11 * * ?`, found {text!r}")
    if (parts[3] == "?") == (parts[5] == "?"):
        raise ValueError(f"expected ? for either the day of month or the day of week, found {text!r}")
    seconds, minutes, hours, days, months, weekdays = (
        _values(part, field)
        for part, field in zip(parts, (SECOND, MINUTE, HOUR, DAY, MONTH, QUARTZ_WEEKDAY), strict=False)
    )
    _check_day_exists(text, days, months)
    return Cron(
        text=text,
        seconds=seconds,
        minutes=minutes,
        hours=hours,
        days=days,
        months=months,
        weekdays=frozenset(day - 1 for day in weekdays),
        either_day=False,
        years=_values(parts[6], YEAR) if len(parts) == QUARTZ_FIELDS[1] else None,
    )


def _values(text: str, field: _Field) -> frozenset[int]:
    return frozenset(value for part in text.split(",") for value in _part(part, field))


def _part(text: str, field: _Field) -> Iterator[int]:
    """One of the parts between commas: `*`, `?`, `5`, `1-5`, `*/10`, `3-59/15`, `3/15` (from 3 on)."""
    span, slash, step = text.partition("/")
    if slash and (not step.isdecimal() or int(step) == 0):
        raise ValueError(f"{field.name}: expected a step such as */5, found {text!r}")
    if _is_star(span):
        first, last = field.least, field.most
    else:
        low, dash, high = span.partition("-")
        first = _number(low, field)
        last = _number(high, field) if dash else (field.most if slash else first)
    if first > last:
        raise ValueError(f"{field.name}: {text!r} begins after it ends; write two ranges with a comma")
    return iter(range(first, last + 1, int(step or 1)))


def _number(text: str, field: _Field) -> int:
    upper = text.upper()
    if upper in field.names:
        return field.names.index(upper) + field.first_name
    if not text.isdecimal() or not field.least <= int(text) <= field.most:
        names = f" or {field.names[0]} to {field.names[-1]}" if field.names else ""
        raise ValueError(f"{field.name}: expected {field.least} to {field.most}{names}, found {text!r}")
    return int(text)


def _is_star(text: str) -> bool:
    return text in ("*", "?")


def _check_day_exists(text: str, days: frozenset[int], months: frozenset[int]) -> None:
    if all(min(days) > DAYS_IN_MONTH[month - 1] for month in months):
        raise ValueError(f"{text!r} never comes: none of its months has a day {min(days)}")
