"""Keys land where Kafka's default partitioner puts them."""

import numpy as np
import pytest
from aiokafka.partitioner import DefaultPartitioner
from hypothesis import given
from hypothesis import strategies as st

from producer.partitioner import murmur2, partitions_of
from producer.source import key_names


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        pytest.param(b"21", -973932308, id="21"),
        pytest.param(b"foobar", -790332482, id="foobar"),
        pytest.param(b"a-little-bit-long-string", -985981536, id="a multiple of four"),
        pytest.param(b"a-little-bit-longer-string", -1486304829, id="two bytes over"),
        pytest.param(b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971, id="long"),
        pytest.param(b"abc", 479470107, id="shorter than a word"),
    ],
)
def test_murmur2_gives_the_values_of_kafkas_own_test(key: bytes, expected: int) -> None:
    """From Kafka's UtilsTest; Java's int is signed."""
    hashed = murmur2(np.frombuffer(key, np.uint8).reshape(1, -1))
    assert hashed.astype(np.int32).tolist() == [expected]


@given(st.lists(st.binary(max_size=40), min_size=1, max_size=20), st.integers(1, 1_000))
def test_partitions_are_those_of_aiokafka(keys: list[bytes], partitions: int) -> None:
    """For keys of any bytes and lengths, in any mixture."""
    numbers = list(range(partitions))
    expected = [DefaultPartitioner()(key, numbers, numbers) for key in keys]
    assert partitions_of(keys, partitions).tolist() == expected


def test_a_table_of_keys_is_hashed_like_a_list() -> None:
    """The source's keys stand in a matrix."""
    names = key_names(1_000)
    assert (partitions_of(names, 7) == partitions_of(names.tolist(), 7)).all()
