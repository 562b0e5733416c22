"""Whole looks: on a Kafka of dictionaries, pretended workers, and a client that answers for them."""

from collections.abc import Mapping
from typing import Any

import pytest

from autoscaler.backends.memory import MemoryBackend, Script, World
from autoscaler.errors import BackendError
from autoscaler.observer import kafka_view
from autoscaler.observer.host import Host
from autoscaler.observer.observer import Look, Observer
from autoscaler.observer.status_client import StatusClient
from autoscaler.reconciler.model import Pod
from contract.worker import WorkerPhase, WorkerStatus
from tests.fake_kafka import FakeKafka
from tests.templates import BARE

BEGAN_AT = 1_000_000.0


class Workers(StatusClient):
    """Statuses by URL."""

    def __init__(self) -> None:
        super().__init__()
        self.answers: dict[str, WorkerStatus] = {}

    async def statuses(self, urls: Mapping[str, str]) -> Mapping[str, WorkerStatus]:
        return {name: self.answers[url] for name, url in urls.items() if url in self.answers}


class Brokenable(MemoryBackend):
    broken = False

    async def usage(self) -> Any:
        if self.broken:
            raise BackendError("no such folder")
        return await super().usage()


class Surroundings:
    """One observer and everything around it; a look each second."""

    def __init__(self, kafka: FakeKafka) -> None:
        self.kafka, self.workers = kafka, Workers()
        world = World(at_seconds=BEGAN_AT)
        self.backend = Brokenable(script=lambda _name, _generation: Script(cpu_cores=0.5), world=world)
        self.pods: dict[str, Pod] = {}
        self.observer = Observer(kafka=kafka.view(), backend=self.backend, http=self.workers, cpu_window_seconds=4.0)

    async def launch(self, name: str, phase: WorkerPhase, *assignment: int) -> None:
        """A worker with a process, a URL and a status."""
        now, url = self.backend.world.at_seconds, f"http://{name}:80"
        await self.backend.launch(name, 0, BARE)
        self.pods[name] = Pod(name=name, created_at=now, launched_at=now, url=url)
        self.tell(name, phase, *assignment)

    def tell(self, name: str, phase: WorkerPhase, *assignment: int) -> None:
        """What it says from now on."""
        self.workers.answers[f"http://{name}:80"] = WorkerStatus(
            worker=name, phase=phase, process_id=1, uptime_seconds=1.0, assignment=assignment
        )

    async def look(self) -> Look:
        """The next second."""
        self.backend.advance(1.0)
        return await self.observer.look(now=self.backend.world.at_seconds, pods=self.pods, spec_replicas=2)


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kafka_view, "ANSWER_SECONDS_MAX", 0.1)
    monkeypatch.setattr(kafka_view, "RECORD_SECONDS_MAX", 0.1)


async def test_a_group_at_work() -> None:
    kafka = FakeKafka(end={0: 0, 1: 0}, committed={0: 0, 1: 0}, group=(0, "Stable", 1))
    world = Surroundings(kafka)
    await world.launch("w", WorkerPhase.READY, 0)
    look = await world.look()
    for _ in range(6):
        kafka.end = {p: end + 10 for p, end in kafka.end.items()}
        kafka.committed = {0: kafka.end[0], 1: 0}
        look = await world.look()
    seen = look.observation
    assert (seen.arrival_rate, seen.processing_rate) == (20.0, 10.0)
    assert seen.time_lag_seconds == pytest.approx(5.95)
    assert [part.lag_events for part in seen.partitions] == [0, 60]
    assert [part.committed_before for part in seen.partitions] == [50, 0]
    assert (seen.group_state, seen.group_members) == ("Stable", 1)
    assert (seen.spec_replicas, seen.status_replicas) == (2, 1)
    assert seen.workers[0].cpu is not None
    assert (seen.workers[0].cpu.usage, seen.workers[0].cpu.window_seconds) == pytest.approx((0.5, 4.0))
    assert (look.partitions_stopped, look.rebalances, look.problems) == (1, 0, ())
    assert look.offsets is not None
    assert look.offsets.end == kafka.end


async def test_cpu_of_those_who_start_is_told_apart_and_of_those_who_died_is_kept() -> None:
    world = Surroundings(FakeKafka(end={0: 0}))
    await world.look()
    await world.launch("w", WorkerPhase.INITIALISING)
    await world.look()
    await world.look()
    look = await world.look()
    assert (look.worker_cpu_seconds, look.init_cpu_seconds) == pytest.approx((1.5, 1.5))
    world.tell("w", WorkerPhase.READY, 0)
    look = await world.look()
    assert (look.worker_cpu_seconds, look.init_cpu_seconds) == pytest.approx((2.0, 1.5))
    await world.backend.kill("w")
    del world.pods["w"]
    look = await world.look()
    assert (look.worker_cpu_seconds, look.init_cpu_seconds) == pytest.approx((2.0, 1.5))
    assert look.observation.workers == ()


async def test_without_kafka_workers_are_still_seen() -> None:
    kafka = FakeKafka(end={0: 5}, committed={0: 5})
    world = Surroundings(kafka)
    await world.launch("w", WorkerPhase.READY, 0)
    await world.look()
    kafka.down = True
    look = await world.look()
    seen = look.observation
    assert look.offsets is None
    assert [part.lag_events for part in seen.partitions] == [None]
    assert (seen.arrival_rate, seen.processing_rate, seen.time_lag_seconds, seen.group_state) == (None,) * 4
    assert seen.workers[0].phase is WorkerPhase.READY
    assert look.partitions_stopped == 0
    assert "Kafka did not tell offsets: KafkaConnectionError: nobody there" in look.problems


async def test_without_usage_and_statuses_kafka_is_still_seen() -> None:
    world = Surroundings(FakeKafka(end={0: 5}, committed={0: 5}))
    await world.launch("w", WorkerPhase.READY, 0)
    world.workers.answers.clear()
    world.backend.broken = True
    look = await world.look()
    assert look.observation.time_lag_seconds == 0.0
    assert (look.observation.workers[0].phase, look.observation.workers[0].cpu) == (None, None)
    assert (look.usage, look.statuses, look.partitions_stopped, look.rebalances) == ({}, {}, None, None)
    assert look.problems == (
        "the backend did not tell usage: no such folder",
        "1 of 1 workers did not answer: w",
    )


async def test_a_queue_older_than_the_observer_has_its_age_from_the_next_look_on() -> None:
    kafka = FakeKafka(end={0: 50}, committed={0: 20}, times={0: {20: BEGAN_AT - 99.0}})
    world = Surroundings(kafka)
    assert (await world.look()).observation.time_lag_seconds is None
    assert (await world.look()).observation.time_lag_seconds == pytest.approx(101.0)
    assert (await world.look()).observation.time_lag_seconds == pytest.approx(102.0)
    assert kafka.asked.count("records") == 1


def test_the_host_has_cores_and_a_load_between_none_and_all_of_them() -> None:
    host = Host()
    assert host.cores >= 1
    sum(range(1_000_000))
    ratio = host.cpu_ratio()
    assert ratio is None or 0 <= ratio <= 1
