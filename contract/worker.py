"""What launches a worker and a worker itself agree on: settings, phases, and the status document."""

from enum import StrEnum
from typing import Literal

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from contract.settings import EnvironmentSettings, Strict


class WorkerPhase(StrEnum):
    """A worker's life, in order.  Only `ready` consumes; `stopped` and `failed` are final."""

    STARTING = "starting"
    INITIALISING = "initialising"
    JOINING = "joining"
    READY = "ready"
    DRAINING = "draining"
    STOPPED = "stopped"
    FAILED = "failed"


class InitCost(Strict):
    """What a cold start really costs before the worker may join the group."""

    cpu_seconds: float = Field(0.0, ge=0, le=3600, description="CPU time burnt, as class loading or a model would")
    threads: int = Field(1, ge=1, le=64, description="in how many threads at once, as a virtual machine compiles")
    wait_seconds: float = Field(0.0, ge=0, le=3600, description="waiting without CPU, as for a remote cache")
    memory_mib: int = Field(0, ge=0, le=65_536, description="memory held from then on")


class HandlerSpec(Strict):
    """Which handler, and what it costs.  `name` is one of Weir's or a `module:callable` of the user's own."""

    name: str = Field("count", pattern=r"^([a-z][a-z0-9_]*|[A-Za-z_][\w.]*:[A-Za-z_]\w*)$")
    cpu_micros: float = Field(0.0, ge=0, description="burn, work: CPU per event")
    service_micros: float = Field(0.0, ge=0, description="wait, work: time per event without CPU")
    window_seconds: float = Field(10.0, gt=0, description="window: length of a tumbling window in event time")
    lateness_seconds: float = Field(1.0, ge=0, description="window: how long after its end a window still takes events")
    output_topic: str | None = Field(None, description="window: where results go")
    attempts: int = Field(3, ge=1, le=100, description="tries before an event that fails is dead-lettered")


class WorkerSettings(EnvironmentSettings):
    """Everything one worker is told, from `WEIR_WORKER_*` or options of `weir process`."""

    model_config = SettingsConfigDict(env_prefix="WEIR_WORKER_")

    worker_id: str = Field("", description="name in ledger, logs and metrics; empty = host and process id")
    topic: str = "events"
    group: str = "weir"
    events: Literal["weir", "json"] = Field("weir", description="weir = our own schema; json = any JSON value")
    handler: HandlerSpec = HandlerSpec()
    init: InitCost = InitCost()
    ledger_topic: str | None = Field(None, description="where processed ranges are published; None = nowhere")
    dead_letter_topic: str | None = Field(None, description="default: TOPIC.dead-letter")
    commit_interval_seconds: float = Field(1.0, gt=0, le=60)
    auto_offset_reset: Literal["earliest", "latest"] = "earliest"
    session_timeout_seconds: float = Field(10.0, ge=1, le=300)
    heartbeat_interval_seconds: float = Field(3.0, gt=0, le=100)
    batch_events_max: int = Field(5_000, ge=1, le=1_000_000, description="most events handed to the handler at once")
    fetch_bytes_max: int = Field(1 << 18, ge=1_024, description="per partition and fetch; larger ones leave the cache")
    fetch_wait_seconds: float = Field(0.1, ge=0, le=30, description="how long the broker may hold a fetch open")
    drain_seconds_max: float = Field(20.0, gt=0, description="after SIGTERM: finish, commit and leave within this")
    status_host: str = "127.0.0.1"
    status_port: int = Field(0, ge=0, le=65_535, description="0 = a free port, printed at start")

    @property
    def dead_letter_topic_name(self) -> str:
        """Where poison goes."""
        return self.dead_letter_topic or f"{self.topic}.dead-letter"


class WorkerStatus(Strict):
    """The document at `/status`.  Totals count from the start of the process; None = not known yet."""

    worker: str
    phase: WorkerPhase
    reason: str | None = Field(None, description="why the phase is `failed` or `draining`")
    process_id: int
    uptime_seconds: float
    phase_seconds: dict[WorkerPhase, float] = Field({}, description="time spent in each phase so far")
    assignment: tuple[int, ...] = ()
    positions: dict[int, int] = Field({}, description="partition to next offset to process")
    processed_events: int = 0
    committed_events: int = 0
    dead_lettered_events: int = 0
    processing_rate: float | None = Field(None, description="events/s over the last seconds")
    true_processing_rate: float | None = Field(None, description="events/s if it were busy all the time")
    busy_ratio: float | None = Field(None, description="share of the last seconds spent processing, 0 to 1")
    event_loop_delay_seconds: float | None = Field(None, description="worst delay of a timer in the last seconds")
    rebalances: int = 0
    rebalance_seconds: float = Field(0.0, description="time without an assignment because of rebalances")
    cpu_seconds: float = 0.0
    init_cpu_seconds: float = Field(0.0, description="the part of it that went into starting: until it may join")
    rss_bytes: int = 0
    end_to_end_seconds: dict[str, float | None] = Field({}, description="p50, p99, p99.9, max of the last seconds")
