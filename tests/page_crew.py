"""One made-up worker of the live page's tests, and what it costs."""

import math
from dataclasses import dataclass

from tests.page_decisions import Document

WORKER_RATE = 1_000.0
"""Events/s that one worker does."""
WORK_CORES = 0.35
"""What a busy worker uses; a starting one takes a whole core if it gets it."""
INIT_CPU_SECONDS = 24.0


@dataclass(slots=True, kw_only=True)
class Worker:
    """One made-up worker; `init_left` is the CPU that its start still costs."""

    name: str
    created_at: float
    launched_at: float | None
    revision: str = "1"
    init_left: float = INIT_CPU_SECONDS
    init_seconds: int = 0
    restarts: int = 0
    waits_until: float = 0.0
    deleted_at: float | None = None
    last_exit: str | None = None
    cpu_cores: float = 0.0
    cpu_seconds: float = 0.0
    rate: float = 0.0
    partitions: int = 0

    @property
    def ready(self) -> bool:
        return self.launched_at is not None and self.init_left <= 0 and self.deleted_at is None

    @property
    def initialising(self) -> bool:
        return self.launched_at is not None and self.init_left > 0 and self.deleted_at is None

    @property
    def memory_bytes(self) -> float:
        return (84 + 9 * math.sin(int(self.name.rpartition("-")[2]))) * 2**20

    def document(self) -> Document:
        """As the API has it."""
        running = self.launched_at is not None
        phase = "draining" if self.deleted_at is not None else "ready" if self.ready else "initialising"
        return {
            "name": self.name,
            "phase": phase if running else None,
            "pod_phase": "Running",
            "ready": self.ready,
            "created_at": self.created_at,
            "launched_at": self.launched_at,
            "restarts": self.restarts,
            "generation": self.restarts,
            "revision": self.revision,
            "cpu_cores": self.cpu_cores if running else None,
            "cpu_seconds": self.cpu_seconds,
            "memory_bytes": self.memory_bytes if running else None,
            "busy_ratio": self.rate / WORKER_RATE if self.ready else None,
            "processing_rate": self.rate if self.ready else None,
            "true_processing_rate": WORKER_RATE if self.ready else None,
            "partitions": self.partitions if self.ready else None,
            "pending_reason": None,
            "deleted": self.deleted_at is not None,
            "last_exit": self.last_exit,
            "url": None,
        }
