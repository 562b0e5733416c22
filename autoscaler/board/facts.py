"""What does not change while an autoscaler runs."""

from dataclasses import dataclass, field
from importlib import metadata

from autoscaler.needed import WorkerRate
from autoscaler.storm.rule import LOOKBACK_SECONDS


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Whose workers these are, and what the board has to know to judge what it sees."""

    group: str
    topic: str
    backend: str
    dry_run: bool = False
    scenario: str | None = None
    """Of a load test."""
    slo_time_lag_seconds: float | None = None
    tick_seconds: float = 1.0
    """From one tick to the next."""
    worker_rate: WorkerRate | None = None
    """What one worker can do, if somebody said so."""
    cpu_window_seconds: float = LOOKBACK_SECONDS
    """What policies' CPU figures are means of."""
    version: str = field(default_factory=lambda: metadata.version("weir"))
