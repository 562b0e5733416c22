"""The lease on a real Kafka: one of two leads, fencing is Kafka's own, and an outage changes nothing but the time."""

import asyncio
import time
import uuid
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import orjson
import pytest
from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.client import AIOKafkaClient
from aiokafka.protocol.transaction import EndTxnRequest
from confluent_kafka.admin import (  # type: ignore[attr-defined]  # it exports them without saying so
    AclBinding,
    AclOperation,
    AclPermissionType,
    AdminClient,
    ResourcePatternType,
    ResourceType,
)

from autoscaler.errors import LeaseError
from autoscaler.lease.election import Timing
from autoscaler.lease.lease import Lease, open_lease
from autoscaler.lease.record import topic_of, transactional_id_of
from autoscaler.lease.transaction import FencedError, Transactions
from broker import Broker, BrokerSecurity, BrokerSettings, running_broker
from contract.kafka import KafkaSettings, TopicSpec, admin_client, create_topics
from tests.integration.conftest import TEST_HEAP_MIB, quiet
from tests.workers import Topic

pytestmark = pytest.mark.integration

TIMING = Timing(lease_seconds=3.0)
PATIENCE_SECONDS = 40.0
USER, PASSWORD = "weir-test", "secret"


@pytest.fixture
def settings(kafka: Broker) -> KafkaSettings:
    return KafkaSettings(bootstrap_servers=kafka.bootstrap_servers)


@pytest.fixture
def group() -> str:
    """Of the test's own."""
    return f"group-{uuid.uuid4().hex[:8]}"


async def until(holds: Callable[[], object]) -> float:
    """Wait until something is so; how long that took, s."""
    began = time.monotonic()
    while not holds():
        assert time.monotonic() - began < PATIENCE_SECONDS, "waited in vain"
        await asyncio.sleep(0.005)
    return time.monotonic() - began


def leading(leases: Iterable[Lease]) -> list[Lease]:
    return [lease for lease in leases if lease.refusal() is None]


@asynccontextmanager
async def several(
    settings: KafkaSettings, group: str, count: int, timing: Timing = TIMING
) -> AsyncIterator[list[Lease]]:
    """So many leases, opened at the same moment."""
    async with AsyncExitStack() as stack:
        opened = (stack.enter_async_context(open_lease(settings, group, timing)) for _ in range(count))
        yield list(await asyncio.gather(*opened))


async def test_of_those_that_start_at_once_one_leads_and_goes_on(settings: KafkaSettings, group: str) -> None:
    async with several(settings, group, 4) as leases:
        await until(lambda: leading(leases))
        until_seconds = time.monotonic() + 2 * TIMING.lease_seconds
        leaders = set[int]()
        while time.monotonic() < until_seconds:
            assert len(leading(leases)) <= 1
            leaders.update(id(lease) for lease in leading(leases))
            await asyncio.sleep(0.005)
        assert len(leaders) == 1
        views = [lease.view() for lease in leases]
        assert len({view.holder for view in views if view}) == 1
        assert sorted(bool(view and view.mine) for view in views) == [False, False, False, True]


async def test_a_leader_that_leaves_hands_over_with_its_state(settings: KafkaSettings, group: str) -> None:
    """Each in turn, without waiting for the lease to run out."""
    async with several(settings, group, 3) as leases:
        for term in (1, 2, 3):
            took = await until(lambda: leading(leases))
            (leader,) = leading(leases)
            assert leader.term == term
            assert term == 1 or took < TIMING.lease_seconds * 0.9
            assert leader.saved_state() == (None if term == 1 else orjson.dumps({"of": term - 1}).replace(b":", b": "))
            leader.wants(term)
            await leader.save_state(orjson.dumps({"of": term}))
            await leader.release()
    async with open_lease(settings, group, TIMING) as later:
        assert (later.term, later.replicas, later.saved_state()) == (4, 3, b'{"of": 3}')


async def test_what_stands_in_kafka_can_be_read(settings: KafkaSettings, group: str) -> None:
    """A compacted topic of one partition, records of JSON under one key, the last of them a release."""
    async with open_lease(settings, group, TIMING) as lease:
        await lease.save_state(b'{"paused": true}')
    topic = topic_of(group)
    records = await Topic(settings, partitions=1).read(topic)
    assert {(record.partition, record.key) for record in records} == {(0, b"lease")}
    documents = [orjson.loads(record.value) for record in records]
    assert [document["renewal"] for document in documents] == list(range(1, len(documents) + 1))
    assert (documents[-1]["released"], documents[-1]["state"]) == (True, {"paused": True})
    admin = AIOKafkaAdminClient(**settings.client_options())
    await admin.start()
    (answer,) = await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, topic, {"cleanup.policy": ""})])
    await admin.close()
    assert answer.resources[0][4][0][1] == "compact"


@pytest.mark.parametrize("name", ["my_group", "größe 1/2", "x" * 250, "a.b"])
async def test_any_group_can_have_a_lease(settings: KafkaSettings, name: str) -> None:
    """Also beside one whose name would be the same to Kafka."""
    async with open_lease(settings, name, TIMING) as lease, open_lease(settings, name.replace(".", "_"), TIMING):
        assert lease.refusal() is None


async def test_a_record_that_is_no_lease_is_an_error_that_says_so(settings: KafkaSettings, group: str) -> None:
    topic = Topic(settings, partitions=1, name=topic_of(group))
    await topic.create()
    await topic.write({0: [(b"lease", b"something else")]})
    with pytest.raises(LeaseError, match="is no lease"):
        async with open_lease(settings, group, TIMING):
            pass


class FrozenError(Exception):
    """Here it stands still."""


