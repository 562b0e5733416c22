"""A user's own lines: unchanged, in turn, checked before anything is sent."""

from pathlib import Path

import pytest

from producer.errors import ProducerError
from producer.partitioner import partitions_of
from producer.replay import Line, ReplaySource, read_lines


def written(tmp_path: Path, text: bytes) -> Path:
    """A file with that content."""
    file = tmp_path / "events.jsonl"
    file.write_bytes(text)
    return file


def test_lines_keep_their_bytes(tmp_path: Path) -> None:
    """Spaces, order of fields and letters beyond ASCII; blank lines are not events."""
    file = written(tmp_path, '{"b" : 1,"a":2}\n\n  [1, 2]  \r\n"ü"'.encode())
    assert [line.payload for line in read_lines(file, None)] == [b'{"b" : 1,"a":2}', b"  [1, 2]  ", '"ü"'.encode()]


def test_a_field_gives_the_key(tmp_path: Path) -> None:
    """A string as it is, anything else as JSON."""
    file = written(tmp_path, b'{"user":"ann"}\n{"user":17}\n')
    assert [line.key for line in read_lines(file, "user")] == [b"ann", b"17"]


@pytest.mark.parametrize(
    ("text", "key", "told"),
    [
        pytest.param(b"{}\n{oops\n", None, "line 2: not JSON", id="not JSON"),
        pytest.param(b'{"a":1}\n{"b":1}\n', "a", "line 2: expected an object with the field 'a'", id="no such field"),
        pytest.param(b'{"a":null}\n', "a", "line 1: expected an object with the field 'a'", id="the key is null"),
        pytest.param(b"[1]\n", "a", "line 1: expected an object with the field 'a', found [1]", id="not an object"),
        pytest.param(b"\n\n", None, "has no lines", id="nothing in it"),
        pytest.param(b"x\n" * 12, None, "and 2 more", id="many faults are counted"),
    ],
)
def test_bad_lines_are_refused(text: bytes, key: str | None, told: str, tmp_path: Path) -> None:
    """The message has file and line numbers of the first faults."""
    with pytest.raises(ProducerError) as caught:
        read_lines(written(tmp_path, text), key)
    assert told in str(caught.value)
    assert "events.jsonl" in str(caught.value)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    """With its name."""
    with pytest.raises(ProducerError, match="cannot be read"):
        read_lines(tmp_path / "none.jsonl", None)


def test_lines_go_round_in_the_order_of_the_file() -> None:
    """For ever, and wherever a stretch begins."""
    replay = ReplaySource([Line(b"1", None), Line(b"2", None), Line(b"3", None)], partitions=2)
    assert replay.draw(4, 5).key.tolist() == [1, 2, 0, 1, 2]
    assert replay.draw(4, 5).partition.tolist() == [0, 1, 0, 1, 0]


def test_keyed_lines_go_where_kafka_puts_them() -> None:
    """The same key, the same partition."""
    keys = [b"ann", b"bob", b"ann"]
    replay = ReplaySource([Line(b"{}", key) for key in keys], partitions=5)
    assert replay.draw(0, 6).partition.tolist() == partitions_of(keys * 2, 5).tolist()
