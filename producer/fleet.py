"""Several producer processes as one: each has partitions of its own, all begin at the same moment.

The one rule: a child that dies makes the account incomplete and ends the run; nothing goes on as if it were whole.
What parent and child say to each other stands in child.py.
"""

import asyncio
import resource
import signal
import time
from collections import Counter
from contextlib import suppress

from contract.histogram import LatencyHistogram
from contract.kafka import KafkaSettings
from contract.ledger import ProducerAccount
from contract.producer import ProducerSettings
from producer.app import KIB, Begin
from producer.child import Child, spawn
from producer.figures import Figures

KILL_AFTER_SECONDS = 5.0


class Fleet:
    """`processes` producers.  Has the methods of producer.app.OneProcess."""

    def __init__(self, settings: ProducerSettings, kafka: KafkaSettings, *, partitions: int, processes: int) -> None:
        self._settings = settings
        self._kafka = kafka
        self._partitions = partitions
        self._processes = processes
        self._children: list[Child] = []
        self._start_us: int | None = None
        self._stopped = False
        self._finished = False
        self.problem: str | None = None

    async def run(self, begin: Begin) -> ProducerAccount:
        """Start all, let all begin together, add up their accounts; `problem` says if one is missing."""
        listening: list[asyncio.Task[None]] = []
        try:
            for number in range(self._processes):
                child = await spawn(self._settings, self._kafka, number=number, of=self._processes)
                self._children.append(child)
                listening.append(asyncio.create_task(child.listen(), name=f"child {number}"))
            await asyncio.gather(*(child.ready.wait() for child in self._children))
            self._start_us = await begin()
            await self._all_to_the_end(listening)
        finally:
            await self._end_all()
            await asyncio.gather(*listening, return_exceptions=True)
        self._finished = True
        return self._sum()

    def stop(self) -> None:
        """End the schedule now, in every process; those that are not connected yet hear of it when they are."""
        self._stopped = True
        if self._start_us is not None:
            self._signal(signal.SIGTERM)

    def figures(self) -> Figures:
        """The sum of what all children told last, and this process's own CPU and memory."""
        own = Figures.nothing(self._settings.topic, start_us=self._start_us, finished=self._finished)
        return Figures.merged([own, *(child.figures for child in self._children if child.figures)])

    async def _all_to_the_end(self, listening: list[asyncio.Task[None]]) -> None:
        """Give the word to begin; as soon as one child ends without an account, end the others."""
        assert self._start_us is not None
        for child in self._children:
            child.begin(self._start_us)
        if self._stopped:
            self.stop()
        for ended in asyncio.as_completed(listening):
            await ended
            dead = [child for child in self._children if child.process.returncode is not None and not child.account]
            if dead and self.problem is None:
                self.problem = _obituary(dead[0])
                self.stop()

    def _signal(self, number: signal.Signals) -> None:
        for child in self._children:
            if child.process.returncode is None:
                with suppress(ProcessLookupError):
                    child.process.send_signal(number)

    async def _end_all(self) -> None:
        """Whatever happened: no child is left."""
        waiting = asyncio.gather(*(child.process.wait() for child in self._children))
        if all(child.account for child in self._children):
            with suppress(TimeoutError):
                await asyncio.wait_for(asyncio.shield(waiting), KILL_AFTER_SECONDS)
        self._signal(signal.SIGKILL)
        await waiting

    def _sum(self) -> ProducerAccount:
        accounts = [child.account for child in self._children if child.account]
        whole = ("planned", "sent", "acknowledged", "failed", "unknown", "late", "unsent", "value_bytes")
        started_us = self._start_us or time.time_ns() // 1000
        return ProducerAccount(
            topic=self._settings.topic,
            started_us=started_us,
            ended_us=max([started_us, *(account.ended_us for account in accounts)]),
            complete=self.problem is None and all(account.complete for account in accounts),
            **{name: sum(getattr(account, name) for account in accounts) for name in whole},
            errors=dict(sum((Counter(account.errors) for account in accounts), Counter())),
            schedule_delay=_merged([account.schedule_delay for account in accounts]),
            publish_latency=_merged([account.publish_latency for account in accounts]),
            cpu_seconds=time.process_time() + sum(account.cpu_seconds for account in accounts),
            rss_bytes_max=_own_rss_bytes_max() + sum(account.rss_bytes_max for account in accounts),
            partitions=tuple(sorted((p for a in accounts for p in a.partitions), key=lambda p: p.partition)),
        )


def _merged(histograms: list[str]) -> str:
    return LatencyHistogram.merged(map(LatencyHistogram.decode, histograms)).encode()


def _own_rss_bytes_max() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * KIB


def _obituary(child: Child) -> str:
    code = child.process.returncode or 0
    how = f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"
    return (
        f"producer process {child.number} (pid {child.process.pid}) {how} before it had accounted for its events: "
        "the account is incomplete, and what that process sent last is not known"
    )
