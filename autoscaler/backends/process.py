"""Workers as child processes of this one: `python -m MODULE`, a session each, killed when this process ends.

Everything is looked up when it is asked for: no watcher, no thread, no task.  A process that has ended stays a zombie
until `list` has seen it, so its id cannot mean another one.  Limits: `limits.memory` is compared with what a worker
holds once a second and enforced by SIGKILL, told as `oom_killed`; `limits.cpu` cannot be enforced (see `notes`).
"""

import asyncio
import os
import signal
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from autoscaler.backends.base import Template, Usage, worker_id
from autoscaler.backends.child import Output, ended, kill_session, spawn
from autoscaler.backends.machine import this_machine
from autoscaler.backends.records import Record, RecordFolder, made
from autoscaler.backends.vitals import session_vitals
from autoscaler.errors import BackendError
from autoscaler.reconciler.model import Exit, Found, Node
from contract.clock import steady_seconds

CLOSE_SECONDS_MAX = 25.0
KILL_SECONDS_MAX = 5.0
POLL_SECONDS = 0.02
MEMORY_CHECK_SECONDS = 1.0


@dataclass(slots=True)
class _Worker:
    record: Record
    output: Output
    url: str | None = None
    cpu_seconds: float = 0.0

    @property
    def running(self) -> bool:
        return self.record.exit is None


