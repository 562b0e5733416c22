"""`weir stack topics`: the topics of a stack, made before anybody uses them."""

import asyncio
import time
from typing import Annotated

import typer

from contract.errors import KafkaError
from contract.kafka import KafkaSettings, TopicSpec, admin_client, create_topics

WAIT_SECONDS_MAX = 60.0
AGAIN_SECONDS = 1.0
DEAD_LETTER_BYTES_MAX = str(16 << 20)
"""As workers make it themselves: poison with headers is larger than the topic it comes from allowed it to be."""

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
    specs = [
        TopicSpec(name=topic, partitions=partitions),
        TopicSpec(name=f"{topic}.dead-letter", partitions=1, configs={"max.message.bytes": DEAD_LETTER_BYTES_MAX}),
    ]
    existed = asyncio.run(_made(KafkaSettings.read(bootstrap_servers=kafka), specs))
    for spec in specs:
        typer.echo(f"{'is there' if spec.name in existed else 'made    '}  {spec.name}")


async def _made(settings: KafkaSettings, specs: list[TopicSpec]) -> set[str]:
    until = time.monotonic() + WAIT_SECONDS_MAX
    while True:
        try:
            async with admin_client(settings) as admin:
                return await create_topics(admin, specs)
        except KafkaError:
            if time.monotonic() > until:
                raise
            await asyncio.sleep(AGAIN_SECONDS)
