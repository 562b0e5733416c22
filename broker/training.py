"""Makes Java's start-up cache: a broker lives for some seconds, does a little of everything, and Java keeps notes.

Once per machine, Java and set of jars.  Its one rule: a cache that cannot be made costs a line on the screen, never
a start; the reason is left beside it so that the attempt is not repeated at every start.
"""

import tempfile
from dataclasses import replace
from pathlib import Path

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError

from broker.errors import BrokerError
from broker.jars import Say
from broker.probe import quiet_client
from broker.runtime import Runtime, given_up_path
from broker.server import Broker
from broker.settings import BrokerSettings

HEAP_MIB = 512
WRITE_SECONDS = 180.0  # Java writes the cache as it ends: 6 s on two quiet cores
CACHES_MAX = 4
TOPIC, EVENTS = "training", 200


async def train(runtime: Runtime, *, say: Say) -> Runtime:
    """The runtime with its start-up cache made, or as it was if that did not work."""
    target = runtime.record_cache
    if target is None or given_up_path(target).exists():
        return replace(runtime, record_cache=None)
    say("preparing Java for faster starts: once on this machine, about 10 s")
    with tempfile.TemporaryDirectory(prefix="weir-training-", dir=target.parent) as scratch:
        draft = Path(scratch) / "cache.aot"
        try:
            await live(replace(runtime, record_cache=draft), Path(scratch) / "data")
            draft.replace(target)
            forget_oldest(target.parent)
        except (BrokerError, KafkaError, OSError) as error:
            say(f"Java's start-up cache could not be made; starts take a second longer ({error})")
            given_up_path(target).write_text(f"{error}\nDelete this file to have it tried again.\n", encoding="utf-8")
            return replace(runtime, record_cache=None)
    return replace(runtime, record_cache=None, startup_cache=target)


def forget_oldest(folder: Path) -> None:
    """Each Java (each virtual environment has its own) makes a cache of 70 MB: keep those used last."""
    caches = sorted(folder.glob("startup-*.aot"), key=lambda cache: cache.stat().st_mtime, reverse=True)
    for cache in caches[CACHES_MAX:]:
        cache.unlink(missing_ok=True)


async def live(runtime: Runtime, data: Path) -> None:
    """The short life that Java takes notes of."""
    broker = Broker(BrokerSettings(data=data, heap_mib=HEAP_MIB, stop_seconds=WRITE_SECONDS), runtime)
    await broker.start()
    try:
        with quiet_client():
            await exercise(broker.bootstrap_servers)
        await broker.stop()
    finally:  # nobody who pressed Ctrl-C wants to wait until Java has written its notes
        broker.kill()


async def exercise(address: str) -> None:
    """Topics, producing, a consumer group, commits: what every run begins with."""
    admin = AIOKafkaAdminClient(bootstrap_servers=address)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(TOPIC, 2, 1)])
    finally:
        await admin.close()
    async with AIOKafkaProducer(bootstrap_servers=address) as producer:
        for number in range(EVENTS):
            await producer.send(TOPIC, b"event", partition=number % 2)
    consumer = AIOKafkaConsumer(TOPIC, bootstrap_servers=address, group_id=TOPIC, auto_offset_reset="earliest")
    async with consumer:
        await consumer.getone()
        await consumer.commit()