class ProcessBackend:
    """A Backend.  `folder` takes logs and records; a second backend on the same folder and owner takes over.

    `node_labels` are this machine's, on top of those that every node has.
    """

    def __init__(
        self,
        *,
        owner: str,
        folder: Path,
        module: str = "processor",
        arguments: Sequence[str] = (),
        node_labels: Mapping[str, str] | None = None,
    ) -> None:
        """Adopt what there is.  Raises BackendError when another running process has workers there."""
        self._logs = made(folder / "logs")
        self._module = module
        self._arguments = tuple(arguments)
        self._node = this_machine(node_labels or {})
        self._closed = False
        self._checked_at = 0.0
        self._records = RecordFolder(folder, owner)
        self._workers = {record.name: _Worker(record, self._output(record)) for record in self._records.adopt()}

    @staticmethod
    def notes(template: Template) -> Sequence[str]:
        """What of the template cannot be honoured here, a sentence each, for the caller to show."""
        limit = template.spec.resources.limits.cpu
        if limit is None:
            return ()
        return (f"limits.cpu ({limit:g}) is not enforced for processes: a worker may use all cores of this machine",)

    @property
    def adoptable(self) -> bool:
        """The kernel kills them with this process."""
        return False

    async def list(self) -> Sequence[Found]:
        """Every worker, ended ones until they are removed.  An end is dated when it is seen."""
        self._look()
        if time.monotonic() - self._checked_at >= MEMORY_CHECK_SECONDS and self._limited():
            self._measure()
        return [self._found(worker) for worker in self._workers.values()]

    async def launch(self, name: str, generation: int, template: Template) -> None:
        """Start it; a generation that was launched already is left as it is."""
        self._look()
        if self._closed:
            raise BackendError(f"{name} cannot be launched: the backend is closed")
        if (known := self._workers.get(name)) and known.record.generation >= generation:
            return
        if known and known.running:
            raise BackendError(f"{name} cannot be launched again: process {known.record.pid} of it still runs")
        output = Output.of(self._logs, worker_id(name, generation))
        told = template.environment(worker_id(name, generation))
        pid = spawn(name, self._module, self._arguments, told, output=output, nice=template.spec.nice)
        record = Record.of_child(name, generation, pid, template, launched_at=steady_seconds())
        self._workers[name] = _Worker(record, output)
        self._records.write(record)
        await asyncio.sleep(0)  # a spawn takes milliseconds: many in a row must not keep the loop to themselves

    async def stop(self, name: str) -> None:
        """SIGTERM, to the worker itself: its children are its own business until it ends."""
        if worker := self._running(name):
            os.kill(worker.record.pid, signal.SIGTERM)  # first: whoever is noted as told is not told again
            self._note(worker, replace(worker.record, stopping=True))

    async def kill(self, name: str) -> None:
        """SIGKILL, to the worker and its children; frozen ones too."""
        if worker := self._running(name):
            kill_session(worker.record.pid, signal.SIGKILL)

    async def remove(self, name: str) -> None:
        """Forget it.  Raises BackendError while it runs."""
        if self._running(name):
            raise BackendError(f"{name} cannot be removed: it still runs")
        self._workers.pop(name, None)
        self._records.delete(name)

    async def freeze(self, name: str) -> None:
        """SIGSTOP: it keeps memory, connections and its place, and does nothing; a stop waits until it is thawed."""
        if worker := self._running(name):
            kill_session(worker.record.pid, signal.SIGSTOP)

    async def thaw(self, name: str) -> None:
        """SIGCONT."""
        if worker := self._running(name):
            kill_session(worker.record.pid, signal.SIGCONT)

    async def nodes(self) -> Sequence[Node]:
        """This machine."""
        return (self._node,)

    async def usage(self) -> Mapping[str, Usage]:
        """CPU (user and system, with its children's) and resident memory of every worker that runs."""
        self._look()
        return self._measure()

    async def close(self) -> None:
        """SIGTERM to all, SIGKILL to those that run when the grace period (25 s at most) is over; no record stays."""
        self._closed = True
        running = self._all_running()
        for worker in running:
            os.kill(worker.record.pid, signal.SIGTERM)
            kill_session(worker.record.pid, signal.SIGCONT)
        grace_seconds = max((worker.record.grace_seconds for worker in running), default=0.0)
        try:
            await self._until_ended(min(grace_seconds, CLOSE_SECONDS_MAX))
        finally:
            for worker in self._all_running():
                kill_session(worker.record.pid, signal.SIGKILL)
            await self._until_ended(KILL_SECONDS_MAX)
            for name in [*self._workers]:
                self._records.delete(name)
            self._workers.clear()
            self._records.close()

    async def detach(self) -> None:
        """End them: they could not go on without this process."""
        await self.close()

    async def _until_ended(self, seconds: float) -> None:
        limit = time.monotonic() + seconds
        while self._all_running() and time.monotonic() < limit:  # noqa: ASYNC110  # the kernel sets no event
            await asyncio.sleep(POLL_SECONDS)

    def _all_running(self) -> Sequence[_Worker]:
        self._look()
        return [worker for worker in self._workers.values() if worker.running]

    def _limited(self) -> bool:
        return any(worker.running and worker.record.memory_limit_bytes for worker in self._workers.values())

    def _running(self, name: str) -> _Worker | None:
        """The worker if it runs now: a signal must never reach a process that only has its number."""
        self._look()
        worker = self._workers.get(name)
        return worker if worker and worker.running else None

    def _look(self) -> None:
        """Note who has ended."""
        for worker in self._workers.values():
            if worker.running and (how := ended(worker.record.pid)):
                self._note(worker, replace(worker.record, exit=self._exit(worker, *how)))

    def _exit(self, worker: _Worker, code: int | None, number: int | None) -> Exit:
        return Exit(
            at_seconds=steady_seconds(),
            code=code,
            signal=number,
            oom_killed=worker.record.over_limit and number == signal.SIGKILL,
            last_words=worker.output.last_words(),
        )

    def _measure(self) -> Mapping[str, Usage]:
        """What those that run use.  Who holds more memory than it may is killed."""
        self._checked_at = time.monotonic()
        running = [worker for worker in self._workers.values() if worker.running]
        vitals = session_vitals({worker.record.pid for worker in running})
        usage: dict[str, Usage] = {}
        for worker in running:
            if seen := vitals.get(worker.record.pid):
                # A child that nobody waited for takes what it used with it.
                worker.cpu_seconds = max(worker.cpu_seconds, seen.cpu_seconds)
                self._enforce(worker, seen.memory_bytes)
                usage[worker.record.name] = Usage(
                    generation=worker.record.generation,
                    at_seconds=steady_seconds(),
                    cpu_seconds=worker.cpu_seconds,
                    memory_bytes=seen.memory_bytes,
                )
        return usage

    def _enforce(self, worker: _Worker, memory_bytes: float) -> None:
        limit = worker.record.memory_limit_bytes
        if limit is not None and memory_bytes > limit:
            kill_session(worker.record.pid, signal.SIGKILL)
            self._note(worker, replace(worker.record, over_limit=True))

    def _found(self, worker: _Worker) -> Found:
        worker.url = worker.url or worker.output.url()
        record = worker.record
        return Found(
            name=record.name,
            generation=record.generation,
            launched_at=record.launched_at,
            revision=record.revision,
            exit=record.exit,
            url=worker.url,
            stopping=record.stopping,
        )

    def _note(self, worker: _Worker, record: Record) -> None:
        """Know it, and write it down as long as that is for somebody: a full disk must not keep workers from ending."""
        if record != worker.record:
            worker.record = record
            if not self._closed:
                self._records.write(record)

    def _output(self, record: Record) -> Output:
        return Output.of(self._logs, worker_id(record.name, record.generation))
