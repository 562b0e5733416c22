"""A Kafka that is a few dictionaries, behind the parts of aiokafka's clients that the observer uses."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from aiokafka import TopicPartition
from aiokafka.errors import KafkaConnectionError

from autoscaler.observer.kafka_view import KafkaView


@dataclass
class FakeKafka:
    """One topic, `events`, and what a group has committed there.  It is admin client and consumer at once."""

    end: dict[int, int] = field(default_factory=dict)
    committed: dict[int, int] = field(default_factory=dict)
    start: dict[int, int] = field(default_factory=dict)
    times: dict[int, dict[int, float]] = field(default_factory=dict)
    """When records were written, by partition and offset."""
    group: tuple[int, str, int] = (0, "Stable", 0)
    """Error code, state, members."""
    down: bool = False
    hangs: bool = False
    ready: bool = True
    asked: list[str] = field(default_factory=list)
    seeks: dict[int, int] = field(default_factory=dict)
    paused: set[int] = field(default_factory=set)

    def view(self) -> KafkaView:
        """A KafkaView of it."""
        return KafkaView(self, self, self, topic="events", group="g")

    async def describe_topics(self) -> list[dict[str, Any]]:
        """The one topic."""
        await self._answer("topics")
        return [{"topic": "events", "partitions": [{"partition": p} for p in self.end]}] if self.end else []

    async def find_coordinator(self, group: str) -> int:
        """Always the same."""
        await self._answer(f"coordinator {group}")
        return 7

    async def list_consumer_group_offsets(
        self, group: str, *, group_coordinator_id: int, partitions: Iterable[TopicPartition]
    ) -> Mapping[TopicPartition, Any]:
        """-1 where nothing was committed; nothing at all while the coordinator is not ready."""
        await self._answer(f"committed {group} {group_coordinator_id}")
        known = {p: SimpleNamespace(offset=self.committed.get(p.partition, -1)) for p in partitions}
        return known if self.ready else {}

    async def describe_consumer_groups(self, groups: list[str], *, group_coordinator_id: int) -> list[Any]:
        """As in the protocol: error, name, state, two more, members."""
        await self._answer(f"group {groups} {group_coordinator_id}")
        code, state, members = self.group
        return [SimpleNamespace(groups=[(code, groups[0], state, "consumer", "range", [()] * members)])]

    async def end_offsets(self, partitions: Iterable[TopicPartition]) -> Mapping[TopicPartition, int]:
        """The ends."""
        await self._answer("end")
        return {p: self.end[p.partition] for p in partitions}

    async def beginning_offsets(self, partitions: Iterable[TopicPartition]) -> Mapping[TopicPartition, int]:
        """The starts."""
        await self._answer("start")
        return {p: self.start.get(p.partition, 0) for p in partitions}

    def assign(self, partitions: list[TopicPartition]) -> None:
        """Begin to read."""
        self.seeks, self.paused = {p.partition: 0 for p in partitions}, set()

    def seek(self, partition: TopicPartition, offset: int) -> None:
        """From here."""
        self.seeks[partition.partition] = offset

    def pause(self, *partitions: TopicPartition) -> None:
        """Read no more."""
        self.paused |= {p.partition for p in partitions}

    async def getmany(self, *partitions: TopicPartition, timeout_ms: int) -> Mapping[TopicPartition, list[Any]]:
        """The first record at or after the offset."""
        await self._answer("records")
        await asyncio.sleep(timeout_ms / 1000 if not self.times else 0)
        found = {}
        for p in partitions:
            later = [o for o in sorted(self.times.get(p.partition, {})) if o >= self.seeks[p.partition]]
            if later:
                found[p] = [SimpleNamespace(timestamp=self.times[p.partition][later[0]] * 1000)]
        return found

    async def _answer(self, question: str) -> None:
        self.asked.append(question)
        if self.hangs:
            await asyncio.Event().wait()
        if self.down:
            raise KafkaConnectionError("nobody there")
        await asyncio.sleep(0)
