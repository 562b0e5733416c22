"""A producer as a program of its own, and what must hold for every account and log that it leaves."""

import asyncio
import json
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.structs import ConsumerRecord

from broker import Broker
from contract.event import decode, origin_of
from contract.kafka import KafkaSettings
from contract.ledger import PartitionAccount, ProducerAccount
from contract.producer import ProducerSettings, ProducerStatus

WAIT_SECONDS_MAX = 30.0


class Program:
    """`python -m producer` on a topic of its own."""

    def __init__(self, broker: Broker | str, folder: Path, *arguments: str, **settings: Any) -> None:
        address = broker if isinstance(broker, str) else broker.bootstrap_servers
        self.broker = address
        self.topic = f"t{secrets.token_hex(4)}"
        self.file = folder / f"{self.topic}.json"
        told = ProducerSettings(topic=self.topic, account_file=self.file, status_port=0, **settings)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "producer", *arguments],
            env={
                **os.environ,
                **told.to_environment(),
                **KafkaSettings(bootstrap_servers=address).to_environment(),
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def kill(self) -> None:
        """At once."""
        self.process.kill()
        self.process.communicate()

    def status(self) -> ProducerStatus:
        """What it says of itself now."""
        return ProducerStatus.model_validate_json(httpx.get(f"{self._url()}/status", trust_env=False).content)

    def metrics(self) -> str:
        """For Prometheus."""
        return httpx.get(f"{self._url()}/metrics", trust_env=False).text

    def until(self, holds: Callable[[ProducerStatus], bool]) -> ProducerStatus:
        """Wait for something that the status tells."""
        limit = time.monotonic() + WAIT_SECONDS_MAX
        while not holds(status := self.status()) and time.monotonic() < limit:
            time.sleep(0.02)
        if holds(status):
            return status
        raise AssertionError(f"the status never got there: {status}")

    def account(self, exit_code: int = 0) -> ProducerAccount:
        """Wait for the end, and what it wrote."""
        _, said = self.process.communicate(timeout=WAIT_SECONDS_MAX)
        assert self.process.returncode == exit_code, said
        account = ProducerAccount.model_validate_json(self.file.read_bytes())
        check(account)
        return account

    def records(self, partitions: int) -> list[ConsumerRecord]:
        """Everything in its topic."""
        return asyncio.run(read_all(self.broker, self.topic, partitions))

    def _url(self) -> str:
        if not hasattr(self, "_port"):
            assert self.process.stdout is not None
            line = self.process.stdout.readline()
            if not line:
                raise AssertionError(self.process.communicate()[1])
            self._port = json.loads(line)["status_port"]
        return f"http://127.0.0.1:{self._port}"


async def read_all(broker: str, topic: str, partitions: int) -> list[ConsumerRecord]:
    """All records of a topic, by partition."""
    consumer = AIOKafkaConsumer(bootstrap_servers=broker, auto_offset_reset="earliest", enable_auto_commit=False)
    await consumer.start()
    try:
        wanted = [TopicPartition(topic, partition) for partition in range(partitions)]
        consumer.assign(wanted)
        await consumer.seek_to_beginning()
        ends = await consumer.end_offsets(wanted)
        found: list[ConsumerRecord] = []
        while len(found) < sum(ends.values()):
            for records in (await consumer.getmany(timeout_ms=500)).values():
                found += records
        return found
    finally:
        await consumer.stop()


def check(account: ProducerAccount) -> None:
    """The sums that hold for every account."""
    parts: list[ProducerAccount | PartitionAccount] = [account, *account.partitions]
    for part in parts:
        assert part.sent == part.acknowledged + part.failed + part.unknown
    assert account.planned == account.sent + account.unsent
    for name in ("planned", "sent", "acknowledged", "failed", "unknown"):
        assert getattr(account, name) == sum(getattr(part, name) for part in account.partitions)
    assert sum(account.errors.values()) == account.failed


def check_log(account: ProducerAccount, records: list[ConsumerRecord], *, repeats: bool = False) -> None:
    """Every acknowledged event is there, numbered without gaps and in order; without repeats nothing else is."""
    seqs: dict[int, list[int]] = {}
    for record in records:
        origin = origin_of(decode(record.value))
        assert origin.part == record.partition
        seqs.setdefault(record.partition, []).append(origin.seq)
    for part in account.partitions:
        seen = seqs.get(part.partition, [])
        if repeats:
            assert len(set(seen)) >= part.acknowledged
        else:
            assert seen == list(range(part.acknowledged))
            assert part.last_offset == (part.acknowledged - 1 if part.acknowledged else None)


def constant(rate: float, **load: Any) -> dict[str, Any]:
    """A load of that rate."""
    return {"shape": {"kind": "constant", "rate": rate}, **load}
