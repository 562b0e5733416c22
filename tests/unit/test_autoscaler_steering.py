"""Orders as a value: what holds when, what is asserted instead of the policy's number, and how it is kept."""

import pytest

from autoscaler.errors import StateError
from autoscaler.model import Step
from autoscaler.steering import Pause, Steering, Target, decode, encode

SEVEN = Target(replicas=7, until=600.0)
FREE = Steering()


@pytest.mark.parametrize(
    ("steering", "step"),
    [
        pytest.param(FREE, None, id="left alone the policy is asked"),
        pytest.param(
            FREE.pause(10.0), Step(rule="paused", replicas=4, why="the present number is kept"), id="paused, it is not"
        ),
        pytest.param(
            FREE.pause(10.0, "deploy"),
            Step(rule="paused", replicas=4, why="the present number is kept: deploy"),
            id="with the reason",
        ),
        pytest.param(FREE.aim(SEVEN), Step(rule="manual", replicas=7, why="set by an operator"), id="a target"),
        pytest.param(
            FREE.pause(10.0).aim(SEVEN),
            Step(rule="manual", replicas=7, why="set by an operator"),
            id="a target holds while paused",
        ),
        pytest.param(FREE.pause(10.0).resume(), None, id="resumed it is asked again"),
        pytest.param(FREE.aim(SEVEN).let_go(), None, id="so it is without the target"),
        pytest.param(FREE.use("kind: X"), None, id="another policy is asked like the first"),
    ],
)
def test_what_is_asserted_instead_of_the_policys_number(steering: Steering, step: Step | None) -> None:
    """Four workers are wanted now."""
    assert steering.order(4) == step


@pytest.mark.parametrize(
    ("at", "target"),
    [
        pytest.param(599.9, SEVEN, id="before its end it holds"),
        pytest.param(600.0, None, id="then no longer"),
        pytest.param(10_000.0, None, id="nor after a long stop"),
    ],
)
def test_a_target_ends_by_itself(at: float, target: Target | None) -> None:
    assert FREE.aim(SEVEN).at(at).target == target


def test_what_has_no_end_stays() -> None:
    steering = FREE.pause(10.0, "r").use("kind: X")
    assert steering.at(1e12) == steering


def test_paused_again_it_is_paused_since_the_first_time() -> None:
    assert FREE.pause(10.0, "a").pause(50.0, "b").paused == Pause(since=10.0, reason="b")


def test_a_second_target_takes_the_place_of_the_first() -> None:
    other = Target(replicas=2, until=99.0, reason="r")
    assert FREE.aim(SEVEN).aim(other).target == other


@pytest.mark.parametrize(
    ("document", "message"),
    [
        pytest.param(b"{", "the kept steering is not JSON", id="torn"),
        pytest.param(b"[]", "is not of version 1", id="no object"),
        pytest.param(b'{"version": 2}', "is not of version 1", id="of a later version"),
        pytest.param(b'{"version": 1, "speed": 3}', "speed: there is no such field; known: paused", id="unknown field"),
        pytest.param(b'{"version": 1, "target": {"replicas": 3}}', "target.until: must be given", id="a field missing"),
        pytest.param(
            b'{"version": 1, "target": {"replicas": -1, "until": 3}}',
            "target.replicas: expected",
            id="a number below 0",
        ),
        pytest.param(b'{"version": 1, "policy": 3}', "policy: expected a text", id="of another type"),
    ],
)
def test_what_cannot_be_read_is_refused(document: bytes, message: str) -> None:
    with pytest.raises(StateError, match=message):
        decode(document)


def test_whole_numbers_may_stand_for_times() -> None:
    """Whoever keeps it may write JSON anew."""
    assert decode(b'{"version": 1, "paused": {"since": 3}}') == FREE.pause(3.0)


def test_it_is_kept_as_json() -> None:
    assert encode(FREE.aim(SEVEN)) == (
        b'{"version":1,"paused":null,"target":{"replicas":7,"until":600.0,"reason":null},"policy":null}'
    )
