"""Whether a broker really answers: a metadata answer that lists a broker, not just an open port.

Kafka opens its port before the controller has admitted the broker; a client that comes between the two is told that
there is no broker at all.
"""

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager

from aiokafka.client import AIOKafkaClient
from aiokafka.errors import KafkaError

from contract.addresses import host_port

ANSWER_SECONDS = 5.0


async def answers(host: str, port: int, mark: str) -> bool:
    """One try, on a plain-text listener.  `mark` is the rack that our broker was given: another's answer is none."""
    return await is_open(host, port) and mark in await racks(host_port(host, port))


async def is_open(host: str, port: int) -> bool:
    """Cheap, and quiet: while Java starts this is asked many times, and aiokafka logs each refusal as an error."""
    try:
        _, writer = await asyncio.wait_for(asyncio.open_connection(host, port), ANSWER_SECONDS)
    except OSError:
        return False
    writer.close()
    return True


async def racks(address: str) -> set[str | None]:
    """The racks of the brokers that the cluster's metadata lists; empty when nobody answers."""
    client = AIOKafkaClient(bootstrap_servers=address, request_timeout_ms=round(ANSWER_SECONDS * 1000))
    with quiet_client():
        try:
            await client.bootstrap()
            return {broker.rack for broker in client.cluster.brokers()}
        except KafkaError:
            return set()
        finally:
            await client.close()


@contextmanager
def quiet_client() -> Iterator[None]:
    """Keep aiokafka from logging, as errors, what is expected of a broker that has only just started."""
    logger = logging.getLogger("aiokafka")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(level)