class Freezable(Transactions):
    """Stands still before the end of a transaction, if told to; `end` goes on with it."""

    frozen = False
    stuck: tuple[Any, ...] = ()

    async def _ask_coordinator(self, request: Any, codes: Any) -> Any:
        if self.frozen and isinstance(request, EndTxnRequest):
            self.stuck = (request, codes)
            raise FrozenError
        return await super()._ask_coordinator(request, codes)

    async def end(self) -> None:
        await self._ask_coordinator(*self.stuck)


async def test_kafka_fences_who_was_there_before(settings: KafkaSettings, group: str) -> None:
    """Idle, or in the middle of a transaction, which is then undone."""
    topic = Topic(settings, partitions=1, name=f"fenced-{group}")
    await topic.create()
    client = AIOKafkaClient(**settings.client_options())
    await client.bootstrap()
    try:
        old, new = (Freezable(client, transactional_id_of(group), 10.0) for _ in range(2))
        partition = TopicPartition(topic.name, 0)
        await old.begin()
        await old.write(partition, b"k", b"before")
        await new.begin()
        with pytest.raises(FencedError):
            await old.write(partition, b"k", b"too late")
        new.frozen = True
        with pytest.raises(FrozenError):
            await new.write(partition, b"k", b"never ended")
        await old.begin()
        new.frozen = False
        with pytest.raises(FencedError):
            await new.end()
        await old.write(partition, b"k", b"after")
    finally:
        await client.close()
    found = await topic.read(topic.name, isolation_level="read_committed")
    assert [record.value for record in found] == [b"before", b"after"]


async def test_an_outage_of_kafka_changes_no_leader(own_kafka: Broker) -> None:
    """The leader stops acting when its lease runs out, nobody takes over, and it goes on when Kafka is back."""
    settings = KafkaSettings(bootstrap_servers=own_kafka.bootstrap_servers)
    timing = Timing(lease_seconds=6.0)  # whoever is the first to see Kafka again waits as long before it takes over
    async with several(settings, "outage", 2, timing) as leases:
        await until(lambda: leading(leases))
        (leader,) = leading(leases)
        for end in (own_kafka.stop, own_kafka.kill):
            ended = end()
            if ended is not None:
                await ended
            held = await until(lambda: not leading(leases))
            assert held <= timing.acting_seconds + 0.5
            assert str(leader.refusal()).startswith("the lease could not be renewed in time")
            assert not leader.standby
            await asyncio.sleep(timing.lease_seconds * 1.5)
            assert leading(leases) == []
            await own_kafka.start()
            await until(lambda: leading(leases))
            assert leading(leases) == [leader]
            assert leader.term == 1


async def test_a_topic_that_is_deleted_comes_to_nothing_worse_than_a_new_election(own_kafka: Broker) -> None:
    """Somebody clears up: the leader cannot renew until the topic is there again, and then one leads."""
    settings = KafkaSettings(bootstrap_servers=own_kafka.bootstrap_servers)
    async with several(settings, "cleared", 2) as leases:
        await until(lambda: leading(leases))
        async with admin_client(settings) as admin:
            await admin.delete_topics([topic_of("cleared")])
            await until(lambda: not leading(leases))
            await create_topics(admin, [TopicSpec(name=topic_of("cleared"), partitions=1)])
        await until(lambda: leading(leases))


def allow(address: str, kind: str, prefix: str, operations: Iterable[str]) -> None:
    """Grant operations on everything whose name begins so."""
    security = {"security.protocol": "SASL_PLAINTEXT", "sasl.mechanism": "PLAIN"}
    admin = AdminClient({"bootstrap.servers": address, **security, "sasl.username": "admin", "sasl.password": PASSWORD})
    rules = [
        AclBinding(
            ResourceType[kind],
            prefix,
            ResourcePatternType.PREFIXED,
            f"User:{USER}",
            "*",
            AclOperation[operation],
            AclPermissionType.ALLOW,
        )
        for operation in operations
    ]
    for granted in admin.create_acls(rules).values():
        granted.result(20)


async def test_it_needs_the_rights_that_it_names_and_no_others(tmp_path: Path) -> None:
    """Each that is missing is told by name; with all of them it leads."""
    security = BrokerSecurity(mechanisms=("PLAIN",), users={USER: PASSWORD, "admin": PASSWORD})
    authorizer = {
        "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        "super.users": "User:admin;User:ANONYMOUS",  # the broker itself
    }
    broker = BrokerSettings(data=tmp_path, heap_mib=TEST_HEAP_MIB, security=security, properties=authorizer)
    async with running_broker(broker, say=quiet) as kafka:
        address = kafka.bootstrap_servers
        settings = KafkaSettings.model_validate(
            {
                "bootstrap_servers": address,
                "security_protocol": "SASL_PLAINTEXT",
                "sasl_mechanism": "PLAIN",
                "sasl_username": USER,
                "sasl_password": PASSWORD,
            }
        )
        with pytest.raises(LeaseError, match=r"CREATE on the topic weir\.control\.g, .* or use --no-lease"):
            async with open_lease(settings, "g", TIMING):
                pass
        allow(address, "TOPIC", "weir.control.", ("READ", "WRITE", "DESCRIBE", "CREATE"))
        with pytest.raises(LeaseError, match=r"WRITE and DESCRIBE on the transactional id weir\.autoscaler\.g"):
            async with open_lease(settings, "g", TIMING):
                pass
        allow(address, "TRANSACTIONAL_ID", "weir.autoscaler.", ("WRITE", "DESCRIBE"))
        async with open_lease(settings, "g", TIMING) as lease:
            assert lease.refusal() is None
