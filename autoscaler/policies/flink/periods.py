"""Periods in which Flink's autoscaler must not scale: a time of day, a cron expression, or both joined by `&&`."""

import re
from dataclasses import dataclass, replace

from autoscaler.cron import CRONTAB_FIELDS, Cron, Moment, parse_cron, parse_quartz

DAILY = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}))?\s*-\s*(\d{1,2}):(\d{2})(?::(\d{2}))?")
HOURS, MINUTES = 24, 60
"""Hours of a day; minutes of an hour, and as many seconds of a minute."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """`daily` is from and to, in seconds of the day, both included."""

    text: str
    cron: Cron | None = None
    daily: tuple[int, int] | None = None

    def has(self, moment: Moment) -> bool:
        """Whether the moment lies within."""
        second = (moment.hour * 60 + moment.minute) * 60 + moment.second
        if self.daily is not None and not self.daily[0] <= second <= self.daily[1]:
            return False
        return self.cron is None or self.cron.matches(moment)


def parse_period(text: str) -> Period:
    """`9:30-10:50`, `* * 9-11 * * ?` (Quartz), `* 9-11 * * *` (crontab), or a time of day `&&` one of the others.

    Raises ValueError.  An expression of five fields covers the whole of each minute.
    """
    parts = [part.strip() for part in text.split("&&")]
    daily = [found for part in parts if (found := DAILY.fullmatch(part))]
    crons = [part for part in parts if not DAILY.fullmatch(part)]
    if len(daily) > 1 or len(crons) > 1:
        raise ValueError(f"expected a time of day, a cron expression or one of each joined by &&, found {text!r}")
    return Period(
        text=text,
        cron=_cron(crons[0]) if crons else None,
        daily=_seconds(daily[0]) if daily else None,
    )


def _cron(text: str) -> Cron:
    if len(text.split()) != CRONTAB_FIELDS:
        return parse_quartz(text)
    return replace(parse_cron(text), seconds=frozenset(range(MINUTES)))


def _seconds(found: re.Match[str]) -> tuple[int, int]:
    numbers = [int(group or 0) for group in found.groups()]
    first, last = _second_of_day(*numbers[:3]), _second_of_day(*numbers[3:])
    if first >= last:
        raise ValueError(f"expected a time of day that begins before it ends, found {found.group()!r}")
    return first, last


def _second_of_day(hour: int, minute: int, second: int) -> int:
    if hour >= HOURS or minute >= MINUTES or second >= MINUTES:
        raise ValueError(f"expected a time of day such as 9:30:00, found {hour}:{minute:02}:{second:02}")
    return (hour * MINUTES + minute) * MINUTES + second
