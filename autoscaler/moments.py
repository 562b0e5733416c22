"""Local time: what a second since the epoch is called in a time zone, and when a cron expression fires next or last.

Apart from the policies because it takes the zones' tables from the system.  It reads no clock: the same second and
zone give the same answer.  A time that a change of clocks leaves out does not come that day; one that it repeats comes
twice.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from autoscaler.cron import Cron, Moment

MINUTE_SECONDS = 60
HORIZON_DAYS = 8 * 366 + 1
"""How far to look for a firing: the 29th of February can be eight years away."""


def next_firing(cron: Cron, at_seconds: float, zone: str) -> float | None:
    """The first firing after `at_seconds`, in seconds since the epoch; None if there is none within eight years."""
    return _search(cron, int(at_seconds // MINUTE_SECONDS) + 1, zone, _forward)


def last_firing(cron: Cron, at_seconds: float, zone: str) -> float | None:
    """The last firing at or before `at_seconds`; None if there is none within eight years."""
    return _search(cron, int(at_seconds // MINUTE_SECONDS), zone, _backward)


def local_moment(at_seconds: float, zone: str) -> Moment:
    """What the clocks show."""
    return _moment(datetime.fromtimestamp(int(at_seconds // 1), open_zone(zone)))


@lru_cache(maxsize=64)
def open_zone(name: str) -> ZoneInfo:
    """The zone of an IANA name.  Raises ValueError that says what to do."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise ValueError(
            f"expected a time zone such as UTC or Europe/Berlin, found {name!r}"
            " (if that is one, this system lacks its table: install tzdata)"
        ) from error


@lru_cache(maxsize=4096)
def _search(cron: Cron, minute: int, zone: str, onward: Callable[[Cron, datetime], float]) -> float | None:
    """Step from minute to minute, over whole days and hours that cannot match."""
    place = open_zone(zone)
    for _ in range(HORIZON_DAYS + 24 + MINUTE_SECONDS):
        local = datetime.fromtimestamp(minute * MINUTE_SECONDS, place)
        moment = _moment(local)
        if cron.has_day(moment) and moment.hour in cron.hours and moment.minute in cron.minutes:
            return float(minute * MINUTE_SECONDS)
        minute = int(onward(cron, local) // MINUTE_SECONDS)
    return None


def _forward(cron: Cron, local: datetime) -> float:
    """The next minute that may match."""
    if not cron.has_day(_moment(local)):
        midnight = local.replace(hour=0, minute=0, second=0, fold=0) + timedelta(days=1)
        return max(midnight.timestamp(), local.timestamp() + MINUTE_SECONDS)
    if local.hour not in cron.hours:
        return local.timestamp() + (MINUTE_SECONDS - local.minute) * MINUTE_SECONDS
    return local.timestamp() + MINUTE_SECONDS


def _backward(cron: Cron, local: datetime) -> float:
    """The last minute before that may match."""
    if not cron.has_day(_moment(local)):
        midnight = local.replace(hour=0, minute=0, second=0, fold=0)
        return min(midnight.timestamp(), local.timestamp()) - MINUTE_SECONDS
    if local.hour not in cron.hours:
        return local.timestamp() - (local.minute + 1) * MINUTE_SECONDS
    return local.timestamp() - MINUTE_SECONDS


def _moment(local: datetime) -> Moment:
    return Moment(
        year=local.year,
        month=local.month,
        day=local.day,
        weekday=local.isoweekday() % 7,
        hour=local.hour,
        minute=local.minute,
        second=local.second,
    )
