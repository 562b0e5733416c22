"""Two `weir autoscale` on one group: one acts, and the other one when that is killed, frozen, stopped, or cut off."""

import asyncio
import os
import re
import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from autoscaler.journal import read_journal
from autoscaler.lease.election import LEASE_SECONDS
from broker import Broker
from contract.kafka import KafkaSettings
from tests.integration.test_autoscaler_command import PARTITIONS, Autoscaler, autoscaling
from tests.integration.test_autoscaler_live import FIXED_POLICY
from tests.integration.test_loadtests_run import all_gone
from tests.workers import Audit, Topic, eventually

pytestmark = [pytest.mark.integration, pytest.mark.timeout(120)]

TWO = FIXED_POLICY.format(name="two", replicas=2)
SLACK_SECONDS = 4.0
"""For what comes on top of the lease on a machine that has other things to do."""
LEADS = re.compile(r"^\S+  leader +\S+  term (\d+): (.*)$", re.MULTILINE)


@pytest.fixture
async def topic(kafka: Broker) -> Topic:
    """Topics and a group of the test's own."""
    return await Topic(KafkaSettings(bootstrap_servers=kafka.bootstrap_servers), partitions=PARTITIONS).create()


@contextmanager
def two(folder: Path, topic: Topic, policy: str = TWO, *more: str) -> Iterator[tuple[Autoscaler, Autoscaler]]:
    """Both started at the same moment, each in a folder of its own."""
    folders = [folder / "a", folder / "b"]
    for each in folders:
        each.mkdir()
    with (
        autoscaling(folders[0], topic, policy, "--journal", "decisions.jsonl", *more) as first,
        autoscaling(folders[1], topic, policy, "--journal", "decisions.jsonl", *more) as second,
    ):
        yield first, second


async def ready(both: Sequence[Autoscaler]) -> tuple[Autoscaler, Autoscaler]:
    """Leader and standby, as soon as the leader has two workers that are ready and the standby knows of it."""
    first, second = both

    def settled() -> bool:
        said = sorted((first.said, second.said), key=lambda text: " leader " in text)
        return " standby " in said[0] and said[1].count(" ready  ") >= 2

    await first.until(settled)
    return (first, second) if " leader " in first.said else (second, first)


def leads(autoscaler: Autoscaler) -> list[tuple[str, str]]:
    """In which terms it came to lead, and why."""
    return LEADS.findall(autoscaler.said)


async def all_processed(topic: Topic) -> None:
    """Every event is committed, and stands in the ledger."""

    async def committed() -> bool:
        return await topic.committed() == await topic.ends()

    await eventually(committed)
    assert Audit.of(await topic.entries(), topic.partitions).missing(await topic.ends()) == 0


async def test_of_two_one_acts(tmp_path: Path, topic: Topic) -> None:
    """The other one looks on: no worker, no decision, nothing in its journal."""
    await topic.fill(500)
    with two(tmp_path, topic) as both:
        leader, standby = await ready(both)
        await all_processed(topic)
        assert len(leader.workers) == 2
        assert standby.workers == []
        assert [term for term, _ in leads(leader)] == ["1"]
        assert leads(standby) == []
        await standby.until(lambda: "standby      2 wanted, 0 running" in standby.said)
        assert await standby.end() == 0, standby.said
        assert len(leader.workers) == 2
        assert await leader.end() == 0, leader.said
    journals = sorted(len(list(read_journal(tmp_path / name / "decisions.jsonl"))) > 0 for name in "ab")
    assert journals == [False, True]


async def test_when_the_leader_is_killed_the_other_takes_over(tmp_path: Path, topic: Topic) -> None:
    """Within the lease and a little; the workers died with their leader, and nothing is lost."""
    await topic.fill(6_000)
    with two(tmp_path, topic) as both:
        leader, standby = await ready(both)
        workers, killed_at = leader.workers, time.monotonic()
        await leader.end(signal.SIGKILL)
        await standby.until(lambda: leads(standby))
        took = time.monotonic() - killed_at
        assert took < LEASE_SECONDS + SLACK_SECONDS
        assert leads(standby)[0][0] == "2"
        assert "has not renewed its lease of 5 s" in leads(standby)[0][1]
        assert all_gone(workers, within_seconds=1)
        await standby.until(lambda: len(standby.workers) == 2)
        await topic.fill(500, first=6_000)
        await all_processed(topic)
        assert await standby.end() == 0, standby.said


async def test_what_an_operator_ordered_outlives_the_leader(tmp_path: Path, topic: Topic) -> None:
    """Told to the one, and asserted by the other; the standby itself takes no orders."""
    with two(tmp_path, topic) as both:
        leader, standby = await ready(both)
        assert await order(standby, replicas=4) == 409
        assert await order(leader, replicas=4) == 200
        await leader.until(lambda: len(leader.workers) == 4)
        await eventually(lambda: desires(standby, 4))
        await leader.end(signal.SIGKILL)
        await standby.until(lambda: len(standby.workers) == 4)
        assert await standby.end() == 0, standby.said


