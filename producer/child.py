"""One of several producer processes, seen from both ends of the pipe between it and its parent.

The child tells, a line of JSON at a time on its standard output, that it is connected, its figures twice a second, and
its account.  It waits for the moment to begin on its standard input; when that closes, the parent is gone and the
child ends at once, so that none is ever left behind.
"""

import asyncio
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from contract.kafka import KafkaSettings
from contract.ledger import ProducerAccount
from contract.producer import ProducerSettings
from producer.app import OneProcess
from producer.assembly import Role
from producer.figures import Figures

LINE_BYTES_MAX = 1 << 24  # an account has a line for each partition of the topic
REPORT_SECONDS = 0.5
OUR_VARIABLES = ("WEIR_PRODUCER_", "WEIR_KAFKA_")


@dataclass(slots=True)
class Child:
    """The parent's end: one process, and what it told last."""

    number: int
    process: Process
    ready: asyncio.Event = field(default_factory=asyncio.Event)
    figures: Figures | None = None
    account: ProducerAccount | None = None

    async def listen(self) -> None:
        """Read its lines until it ends."""
        assert self.process.stdout is not None
        while line := await self.process.stdout.readline():
            self._take(orjson.loads(line))
        await self.process.wait()
        self.ready.set()  # nobody need wait for it any longer

    def begin(self, start_us: int) -> None:
        """Tell it when second 0 is."""
        assert self.process.stdin is not None
        if not self.process.stdin.is_closing():  # if so, it died: listen() notices
            self.process.stdin.write(b"%d\n" % start_us)

    def _take(self, message: Mapping[str, Any]) -> None:
        if "figures" in message:
            self.figures = Figures.from_values(message["figures"])
        if "account" in message:
            self.account = ProducerAccount.model_validate(message["account"])
        if "connected" in message:
            self.ready.set()


async def spawn(settings: ProducerSettings, kafka: KafkaSettings, *, number: int, of: int) -> Child:
    """Start one child.  In a session of its own, so that Ctrl-C reaches the parent alone, which then ends all."""
    inherited = {name: value for name, value in os.environ.items() if not name.upper().startswith(OUR_VARIABLES)}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "producer", "--child", f"{number}/{of}"),
        env={**inherited, **settings.to_environment(), **kafka.to_environment()},
        stdin=PIPE,
        stdout=PIPE,
        limit=LINE_BYTES_MAX,
        start_new_session=True,
    )
    return Child(number, process)


async def be_child(one: OneProcess) -> None:
    """The child's end: run `one` as the parent says, and tell about it."""
    orders = await _orders()

    async def begin() -> int:
        _tell({"connected": True})
        return int(await orders.readline() or _orphaned())

    async with asyncio.TaskGroup() as tasks:
        reporting = tasks.create_task(_report(one))
        account = await one.run(begin)
        reporting.cancel()
    _tell({"figures": one.figures().to_values(), "account": account.model_dump(mode="json")})


def role_of(text: str) -> Role:
    """`2/4` is the third of four."""
    index, of = text.split("/")
    return Role(int(index), int(of))


async def _orders() -> asyncio.StreamReader:
    """Standard input, watched: its end is the parent's."""
    reader = _Orders()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    return reader


class _Orders(asyncio.StreamReader):
    def feed_eof(self) -> None:
        _orphaned()


def _orphaned() -> int:
    """Nobody is left to read the account: end at once, with nothing to clean up but connections."""
    os._exit(1)


async def _report(one: OneProcess) -> None:
    while True:
        await asyncio.sleep(REPORT_SECONDS)
        _tell({"figures": one.figures().to_values()})


def _tell(message: Mapping[str, Any]) -> None:
    sys.stdout.buffer.write(orjson.dumps(message) + b"\n")
    sys.stdout.buffer.flush()
