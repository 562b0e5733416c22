"""The processes of a run: producer and workers as children, their status pages, their end.

Each child has its own session, so that Ctrl-C in the terminal reaches only the run, which then ends them in order; and
each dies with the run, even when the run is killed.
"""

import asyncio
import signal
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, TypeVar

import httpx
import orjson
from pydantic import BaseModel

from contract.addresses import from_here, host_port
from contract.errors import RunError
from contract.launch import child_environment, leashed

START_SECONDS_MAX = 60.0
TAIL_LINES = 8

Document = TypeVar("Document", bound=BaseModel)


@dataclass(slots=True)
class Child:
    """One process of ours, which serves its status page on `host`."""

    name: str
    process: asyncio.subprocess.Process
    log: Path
    host: str
    port: int = 0

    @property
    def status_url(self) -> str:
        """Where it tells about itself, once it has said on which port."""
        return f"http://{host_port(from_here(self.host), self.port)}/status"

    @property
    def alive(self) -> bool:
        """Whether it still runs."""
        return self.process.returncode is None

    async def status(self, http: httpx.AsyncClient, document: type[Document]) -> Document | None:
        """Its status page; None when it does not answer in time, as a starving process will not."""
        try:
            answer = await http.get(self.status_url)
            return document.model_validate_json(answer.content)
        except (httpx.HTTPError, ValueError):
            return None

    def terminate(self) -> None:
        """Ask it to finish."""
        self._signal(signal.SIGTERM)

    async def stop(self, seconds: float) -> int:
        """Ask it to finish, kill it after `seconds`; returns its exit code."""
        self.terminate()
        try:
            return await asyncio.wait_for(self.process.wait(), seconds)
        except TimeoutError:
            self._signal(signal.SIGKILL)
            return await self.process.wait()

    def _signal(self, number: signal.Signals) -> None:
        if self.alive:
            self.process.send_signal(number)

    def last_words(self) -> str:
        """The end of its log, for error messages."""
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines() if self.log.exists() else []
        return "\n".join(f"  | {line}" for line in lines[-TAIL_LINES:]) or "  | (it said nothing)"


async def launch(
    name: str, module: str, *arguments: str, environment: Mapping[str, str], log: Path, host: str = "127.0.0.1"
) -> Child:
    """Start `python -m MODULE` and wait for the line that tells its status port.  Raises RunError with its log."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as sink:
        process = await _spawn(module, arguments, environment, sink)
    child = Child(name, process, log, host)
    assert process.stdout is not None
    try:
        line = await asyncio.wait_for(process.stdout.readline(), START_SECONDS_MAX)
        child.port = int(orjson.loads(line)["status_port"])
    except (TimeoutError, ValueError, KeyError) as error:
        await child.stop(seconds=1.0)
        raise RunError(
            f"{name} did not start (exit code {process.returncode}); its log {log} ends with\n{child.last_words()}"
        ) from error
    return child


async def _spawn(
    module: str, arguments: tuple[str, ...], environment: Mapping[str, str], log: BinaryIO
) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *leashed(module, *arguments),
        env=child_environment(environment),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=log,
        start_new_session=True,
    )
