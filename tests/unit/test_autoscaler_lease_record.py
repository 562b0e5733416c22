"""What stands in Kafka about a leader, and under which names."""

import re

import pytest

from autoscaler.errors import LeaseError
from autoscaler.lease.record import LeaseRecord, topic_of, transactional_id_of

RECORD = LeaseRecord(
    holder="a-1-beef", term=2, renewal=9, lease_seconds=5.0, replicas=3, state={"paused": None, "to": [1, 2.5, "ü"]}
)


def test_a_record_comes_back_as_it_was() -> None:
    assert LeaseRecord.decode(RECORD.encode(), "t") == RECORD


def test_fields_of_a_later_version_are_passed_over() -> None:
    later = RECORD.encode().replace(b'"term":2', b'"term":2,"colour":"red"')
    assert LeaseRecord.decode(later, "t") == RECORD


@pytest.mark.parametrize(
    ("value", "words"),
    [
        pytest.param(b"", "whole: Invalid JSON", id="nothing"),
        pytest.param(b"[]", "whole: ", id="something else"),
        pytest.param(b'{"holder": "a", "term": 0, "renewal": 1, "lease_seconds": 5}', "term: ", id="a term before all"),
        pytest.param(b'{"holder": "a", "term": 1, "lease_seconds": 5}', "renewal: ", id="a field that is missing"),
        pytest.param(
            b'{"holder": "a", "term": 1, "renewal": 1, "lease_seconds": 1e9}', "lease_seconds: ", id="for ever"
        ),
    ],
)
def test_anything_else_is_an_error_that_says_what_to_do(value: bytes, words: str) -> None:
    with pytest.raises(LeaseError, match=re.escape(words)) as caught:
        LeaseRecord.decode(value, "weir.control.g")
    assert "weir.control.g" in str(caught.value)
    assert "--no-lease" in str(caught.value)


@pytest.mark.parametrize(
    ("group", "topic"),
    [
        pytest.param("billing", "weir.control.billing", id="letters"),
        pytest.param("com.acme.orders-2", "weir.control.com.acme.orders-2", id="dots and hyphens"),
        pytest.param("my_group", "weir.control.my-group-8de032689c0e", id="an underscore, which is a dot to Kafka"),
        pytest.param("größe/1 €", "weir.control.gr--e-1---", id="what no topic may be called"),
        pytest.param("x" * 300, "weir.control.xxx", id="longer than any topic"),
    ],
)
def test_every_group_has_a_topic(group: str, topic: str) -> None:
    name = topic_of(group)
    assert name.startswith(topic)
    assert re.fullmatch(r"[A-Za-z0-9.-]{1,249}", name)


def test_no_two_groups_share_a_topic() -> None:
    """Nor do they have topics that differ by a dot and an underscore alone, which Kafka refuses."""
    groups = ["a.b", "a_b", "a-b", "a b", "a/b", "A-b", "a" * 300, "a" * 301]
    assert len({topic_of(group).replace("_", ".") for group in groups}) == len(groups)


def test_the_transactional_id_is_the_groups() -> None:
    assert transactional_id_of("my_group") == "weir.autoscaler.my_group"
