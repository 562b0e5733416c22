"""The topics around the one that is consumed: wait for that, make those that are missing beside it."""

import asyncio
import logging
from collections.abc import Sequence
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError as ClientError

from contract.errors import KafkaError
from contract.kafka import KafkaSettings, TopicSpec, admin_client, create_topics, unreachable
from processor.errors import StartError

RETRY_SECONDS = 0.5
DEAD_LETTER_BYTES_MAX = str(16 << 20)  # poison with our headers is larger than the source topic allowed it to be

log = logging.getLogger(__name__)


async def await_topic(settings: KafkaSettings, topic: str, *, seconds_max: float) -> None:
    """Return as soon as the cluster answers and has `topic`.  Raises StartError after `seconds_max`."""
    loop = asyncio.get_running_loop()
    until = loop.time() + seconds_max
    while problem := await _problem(settings, topic):
        if loop.time() + RETRY_SECONDS > until:
            raise StartError(f"{problem} (tried for {seconds_max:g} s)")
        log.warning("waiting", extra={"why": problem})
        await asyncio.sleep(RETRY_SECONDS)


async def make_beside(settings: KafkaSettings, source: str, names: Sequence[str], **configs: str) -> None:
    """Make what is missing of `names`: one partition each, as many copies as `source` has.

    Raises KafkaError when the cluster does not answer or refuses.
    """
    async with admin_client(settings) as admin:
        known = await _describe(settings, admin)
        copies = len(known[source]["partitions"][0]["replicas"]) if source in known else 1
        missing = [name for name in names if name not in known]
        specs = [TopicSpec(name=n, partitions=1, replication_factor=copies, configs=configs) for n in missing]
        if specs:
            await create_topics(admin, specs)


async def make_dead_letter_topic(settings: KafkaSettings, source: str, name: str) -> None:
    """Make it if it is missing, with room for the headers that a dead letter gets."""
    await make_beside(settings, source, [name], **{"max.message.bytes": DEAD_LETTER_BYTES_MAX})


async def _problem(settings: KafkaSettings, topic: str) -> str | None:
    try:
        async with admin_client(settings) as admin:
            known = await _describe(settings, admin)
    except KafkaError as error:
        return str(error)
    if topic in known:
        return None
    return f"there is no topic {topic} at {settings.bootstrap_servers}: create it, or start what produces it"


async def _describe(settings: KafkaSettings, admin: AIOKafkaAdminClient) -> dict[str, Any]:
    """All topics; asking for them by name could create them."""
    try:
        return {topic["topic"]: topic for topic in await admin.describe_topics()}
    except (ClientError, OSError) as error:
        raise unreachable(settings, error) from error
