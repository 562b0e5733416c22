"""The whole program around a producer: topic, signals, status page, progress, account, summary."""

import asyncio
import logging
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Protocol

import orjson
import typer
from prometheus_client import CollectorRegistry

from contract.kafka import KafkaSettings
from contract.ledger import ProducerAccount
from contract.logs import for_machines
from contract.producer import ProducerSettings
from contract.status import StatusPage, serve_status
from producer.app import Begin, OneProcess
from producer.assembly import Role, processes_for
from producer.child import be_child
from producer.client import prepare_topic, warn_without_extension
from producer.collector import FiguresCollector
from producer.errors import ChildError, ProducerError
from producer.figures import Figures
from producer.fleet import Fleet
from producer.summary import print_summary, progress_keys, progress_line

PROGRESS_SECONDS = 1.0
log = logging.getLogger("producer")


class Runner(Protocol):
    """OneProcess or Fleet."""

    problem: str | None

    async def run(self, begin: Begin) -> ProducerAccount:
        """From start to account."""

    def stop(self) -> None:
        """End the schedule."""

    def figures(self) -> Figures:
        """Now."""


async def produce_events(
    settings: ProducerSettings, kafka: KafkaSettings, *, partitions: int | None, quiet: bool
) -> ProducerAccount:
    """Work off the load of `settings`; the account is written and the summary printed before this returns.

    Raises KafkaError when Kafka does not answer, ProducerError for input that cannot be used, ChildError when one of
    several processes died.
    """
    warn_without_extension()
    runner = await _runner(settings, kafka, partitions)
    async with _stopped_by_signals(runner), _status_page(settings, runner), _progress(runner, quiet=quiet):
        account = await runner.run(lambda: _begin(settings))
    if settings.account_file is not None:
        _write(settings.account_file, account)
    if not quiet:
        print_summary(account)
    if runner.problem:
        raise ChildError(runner.problem)
    return account


async def produce_as_child(settings: ProducerSettings, kafka: KafkaSettings, role: Role) -> None:
    """One of several processes; the parent has prepared the topic and does all the talking."""
    partitions = await prepare_topic(kafka, settings, None)
    one = OneProcess(settings, kafka, partitions=partitions, role=role)
    async with _stopped_by_signals(one):
        await be_child(one)


async def _runner(settings: ProducerSettings, kafka: KafkaSettings, partitions: int | None) -> Runner:
    existing = await prepare_topic(kafka, settings, partitions)
    processes = processes_for(settings, existing)
    if processes > 1:
        return Fleet(settings, kafka, partitions=existing, processes=processes)
    return OneProcess(settings, kafka, partitions=existing, role=Role())


async def _begin(settings: ProducerSettings) -> int:
    return settings.start_us if settings.start_us is not None else time.time_ns() // 1000


@asynccontextmanager
async def _status_page(settings: ProducerSettings, runner: Runner) -> AsyncIterator[None]:
    """Serve it if wanted; a port that was left to chance is told on standard output."""
    if settings.status_port is None:
        yield
        return
    registry = CollectorRegistry()
    registry.register(FiguresCollector(runner.figures))
    page = StatusPage(
        status=lambda: runner.figures().status(),
        live=lambda: None,
        ready=lambda: None if runner.figures().start_us is not None else "not connected yet",
        registry=registry,
    )
    async with serve_status(page, host=settings.status_host, port=settings.status_port) as port:
        if settings.status_port == 0:
            typer.echo(orjson.dumps({"status_port": port}))
        yield


@asynccontextmanager
async def _stopped_by_signals(runner: Runner) -> AsyncIterator[None]:
    """SIGTERM and Ctrl-C end the schedule; what was sent is still answered for."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, runner.stop)
    try:
        yield
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)


@asynccontextmanager
async def _progress(runner: Runner, *, quiet: bool) -> AsyncIterator[None]:
    """A line a second on standard error."""
    if quiet:
        yield
        return
    task = asyncio.create_task(_print_progress(runner.figures), name="progress")
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _print_progress(figures: Callable[[], Figures]) -> None:
    before, machine = figures(), for_machines(sys.stderr)
    while True:
        await asyncio.sleep(PROGRESS_SECONDS)
        now = figures()
        if now.start_us is not None and machine:
            log.info("sending", extra=progress_keys(before, now))
        elif now.start_us is not None:
            typer.echo(progress_line(before, now), err=True)
        before = now


def _write(file: Path, account: ProducerAccount) -> None:
    """All at once, so that nobody reads half an account."""
    text = account.model_dump_json(indent=2) + "\n"
    unfinished = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        unfinished.write_text(text, encoding="utf-8")
        unfinished.replace(file)
    except OSError as error:
        raise ProducerError(f"the account could not be written to {file}: {error.strerror}") from error
