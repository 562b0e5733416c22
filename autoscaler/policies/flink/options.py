"""Flink's options for its autoscaler, with its defaults.

The names are those after `job.autoscaler.` with dots and dashes written as underscores: `scale-down.max-factor` is
`scale_down_max_factor`.  Durations are seconds.  Options that have no meaning for a group of Kafka consumers (vertices
to leave out, memory tuning, garbage collection, clients) are not here.
"""

from enum import StrEnum
from typing import Annotated, Self

from pydantic import BeforeValidator, Field, field_validator, model_validator

from autoscaler.moments import open_zone
from autoscaler.policies.flink.periods import Period, parse_period
from autoscaler.policies.flink.units import Duration, MemorySize, WholeDuration
from contract.settings import Strict


class Aggregator(StrEnum):
    """How the workers' busy shares become one: MAX is robust where keys are skewed."""

    MAX = "MAX"
    AVG = "AVG"
    MIN = "MIN"


class Alignment(StrEnum):
    """How the number of workers is fitted to the number of partitions."""

    BALANCED = "BALANCED"
    EVENLY_SPREAD = "EVENLY_SPREAD"
    OFF = "OFF"


def _periods(value: object) -> object:
    """A list, or one text with semicolons as in Flink's configuration files."""
    texts = [text for text in value.split(";") if text.strip()] if isinstance(value, str) else value
    if not isinstance(texts, list | tuple):
        raise ValueError("expected a list of periods, or a text with semicolons between them")  # noqa: TRY004  # pydantic's
    return tuple(parse_period(text.strip()) if isinstance(text, str) else text for text in texts)


class FlinkOptions(Strict):
    """All options that Weir follows."""

    enabled: bool = Field(True, description="Flink's default is false; here the policy's presence turns it on")
    scaling_enabled: bool = Field(True, description="false = decide and explain, change nothing")
    control_loop_interval: Duration = Field(10.0, ge=0, description="autoscaler.standalone.control-loop.interval")
    metrics_window: Duration = Field(900.0, ge=0)
    metrics_busy_time_aggregator: Aggregator = Aggregator.MAX
    stabilization_interval: Duration = Field(300.0, ge=0)
    excluded_periods: Annotated[tuple[Period, ...], BeforeValidator(_periods)] = ()
    timezone: str = Field(
        "UTC",
        description="of excluded periods, for which at_seconds must be since the epoch; in Flink the operator's own",
    )

    utilization_target: float = Field(0.7, gt=0, le=1)
    utilization_max: float | None = Field(None, ge=0, description="None = target + boundary")
    utilization_min: float | None = Field(None, ge=0, description="None = target - boundary")
    target_utilization_boundary: float = Field(0.3, ge=0)
    backlog_processing_lag_threshold: WholeDuration = Field(300.0, ge=0)

    vertex_min_parallelism: int = Field(1, ge=1)
    vertex_max_parallelism: int = Field(200, ge=1)
    scale_down_max_factor: float = Field(0.6, ge=0, le=1)
    scale_up_max_factor: float = Field(100_000.0, ge=0)
    scale_down_interval: Duration = 3_600.0
    scaling_parallelism_alignment_mode: Alignment = Alignment.BALANCED

    catch_up_duration: WholeDuration = Field(1_800.0, ge=0)
    restart_time: WholeDuration = Field(300.0, ge=0)
    restart_time_tracking_enabled: bool = False
    restart_time_tracking_limit: WholeDuration = Field(900.0, ge=0)

    observed_true_processing_rate_lag_threshold: WholeDuration = Field(30.0, ge=0)
    observed_true_processing_rate_switch_threshold: float = Field(0.15, ge=0)
    observed_true_processing_rate_min_observations: int = Field(2, ge=1)

    scaling_effectiveness_detection_enabled: bool = False
    scaling_effectiveness_threshold: float = Field(0.1, ge=0, le=1)
    observed_scalability_enabled: bool = False
    observed_scalability_min_observations: int = Field(3, ge=1)
    observed_scalability_coefficient_min: float = Field(0.5, gt=0, le=1)
    history_max_count: int = Field(3, ge=1)
    history_max_age: Duration = Field(86_400.0, ge=0)

    quota_cpu: float | None = Field(None, gt=0, description="cores that all workers together may request")
    quota_memory: MemorySize | None = Field(None, gt=0, description="bytes that they may request")

    @property
    def utilization_upper(self) -> float:
        """Above this share of capacity the job should grow."""
        if self.utilization_max is not None:
            return self.utilization_max
        return self.utilization_target + self.target_utilization_boundary

    @property
    def utilization_lower(self) -> float:
        """Below this share of capacity the job should shrink."""
        if self.utilization_min is not None:
            return self.utilization_min
        return self.utilization_target - self.target_utilization_boundary

    @field_validator("timezone")
    @classmethod
    def _zone_exists(cls, timezone: str) -> str:
        open_zone(timezone)
        return timezone

    @model_validator(mode="after")
    def _orders(self) -> Self:
        if self.vertex_min_parallelism > self.vertex_max_parallelism:
            raise ValueError(
                f"vertex_min_parallelism ({self.vertex_min_parallelism}) must not be above"
                f" vertex_max_parallelism ({self.vertex_max_parallelism})"
            )
        if not self.utilization_lower <= self.utilization_target <= self.utilization_upper:
            raise ValueError(
                f"expected utilization_min <= utilization_target <= utilization_max, found"
                f" {self.utilization_lower:g}, {self.utilization_target:g}, {self.utilization_upper:g}"
            )
        return self
