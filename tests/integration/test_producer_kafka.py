"""The producer as a program against a real Kafka: what it says it did is what stands in the log."""

import asyncio
import random
import secrets
import signal
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from broker import Broker
from contract.event import Origin, decode, origin_of, unpack_origin
from contract.histogram import LatencyHistogram
from contract.kafka import KafkaSettings, TopicSpec, admin_client, create_topics
from contract.ledger import ProducerAccount
from producer.partitioner import partitions_of
from tests.processes import ended
from tests.producers import WAIT_SECONDS_MAX, Program, check, check_log, constant

pytestmark = pytest.mark.integration


@pytest.mark.parametrize(
    ("partitions", "processes"),
    [
        pytest.param(12, 1, id="one process"),
        pytest.param(12, 2, id="two processes"),
        pytest.param(7, 3, id="partitions that do not divide"),
        pytest.param(2, 4, id="more processes than partitions"),
    ],
)
def test_exactly_the_planned_events_arrive(
    kafka: Broker, start: Callable[..., Program], partitions: int, processes: int
) -> None:
    """Offsets, counts and numbers of the account are those of the log; each partition has one producer."""
    program = start(kafka, "--partitions", str(partitions), load=constant(20_000), seconds=2, processes=processes)
    account = program.account()
    assert account.complete
    assert account.planned == account.acknowledged == 40_000
    records = program.records(partitions)
    assert len(records) == 40_000
    check_log(account, records)
    assert {part.pid for part in account.partitions} == set(range(min(processes, partitions)))
    assert LatencyHistogram.decode(account.schedule_delay).count == 40_000


def test_keys_lie_where_kafka_would_put_them(kafka: Broker, start: Callable[..., Program]) -> None:
    """And events carry key, type, value and size that were asked for."""
    load = constant(5_000, event_bytes=300, keys={"kind": "zipf", "count": 100}, types=("a", "b"))
    program = start(kafka, "--partitions", "5", load=load, seconds=1)
    program.account()
    records = program.records(5)
    keys = [record.key for record in records]
    assert partitions_of(keys, 5).tolist() == [record.partition for record in records]
    assert {len(record.value) for record in records} == {300}
    assert {decode(record.value)["type"] for record in records} == {"a", "b"}
    assert all(decode(record.value)["key"].encode() == record.key for record in records)


def test_the_same_seed_sends_the_same_events_however_many_processes(
    kafka: Broker, start: Callable[..., Program]
) -> None:
    """By partition, all but times and producer numbers."""

    def content(processes: int) -> dict[int, list[Any]]:
        program = start(kafka, "--partitions", "4", load=constant(5_000), seconds=1, processes=processes, seed=9)
        program.account()
        found: dict[int, list[Any]] = {}
        for record in program.records(4):
            event = decode(record.value)
            found.setdefault(record.partition, []).append([event[name] for name in ("seq", "key", "type", "value")])
        return found

    assert content(1) == content(3)


@pytest.mark.parametrize("compression", ["lz4", "zstd"])
def test_compressed_events_are_readable(kafka: Broker, start: Callable[..., Program], compression: str) -> None:
    """By any consumer."""
    program = start(kafka, "--partitions", "3", load=constant(5_000), seconds=1, compression=compression)
    account = program.account()
    check_log(account, program.records(3))
    assert account.acknowledged == 5_000


@pytest.mark.parametrize(
    "settings",
    [
        pytest.param({"acks": "all"}, id="acks=all"),
        pytest.param({"idempotence": True}, id="idempotence"),
        pytest.param(
            {"idempotence": True, "compression": "zstd", "processes": 2}, id="idempotence, zstd, two processes"
        ),
    ],
)
def test_stronger_guarantees(kafka: Broker, start: Callable[..., Program], settings: dict[str, Any]) -> None:
    """The same events arrive."""
    program = start(kafka, "--partitions", "4", load=constant(10_000), seconds=1, **settings)
    account = program.account()
    check_log(account, program.records(4))
    assert account.acknowledged == 10_000


