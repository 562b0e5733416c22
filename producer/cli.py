"""`weir produce`, and `python -m producer`: options to settings, then the program."""

import asyncio
import logging
from pathlib import Path
from typing import Annotated

import typer
import uvloop

from contract.kafka import KafkaSettings
from contract.logs import set_up_logs
from contract.producer import ProducerSettings
from producer.child import role_of
from producer.memory import keep_memory
from producer.options import with_load_options
from producer.program import produce_as_child, produce_events


def produce(
    *,
    rate: Annotated[str | None, typer.Option(help="Events/s, or `max`: as fast as Kafka takes them.")] = None,
    shape: Annotated[
        str | None, typer.Option(metavar="YAML", help="A rate that changes: a shape in YAML, or a file with one.")
    ] = None,
    seconds: Annotated[float | None, typer.Option(help="How long.")] = None,
    events: Annotated[int | None, typer.Option(help="With --rate max: stop after this many.")] = None,
    topic: Annotated[str | None, typer.Option(help="Where to.")] = None,
    partitions: Annotated[
        int | None, typer.Option(min=1, help="Create the topic with so many if it is missing.")
    ] = None,
    kafka: Annotated[
        str | None, typer.Option(metavar="HOST:PORT", help="The cluster; security from WEIR_KAFKA_*.")
    ] = None,
    processes: Annotated[int | None, typer.Option(help="Default: as many as the peak rate needs.")] = None,
    event_bytes: Annotated[
        str | None, typer.Option(metavar="BYTES", help="Size of an event, or BYTES:SHARE,BYTES:SHARE.")
    ] = None,
    keys: Annotated[str | None, typer.Option(help="uniform:COUNT, zipf:COUNT:EXPONENT or hot:COUNT:SHARE.")] = None,
    replay: Annotated[Path | None, typer.Option(help="Send the lines of this JSON Lines file in turn.")] = None,
    replay_key: Annotated[
        str | None, typer.Option(metavar="FIELD", help="The field of a line that is its key.")
    ] = None,
    acks: Annotated[str | None, typer.Option(help="0, 1 or all.")] = None,
    idempotence: Annotated[bool | None, typer.Option(help="No duplicates by repeated requests.")] = None,
    compression: Annotated[str | None, typer.Option(help="none, lz4, zstd, gzip or snappy.")] = None,
    linger: Annotated[
        float | None, typer.Option(metavar="SECONDS", help="How long an event may wait for company.")
    ] = None,
    batch_bytes: Annotated[int | None, typer.Option(help="Size of a full batch.")] = None,
    seed: Annotated[int | None, typer.Option(help="The same seed sends the same events.")] = None,
    status_port: Annotated[int | None, typer.Option(help="Serve /status and /metrics; 0 picks a port.")] = None,
    account: Annotated[
        Path | None, typer.Option(help="Write what became of every event to this file, as JSON.")
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="No progress and no summary.")] = False,
    child: Annotated[str | None, typer.Option(hidden=True)] = None,
) -> None:
    """Send events by a schedule that a slow Kafka cannot stretch, and account for every one of them.

    What an option leaves open is read from WEIR_PRODUCER_* and WEIR_KAFKA_*.  Ctrl-C ends the schedule; what was sent
    is still answered for and written down.

    Examples:
    weir produce --rate 200000 --seconds 60 --topic events --partitions 12

    weir produce --rate max --events 10000000 --processes 2

    weir produce --shape '{kind: sine, mean_rate: 5000, amplitude_rate: 4000, period_seconds: 60}' --keys zipf:10000:1.1

    weir produce --replay orders.jsonl --replay-key customer --rate 1000 --kafka broker1:9092

    Exit codes: 0 done, 1 a process died or events failed, 2 bad input or no Kafka.
    """
    settings = with_load_options(
        ProducerSettings.read(
            seconds=seconds,
            events_max=events,
            flat_out=True if events is not None else None,
            topic=topic,
            processes=processes,
            acks=acks,
            idempotence=idempotence,
            compression=compression,
            linger_seconds=linger,
            batch_bytes=batch_bytes,
            seed=seed,
            status_port=status_port,
            account_file=account,
        ),
        rate=rate,
        shape=shape,
        event_bytes=event_bytes,
        keys=keys,
        replay=replay,
        replay_key=replay_key,
    )
    cluster = KafkaSettings.read(bootstrap_servers=kafka)
    set_up_logs("producer")
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # errors are counted by name, and shown as such
    keep_memory()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        if child is not None:
            runner.run(produce_as_child(settings, cluster, role_of(child)))
            return
        done = runner.run(produce_events(settings, cluster, partitions=partitions, quiet=quiet))
    if done.failed or (done.unknown and settings.acks != "0"):
        raise typer.Exit(1)
