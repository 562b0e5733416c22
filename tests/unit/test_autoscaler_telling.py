"""What a person reads while the autoscaler works: each thing once, and how things stand now and then."""

from typing import Any

import pytest

from autoscaler.controller import Report
from autoscaler.model import Observation, Partition
from autoscaler.observer.observer import Look
from autoscaler.reconciler.model import Fleet, Happening, Pod, Scaled
from autoscaler.steering import Steering, Target
from autoscaler.telling import STANDING_EVERY_SECONDS, Teller, standing
from tests.controllers import look_of

NOON = 12 * 3600.0


def report(at: float = NOON, *, look: Look | None = None, held: str | None = None, **more: Any) -> Report:
    """A tick with two workers, one of them ready."""
    pods = {
        "worker-1": Pod(name="worker-1", created_at=0.0, launched_at=0.0, ready=True),
        "worker-2": Pod(name="worker-2", created_at=0.0, launched_at=0.0),
        "worker-3": Pod(name="worker-3", created_at=0.0),
    }
    given: dict[str, Any] = {
        "fleet": Fleet(pods=pods),
        "desired": 3,
        "answer": None,
        "happenings": (),
        "took_seconds": 0.0,
    } | more
    return Report(at_seconds=at, look=look, held=held, **given)


def look(*lags: int | None, problems: tuple[str, ...] = (), **seen: Any) -> Look:
    """A partition for each lag; None = not known."""
    partitions = tuple(
        Partition(topic="t", partition=number, end_offset=10_000, committed_offset=10_000 - lag)
        if lag is not None
        else Partition(topic="t", partition=number)
        for number, lag in enumerate(lags)
    )
    seen_now = Observation(at_seconds=NOON, spec_replicas=3, status_replicas=2, partitions=partitions, **seen)
    return look_of(seen_now, problems=problems)


def told(*reports: Report) -> list[str]:
    """The lines of these ticks, without those of how things stand."""
    lines: list[str] = []
    teller = Teller(lines.append)
    for each in reports:
        teller.tell(each)
    return [line for line in lines if "  workers " not in line]


@pytest.mark.parametrize(
    ("holds", "lines"),
    [
        pytest.param([None, None], [], id="nothing is held, nothing is told"),
        pytest.param(["a", "a", "a"], ["12:00:00  holding      a"], id="a hold is told when it begins"),
        pytest.param(
            ["a", "b"], ["12:00:00  holding      a", "12:00:01  holding      b"], id="and when its reason changes"
        ),
        pytest.param(["a", None], ["12:00:00  holding      a", "12:00:01  holding      no longer"], id="and its end"),
    ],
)
def test_a_hold_is_told_once(holds: list[str | None], lines: list[str]) -> None:
    """Each row: why the ticks held, one a second."""
    assert told(*(report(NOON + number, held=held) for number, held in enumerate(holds))) == lines


def test_what_happens_is_told_with_its_own_time() -> None:
    """A line each, in order; without a detail nothing trails."""
    scale = Happening(at_seconds=NOON + 1.0, kind="scale", subject="mine", detail="3 → 5: lag: more")
    gone = Happening(at_seconds=NOON + 2.0, kind="gone", subject="worker-1")
    lines = told(report(NOON + 3.0, happenings=(scale, gone)))
    assert lines == ["12:00:01  scale        mine  3 → 5: lag: more", "12:00:02  gone         worker-1"]


def test_how_things_stand_is_told_now_and_then() -> None:
    """At the first tick, and then not before the time has passed."""
    lines: list[str] = []
    teller = Teller(lines.append)
    for second in range(int(2 * STANDING_EVERY_SECONDS) + 1):
        teller.tell(report(NOON + second))
    assert [line.split()[0] for line in lines] == ["12:00:00", "12:00:10", "12:00:20"]
    teller.tell(report(NOON - 3_600))
    assert lines[-1].startswith("11:00:00"), "also at once when the clock was set back"


@pytest.mark.parametrize(
    ("seen", "words"),
    [
        pytest.param(
            look(1_000, 500, arrival_rate=2_345.6, time_lag_seconds=0.25, group_members=2),
            "3 wanted, 2 running, 1 ready, 2 in the group; lag 1,500 events, 0.2 s; arriving 2,346/s",
            id="everything is known",
        ),
        pytest.param(
            look(1_000, None, time_lag_seconds=1.0),
            "3 wanted, 2 running, 1 ready, ? in the group; lag ? events, 1.0 s; arriving ?",
            id="the lag of one partition is not known, so neither is the sum",
        ),
        pytest.param(
            None,
            "3 wanted, 2 running, 1 ready, ? in the group; lag ? events, ?; arriving ?",
            id="nothing was seen",
        ),
        pytest.param(
            look(problems=("Kafka did not tell offsets: no brokers", "1 of 2 workers did not answer: worker-2")),
            "3 wanted, 2 running, 1 ready, ? in the group; lag ? events, ?; arriving ?; "
            "Kafka did not tell offsets: no brokers; 1 of 2 workers did not answer: worker-2",
            id="who did not answer is told, and why",
        ),
    ],
)
def test_how_things_stand(seen: Look | None, words: str) -> None:
    """Each row: what a tick saw, and the line."""
    assert standing(report(look=seen)) == f"workers      {words}"


@pytest.mark.parametrize(
    ("steering", "words"),
    [
        pytest.param(Steering(), "3 wanted, ", id="the policy wants them"),
        pytest.param(Steering().pause(NOON), "3 wanted (paused), ", id="paused"),
        pytest.param(
            Steering().pause(NOON).aim(Target(replicas=3, until=NOON + 90)),
            "3 wanted by hand for 90 s more, ",
            id="by hand",
        ),
    ],
)
def test_who_wants_that_many_is_told(steering: Steering, words: str) -> None:
    assert words in standing(report(steering=steering))


@pytest.mark.parametrize(
    ("happening", "keys"),
    [
        pytest.param(
            Happening(at_seconds=NOON, kind="scale", subject="mine", scaled=Scaled(3, 5, "lag: 2 → 3")),
            {"event": "scale", "decision": "mine", "from_replicas": 3, "to_replicas": 5, "reason": "lag: 2 → 3"},
            id="a decision has its numbers",
        ),
        pytest.param(
            Happening(at_seconds=NOON, kind="gone", subject="worker-1", detail="exit code 0"),
            {"event": "gone", "subject": "worker-1", "reason": "exit code 0"},
            id="anything else has a subject",
        ),
    ],
)
def test_a_machine_is_told_in_keys(
    happening: Happening, keys: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    """With the time of what happened, and nothing in words."""
    lines: list[str] = []
    with caplog.at_level("INFO", "autoscaler"):
        Teller(lines.append, machine=True).tell(report(look=look(1_000, 500), happenings=(happening,)))
    first, standing_ = ({"event": record.getMessage()} | vars(record) for record in caplog.records)
    assert first.items() >= (keys | {"timestamp": "1970-01-01T12:00:00.000Z"}).items()
    assert (standing_["event"], standing_["wanted_replicas"], standing_["lag_events"]) == ("standing", 3, 1_500)
    assert lines == []
