"""What the watch tells from one tick to the next."""

import pytest

from autoscaler.controller import Report
from autoscaler.model import Observation
from autoscaler.observer.observer import Look
from autoscaler.reconciler.model import Fleet, Happening
from contract.record import RunEvent
from contract.worker import WorkerPhase, WorkerStatus
from loadtests.watch import Watch


def status(worker: str, phase: WorkerPhase) -> WorkerStatus:
    """A worker of which only the phase counts."""
    return WorkerStatus(worker=worker, phase=phase, process_id=1, uptime_seconds=1.0)


def report(*statuses: WorkerStatus, rebalances: int | None = None, held: str | None = None, **happened: str) -> Report:
    """A tick at 100 s; `happened` is a happening's kind and subject, half a second before it."""
    look = Look(
        observation=Observation(at_seconds=100.0, spec_replicas=1, status_replicas=1),
        statuses={status.worker: status for status in statuses},
        offsets=None,
        usage={},
        worker_cpu_seconds=0.0,
        init_cpu_seconds=0.0,
        partitions_stopped=None,
        rebalances=rebalances,
        took_seconds=0.0,
    )
    happenings = tuple(Happening(at_seconds=99.5, kind=kind, subject=who) for kind, who in happened.items())
    return Report(
        at_seconds=100.0,
        fleet=Fleet(),
        desired=1,
        look=look,
        answer=None,
        happenings=happenings,
        held=held,
        took_seconds=0.0,
    )


def told(watch: Watch, *reports: Report) -> list[tuple[str, str, str]]:
    """What was told of all of them."""
    events = [event for each in reports for event in watch.look(10.0, each)]
    return [(event.kind, event.subject, event.detail) for event in events]


def test_a_phase_is_told_when_it_changes() -> None:
    """Once for each change, for each worker."""
    joining, ready = status("a", WorkerPhase.JOINING), status("a", WorkerPhase.READY)
    events = told(Watch(), report(joining), report(joining), report(ready, status("b", WorkerPhase.READY)))
    assert events == [("phase", "a", "joining"), ("phase", "a", "ready"), ("phase", "b", "ready")]


@pytest.mark.parametrize(
    ("counts", "told_of"),
    [
        pytest.param([0, 1, 1, 3], ["number 1", "number 3"], id="a growing number is told"),
        pytest.param([None, None], [], id="an unknown number is not"),
        pytest.param([2, None, 2], ["number 2"], id="not to know for a while is no rebalance"),
    ],
)
def test_rebalances_are_told(counts: list[int | None], told_of: list[str]) -> None:
    events = told(Watch(), *(report(rebalances=count) for count in counts))
    assert [detail for kind, _, detail in events if kind == "rebalance"] == told_of


def test_what_the_reconciler_did_has_its_own_time() -> None:
    """A happening half a second before the tick stands half a second before the sample."""
    events = list(Watch().look(10.0, report(launch="worker-1")))
    assert events == [RunEvent(at_seconds=9.5, kind="launch", subject="worker-1")]


def test_a_hold_is_told_with_its_reason() -> None:
    assert told(Watch(), report(held="backend: away")) == [("held", "autoscaler", "backend: away")]
