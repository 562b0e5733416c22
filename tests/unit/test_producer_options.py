"""Short options mean what they say; what they cannot mean is refused."""

from pathlib import Path
from typing import Any

import pytest

from contract.errors import SettingsError
from contract.load import Constant, Keys, SizeShare, Sum, Trace
from contract.producer import ProducerSettings
from producer.assembly import limits_for, processes_for, source_for
from producer.options import with_load_options


def with_options(**options: Any) -> ProducerSettings:
    """On default settings."""
    return with_load_options(ProducerSettings(), **options)


def test_a_rate_is_a_constant_shape() -> None:
    """In events a second."""
    assert with_options(rate="5000").load.shape == Constant(rate=5_000)
    assert not with_options(rate="5000").flat_out


@pytest.mark.parametrize("rate", ["max", "0"])
def test_max_is_flat_out(rate: str) -> None:
    """And so is 0."""
    assert with_options(rate=rate).flat_out


def test_what_is_not_given_stays() -> None:
    """Options change only their own part of the load."""
    before = with_options(rate="7", keys="hot:10:0.3", event_bytes="500")
    after = with_load_options(before, event_bytes="600")
    assert after.load.model_dump() == {**before.load.model_dump(), "event_bytes": 600}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("uniform:50", Keys(kind="uniform", count=50), id="uniform"),
        pytest.param("zipf", Keys(kind="zipf"), id="only the kind"),
        pytest.param("zipf:20:1.5", Keys(kind="zipf", count=20, exponent=1.5), id="zipf"),
        pytest.param("hot:20:0.9", Keys(kind="hot", count=20, hot_share=0.9), id="a hot key"),
    ],
)
def test_keys(text: str, expected: Keys) -> None:
    """Kind, count, and the kind's own number."""
    assert with_options(keys=text).load.keys == expected


def test_sizes() -> None:
    """One, or shares of several."""
    assert with_options(event_bytes="1000").load.event_bytes == 1_000
    assert with_options(event_bytes="200:9,4000:1").load.event_bytes == (
        SizeShare(bytes=200, share=9),
        SizeShare(bytes=4_000, share=1),
    )


def test_a_shape_may_stand_on_the_command_line_or_in_a_file(tmp_path: Path) -> None:
    """Paths in a file are relative to the file."""
    assert with_options(shape="{kind: constant, rate: 3}").load.shape == Constant(rate=3)
    file = tmp_path / "shape.yaml"
    file.write_text("kind: sum\nshapes:\n  - {kind: trace, file: day.csv}\n", encoding="utf-8")
    shape = with_options(shape=str(file)).load.shape
    assert shape == Sum(kind="sum", shapes=(Trace(kind="trace", file=tmp_path / "day.csv"),))


@pytest.mark.parametrize(
    ("options", "told"),
    [
        pytest.param({"rate": "fast"}, "--rate: expected events/s, or max", id="a rate that is no number"),
        pytest.param({"rate": "5", "shape": "{kind: constant, rate: 3}"}, "not both", id="rate and shape"),
        pytest.param({"keys": "uniform:1:2"}, "uniform:COUNT", id="too many numbers"),
        pytest.param({"keys": "odd:1"}, "keys.kind", id="no such kind"),
        pytest.param({"keys": "zipf:x"}, "keys.count", id="no number"),
        pytest.param({"event_bytes": "big"}, "--event-bytes: expected a number", id="no size"),
        pytest.param({"event_bytes": "10"}, "event_bytes must be 64", id="too small"),
        pytest.param({"event_bytes": "10:1"}, "event_bytes", id="too small in a list"),
        pytest.param({"shape": "nowhere.yaml"}, "--shape", id="no such file"),
        pytest.param({"shape": "{kind: "}, "--shape", id="broken YAML"),
        pytest.param({"shape": "{kind: wave}"}, "shape", id="no such shape"),
    ],
)
def test_bad_options_are_refused(options: dict[str, str], told: str) -> None:
    """With the option or the field in the message."""
    with pytest.raises(SettingsError) as caught:
        with_options(**options)
    assert told in str(caught.value)


def test_a_number_of_events_goes_with_flat_out_alone() -> None:
    """With a rate it would be two ends."""
    flat_out = ProducerSettings(flat_out=True, events_max=10)
    assert with_load_options(flat_out).flat_out
    with pytest.raises(SettingsError, match="events_max goes with flat_out"):
        with_load_options(flat_out, rate="100")


@pytest.mark.parametrize(
    ("settings", "partitions", "expected"),
    [
        pytest.param(with_options(rate="200000"), 12, 1, id="one is enough"),
        pytest.param(with_options(rate="1200000"), 12, 3, id="as many as the peak needs"),
        pytest.param(with_options(rate="1200000"), 2, 2, id="never more than partitions"),
        pytest.param(with_options(rate="max"), 12, 1, id="flat out is one, unless told otherwise"),
        pytest.param(ProducerSettings(processes=5), 12, 5, id="what was asked for"),
        pytest.param(ProducerSettings(processes=5), 3, 3, id="none without a partition"),
    ],
)
def test_number_of_processes(settings: ProducerSettings, partitions: int, expected: int) -> None:
    """From the settings, or from the peak rate."""
    assert processes_for(settings, partitions) == expected


def test_a_block_fits_into_the_buffer() -> None:
    """Also when the buffer is as small as the settings allow."""
    settings = ProducerSettings(buffer_bytes_max=1 << 20, batch_bytes=1 << 20, flat_out=True)
    limits = limits_for(settings, source_for(settings, 12), partitions=12, own=12)
    assert limits.buffer_bytes == 1 << 20
    assert limits.record_bytes < limits.buffer_bytes // 2
