"""What a worker has done so far and in the last seconds; counted by the batch, read by `/status` and `/metrics`.

Numbers live here as plain integers; the Prometheus objects beside them are touched once per batch, or read these at
scrape.
"""

import os
import time
from collections import Counter, deque
from collections.abc import Callable

import psutil

from contract.histogram import LatencyHistogram
from contract.worker import WorkerStatus
from processor.life import Life
from processor.rates import Rates, RateWindow, WorstOf

RECENT_HISTOGRAMS = 5  # one for every commit


class Progress:
    """The counts of one worker, and its status document."""

    def __init__(self, worker: str, life: Life, clock: Callable[[], float]) -> None:
        self.worker = worker
        self.life = life
        self.assignment: tuple[int, ...] = ()
        self.positions: dict[int, int] = {}
        self.processed_events = 0
        self.committed_events = 0
        self.refused_events = 0
        self.dead_lettered: Counter[str] = Counter()
        self._init_cpu_seconds: float | None = None
        self.recent: deque[LatencyHistogram] = deque(maxlen=RECENT_HISTOGRAMS)
        self.timer_delays = WorstOf()
        self._clock = clock
        self._window: RateWindow | None = None
        self._process = psutil.Process()

    def cold_start_is_over(self) -> None:
        """What CPU was used until now is what the start has cost: interpreter, imports, initialisation."""
        self._init_cpu_seconds = time.process_time()

    def begin(self) -> None:
        """From now on rates are measured."""
        self._window = self._window or RateWindow(self._clock())

    def batch(self, partition: int, *, next_offset: int, events: int, busy_seconds: float) -> None:
        """A slice is done with."""
        self.positions[partition] = next_offset
        self.processed_events += events
        if self._window:
            self._window.record(self._clock(), events=events, busy_seconds=busy_seconds)

    def rates(self) -> Rates:
        """The last seconds."""
        return self._window.rates(self._clock()) if self._window else Rates()

    def timer_was_late(self, seconds: float) -> None:
        """The event loop came to a timer that much after its time."""
        self.timer_delays.record(self._clock(), seconds)

    def event_loop_delay_seconds(self) -> float | None:
        """The worst delay of a timer in the last seconds."""
        return self.timer_delays.worst(self._clock())

    def cpu_seconds(self) -> tuple[float, float]:
        """What the cold start has used so far, and what the work has."""
        used = time.process_time()
        init = used if self._init_cpu_seconds is None else self._init_cpu_seconds
        return init, used - init

    def status(self) -> WorkerStatus:
        """The document of `/status`."""
        rates = self.rates()
        init_cpu_seconds, work_cpu_seconds = self.cpu_seconds()
        return WorkerStatus(
            worker=self.worker,
            phase=self.life.phase,
            reason=self.life.reason,
            process_id=os.getpid(),
            uptime_seconds=self.life.uptime_seconds(),
            phase_seconds=self.life.phase_seconds(),
            assignment=self.assignment,
            positions=dict(self.positions),
            processed_events=self.processed_events,
            committed_events=self.committed_events,
            dead_lettered_events=self.dead_lettered.total(),
            processing_rate=rates.processing_rate,
            true_processing_rate=rates.true_processing_rate,
            busy_ratio=rates.busy_ratio,
            event_loop_delay_seconds=self.event_loop_delay_seconds(),
            rebalances=self.life.rebalances,
            rebalance_seconds=self.life.rebalance_seconds,
            cpu_seconds=init_cpu_seconds + work_cpu_seconds,
            init_cpu_seconds=init_cpu_seconds,
            rss_bytes=self._process.memory_info().rss,
            end_to_end_seconds=LatencyHistogram.merged(self.recent).percentiles((50.0, 99.0, 99.9, 100.0)),
        )
