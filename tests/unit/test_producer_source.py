"""What events carry: from the seed alone, with the keys and sizes that were asked for."""

import numpy as np
import pytest

from contract.load import Keys, Load, SizeShare
from producer.partitioner import partitions_of
from producer.source import CHUNK_EVENTS, VALUE_MAX, VALUE_MIN, Drawn, SeededSource, key_names

MANY = 100_000


def source(load: Load | None = None, *, seed: int = 1, partitions: int = 12) -> SeededSource:
    """A source with the defaults of a load."""
    return SeededSource(load or Load(), partitions=partitions, seed=seed)


def same(one: Drawn, other: Drawn) -> bool:
    """Equal in every column."""
    return all((getattr(one, name) == getattr(other, name)).all() for name in Drawn.__slots__)


def test_the_same_seed_draws_the_same_events() -> None:
    """And another one others."""
    assert same(source().draw(0, MANY), source().draw(0, MANY))
    assert not same(source().draw(0, MANY), source(seed=2).draw(0, MANY))


@pytest.mark.parametrize(
    ("first", "count"),
    [
        pytest.param(0, 1, id="the first"),
        pytest.param(17, 0, id="none"),
        pytest.param(CHUNK_EVENTS - 1, 2, id="across the end of a chunk"),
        pytest.param(CHUNK_EVENTS, CHUNK_EVENTS, id="exactly one chunk"),
        pytest.param(5, 3 * CHUNK_EVENTS, id="across several chunks"),
    ],
)
def test_any_stretch_is_the_same_as_when_all_are_drawn(first: int, count: int) -> None:
    """How many are drawn at a time depends on timing, so it must not matter."""
    everything = source().draw(0, 4 * CHUNK_EVENTS)
    assert same(source().draw(first, count), everything.rows(slice(first, first + count)))


def test_keys_decide_partitions() -> None:
    """As Kafka's default partitioner would."""
    made = source(partitions=7)
    drawn = made.draw(0, 1_000)
    assert (drawn.partition == partitions_of(made.keys[drawn.key].tolist(), 7)).all()


def test_values_and_types_cover_their_ranges() -> None:
    """Values have three digits, types are those of the load."""
    drawn = source(Load(types=("a", "b", "c"))).draw(0, MANY)
    assert (drawn.value.min(), drawn.value.max()) == (VALUE_MIN, VALUE_MAX)
    assert set(drawn.type.tolist()) == {0, 1, 2}


@pytest.mark.parametrize(
    ("keys", "share_of_first"),
    [
        pytest.param(Keys(kind="uniform", count=10), 0.1, id="uniform"),
        pytest.param(Keys(kind="zipf", count=3, exponent=1.0), 6 / 11, id="zipf: 1 of 1 + 1/2 + 1/3"),
        pytest.param(Keys(kind="hot", count=100, hot_share=0.3), 0.3, id="a hot key"),
        pytest.param(Keys(kind="hot", count=1, hot_share=0.3), 1.0, id="a hot key and no other"),
        pytest.param(Keys(kind="uniform", count=1), 1.0, id="one key"),
    ],
)
def test_the_first_key_gets_its_share(keys: Keys, share_of_first: float) -> None:
    """Within five standard errors."""
    first = (source(Load(keys=keys)).draw(0, MANY).key == 0).mean()
    assert abs(first - share_of_first) <= 5 * np.sqrt(share_of_first * (1 - share_of_first) / MANY)


def test_zipf_falls_like_its_exponent() -> None:
    """Key 1 is drawn 2**1.1 times as often as key 2, and so on."""
    counts = np.bincount(source(Load(keys=Keys(kind="zipf", exponent=1.1))).draw(0, MANY).key)
    assert counts[0] / counts[9] == pytest.approx(10**1.1, rel=0.15)


def test_other_keys_than_the_hot_one_are_even() -> None:
    """The first key is not drawn among the others again."""
    counts = np.bincount(source(Load(keys=Keys(kind="hot", count=5, hot_share=0.2))).draw(0, MANY).key)
    assert counts.min() > 0.19 * MANY


def test_sizes_follow_their_distribution() -> None:
    """Shares need not add up to one."""
    load = Load(event_bytes=(SizeShare(bytes=100, share=9), SizeShare(bytes=4_000, share=1)))
    made = source(load)
    assert made.sizes == [100, 4_000]
    assert made.draw(0, MANY).size.mean() == pytest.approx(0.1, abs=0.01)


def test_key_names_are_equally_long_and_different() -> None:
    """Leading zeros make them so."""
    assert key_names(1).tolist() == [b"k0"]
    assert key_names(11).tolist()[::5] == [b"k00", b"k05", b"k10"]
    assert len(set(key_names(1_234).tolist())) == 1_234
