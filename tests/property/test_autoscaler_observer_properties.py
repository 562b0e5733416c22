"""What holds for time lag and rates whatever Kafka tells."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from autoscaler.observer.history import Anchor, History, remember
from autoscaler.observer.offsets import Offsets
from autoscaler.observer.streams import arrival_rates, processing_rate
from autoscaler.observer.time_lag import WANTED_MAX, anchored, time_lag

PARTITIONS = range(3)
offset = st.integers(0, 200)
per_partition = st.dictionaries(st.sampled_from(PARTITIONS), offset)
any_offsets = st.builds(Offsets, per_partition, per_partition, per_partition)
waits = st.floats(0.01, 5_000)
anchors = st.dictionaries(st.sampled_from(PARTITIONS), st.builds(Anchor, offset, st.floats(-1e6, 1e6)))


@given(st.lists(st.tuples(waits, any_offsets, anchors), min_size=1, max_size=12))
def test_anything_kafka_may_tell_gives_no_negative_age_and_no_negative_rate(
    looks: list[tuple[float, Offsets, dict[int, Anchor]]],
) -> None:
    seen, now = History(), 0.0
    for wait, offsets, read in looks:
        now += wait
        seen = anchored(remember(seen, offsets, now), read)
        lag = time_lag(seen)
        assert lag.seconds is None or lag.seconds >= 0
        assert len(lag.wanted) <= WANTED_MAX
        assert all(rate is None or rate >= 0 for rate in arrival_rates(seen, 5.0).values())
        assert (processing_rate(seen, 5.0) or 0.0) >= 0


@given(
    st.lists(st.tuples(waits, st.integers(0, 50)), min_size=1, max_size=30),
    st.one_of(st.none(), st.floats(-1e4, 1e4)),
    st.data(),
)
def test_the_more_is_committed_the_younger_the_oldest(
    steps: list[tuple[float, int]], written_at: float | None, data: st.DataObject
) -> None:
    """A topic that grows, one partition; what is older than the history is known by its first record, or not at all."""
    seen, now, end = History(), 0.0, data.draw(st.integers(0, 50))
    for wait, more in steps:
        now, end = now + wait, end + more
        seen = remember(seen, Offsets({0: 0}, {0: end}), now)
    seen = seen if written_at is None else anchored(seen, {0: Anchor(0, written_at)})
    commits = sorted(data.draw(st.lists(st.integers(0, end), min_size=2, max_size=5)))
    ages = [time_lag(_committed(seen, committed)).seconds for committed in commits]
    known = [age for age in ages if age is not None]
    assert known == sorted(known, reverse=True)
    assert ages == [None] * (len(ages) - len(known)) + known, "once known, known for all that is younger"


def _committed(seen: History, committed: int) -> History:
    last = seen.recent[-1]
    changed = replace(last.offsets, committed={0: committed})
    return replace(seen, recent=(*seen.recent[:-1], last._replace(offsets=changed)))
