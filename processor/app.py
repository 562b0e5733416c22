"""One worker from its start to its end: pays the cold start, joins, consumes, drains.  Everything is wired here.

Its one rule: whatever ends it, the phase says so, the group is told, and nothing that was processed stays uncommitted
if there is time to commit it.
"""

import asyncio
import logging
import os
import socket
import sys
import threading
import time
from collections.abc import Callable

from contract.errors import WeirError
from contract.kafka import KafkaSettings
from contract.status import StatusPage, serve_status
from contract.worker import WorkerPhase, WorkerSettings, WorkerStatus
from processor.coldstart import pay
from processor.equipment import Equipment
from processor.errors import ProcessorError
from processor.handlers import make_handler
from processor.life import Life
from processor.lifecycle import Event
from processor.looptimer import watch_timers
from processor.member import Member, join
from processor.meters import Meters
from processor.progress import Progress
from processor.thread import HandlerThread

SWITCH_SECONDS = 0.0005  # beside `burn` timers were 19 ms late at worst, 29 ms with Python's 5 ms (two busy cores)
CLOSE_SECONDS_MAX = 5.0

log = logging.getLogger(__name__)


def worker_name(settings: WorkerSettings) -> str:
    """What the worker is called in ledger, logs and metrics."""
    return settings.worker_id or f"{socket.gethostname()}-{os.getpid()}"


class Worker:
    """One member of the group.  `run` may be called once."""

    def __init__(self, settings: WorkerSettings, kafka: KafkaSettings) -> None:
        self._settings = settings
        self._kafka = kafka
        self._life = Life(time.monotonic, self._phase_changed)
        progress = Progress(worker_name(settings), self._life, time.monotonic)
        self._equipment = Equipment(
            settings=settings,
            handler=make_handler(settings.handler),
            thread=HandlerThread(),
            progress=progress,
            meters=Meters(progress),
        )
        self._stop_cold_start = threading.Event()
        self._held_memory = bytearray()
        self._member: Member | None = None

    def status(self) -> WorkerStatus:
        """The document of its status page."""
        return self._equipment.progress.status()

    async def run(self, stop: asyncio.Event, announce: Callable[[int], None]) -> None:
        """Live until `stop` is set and everything is drained.  Raises WeirError when it cannot start or go on."""
        async with serve_status(self._page(), host=self._settings.status_host, port=self._settings.status_port) as port:
            announce(port)
            timers = asyncio.create_task(watch_timers(self._equipment.progress.timer_was_late))
            try:
                await self._run_until(stop)
            finally:
                timers.cancel()
                self._equipment.thread.shutdown(wait=False)

    async def _run_until(self, stop: asyncio.Event) -> None:
        living, stopping = asyncio.create_task(self._live()), asyncio.create_task(stop.wait())
        try:
            await asyncio.wait({living, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if living.done():
                living.result()  # it never ends well by itself
            await self._drain(living)
        except Exception as error:
            self._life.follow(Event.FAIL, str(error) or repr(error))
            raise
        finally:
            stopping.cancel()
            await self._end(living)

    async def _live(self) -> None:
        self._life.follow(Event.LAUNCHED)
        await self._initialise()
        self._life.follow(Event.INITIALISED)
        self._member = await join(self._equipment, self._kafka)
        await self._member.consume()

    async def _initialise(self) -> None:
        began = time.monotonic()
        sys.setswitchinterval(SWITCH_SECONDS)
        loop, equipment, cost = asyncio.get_running_loop(), self._equipment, self._settings.init
        self._held_memory = await loop.run_in_executor(equipment.thread, pay, cost, self._stop_cold_start)
        await loop.run_in_executor(equipment.thread, equipment.handler.prepare)
        equipment.progress.cold_start_is_over()
        equipment.meters.init_seconds.observe(time.monotonic() - began)

    async def _drain(self, living: "asyncio.Task[None]") -> None:
        self._life.follow(Event.STOP, "asked to stop")
        self._stop_cold_start.set()
        seconds = self._settings.drain_seconds_max
        try:
            async with asyncio.timeout(seconds):
                if self._member:
                    await self._member.finish()
                await _cancel(living)
                if self._member:
                    await self._member.leave()
        except TimeoutError:
            raise ProcessorError(
                f"could not finish and leave the group within {seconds:g} s (drain_seconds_max): "
                "what was not committed will be processed again by another worker"
            ) from None
        self._life.follow(Event.LEFT)

    async def _end(self, living: "asyncio.Task[None]") -> None:
        """Let nothing run on, in whatever state things are."""
        try:
            async with asyncio.timeout(CLOSE_SECONDS_MAX):
                await _cancel(living)
                if self._member:
                    await self._member.leave()
        except (TimeoutError, WeirError) as error:
            log.warning("could not close cleanly", extra={"why": repr(error)})

    def _page(self) -> StatusPage:
        equipment = self._equipment
        return StatusPage(
            status=self.status,
            live=self._not_live,
            ready=self._not_ready,
            started=self._not_started,
            registry=equipment.meters.registry,
        )

    def _not_started(self) -> str | None:
        phase = self._life.phase
        return phase.value if phase in (WorkerPhase.STARTING, WorkerPhase.INITIALISING) else None

    def _not_live(self) -> str | None:
        return "failed" if self._life.phase is WorkerPhase.FAILED else None

    def _not_ready(self) -> str | None:
        return None if self._life.phase is WorkerPhase.READY else self._life.phase.value

    def _phase_changed(self, phase: WorkerPhase, reason: str | None) -> None:
        level = logging.ERROR if phase is WorkerPhase.FAILED else logging.INFO
        log.log(level, phase.value, extra={"why": reason} if reason else {})


async def _cancel(task: "asyncio.Task[None]") -> None:
    """Cancel and wait; what the task raises instead was reported or does not matter any more."""
    task.cancel()
    await asyncio.wait({task})