def test_nobody_knows_without_acknowledgements(kafka: Broker, start: Callable[..., Program]) -> None:
    """acks=0: everything is sent, nothing is claimed."""
    program = start(kafka, "--partitions", "2", load=constant(1_000), seconds=1, acks="0")
    account = program.account()
    assert (account.sent, account.acknowledged, account.unknown) == (1_000, 0, 1_000)


def test_sizes_of_a_distribution(kafka: Broker, start: Callable[..., Program]) -> None:
    """Go the general way, and arrive like all others."""
    load = constant(3_000, event_bytes=({"bytes": 150, "share": 3}, {"bytes": 2_000, "share": 1}))
    program = start(kafka, "--partitions", "3", load=load, seconds=1)
    records = program.records(3) if program.account().acknowledged == 3_000 else []
    sizes = Counter(len(record.value) for record in records)
    assert set(sizes) == {150, 2_000}
    assert sizes[150] > 2 * sizes[2_000]


def test_replayed_lines_arrive_unchanged(kafka: Broker, start: Callable[..., Program], tmp_path: Path) -> None:
    """In turn, with their keys, and with their origin in a header."""
    lines = [b'{"user":"ann", "n" : 1}', b'{"user":"bob","n":2}', '{"user":"zoë","n":3}'.encode()]
    file = tmp_path / "events.jsonl"
    file.write_bytes(b"\n".join(lines) + b"\n")
    program = start(kafka, "--partitions", "3", load=constant(300, replay=str(file), replay_key="user"), seconds=1)
    account = program.account()
    records = program.records(3)
    assert Counter(record.value for record in records) == dict.fromkeys(lines, 100)
    assert all(record.key == decode(record.value)["user"].encode() for record in records)
    origins = [unpack_origin(record.headers) for record in records]
    assert all(isinstance(origin, Origin) for origin in origins)
    for part in account.partitions:
        assert [o.seq for o in origins if o and o.part == part.partition] == list(range(part.acknowledged))


@pytest.mark.parametrize("processes", [1, 2])
def test_sigterm_at_any_moment_accounts_for_every_event(
    kafka: Broker, start: Callable[..., Program], processes: int
) -> None:
    """Sent = acknowledged + failed + unknown, planned = sent + unsent, and the log agrees."""
    seed = secrets.randbits(32)
    print(f"seed {seed}")  # noqa: T201  # shown when the test fails
    chance = random.Random(seed)  # noqa: S311  # not for secrets
    for _ in range(4):
        program = start(kafka, "--partitions", "5", load=constant(30_000), seconds=60, processes=processes)
        program.status()
        time.sleep(chance.random())
        program.process.send_signal(chance.choice([signal.SIGTERM, signal.SIGINT]))
        account = program.account()
        assert not account.complete
        assert account.failed == account.unknown == 0
        check_log(account, program.records(5))


def test_flat_out_stops_at_the_number(kafka: Broker, start: Callable[..., Program]) -> None:
    """Exactly, and with every process together."""
    program = start(kafka, "--partitions", "6", flat_out=True, events_max=300_000, seconds=30, processes=2)
    account = program.account()
    assert account.planned == account.acknowledged == 300_000
    assert account.complete


def test_status_and_metrics_tell_the_same(kafka: Broker, start: Callable[..., Program]) -> None:
    """While it runs, for several processes as for one."""
    program = start(kafka, "--partitions", "6", load=constant(5_000), seconds=4, processes=2)
    status = program.until(lambda status: status.acknowledged > 5_000)
    assert status.planned >= status.sent >= status.acknowledged
    assert len(status.process_ids) == 3
    assert status.publish_latency_seconds["p50"] is not None
    assert "producer_events_acked_total" in program.metrics()
    assert 'producer_schedule_delay_seconds_bucket{le="+Inf"}' in program.metrics()
    program.account()


