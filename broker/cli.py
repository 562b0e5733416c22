"""`weir kafka start` and `weir kafka fetch`: the embedded broker on its own."""

import asyncio
import contextlib
import signal
from collections.abc import Coroutine
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from broker.errors import BrokerError
from broker.jars import KAFKA_VERSION, cache_folder, resolve_jars
from broker.launcher import runtime, start_broker
from broker.server import Broker
from broker.settings import BrokerSettings

T = TypeVar("T")
app = typer.Typer(
    name="kafka", no_args_is_help=True, help=f"A real Apache Kafka {KAFKA_VERSION}, without Java or Docker."
)


@app.command()
def start(
    data: Annotated[Path, typer.Option(help="Folder for the broker's data; kept, and continued at the next start.")],
    *,
    port: Annotated[int, typer.Option(help="Port for clients; 0 picks a free one.", min=0, max=65535)] = 9092,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    heap_mib: Annotated[int, typer.Option(help="Java heap, MiB.")] = 1024,
    java: Annotated[Path | None, typer.Option(help="A Java of 17 or newer, in place of the bundled one.")] = None,
    properties: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="A line for server.properties; repeatable.")
    ] = None,
) -> None:
    """Run a broker until Ctrl-C."""
    settings = BrokerSettings(
        data=data, port=port, host=host, heap_mib=heap_mib, java=java, properties=parsed(properties or [])
    )
    asyncio.run(serve(settings))


@app.command()
def fetch() -> None:
    """Download and verify Kafka, and prepare Java: afterwards this machine can start brokers offline."""
    resolved = resolve_jars(typer.echo)
    asyncio.run(prepare())
    size_mb = sum(jar.stat().st_size for jar in resolved) / 1e6
    typer.echo(
        f"Kafka {KAFKA_VERSION} is complete and verified: {len(resolved)} jars, {size_mb:.1f} MB in {cache_folder()}"
    )


async def prepare() -> None:
    """Everything that a first start would have to wait for."""
    await runtime(BrokerSettings(data=Path()), say=typer.echo)


async def serve(settings: BrokerSettings) -> None:
    """Start, tell, and wait for a signal or for the broker's own end."""
    asked = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, asked.set)
    broker = await unless(asked, start_broker(settings, say=typer.echo))
    if broker is None:
        return
    try:
        tell(broker)
        died = await unless(asked, broker.wait())
    finally:
        await broker.stop()
    if died is not None:
        raise died
    typer.echo("Kafka stopped")


async def unless(asked: asyncio.Event, work: Coroutine[None, None, T]) -> T | None:
    """What the work returns, or None, and the work cancelled, once somebody asks to stop."""
    working, waiting = asyncio.ensure_future(work), asyncio.ensure_future(asked.wait())
    await asyncio.wait({working, waiting}, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    if working.done():
        return working.result()
    working.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await working
    return None


def tell(broker: Broker) -> None:
    """The one line that says where everything is."""
    typer.echo(
        f"Kafka {KAFKA_VERSION} answers at {broker.bootstrap_servers} after {broker.started_seconds:.1f} s "
        f"(pid {broker.pid}, data {broker.folder.data}, log {broker.log}); Ctrl-C stops it"
    )


def parsed(lines: list[str]) -> dict[str, str]:
    """`key=value` arguments as a table."""
    wrong = [line for line in lines if "=" not in line]
    if wrong:
        raise BrokerError(f"expected --set KEY=VALUE, found {', '.join(map(repr, wrong))}")
    return {key.strip(): value for key, _, value in (line.partition("=") for line in lines)}
