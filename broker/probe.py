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

ANSWER_SECONDS = 5.0


async def answers(host: str, port: int) -> bool:
    """One try, on a plain-text listener."""
    return await is_open(host, port) and await lists_a_broker(f"[{host}]:{port}" if ":" in host else f"{host}:{port}")


async def is_open(host: str, port: int) -> bool:
    """Cheap, and quiet: while Java starts this is asked many times, and aiokafka logs each refusal as an error."""
    try:
        _, writer = await asyncio.wait_for(asyncio.open_connection(host, port), ANSWER_SECONDS)
    except OSError:
        return False
    writer.close()
    return True


async def lists_a_broker(address: str) -> bool:
    """Ask for the cluster's metadata."""
    client = AIOKafkaClient(bootstrap_servers=address, request_timeout_ms=round(ANSWER_SECONDS * 1000))
    with quiet_client():
        try:
            await client.bootstrap()
            return bool(client.cluster.brokers())
        except KafkaError:
            return False
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
