"""Fixed numbers and schedules."""

from datetime import datetime

import pytest

from autoscaler.cron import parse_cron
from autoscaler.decide import decide
from autoscaler.model import Memory, Observation
from autoscaler.policies.fixed import fixed_plan
from autoscaler.policies.schedule import Between, FromThenOn, Schedule, schedule_plan, schedule_step

BERLIN = "Europe/Berlin"


def between(start: str, end: str, replicas: int) -> Between:
    return Between(start=parse_cron(start), end=parse_cron(end), replicas=replicas, timezone=BERLIN)


def from_then_on(cron: str, replicas: int) -> FromThenOn:
    return FromThenOn(cron=parse_cron(cron), replicas=replicas, timezone=BERLIN)


OFFICE = between("0 8 * * 1-5", "0 18 * * 1-5", 12)
LUNCH = between("0 12 * * *", "0 13 * * *", 20)
NIGHT = between("0 22 * * *", "0 6 * * *", 3)


@pytest.mark.parametrize(
    ("entries", "moment", "expected"),
    [
        pytest.param((OFFICE,), "2026-07-08T07:59:59+02:00", 1, id="a second before the start"),
        pytest.param((OFFICE,), "2026-07-08T08:00:00+02:00", 12, id="the start belongs to it"),
        pytest.param((OFFICE,), "2026-07-08T17:59:59+02:00", 12, id="a second before the end"),
        pytest.param((OFFICE,), "2026-07-08T18:00:00+02:00", 1, id="the end does not"),
        pytest.param((OFFICE,), "2026-07-11T12:00:00+02:00", 1, id="Saturday"),
        pytest.param((OFFICE,), "2026-01-08T08:00:00+01:00", 12, id="by the clocks: winter"),
        pytest.param((NIGHT,), "2026-07-08T23:00:00+02:00", 3, id="over midnight, before it"),
        pytest.param((NIGHT,), "2026-07-08T05:00:00+02:00", 3, id="over midnight, after it"),
        pytest.param((OFFICE, LUNCH), "2026-07-08T12:30:00+02:00", 20, id="two apply: the larger"),
        pytest.param((LUNCH, OFFICE), "2026-07-08T12:30:00+02:00", 20, id="whichever stands first"),
        pytest.param((), "2026-07-08T12:30:00+02:00", 1, id="none"),
        pytest.param(
            (from_then_on("0 6 * * *", 5), from_then_on("0 20 * * *", 2)),
            "2026-07-08T19:59:00+02:00",
            5,
            id="from then on",
        ),
        pytest.param(
            (from_then_on("0 6 * * *", 5), from_then_on("0 20 * * *", 2)),
            "2026-07-08T05:59:00+02:00",
            2,
            id="until the next one, also over midnight",
        ),
        pytest.param(
            (from_then_on("0 6 * * *", 5), from_then_on("0 6 * * *", 2)),
            "2026-07-08T06:00:00+02:00",
            2,
            id="at the same minute the one that stands last",
        ),
        pytest.param(
            (from_then_on("0 6 * * *", 5), LUNCH), "2026-07-08T12:00:00+02:00", 20, id="both kinds: the larger"
        ),
    ],
)
def test_schedule(entries: tuple[Between | FromThenOn, ...], moment: str, expected: int) -> None:
    """One worker outside all entries."""
    at_seconds = datetime.fromisoformat(moment).timestamp()
    step = schedule_step(Schedule(replicas=1, entries=entries), at_seconds)
    assert step.replicas == expected


def test_a_schedule_decides() -> None:
    """By the observation's time alone; the reason names the entry."""
    at_seconds = datetime.fromisoformat("2026-07-08T12:00:00+02:00").timestamp()
    seen = Observation(at_seconds=at_seconds, spec_replicas=1, status_replicas=1)
    decision, _ = decide(seen, Memory(), schedule_plan(Schedule(replicas=1, entries=(OFFICE,))))
    assert decision.trail[-1].why == "0 8 * * 1-5 to 0 18 * * 1-5 (Europe/Berlin): 12"


def test_fixed() -> None:
    decision, _ = decide(Observation(at_seconds=0, spec_replicas=1, status_replicas=0), Memory(), fixed_plan(7))
    assert (decision.replicas, decision.trail[0].why) == (7, "always 7")
