"""Whatever was ordered can be kept and read again; a target never outlives its time."""

from hypothesis import given
from hypothesis import strategies as st

from autoscaler.steering import Pause, Steering, Target, decode, encode

TIMES = st.floats(min_value=0, max_value=1e11)
WORDS = st.none() | st.text(max_size=50)
STEERINGS = st.builds(
    Steering,
    paused=st.none() | st.builds(Pause, since=TIMES, reason=WORDS),
    target=st.none() | st.builds(Target, replicas=st.integers(0, 1_000), until=TIMES, reason=WORDS),
    policy=WORDS,
)


@given(STEERINGS)
def test_what_is_kept_is_read_again(steering: Steering) -> None:
    assert decode(encode(steering)) == steering


@given(STEERINGS, TIMES)
def test_nothing_but_a_target_ends_with_time(steering: Steering, now: float) -> None:
    later = steering.at(now)
    assert (later.paused, later.policy) == (steering.paused, steering.policy)
    assert later.target is None or later.target.until > now


@given(STEERINGS, st.integers(0, 1_000))
def test_the_number_is_the_targets_or_the_present_one(steering: Steering, desired: int) -> None:
    order = steering.order(desired)
    if order is None:
        assert steering.paused is None
        assert steering.target is None
    else:
        assert order.replicas == (steering.target.replicas if steering.target else desired)
