"""A worker process against a real Kafka: everything is processed, proved, committed; its page tells so."""

import time
from pathlib import Path

import pytest

from broker import Broker
from contract.kafka import KafkaSettings
from contract.worker import HandlerSpec, InitCost, WorkerPhase
from tests.workers import Audit, Topic, eventually, running

pytestmark = pytest.mark.integration


@pytest.fixture
def settings(kafka: Broker) -> KafkaSettings:
    """The session's broker."""
    return KafkaSettings(bootstrap_servers=kafka.bootstrap_servers)


async def test_everything_is_committed_and_the_ledger_covers_exactly_the_log(
    settings: KafkaSettings, tmp_path: Path
) -> None:
    """Each offset stands once in the ledger with its producer's numbers; the group has committed the log's ends."""
    topic = await Topic(settings, partitions=5).create()
    events = await topic.fill(4_000)
    async with running(topic.settings(worker_id="w1"), settings, tmp_path) as worker:
        status = await worker.until_processed(events)
        assert await worker.end() == 0
    entries, ends = await topic.entries(), await topic.ends()
    assert Audit.of(entries, 5).exactly(ends)
    assert await topic.committed() == ends
    assert {entry.worker for entry in entries} == {"w1"}
    spans = [span for entry in entries for r in entry.ranges for span in r.producers]
    assert (sum(span.events for span in spans), sum(span.backwards for span in spans)) == (events, 0)
    assert (status.processed_events, status.positions) == (events, ends)


async def test_the_status_page_answers(settings: KafkaSettings, tmp_path: Path) -> None:
    """Probes, metrics and status over HTTP: the same numbers in all."""
    topic = await Topic(settings, partitions=3).create()
    events = await topic.fill(500)
    async with running(topic.settings(), settings, tmp_path) as worker:
        status = await worker.until_processed(events)
        assert ((await worker.get("/livez")).status_code, (await worker.get("/readyz")).status_code) == (200, 200)
        metrics = (await worker.get("/metrics")).text
    assert status.assignment == (0, 1, 2)
    assert status.event_loop_delay_seconds is not None
    assert status.end_to_end_seconds["p50"] is not None
    assert 0 < (status.busy_ratio or 0) <= 1
    for line in (
        f"worker_events_processed_total {events:.1f}",
        f"worker_events_committed_total {events:.1f}",
        "worker_assigned_partitions 3.0",
        "worker_ready 1.0",
        'worker_phase{phase="ready"} 1.0',
        f'pipeline_end_to_end_latency_seconds_bucket{{le="+Inf"}} {events:.1f}',
    ):
        assert line in metrics


async def test_a_cold_start_is_paid_before_joining_and_the_page_is_up_meanwhile(
    settings: KafkaSettings, tmp_path: Path
) -> None:
    """CPU really burnt, memory really held, live but not ready, and phases that show it."""
    topic = await Topic(settings, partitions=1).create()
    init = InitCost(cpu_seconds=1.0, wait_seconds=0.5, memory_mib=200)
    async with running(topic.settings(init=init), settings, tmp_path) as worker:
        ready, live = await worker.get("/readyz"), await worker.get("/livez")
        assert (ready.status_code, ready.text, live.status_code) == (503, "initialising", 200)
        status = await worker.until_ready()
    assert 1.0 <= status.init_cpu_seconds <= status.cpu_seconds
    assert status.cpu_seconds > 1.0
    assert status.phase_seconds[WorkerPhase.INITIALISING] >= 1.5
    assert status.rss_bytes > 200 << 20


async def test_two_workers_share_the_partitions(settings: KafkaSettings, tmp_path: Path) -> None:
    """A second worker takes half, gives it back when it leaves, and nothing is processed twice."""
    topic = await Topic(settings, partitions=4).create()
    options = topic.settings(heartbeat_interval_seconds=0.2)
    async with running(options, settings, tmp_path) as first:
        events = await topic.fill(500)
        await first.until_processed(events)
        async with running(options, settings, tmp_path) as second:
            await second.until(lambda status: len(status.assignment) == 2)
            status = await first.until(lambda status: len(status.assignment) == 2)
            assert status.rebalances == 1
            assert status.rebalance_seconds > 0
            events = await topic.fill(500, first=500)
            await eventually(lambda: _all_committed(topic))
            assert await second.end() == 0
        await first.until(lambda status: len(status.assignment) == 4)
        assert await first.end() == 0
    entries = await topic.entries()
    assert Audit.of(entries, 4).exactly(await topic.ends())
    assert len({entry.worker for entry in entries}) == 2


async def test_a_worker_beyond_the_partitions_is_ready_and_idle(settings: KafkaSettings, tmp_path: Path) -> None:
    """With nothing assigned it is a member all the same, and leaves in good order."""
    topic = await Topic(settings, partitions=1).create()
    options = topic.settings(heartbeat_interval_seconds=0.2)
    async with running(options, settings, tmp_path) as first, running(options, settings, tmp_path) as second:
        for worker in (first, second):
            await worker.until(lambda status: status.phase is WorkerPhase.READY)
        await eventually(lambda: _assigned_together(first, second))
        assert [await worker.end() for worker in (first, second)] == [0, 0]


async def test_burning_does_not_cost_the_membership(settings: KafkaSettings, tmp_path: Path) -> None:
    """CPU-heavy handlers run beside the loop: no rebalance, probes answer, the worker is busy all the time."""
    topic = await Topic(settings, partitions=2).create()
    await topic.fill(20_000)
    options = topic.settings(
        handler=HandlerSpec(name="burn", cpu_micros=500), session_timeout_seconds=6, heartbeat_interval_seconds=0.5
    )
    async with running(options, settings, tmp_path) as worker:
        before, began = await worker.until(lambda status: status.processed_events > 2_000), time.monotonic()
        status = await worker.until(lambda status: status.processed_events > 8_000)
        observed_rate = (status.processed_events - before.processed_events) / (time.monotonic() - began)
        assert (await worker.get("/livez")).status_code == 200
        assert status.rebalances == 0
        assert (status.busy_ratio or 0) > 0.8
        assert observed_rate / 2 < (status.true_processing_rate or 0) < 2_100
        assert await worker.end() == 0
    ends = await topic.committed()
    assert Audit.of(await topic.entries(), 2).exactly(ends)


async def _all_committed(topic: Topic) -> bool:
    return await topic.committed() == await topic.ends()


async def _assigned_together(*workers: object) -> bool:
    statuses = [await worker.status() for worker in workers]  # type: ignore[attr-defined]  # all are Running
    return sorted(len(status.assignment) for status in statuses) == [0, 1]
