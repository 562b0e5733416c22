"""A real broker, from start to stop."""

import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.consumer import AIOKafkaConsumer
from aiokafka.producer import AIOKafkaProducer

from broker import Broker
from contract.kafka import KafkaSettings

pytestmark = pytest.mark.integration


async def make_topic(broker: Broker, name: str, partitions: int = 1) -> None:
    """A topic through the admin protocol."""
    admin = AIOKafkaAdminClient(**KafkaSettings(bootstrap_servers=broker.bootstrap_servers).client_options())
    await admin.start()
    await admin.create_topics([NewTopic(name, partitions, 1)])
    await admin.close()


async def write(broker: Broker, topic: str, value: bytes) -> None:
    """One record, acknowledged."""
    async with AIOKafkaProducer(bootstrap_servers=broker.bootstrap_servers) as producer:
        await producer.send_and_wait(topic, value)


async def read(broker: Broker, topic: str, count: int) -> list[bytes]:
    """The first records of a topic."""
    consumer = AIOKafkaConsumer(topic, bootstrap_servers=broker.bootstrap_servers, auto_offset_reset="earliest")
    async with consumer:
        return [(await consumer.getone()).value or b"" for _ in range(count)]


async def test_a_started_broker_takes_and_gives_records(kafka: Broker) -> None:
    """`start` returns when the broker can be used, not merely when its port is open."""
    await make_topic(kafka, "lifecycle")
    await write(kafka, "lifecycle", b"hello")
    assert await read(kafka, "lifecycle", 1) == [b"hello"]


async def test_data_and_port_survive_a_stop_and_a_crash(own_kafka: Broker) -> None:
    """What was acknowledged before a clean stop, or well before a SIGKILL, is there afterwards, at the same address."""
    await make_topic(own_kafka, "kept")
    address, pid = own_kafka.bootstrap_servers, own_kafka.pid
    await write(own_kafka, "kept", b"before the stop")
    await own_kafka.restart()
    await write(own_kafka, "kept", b"before the crash")
    own_kafka.kill()
    assert not own_kafka.alive
    await own_kafka.start()
    assert own_kafka.bootstrap_servers == address
    assert own_kafka.pid != pid
    assert await read(own_kafka, "kept", 2) == [b"before the stop", b"before the crash"]
