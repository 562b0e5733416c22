"""What is noticed between two looks at the workers."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from contract.worker import WorkerPhase, WorkerStatus
from loadtests.children import Child
from loadtests.watch import Watch


@dataclass
class Ended:
    """The one field of a process that matters here."""

    returncode: int | None = None


@dataclass
class Crew:
    """Workers whose lives a test decides."""

    names: tuple[str, ...]
    processes: dict[str, Ended] = field(default_factory=dict)

    def children(self) -> list[Child]:
        """As the run would have them."""
        self.processes = {name: Ended() for name in self.names}
        return [Child(name, cast("Any", self.processes[name]), Path("log"), "") for name in self.names]


def status(worker: str, phase: WorkerPhase, rebalances: int = 0) -> WorkerStatus:
    """A status page."""
    return WorkerStatus(worker=worker, phase=phase, process_id=1, uptime_seconds=1.0, rebalances=rebalances)


def test_a_phase_is_told_once() -> None:
    """Only a change of phase is an event."""
    watch = Watch(Crew(("a",)).children())
    first = list(watch.look(1.0, [status("a", WorkerPhase.READY)]))
    again = list(watch.look(2.0, [status("a", WorkerPhase.READY)]))
    assert [(e.kind, e.subject, e.detail) for e in first] == [("phase", "a", "ready")]
    assert again == []


def test_a_rebalance_belongs_to_the_group() -> None:
    """Two workers that count the same rebalance are one event."""
    watch = Watch(Crew(("a", "b")).children())
    list(watch.look(1.0, [status("a", WorkerPhase.READY, 1), status("b", WorkerPhase.READY, 1)]))
    events = list(watch.look(2.0, [status("a", WorkerPhase.READY, 2), status("b", WorkerPhase.READY, 2)]))
    assert [(e.kind, e.subject) for e in events] == [("rebalance", "group")]


def test_a_death_is_told_once_with_its_exit_code() -> None:
    """A worker that ended by itself is an event, with how it ended."""
    crew = Crew(("a", "b"))
    watch = Watch(crew.children())
    crew.processes["b"].returncode = -9
    events = [*watch.look(3.0, []), *watch.look(4.0, [])]
    assert [(e.at_seconds, e.kind, e.subject, e.detail) for e in events] == [(3.0, "death", "b", "exit code -9")]
