"""What a worker has before it joins the group; its parts share it."""

from concurrent.futures import Executor
from dataclasses import dataclass

from contract.worker import WorkerSettings
from processor.handlers import Handler
from processor.meters import Meters
from processor.progress import Progress


@dataclass(frozen=True, slots=True, kw_only=True)
class Equipment:
    """Settings, the handler with its thread, and where it is counted."""

    settings: WorkerSettings
    handler: Handler
    thread: Executor
    progress: Progress
    meters: Meters
