"""What launches a producer and a producer itself agree on: settings and the status document."""

from pathlib import Path
from typing import Literal, Self

from pydantic import Field, model_validator
from pydantic_settings import SettingsConfigDict

from contract.load import Load
from contract.settings import EnvironmentSettings, Strict


class ProducerSettings(EnvironmentSettings):
    """Everything a producer is told, from `WEIR_PRODUCER_*` or options of `weir produce`."""

    model_config = SettingsConfigDict(env_prefix="WEIR_PRODUCER_")

    topic: str = "events"
    load: Load = Load()
    seconds: float = Field(60.0, gt=0, le=31_536_000)
    flat_out: bool = Field(default=False, description="as fast as Kafka takes them; the load's shape is ignored")
    events_max: int | None = Field(None, ge=1, description="flat_out: stop after this many, if not sooner")
    seed: int = Field(1, ge=0)
    processes: int | None = Field(None, ge=1, le=64, description="None = chosen from the peak rate")
    acks: Literal["0", "1", "all"] = "1"
    idempotence: bool = Field(default=False, description="no duplicates by retries; implies acks=all")
    compression: Literal["none", "lz4", "zstd", "gzip", "snappy"] = "none"
    linger_seconds: float = Field(0.005, ge=0, le=10)
    batch_bytes: int = Field(131_072, ge=1_024, le=1 << 20)
    buffer_bytes_max: int = Field(
        64 << 20, ge=1 << 20, description="waiting for Kafka at most; then events stay unsent and late"
    )
    late_after_seconds: float = Field(
        0.1, gt=0, description="an event sent later than this after its plan counts as late"
    )
    delivery_timeout_seconds: float = Field(120.0, gt=0, description="a batch not acknowledged within this has failed")
    flush_seconds_max: float = Field(
        30.0, gt=0, description="after the schedule's end or SIGTERM: wait this long for answers"
    )
    warmup_seconds: float = Field(0.0, ge=0, description="events planned before this leave no latency")
    start_us: int | None = Field(None, description="wall clock at which second 0 begins; None = as soon as connected")
    account_file: Path | None = Field(None, description="where the ProducerAccount is written at the end")
    status_host: str = "127.0.0.1"
    status_port: int | None = Field(None, ge=0, le=65_535, description="None = no HTTP, 0 = a free port")

    @model_validator(mode="after")
    def _one_end(self) -> Self:
        if self.events_max is not None and not self.flat_out:
            raise ValueError("events_max goes with flat_out; a load with a rate ends after `seconds`")
        return self


class ProducerStatus(Strict):
    """The document at `/status`: totals since the start, latencies of the last seconds."""

    topic: str
    process_ids: tuple[int, ...]
    start_us: int | None
    elapsed_seconds: float
    finished: bool
    planned: int
    sent: int
    acknowledged: int
    failed: int
    late: int
    value_bytes: int
    buffered_bytes: int
    cpu_seconds: float
    rss_bytes: int
    schedule_delay_seconds: dict[str, float | None] = Field({})
    publish_latency_seconds: dict[str, float | None] = Field({})
