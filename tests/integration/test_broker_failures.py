"""What goes wrong with a real broker ends in one message with the cause and the log's path, and no process."""

import struct
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from aiokafka.record.util import calc_crc32c

from broker import Broker, BrokerError, BrokerSettings, running_broker, start_broker
from broker.folder import Folder, open_folder, write_identity
from broker.formatting import CHECKPOINT
from tests.integration.conftest import TEST_HEAP_MIB, quiet

pytestmark = pytest.mark.integration


def settings_for(data: Path) -> BrokerSettings:
    return BrokerSettings(data=data, heap_mib=TEST_HEAP_MIB)


def no_java_left(folder: Path) -> bool:
    """Whether no process works on this folder any more."""
    lines = [" ".join(p.info["cmdline"] or ()) for p in psutil.process_iter(["cmdline"])]
    return not any(str(folder / "server.properties") in line for line in lines)


async def used_folder(data: Path) -> Folder:
    """The folder of a broker that has run and was stopped."""
    async with running_broker(settings_for(data), say=quiet) as broker:
        return broker.folder


def newer(checkpoint: bytes) -> bytes:
    """The same checkpoint, as a Kafka one metadata version ahead of ours would have written it."""
    batches, at = bytearray(checkpoint), 0
    while at < len(batches):
        end = at + 12 + struct.unpack_from(">i", batches, at + 8)[0]
        level = batches.find(b"metadata.version", at, end) + len(b"metadata.version") + 1
        if level > at + len(b"metadata.version"):
            batches[level] += 1
        struct.pack_into(">I", batches, at + 17, calc_crc32c(bytes(batches[at + 21 : end])))
        at = end
    return bytes(batches)


def belongs_to_another_node(folder: Folder) -> None:
    identity = folder.kafka / "meta.properties"
    identity.write_text(identity.read_text().replace("node.id=1", "node.id=7"))


def is_damaged(folder: Folder) -> None:
    (folder.kafka / "meta.properties").write_text("not what Kafka wrote\n")


@pytest.mark.parametrize(
    ("spoil", "meaning", "line"),
    [
        pytest.param(belongs_to_another_node, "belongs to another node", "Stored node id 7", id="another node's data"),
        pytest.param(is_damaged, "is damaged", "node ID not found", id="an unreadable meta.properties"),
    ],
)
async def test_a_spoilt_data_folder_is_named_as_the_cause(
    tmp_path: Path, spoil: Callable[[Folder], None], meaning: str, line: str
) -> None:
    """The message has the meaning, Kafka's own line, the exit code and the log's path."""
    folder = await used_folder(tmp_path / "kafka")
    spoil(folder)
    with pytest.raises(BrokerError, match=meaning) as failed:
        await start_broker(settings_for(folder.data), say=quiet)
    for part in (line, "exit code 1", str(folder.log)):
        assert part in str(failed.value)
    assert no_java_left(folder.data)


async def test_data_of_a_newer_kafka_is_told_as_such(tmp_path: Path, kafka: Broker) -> None:
    """Also when only Kafka's own files tell, since the folder came from elsewhere."""
    checkpoint = newer((kafka.folder.kafka / CHECKPOINT).read_bytes())
    folder = open_folder(tmp_path / "kafka")
    write_identity(folder)
    (folder.kafka / CHECKPOINT).write_bytes(checkpoint)
    with pytest.raises(BrokerError, match="written by a newer Kafka"):
        await start_broker(settings_for(folder.data), say=quiet)


async def test_a_running_brokers_folder_and_port_are_refused(tmp_path: Path, kafka: Broker) -> None:
    """Before Java starts, and naming who has them."""
    with pytest.raises(BrokerError, match=f"another broker is running .*pid {kafka.pid}"):
        await start_broker(settings_for(kafka.folder.data), say=quiet)
    with pytest.raises(BrokerError, match=f"port {kafka.port} .* is taken"):
        await start_broker(BrokerSettings(data=tmp_path / "kafka", port=kafka.port), say=quiet)


async def test_a_port_lost_to_another_kafka_is_not_mistaken_for_our_own_answer(
    tmp_path: Path, kafka: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The port is free when looked at and taken when Kafka binds it; the other one's answer must not count as ours."""
    monkeypatch.setattr("broker.ports.is_free", lambda _host, _port: True)
    with pytest.raises(BrokerError, match="Address already in use"):
        await start_broker(BrokerSettings(data=tmp_path / "kafka", port=kafka.port, heap_mib=TEST_HEAP_MIB), say=quiet)
    assert no_java_left(tmp_path / "kafka")


async def test_a_property_that_kafka_refuses_is_quoted(tmp_path: Path) -> None:
    """Kafka's own words about the value are in the message."""
    wrong = BrokerSettings(data=tmp_path / "kafka", properties={"num.io.threads": "many"})
    with pytest.raises(BrokerError, match=r"Invalid value many for configuration num\.io\.threads"):
        await start_broker(wrong, say=quiet)


async def test_a_start_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    """A time limit, then an error, and no process left."""
    hasty = BrokerSettings(data=tmp_path / "kafka", heap_mib=TEST_HEAP_MIB, start_seconds=0.2)
    with pytest.raises(BrokerError, match=r"did not answer within 0\.2 s"):
        await start_broker(hasty, say=quiet)
    assert no_java_left(tmp_path / "kafka")


async def test_a_broker_that_dies_says_what_it_died_of(own_kafka: Broker) -> None:
    """`wait` returns when the broker ends without having been asked to."""
    psutil.Process(own_kafka.pid).kill()
    died = await own_kafka.wait()
    assert "ended by itself (exit code 137)" in str(died)
    assert str(own_kafka.log) in str(died)
