"""Poison on a real Kafka: where it lands, how workers take it, and what the audit says of it."""

from pathlib import Path

import pytest

from broker import Broker
from contract.errors import KafkaError
from contract.kafka import KafkaSettings
from loadtests.audit import LogOffsets, audit
from loadtests.poison import Poisoner
from tests.ledgers import account, sent
from tests.workers import Topic, running

pytestmark = pytest.mark.integration

PARTITIONS = 3
EVENTS_EACH = 50


@pytest.fixture
def settings(kafka: Broker) -> KafkaSettings:
    """The session's broker."""
    return KafkaSettings(bootstrap_servers=kafka.bootstrap_servers)


async def test_poison_goes_round_the_partitions_and_its_offsets_are_known(settings: KafkaSettings) -> None:
    """The account names exactly the records that are poison, over several batches and several faults."""
    topic = await Topic(settings, partitions=PARTITIONS).create()
    await topic.fill(EVENTS_EACH)
    poisoner = Poisoner(settings, topic=topic.name, partitions=PARTITIONS)
    for records in (1, 4, 5_000):
        await poisoner.write(records)
    found = [record for record in await topic.read(topic.name) if record.value.startswith(b"\xff poison")]
    claimed = {(i.partition, n) for i in poisoner.injected for n in range(i.first_offset, i.last_offset + 1)}
    assert {(record.partition, record.offset) for record in found} == claimed
    assert sorted(record.value for record in found) == sorted(b"\xff poison %d" % n for n in range(5_005))
    assert [sum(r.partition == p for r in found) for p in range(PARTITIONS)] == [1_669, 1_668, 1_668]


async def test_dead_lettered_poison_is_no_loss(settings: KafkaSettings, tmp_path: Path) -> None:
    """A worker of ours buries all of it; the audit counts it as put in, and every event as processed."""
    topic = await Topic(settings, partitions=PARTITIONS).create()
    poisoner = Poisoner(settings, topic=topic.name, partitions=PARTITIONS)
    await topic.fill(EVENTS_EACH)
    await poisoner.write(7)
    await topic.fill(EVENTS_EACH, first=EVENTS_EACH)
    async with running(topic.settings(), settings, tmp_path) as worker:
        await worker.until_processed(2 * EVENTS_EACH * PARTITIONS + 7)
        assert await worker.end() == 0
    ends, committed = await topic.ends(), await topic.committed()
    log = [LogOffsets(partition=p, start=0, end=ends[p], committed=committed[p]) for p in range(PARTITIONS)]
    accounts = account(*(sent(2 * EVENTS_EACH, partition=p) for p in range(PARTITIONS)))
    found = audit(accounts, await topic.entries(), log, poisoner.injected)
    assert found.complete, found.findings
    assert (found.injected, found.dead_lettered, found.unacknowledged_in_log, found.repeated) == (7, 7, 0, 0)
    assert found.findings == (
        "7 events were given up and sent to the dead-letter topic (partitions 0, 1, 2)",
        "7 poison records were put in by faults (partitions 0, 1, 2)",
    )


async def test_without_kafka_there_is_no_poison() -> None:
    poisoner = Poisoner(KafkaSettings(bootstrap_servers="127.0.0.1:1"), topic="events", partitions=1)
    with pytest.raises(KafkaError, match=r"no Kafka at 127\.0\.0\.1:1"):
        await poisoner.write(1)
    assert poisoner.injected == []
