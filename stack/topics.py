"""`weir stack topics`: the topics of a stack, made before anybody uses them."""

import asyncio
import time
from typing import Annotated

import typer

from contract.errors import KafkaError
from contract.kafka import KafkaSettings, TopicSpec, admin_client, create_topics
from contract.logs import set_up_logs
from contract.worker import WorkerSettings
from processor.topics import make_dead_letter_topic

WAIT_SECONDS_MAX = 60.0
AGAIN_SECONDS = 1.0

EPILOG = """
Example:

  weir stack topics --topic events --partitions 24 --kafka kafka:9092

Kafka's security comes from WEIR_KAFKA_*.  Exit codes: 0 they are there, 2 Kafka does not answer or refuses.
"""


def topics(
    topic: Annotated[str, typer.Option(help="What the producer writes and the workers read.")] = "events",
    partitions: Annotated[
        int, typer.Option(min=1, max=10_000, help="How many; a topic that is there keeps its own.")
    ] = 24,
    kafka: Annotated[str | None, typer.Option(metavar="HOST:PORT", help="Kafka's address.")] = None,
) -> None:
    """Make the topic and that of its dead letters, if they are missing; waits a minute for Kafka."""
    set_up_logs("topics")
    settings, dead_letter = (
        KafkaSettings.read(bootstrap_servers=kafka),
        WorkerSettings(topic=topic).dead_letter_topic_name,
    )

    async def make() -> bool:
        existed = await _made(settings, TopicSpec(name=topic, partitions=partitions))
        await make_dead_letter_topic(settings, topic, dead_letter)
        return existed

    typer.echo(f"{'is there' if asyncio.run(make()) else 'made'}: {topic}; for its dead letters: {dead_letter}")


async def _made(settings: KafkaSettings, spec: TopicSpec) -> bool:
    """Whether it was there before."""
    until = time.monotonic() + WAIT_SECONDS_MAX
    while True:
        try:
            async with admin_client(settings) as admin:
                return bool(await create_topics(admin, [spec]))
        except KafkaError:
            if time.monotonic() > until:
                raise
            await asyncio.sleep(AGAIN_SECONDS)