def test_a_common_start_is_kept(kafka: Broker, start: Callable[..., Program]) -> None:
    """Second 0 is when the settings say, also when that lies in the past: then the beginning is late."""
    start_us = time.time_ns() // 1000 - 1_000_000
    program = start(kafka, "--partitions", "2", load=constant(1_000), seconds=2, start_us=start_us)
    account = program.account()
    assert account.started_us == start_us
    assert account.acknowledged == 2_000
    assert account.late >= 900
    dues = [origin_of(decode(record.value)).due_us for record in program.records(2)]
    assert min(dues) == start_us


def test_a_dead_child_makes_the_account_incomplete(kafka: Broker, start: Callable[..., Program]) -> None:
    """Exit code 1, a message that says who and how, and the others have ended too."""
    program = start(kafka, "--partitions", "6", load=constant(2_000), seconds=60, processes=3)
    status = program.until(lambda status: status.acknowledged > 100)
    children = psutil.Process(program.process.pid).children()
    assert len(children) == 3
    victim = next(child for child in children if child.pid in status.process_ids)
    victim.kill()
    _, said = program.process.communicate(timeout=WAIT_SECONDS_MAX)
    assert program.process.returncode == 1
    assert f"(pid {victim.pid}) was killed by SIGKILL" in said
    account = ProducerAccount.model_validate_json(program.file.read_bytes())
    check(account)
    assert not account.complete
    assert len({part.pid for part in account.partitions}) == 2
    assert all(ended(child.pid) for child in children)


def test_children_die_with_their_parent(kafka: Broker, start: Callable[..., Program]) -> None:
    """Even when it is killed."""
    program = start(kafka, "--partitions", "4", load=constant(1_000), seconds=60, processes=2)
    program.until(lambda status: status.acknowledged > 0)
    children = psutil.Process(program.process.pid).children()
    program.process.kill()
    _, alive = psutil.wait_procs(children, timeout=10)
    assert not alive


def test_no_kafka_is_one_clear_message(start: Callable[..., Program]) -> None:
    """Exit code 2, no traceback."""
    program = start("127.0.0.1:9", load=constant(10), seconds=1)
    _, said = program.process.communicate(timeout=WAIT_SECONDS_MAX)
    assert program.process.returncode == 2
    assert said.startswith("producer: no Kafka at 127.0.0.1:9")
    assert len(said.strip().splitlines()) == 1


def test_a_batch_that_the_topic_would_refuse_is_noticed_at_the_start(
    kafka: Broker, start: Callable[..., Program]
) -> None:
    """Not when everything has failed."""
    topic = TopicSpec(name=f"small{secrets.token_hex(4)}", partitions=1, configs={"max.message.bytes": "10000"})

    async def create() -> None:
        async with admin_client(KafkaSettings(bootstrap_servers=kafka.bootstrap_servers)) as admin:
            await create_topics(admin, [topic])

    asyncio.run(create())
    program = start(kafka, "--topic", topic.name, seconds=1)
    _, said = program.process.communicate(timeout=WAIT_SECONDS_MAX)
    assert program.process.returncode == 2
    assert "batch_bytes is 131,072" in said
    assert "takes 10,000 at most (max.message.bytes)" in said


@pytest.mark.parametrize(
    ("arguments", "settings", "told"),
    [
        pytest.param([], {}, "there is no topic", id="a topic that is missing"),
        pytest.param(
            ["--partitions", "1"],
            {"load": {"shape": {"kind": "trace", "file": "/nowhere.csv"}}},
            "/nowhere.csv cannot be read",
            id="a trace that is missing",
        ),
        pytest.param(
            ["--partitions", "1"], {"load": {"replay": "/nowhere.jsonl"}}, "/nowhere.jsonl", id="a missing replay"
        ),
    ],
)
def test_what_cannot_be_used_is_one_clear_message(
    kafka: Broker, start: Callable[..., Program], arguments: list[str], settings: dict[str, Any], told: str
) -> None:
    """Exit code 2, and what to do."""
    program = start(kafka, *arguments, seconds=1, **settings)
    _, said = program.process.communicate(timeout=WAIT_SECONDS_MAX)
    assert program.process.returncode == 2
    assert told in said
    assert "Traceback" not in said