def address(autoscaler: Autoscaler) -> str:
    """Of its API."""
    found = re.search(r"at (http://\S+?)/,", autoscaler.said)
    assert found is not None
    return found[1]


async def desires(autoscaler: Autoscaler, replicas: int) -> bool:
    """Whether it knows so many to be wanted; a standby has it from the lease."""
    async with httpx.AsyncClient() as http:
        state = (await http.get(f"{address(autoscaler)}/api/v1/state")).json()
    return bool(state["replicas"]["desired"] == replicas)


async def order(autoscaler: Autoscaler, *, replicas: int) -> int:
    """Ask it for a number of workers; the status of its answer."""
    token = (autoscaler.log.parent / "weir-workers" / "api-token").read_text(encoding="utf-8").strip()
    async with httpx.AsyncClient(headers={"Authorization": f"Bearer {token}"}) as http:
        document = {"replicas": replicas, "for_seconds": 600}
        return (await http.put(f"{address(autoscaler)}/api/v1/target", json=document)).status_code


async def test_when_the_leader_leaves_the_other_takes_over_at_once(tmp_path: Path, topic: Topic) -> None:
    """While the first one's workers still finish what they hold."""
    await topic.fill(2_000)
    with two(tmp_path, topic) as both:
        leader, standby = await ready(both)
        leader.process.send_signal(signal.SIGTERM)
        left_at = time.monotonic()
        await standby.until(lambda: leads(standby))
        assert time.monotonic() - left_at < LEASE_SECONDS
        assert "gave the lease back" in leads(standby)[0][1]
        assert await asyncio.to_thread(leader.process.wait, 40) == 0, leader.said
        await all_processed(topic)
        assert await standby.end() == 0, standby.said


async def test_a_leader_that_was_frozen_does_nothing_when_it_wakes_up(tmp_path: Path, topic: Topic) -> None:
    """Its lease ran out while it stood still, with a worker to be replaced: it gives way, and ends its own workers."""
    await topic.fill(6_000)
    with two(tmp_path, topic) as both:
        leader, standby = await ready(both)
        mine = leader.workers
        leader.process.send_signal(signal.SIGSTOP)
        os.kill(mine[0], signal.SIGKILL)
        said = leader.said
        await standby.until(lambda: len(standby.workers) == 2)
        theirs = standby.workers
        leader.process.send_signal(signal.SIGCONT)
        await leader.until(lambda: " lost " in leader.said)
        assert all_gone(mine, within_seconds=20)
        await all_processed(topic)
        after = leader.said.removeprefix(said)
        assert " launch " not in after, after
        assert leader.workers == []
        assert standby.workers == theirs
        assert [term for term, _ in leads(leader)] == ["1"]
        assert await leader.end() == 0, leader.said
        assert standby.workers == theirs
        assert await standby.end() == 0, standby.said


async def test_leaders_change_as_often_as_they_die(tmp_path: Path, topic: Topic) -> None:
    """Three in a row; each goes on with the number of workers that the one before wanted."""
    await topic.fill(3_000)
    folders = [tmp_path / str(number) for number in range(3)]
    for folder in folders:
        folder.mkdir()
    one = FIXED_POLICY.format(name="one", replicas=1)
    with autoscaling(folders[0], topic, TWO) as first:
        await first.until(lambda: len(first.workers) == 2)
        with autoscaling(folders[1], topic, one) as second, autoscaling(folders[2], topic, one) as third:
            await second.until(lambda: " standby " in second.said and " standby " in third.said)
            await first.end(signal.SIGKILL)
            await second.until(lambda: leads(second) or leads(third))
            heir, last = (second, third) if leads(second) else (third, second)
            await heir.until(lambda: "2 → 1: fixed: always 1" in heir.said)
            await heir.end(signal.SIGKILL)
            await last.until(lambda: leads(last))
            assert leads(last)[0][0] == "3"
            await all_processed(topic)
            assert await last.end() == 0, last.said


async def test_without_kafka_the_leader_holds_and_goes_on(tmp_path: Path, own_kafka: Broker) -> None:
    """As long as Kafka is away nobody acts; afterwards it is the same one who does."""
    topic = await Topic(KafkaSettings(bootstrap_servers=own_kafka.bootstrap_servers), partitions=PARTITIONS).create()
    await topic.fill(1_000)
    with two(tmp_path, topic) as both:
        leader, standby = await ready(both)
        await own_kafka.stop()
        await leader.until(lambda: "holding      the lease could not be renewed" in leader.said)
        await asyncio.sleep(LEASE_SECONDS)
        await own_kafka.start()
        await leader.until(lambda: "holding      no longer" in leader.said)
        await topic.fill(1_000, first=1_000)
        await all_processed(topic)
        assert leads(standby) == []
        assert [term for term, _ in leads(leader)] == ["1"]
        assert await standby.end() == 0, standby.said
        assert await leader.end() == 0, leader.said
