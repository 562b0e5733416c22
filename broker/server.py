"""One broker: started, asked whether it answers, stopped, started again.

A `Broker` is bound to no event loop: it may be started in one and stopped in another, as test fixtures do.  Its one
rule: whatever happens, Java does not outlive this process (see `keeper`), nor a start that failed.
"""

import asyncio
import math
import secrets
import time
from dataclasses import replace
from pathlib import Path

from broker.command import broker_command, storage_tool_command
from broker.diagnosis import Finding, diagnose
from broker.errors import BrokerError
from broker.folder import Folder, is_formatted, read_state, write_private, write_state, writing_to
from broker.formatting import format_folder
from broker.kept import KeptProcess
from broker.ports import free_port, is_free, require_free
from broker.preflight import check
from broker.probe import answers
from broker.properties import Ports, properties_text, server_properties
from broker.runtime import Runtime
from broker.security import scram_arguments
from broker.settings import BrokerSettings
from contract.addresses import from_here, host_port

LOOK_SECONDS = 0.05
PORT_TRIES_MAX = 3  # somebody may take a port between our look and Kafka's
KILL_SECONDS = 5.0  # what the keeper may take beyond the broker's own limit


class Broker:
    """A Kafka of our own.

    Attributes:
        settings: What it was started with.
        log: Kafka's own log.
        port: The clients' port; 0 before the first start.
        started_seconds: How long the last start took until the broker answered.
    """

    def __init__(self, settings: BrokerSettings, runtime: Runtime) -> None:
        self.settings = settings
        self.folder = Folder(settings.data.absolute())
        self.port = 0
        self._also_port = 0
        self.started_seconds = 0.0
        self._runtime = runtime
        self._process: KeptProcess | None = None
        self._launched_at = 0.0

    @property
    def bootstrap_servers(self) -> str:
        """Where clients connect to."""
        return host_port(from_here(self.settings.host), self.port)

    @property
    def also_bootstrap_servers(self) -> str | None:
        """Where clients connect to that cannot reach the first address; None when there is no second one."""
        return host_port(self.settings.also_host, self._also_port) if self.settings.also_host else None

    @property
    def pid(self) -> int:
        """Java's process id; 0 when it does not run."""
        return self._process.pid if self._process and self.alive else 0

    @property
    def log(self) -> Path:
        """Kafka's own log."""
        return self.folder.log

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        return self._process is not None and self._process.exit_code is None

    async def start(self) -> None:
        """Start and wait until it answers; on the port of the time before, if there was one.

        Raises:
            BrokerError: With the cause, the decisive line of the log and where the log is.
        """
        assert not self.alive, "this broker runs already"
        began = time.monotonic()
        for last_try in (False,) * (PORT_TRIES_MAX - 1) + (True,):
            failure = await self._try(self._choose_ports(check(self.settings)))
            if failure is None:
                break
            if last_try or not failure.port_taken:
                raise self._error("did not start", failure)
            if not self.port:
                self._also_port = 0  # nobody knows it yet, and it may be the one that was taken
        self.started_seconds = time.monotonic() - began

    async def stop(self) -> None:
        """Stop cleanly: SIGTERM, and SIGKILL after `settings.stop_seconds`.  Does nothing when it is not running."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            await self._ended(self.settings.stop_seconds + KILL_SECONDS)
        finally:  # a caller that is cancelled here wants an end, not a broker left behind
            self.kill()

    def kill(self) -> None:
        """SIGKILL, as a crash would: nothing is flushed, no offset committed, no client told."""
        if self._process is not None:
            self._process.kill()

    async def restart(self) -> None:
        """Stop and start on the same data and port."""
        await self.stop()
        await self.start()

    async def wait(self) -> BrokerError:
        """Wait until it ends by itself; returns what it died of.  For a broker that should not end."""
        await self._ended(math.inf)
        return self._error("ended by itself", self._finding())

    async def _ended(self, seconds: float) -> None:
        limit = time.monotonic() + seconds
        while self.alive and time.monotonic() < limit:  # noqa: ASYNC110 - a process sets no event, and a thread
            await asyncio.sleep(LOOK_SECONDS)  # that waits for one would outlive a cancelled caller

    def _choose_ports(self, folder: Folder) -> Ports:
        host = self.settings.host
        if self.port:
            require_free(host, self.port)  # its clients know this one
        remembered = read_state(folder).port
        if self.settings.also_host:
            self._also_port = self._also_port or free_port(self.settings.also_host)
        port = self.port or self.settings.port or (remembered if remembered and is_free(host, remembered) else 0)
        return Ports(
            clients=port or free_port(host),
            controller=free_port("127.0.0.1"),
            internal=free_port("127.0.0.1"),
            mark=f"weir-{secrets.token_hex(8)}",
            also=self._also_port,
        )

    async def _try(self, ports: Ports) -> Finding | None:
        """Launch once; returns why it died, or None when it answers."""
        with writing_to(self.folder.data):
            await asyncio.to_thread(self._write_files, ports)
            self._launched_at = time.time()
            self._process = KeptProcess(
                broker_command(self._runtime, self.folder, self.settings.heap_mib),
                console=self.folder.console,
                stop_seconds=self.settings.stop_seconds,
            )
        try:
            await self._answered(ports)
        except BaseException:  # Ctrl-C as well: a start that failed leaves nothing behind
            self.kill()
            raise
        if not self.alive:
            return self._finding()
        self.port = ports.clients
        write_state(self.folder, replace(read_state(self.folder), port=self.port, pid=self.pid))
        return None

    def _write_files(self, ports: Ports) -> None:
        properties = server_properties(self.settings, ports, self.folder.kafka)
        write_private(self.folder.properties, properties_text(properties))
        if not is_formatted(self.folder):
            scram = scram_arguments(self.settings.security)
            format_folder(self.folder, tool=storage_tool_command(self._runtime), scram=scram)

    async def _answered(self, ports: Ports) -> None:
        """Until it answers or has died."""
        secured = self.settings.security is not None
        host, port = ("127.0.0.1", ports.internal) if secured else (from_here(self.settings.host), ports.clients)
        limit = time.monotonic() + self.settings.start_seconds
        while self.alive and not await answers(host, port, ports.mark):
            if time.monotonic() > limit:
                raise self._error(f"did not answer within {self.settings.start_seconds:g} s", self._finding())
            await asyncio.sleep(LOOK_SECONDS)

    def _finding(self) -> Finding:
        """What the log and Java's own output of this start tell."""
        files = (self.folder.console, self.folder.log)
        texts = [file.read_text(encoding="utf-8", errors="replace") for file in files if self._is_new(file)]
        return diagnose("\n".join(texts)) or Finding(line="(nothing in the log)", meaning="no reason was found")

    def _is_new(self, file: Path) -> bool:
        """Not left over from an earlier start, of which it would tell the wrong story."""
        return file.exists() and file.stat().st_mtime >= self._launched_at - 1

    def _error(self, what: str, finding: Finding) -> BrokerError:
        code = self._process.exit_code if self._process else None
        ended = "" if code is None else f" (exit code {code})"
        return BrokerError(
            f"Kafka {what}{ended}: {finding.meaning}\n  {finding.line}\n"
            f"  its log: {self.log}, Java's: {self.folder.console}"
        )
