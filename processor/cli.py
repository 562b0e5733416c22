"""`weir process`: one worker from the command line.  Options win over the environment; without any, that alone counts.

What can be set is in `contract/worker.py` and `contract/kafka.py`; each field is also read from `WEIR_WORKER_…` and
`WEIR_KAFKA_…`.  Only what people type by hand has an option here; credentials have none, since options show in `ps`.
"""

import asyncio
import contextlib
import signal
import sys
from typing import Annotated, Any

import orjson
import typer
import uvloop

from contract.kafka import KafkaSettings
from contract.logs import set_up_logs
from contract.worker import WorkerSettings
from processor.app import Worker, worker_name

HELP = """One worker of a consumer group: reads a topic, hands its events to a handler, and keeps the ledger.

Every option can come from the environment instead: `--group` is `WEIR_WORKER_GROUP`, `--kafka` is
`WEIR_KAFKA_BOOTSTRAP_SERVERS`, credentials are `WEIR_KAFKA_…` only. SIGTERM and Ctrl-C finish the events in hand,
commit and leave the group.

Examples:

    weir process --topic events --group g1

    weir process --group g1 --handler burn --cpu-micros 50 --init-cpu-seconds 10

    weir process --group g1 --handler wait --service-micros 1000     # at most 1,000 events a second

    weir process --group g1 --handler window --window-seconds 10 --output-topic counts

    weir process --group g1 --events json --handler mymodule:handle  # your own, from this folder

Status while it runs: http://HOST:PORT/status, /metrics, /startupz, /livez, /readyz.
"""


def process(
    *,
    kafka: Annotated[
        str | None, typer.Option(help="Kafka's address, host:port.", show_default="127.0.0.1:9092")
    ] = None,
    topic: Annotated[str | None, typer.Option(help="Topic to read.", show_default="events")] = None,
    group: Annotated[str | None, typer.Option(help="Consumer group.", show_default="weir")] = None,
    worker_id: Annotated[str | None, typer.Option(help="Name in ledger and logs.", show_default="host and pid")] = None,
    events: Annotated[
        str | None, typer.Option(help="weir = our own schema, json = any JSON.", show_default="weir")
    ] = None,
    handler: Annotated[
        str | None, typer.Option(help="count, burn, wait, work, window, or module:callable.", show_default="count")
    ] = None,
    cpu_micros: Annotated[float | None, typer.Option(help="burn: CPU per event.")] = None,
    service_micros: Annotated[float | None, typer.Option(help="wait: time per event.")] = None,
    window_seconds: Annotated[float | None, typer.Option(help="window: its length.", show_default="10")] = None,
    lateness_seconds: Annotated[float | None, typer.Option(help="window: allowed lateness.", show_default="1")] = None,
    output_topic: Annotated[str | None, typer.Option(help="window: where results go.")] = None,
    attempts: Annotated[
        int | None, typer.Option(help="Tries before an event is dead-lettered.", show_default="3")
    ] = None,
    init_cpu_seconds: Annotated[float | None, typer.Option(help="Cold start: CPU burnt.")] = None,
    init_threads: Annotated[int | None, typer.Option(help="Cold start: in how many threads.", show_default="1")] = None,
    init_wait_seconds: Annotated[float | None, typer.Option(help="Cold start: waiting.")] = None,
    init_memory_mib: Annotated[int | None, typer.Option(help="Cold start: memory held from then on.")] = None,
    ledger_topic: Annotated[str | None, typer.Option(help="Where processed ranges go.", show_default="nowhere")] = None,
    dead_letter_topic: Annotated[
        str | None, typer.Option(help="Where events go that cannot be processed.", show_default="TOPIC.dead-letter")
    ] = None,
    auto_offset_reset: Annotated[str | None, typer.Option(help="earliest or latest.", show_default="earliest")] = None,
    commit_interval_seconds: Annotated[
        float | None, typer.Option(help="Seconds between two commits.", show_default="1")
    ] = None,
    status_host: Annotated[
        str | None, typer.Option(help="Address of the status page.", show_default="127.0.0.1")
    ] = None,
    status_port: Annotated[
        int | None, typer.Option(help="Its port; 0 = a free one, printed as JSON.", show_default="0")
    ] = None,
) -> None:
    """Run one worker; the help that people see is HELP, so that its examples keep their lines."""
    settings = WorkerSettings.read(
        worker_id=worker_id,
        topic=topic,
        group=group,
        events=events,
        handler=_given(
            name=handler,
            cpu_micros=cpu_micros,
            service_micros=service_micros,
            window_seconds=window_seconds,
            lateness_seconds=lateness_seconds,
            output_topic=output_topic,
            attempts=attempts,
        ),
        init=_given(
            cpu_seconds=init_cpu_seconds,
            threads=init_threads,
            wait_seconds=init_wait_seconds,
            memory_mib=init_memory_mib,
        ),
        ledger_topic=ledger_topic,
        dead_letter_topic=dead_letter_topic,
        auto_offset_reset=auto_offset_reset,
        commit_interval_seconds=commit_interval_seconds,
        status_host=status_host,
        status_port=status_port,
    )
    set_up_logs("worker", worker=worker_name(settings), group=settings.group)
    uvloop.run(_work(settings, KafkaSettings.read(bootstrap_servers=kafka)))


process.__doc__ = HELP


async def _work(settings: WorkerSettings, kafka: KafkaSettings) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)

    def announce(port: int) -> None:
        if settings.status_port == 0:
            with contextlib.suppress(BrokenPipeError):  # whoever launched us has gone already
                sys.stdout.write(orjson.dumps({"status_port": port}).decode() + "\n")
                sys.stdout.flush()

    await Worker(settings, kafka).run(stop, announce)


def _given(**values: Any) -> dict[str, Any] | None:
    """What was given on the command line; None, so that the environment counts, when nothing was."""
    return {name: value for name, value in values.items() if value is not None} or None
