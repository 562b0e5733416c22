"""One producer process, from connecting to its account."""

import asyncio
import resource
import time
from collections.abc import Awaitable, Callable

import psutil

from contract.kafka import KafkaSettings
from contract.ledger import ProducerAccount
from contract.producer import ProducerSettings
from producer.assembly import Role, agenda_for, encoder_for, limits_for, source_for
from producer.block import Arranger
from producer.client import connected
from producer.delivery import Delivery
from producer.figures import Figures
from producer.sender import Sender
from producer.tally import Tally

KIB = 1024
Begin = Callable[[], Awaitable[int]]


class OneProcess:
    """A producer in this process.  `role` says which of several it is."""

    def __init__(self, settings: ProducerSettings, kafka: KafkaSettings, *, partitions: int, role: Role) -> None:
        self._settings = settings
        self._kafka = kafka
        self._partitions = partitions
        self._role = role
        self._tally = Tally(pid=role.index, own=role.own(partitions), seconds=time.monotonic)
        self._sender: Sender | None = None
        self._buffered: Delivery | None = None
        self._stopped = False
        self._ended_us: int | None = None
        self._process = psutil.Process()
        self.problem: str | None = None  # what a Fleet may have

    async def run(self, begin: Begin) -> ProducerAccount:
        """Connect, wait for `begin` to say when second 0 is, send, wait for the answers.

        Raises ProducerError for traces and replays that cannot be used, KafkaError when Kafka does not answer.
        """
        settings, own = self._settings, self._role.own(self._partitions)
        source, agenda = source_for(settings, self._partitions), agenda_for(settings)
        async with connected(self._kafka, settings) as client:
            await client.partitions_for(settings.topic)
            timeout_seconds = settings.delivery_timeout_seconds
            delivery = Delivery(
                client, topic=settings.topic, tally=self._tally, timeout_seconds=timeout_seconds, seconds=time.monotonic
            )
            async with delivery:
                clock = wall_clock()
                self._buffered = delivery
                self._sender = Sender(
                    agenda=agenda,
                    source=source,
                    arranger=Arranger(partitions=self._partitions, own=own),
                    encode=encoder_for(source, settings, pid=self._role.index, new_builder=client.create_batch),
                    delivery=delivery,
                    tally=self._tally,
                    limits=limits_for(settings, source, partitions=self._partitions, own=int(own.sum())),
                    start_us=await begin(),
                    now_us=clock,
                    sleep=asyncio.sleep,
                )
                if self._stopped:
                    self._sender.stop()
                await self._sender.run()
                await delivery.flush(settings.flush_seconds_max)
                self._ended_us = clock()
        return self._account(self._sender)

    def stop(self) -> None:
        """End the schedule now; what is due is still sent and answered for."""
        self._stopped = True
        if self._sender:
            self._sender.stop()

    def figures(self) -> Figures:
        """The state at this moment."""
        tally, sender = self._tally, self._sender
        start_us = sender.start_us if sender else None
        until_us = self._ended_us or time.time_ns() // 1000
        return Figures(
            topic=self._settings.topic,
            process_ids=(self._process.pid,),
            start_us=start_us,
            elapsed_seconds=max((until_us - start_us) / 1e6, 0.0) if start_us else 0.0,
            finished=self._ended_us is not None,
            planned=int(tally.planned.sum()),
            sent=int(tally.sent.sum()),
            acknowledged=int(tally.acknowledged.sum()),
            errors=dict(tally.errors),
            late=tally.late,
            value_bytes=tally.value_bytes,
            buffered_bytes=self._buffered.buffered_bytes if self._buffered else 0,
            cpu_seconds=time.process_time(),
            rss_bytes=self._process.memory_info().rss,
            loop_lag_seconds=sender.take_worst_wake() if sender else 0.0,
            delay=tally.delay.figures(),
            publish=tally.publish.figures(),
        )

    def _account(self, sender: Sender) -> ProducerAccount:
        tally = self._tally
        planned, sent = int(tally.planned.sum()), int(tally.sent.sum())
        return ProducerAccount(
            topic=self._settings.topic,
            started_us=sender.start_us,
            ended_us=self._ended_us or sender.start_us,
            complete=not sender.unfinished,
            planned=planned,
            sent=sent,
            acknowledged=int(tally.acknowledged.sum()),
            failed=int(tally.failed.sum()),
            unknown=int(tally.unknown.sum()),
            late=tally.late,
            unsent=planned - sent,
            value_bytes=tally.value_bytes,
            errors=dict(tally.errors),
            schedule_delay=tally.delay.total().encode(),
            publish_latency=tally.publish.total().encode(),
            cpu_seconds=time.process_time(),
            rss_bytes_max=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * KIB,
            partitions=tally.accounts(),
        )


def wall_clock() -> Callable[[], int]:
    """Microseconds since the epoch that never jump: read once, then carried on by the monotonic clock."""
    offset = time.time_ns() - time.monotonic_ns()
    return lambda: (time.monotonic_ns() + offset) // 1000
