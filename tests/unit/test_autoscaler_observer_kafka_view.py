"""What is asked of Kafka, in which order, and what becomes of it when there is no answer."""

import pytest

from autoscaler.observer import kafka_view
from autoscaler.observer.history import Anchor
from autoscaler.observer.offsets import Group, Offsets
from tests.fake_kafka import FakeKafka


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kafka_view, "ANSWER_SECONDS_MAX", 0.1)
    monkeypatch.setattr(kafka_view, "RECORD_SECONDS_MAX", 0.2)


async def test_committed_offsets_are_read_before_end_offsets() -> None:
    kafka = FakeKafka(end={0: 9, 1: 5}, committed={0: 4}, start={0: 2})
    view = kafka.view()
    assert await view.offsets() == Offsets({0: 4}, {0: 9, 1: 5}, {0: 2, 1: 0})
    assert kafka.asked == ["topics", "start", "coordinator g", "committed g 7", "end"]
    assert (view.partitions, view.problems, view.failures) == ((0, 1), (), 0)


async def test_what_seldom_changes_is_asked_for_seldom() -> None:
    kafka = FakeKafka(end={0: 1})
    view = kafka.view()
    for _ in range(kafka_view.SURVEY_EVERY_READS):
        await view.offsets()
    kafka.end[1] = 0
    assert await view.offsets() == Offsets({}, {0: 1, 1: 0}, {0: 0, 1: 0}), "a partition that was added is found"
    assert kafka.asked.count("topics") == kafka.asked.count("start") == 2
    assert kafka.asked.count("coordinator g") == 1


@pytest.mark.parametrize(
    ("trouble", "told"),
    [
        pytest.param({"down": True}, "nobody there", id="Kafka is away"),
        pytest.param({"hangs": True}, "TimeoutError", id="Kafka says nothing"),
        pytest.param({"ready": False}, "not ready", id="the coordinator is not ready: an empty answer is no answer"),
        pytest.param({"end": {}}, "there is no topic events", id="the topic is gone"),
    ],
)
async def test_no_answer_is_unknown_counted_told_and_over_when_kafka_is_back(
    trouble: dict[str, object], told: str
) -> None:
    kafka = FakeKafka(end={0: 9})
    view = kafka.view()
    await view.offsets()
    well = {name: getattr(kafka, name) for name in trouble}
    for name, value in trouble.items():
        setattr(kafka, name, value)
    view._reads_until_survey = 0
    assert await view.offsets() is None
    assert view.failures == 1
    assert len(view.problems) == 1
    assert told in view.problems[0]
    for name, value in well.items():
        setattr(kafka, name, value)
    assert await view.offsets() == Offsets({}, {0: 9}, {0: 0})
    assert not view.problems


async def test_after_a_failure_everything_is_asked_anew() -> None:
    kafka = FakeKafka(end={0: 9})
    view = kafka.view()
    await view.offsets()
    kafka.down = True
    await view.offsets()
    kafka.down, kafka.asked = False, []
    await view.offsets()
    assert kafka.asked == ["topics", "start", "coordinator g", "committed g 7", "end"]


async def test_the_group() -> None:
    assert await FakeKafka(group=(0, "PreparingRebalance", 3)).view().group() == Group("PreparingRebalance", 3)
    moved = FakeKafka(group=(16, "", 0)).view()
    assert await moved.group() is None
    assert moved.problems == ("Kafka did not tell group: group g: NotCoordinatorForGroupError",)


async def test_one_question_answered_does_not_hide_another_that_was_not() -> None:
    kafka = FakeKafka(end={}, group=(0, "Empty", 0))
    view = kafka.view()
    await view.offsets()
    assert await view.group() == Group("Empty", 0)
    assert len(view.problems) == 1


async def test_records_are_read_where_they_are_and_no_further() -> None:
    kafka = FakeKafka(times={0: {4: 100.0, 5: 101.0}, 1: {9: 50.0}, 2: {}})
    found = await kafka.view().records({0: 4, 1: 7})
    assert found == {0: Anchor(4, 100.0), 1: Anchor(7, 50.0)}, "where a record is gone, the next one counts"
    assert kafka.paused == {0, 1}


async def test_records_that_are_not_read_in_time_are_missing() -> None:
    kafka = FakeKafka(times={0: {4: 100.0}, 1: {}})
    view = kafka.view()
    assert await view.records({0: 4, 1: 7}) == {0: Anchor(4, 100.0)}
    assert kafka.paused == {0, 1}
    assert view.problems == ("Kafka did not tell records: TimeoutError",)
    assert await view.records({}) == {}
    assert not view.problems, "nothing was asked for any more"
