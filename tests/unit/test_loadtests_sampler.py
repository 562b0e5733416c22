"""Rows of the sampler, made from the ticks of an autoscaler: who counts as what, and totals that never fall."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

import httpx
import pytest

from autoscaler.backends.base import Usage
from autoscaler.controller import Report
from autoscaler.model import Observation
from autoscaler.observer.observer import Look
from autoscaler.observer.offsets import Offsets
from autoscaler.reconciler.model import Fleet, Happening, Pod
from contract.producer import ProducerStatus
from contract.record import Sample
from contract.worker import WorkerPhase, WorkerStatus
from loadtests.sampler import Sampler

READY, INITIALISING, JOINING = WorkerPhase.READY, WorkerPhase.INITIALISING, WorkerPhase.JOINING


@pytest.fixture
async def sampler() -> AsyncIterator[Sampler]:
    """One that has seen nothing; nobody is asked over HTTP."""
    async with httpx.AsyncClient() as http:
        yield Sampler(http, broker_process=None)


def pod(name: str, *, generation: int = 0, running: bool = True, restarts: int = 0) -> Pod:
    launched = 1.0 if running else None
    return Pod(name=name, created_at=0.0, launched_at=launched, generation=generation, restarts=restarts)


def status(worker: str, phase: WorkerPhase = READY, **more: Any) -> WorkerStatus:
    return WorkerStatus(worker=worker, phase=phase, process_id=1, uptime_seconds=1.0, **more)


def look(statuses: dict[str, WorkerStatus], *, offsets: Offsets | None = None, **more: Any) -> Look:
    """What answered, by pod name."""
    given: dict[str, Any] = {"usage": {}, "worker_cpu_seconds": 0.0, "init_cpu_seconds": 0.0, "rebalances": None} | more
    return Look(
        observation=Observation(at_seconds=0.0, spec_replicas=1, status_replicas=1, time_lag_seconds=0.5),
        statuses=statuses,
        offsets=offsets,
        partitions_stopped=2,
        took_seconds=0.0,
        **given,
    )


def report(pods: Sequence[Pod], seen: Look | None, *kinds: str) -> Report:
    """A tick with these pods; `kinds` happened in it."""
    return Report(
        at_seconds=0.0,
        fleet=Fleet(pods={each.name: each for each in pods}),
        desired=4,
        look=seen,
        answer=None,
        happenings=tuple(Happening(at_seconds=0.0, kind=kind, subject="worker-1") for kind in kinds),
        held=None,
        took_seconds=0.0,
    )


def rows(sampler: Sampler, *reports: Report) -> list[Sample]:
    return [sampler.sample(float(number), "measuring", each) for number, each in enumerate(reports)]


def counted(sample: Sample) -> tuple[int | None, int | None, int | None]:
    """How many are alive, ready, and on their way."""
    return sample.workers_alive, sample.workers_ready, sample.workers_initialising


@pytest.mark.parametrize(
    ("ticks", "figures"),
    [
        pytest.param(
            [([pod("worker-1"), pod("worker-2")], {"worker-1": READY, "worker-2": JOINING})],
            (2, 1, 1),
            id="each counts by what it says",
        ),
        pytest.param(
            [([pod("worker-1")], {"worker-1": READY}), ([pod("worker-1")], {})],
            (1, 1, 0),
            id="who does not answer keeps the last phase: to be starved is no change",
        ),
        pytest.param([([pod("worker-1")], {})], (1, 0, 1), id="who has never answered is starting"),
        pytest.param(
            [([pod("worker-1")], {"worker-1": READY}), ([pod("worker-1", generation=1)], {})],
            (1, 0, 1),
            id="a new process begins anew, whatever the one before it said",
        ),
        pytest.param(
            [([pod("worker-1")], {"worker-1": READY}), ([pod("worker-1", running=False)], {})],
            (0, 0, 0),
            id="a pod that waits for its restart is not alive",
        ),
        pytest.param(
            [([pod("worker-1")], {"worker-1": WorkerPhase.DRAINING})],
            (1, 0, 0),
            id="who drains is alive, neither ready nor starting",
        ),
        pytest.param(
            [([pod("worker-1")], {"worker-1": READY}), ([pod("worker-1")], None)],
            (1, 1, 0),
            id="a tick that saw nothing changes nobody",
        ),
    ],
)
def test_workers_are_counted_by_their_last_phase(
    sampler: Sampler, ticks: list[tuple[list[Pod], dict[str, WorkerPhase] | None]], figures: tuple[int, int, int]
) -> None:
    """Each row: the pods of some ticks with who answered what (None = the look failed), and the counts of the last."""
    reports = [
        report(pods, None if phases is None else look({name: status(name, phase) for name, phase in phases.items()}))
        for pods, phases in ticks
    ]
    assert counted(rows(sampler, *reports)[-1]) == figures


def test_restarts_and_probe_kills_add_up(sampler: Sampler) -> None:
    """Also those of pods that are gone."""
    found = rows(
        sampler,
        report([pod("worker-1", restarts=1), pod("worker-2")], look({}), "probe-kill", "launch"),
        report([pod("worker-1", restarts=2), pod("worker-2", restarts=1)], look({}), "probe-kill", "probe-kill"),
        report([pod("worker-2", restarts=1)], look({})),
    )
    assert [sample.worker_restarts for sample in found] == [1, 3, 3]
    assert [sample.probe_kills for sample in found] == [1, 3, 3]


def test_what_was_processed_never_falls(sampler: Sampler) -> None:
    """A worker that died, one that does not answer, and a successor of the same pod: all of them stay in the sum."""
    first, second = pod("worker-1"), pod("worker-2")
    reborn = pod("worker-1", generation=1, restarts=1)
    found = rows(
        sampler,
        report(
            [first, second],
            look(
                {
                    "worker-1": status("worker-1", processed_events=100),
                    "worker-2": status("worker-2", processed_events=50, dead_lettered_events=3),
                }
            ),
        ),
        report([first, second], look({"worker-1": status("worker-1", processed_events=120)})),
        report([reborn], look({"worker-1": status("worker-1.1", INITIALISING, processed_events=0)})),
        report([reborn], look({"worker-1": status("worker-1.1", processed_events=7)})),
    )
    assert [sample.processed_events for sample in found] == [150, 170, 170, 177]
    assert [sample.dead_lettered_events for sample in found] == [3, 3, 3, 3]


def test_means_are_those_of_this_second(sampler: Sampler) -> None:
    """Of the workers that answered and know; delays are the worst of them."""
    seen = look(
        {
            "worker-1": status("worker-1", busy_ratio=0.2, end_to_end_seconds={"p50": 1.0, "p99": 2.0}),
            "worker-2": status("worker-2", busy_ratio=0.6, end_to_end_seconds={"p50": 3.0, "p99": 9.0}),
            "worker-3": status("worker-3", INITIALISING),
        }
    )
    pods = [pod("worker-1"), pod("worker-2"), pod("worker-3")]
    before, after = rows(sampler, report(pods, seen), report(pods, look({})))
    assert before.busy_ratio == pytest.approx(0.4)
    assert (before.end_to_end_p50_seconds, before.end_to_end_p99_seconds) == (2.0, 9.0)
    assert (after.busy_ratio, after.end_to_end_p50_seconds) == (None, None)


@pytest.mark.parametrize(
    ("offsets", "figures"),
    [
        pytest.param(Offsets(committed={0: 70, 1: 20}, end={0: 100, 1: 20}), (120, 90, 30), id="end minus committed"),
        pytest.param(Offsets(committed={0: 70}, end={0: 100, 1: 20}), (120, 70, 50), id="no commit yet: all of it"),
        pytest.param(Offsets(committed={0: 101}, end={0: 100}), (100, 101, 0), id="never below nothing"),
        pytest.param(None, (None, None, None), id="Kafka did not answer: not known, and not 0"),
    ],
)
def test_positions(sampler: Sampler, offsets: Offsets | None, figures: tuple[int | None, ...]) -> None:
    """Each row: what Kafka told; end offsets, committed offsets and lag of the row."""
    (sample,) = rows(sampler, report([pod("worker-1")], look({}, offsets=offsets)))
    assert (sample.end_offset_events, sample.committed_events, sample.lag_events) == figures


def test_a_tick_that_saw_nothing_is_a_row_without_figures(sampler: Sampler) -> None:
    """But with what is known all the same: who is kept, and how many are wanted."""
    (sample,) = rows(sampler, report([pod("worker-1")], None))
    assert (sample.desired_replicas, sample.workers_alive) == (4, 1)
    assert (sample.lag_events, sample.processed_events, sample.worker_cpu_seconds, sample.time_lag_seconds) == (
        None,
        None,
        None,
        None,
    )


def test_what_the_observer_adds_up_is_taken_over(sampler: Sampler) -> None:
    usage = {name: Usage(generation=0, at_seconds=0.0, cpu_seconds=1.0, memory_bytes=1_000.4) for name in ("a", "b")}
    seen = look({}, usage=usage, worker_cpu_seconds=9.0, init_cpu_seconds=2.0, rebalances=5)
    (sample,) = rows(sampler, report([], seen))
    assert (sample.worker_cpu_seconds, sample.worker_init_cpu_seconds, sample.rebalances) == (9.0, 2.0, 5)
    assert (sample.worker_rss_bytes, sample.partitions_stopped, sample.time_lag_seconds) == (2_001, 2, 0.5)


def test_the_producer_is_as_it_last_told(sampler: Sampler) -> None:
    """Before its first word nothing is known of it."""
    silent = sampler.sample(0.0, "measuring", report([], None))
    sampler.producer_status = ProducerStatus(
        topic="events",
        process_ids=(1,),
        start_us=1,
        elapsed_seconds=1.0,
        finished=False,
        planned=10,
        sent=9,
        acknowledged=8,
        failed=0,
        late=0,
        value_bytes=900,
        buffered_bytes=100,
        cpu_seconds=0.5,
        rss_bytes=1_000,
    )
    told = sampler.sample(1.0, "measuring", report([], None))
    assert (silent.planned_events, told.planned_events, told.sent_events, told.acked_events) == (None, 10, 9, 8)
