"""Whether a broker really answers: a metadata answer that lists a broker, not just an open port.

Kafka opens its port before the controller has admitted the broker; a client that comes between the two is told that
there is no broker at all.
"""

import asyncio
import logging

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
    quiet = logging.getLogger("aiokafka")
    level = quiet.level
    quiet.setLevel(logging.CRITICAL)  # a refused try is expected here
    try:
        await client.bootstrap()
        return bool(client.cluster.brokers())
    except KafkaError:
        return False
    finally:
        quiet.setLevel(level)
        await client.close()
