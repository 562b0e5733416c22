"""From a window's numbers to the capacity the job has, the one it needs, and the workers that give it."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from autoscaler.model import Rescale
from autoscaler.policies.flink.history import recent, restart_seconds, scalability_coefficient
from autoscaler.policies.flink.options import FlinkOptions
from autoscaler.policies.flink.parallelism import align, scaled_parallelism
from autoscaler.policies.flink.rates import (
    Edges,
    processing_backlog,
    processing_capacity,
    rate_thresholds,
    round_metric,
    scale_factor,
    target_rate,
    true_processing_rate,
)
from autoscaler.policies.flink.window import Measured


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluated:
    """Rates in events/s; `factor` is what the workers are to be multiplied by."""

    true_rate: float
    target: float
    capacity: float
    edges: Edges
    factor: float
    backlog: bool
    numbers: Mapping[str, float] = field(default_factory=dict)

    @property
    def told(self) -> str:
        """The reckoning in a line."""
        catching_up = ", working off a backlog" if self.backlog else ""
        return (
            f"{_n(self.target)}/s arrive{catching_up}: needs {_n(self.capacity)}/s, can do {_n(self.true_rate)}/s;"
            f" times {self.factor:.3g}"
        )

    @property
    def told_edges(self) -> str:
        """The edges in a line."""
        return f"{_n(self.true_rate)}/s against {_n(self.edges.up_below)} to {_n(self.edges.down_above)}"


def evaluate(measured: Measured, rescales: Sequence[Rescale], options: FlinkOptions) -> Evaluated | str:
    """The rates and what follows from them, or what is unknown."""
    if measured.input_rate is None or measured.lag_change_rate is None:
        return "one sample makes no rate"
    true_rate = true_processing_rate(
        input_rate=measured.input_rate,
        load=measured.load,
        observed_rate=measured.observed_rate,
        switch_threshold=options.observed_true_processing_rate_switch_threshold,
    )
    if true_rate is None or measured.load is None:
        return "the true processing rate is unknown: no worker reports how busy it is"
    rate = target_rate(input_rate=measured.input_rate, lag_change_rate=measured.lag_change_rate)
    return _evaluated(measured, rescales, options, true_rate=round_metric(true_rate), rate=round_metric(rate))


def propose_parallelism(found: Evaluated, *, current: int, partitions: int, options: FlinkOptions) -> int:
    """The number of workers that the scale factor comes to, fitted to the partitions (0 = not known)."""
    wanted = scaled_parallelism(
        current=current,
        factor=found.factor,
        least=options.vertex_min_parallelism,
        most=options.vertex_max_parallelism,
    )
    return align(
        wanted=wanted,
        current=current,
        partitions=partitions,
        most=options.vertex_max_parallelism,
        mode=options.scaling_parallelism_alignment_mode,
    )


def _evaluated(
    measured: Measured, rescales: Sequence[Rescale], options: FlinkOptions, *, true_rate: float, rate: float
) -> Evaluated:
    assert measured.input_rate is not None, "the caller has asked"
    lag, catch_up = measured.lag_events, options.catch_up_duration
    restart = restart_seconds(
        rescales,
        assumed=options.restart_time,
        tracking=options.restart_time_tracking_enabled,
        limit=options.restart_time_tracking_limit,
    )
    backlog = processing_backlog(
        lag_events=lag, input_rate=measured.input_rate, threshold_seconds=options.backlog_processing_lag_threshold
    )
    edges = rate_thresholds(
        rate=rate,
        lag_events=lag,
        utilization_max=options.utilization_upper,
        utilization_min=options.utilization_lower,
        catch_up_seconds=catch_up,
        restart_seconds=restart,
        backlog=backlog,
    )
    capacity = processing_capacity(
        rate=rate,
        lag_events=lag,
        utilization=options.utilization_target,
        catch_up_seconds=catch_up,
        restart_seconds=restart,
    )
    factor = scale_factor(
        capacity=capacity,
        true_rate=true_rate,
        down_max_factor=options.scale_down_max_factor,
        up_max_factor=options.scale_up_max_factor,
        scalability=_scalability(measured, rescales, options),
    )
    numbers = {"true_rate": true_rate, "target_rate": rate, "capacity": capacity, "factor": factor, "lag_events": lag}
    finite = {name: value for name, value in numbers.items() if math.isfinite(value)}
    return Evaluated(
        true_rate=true_rate, target=rate, capacity=capacity, edges=edges, factor=factor, backlog=backlog, numbers=finite
    )


def _scalability(measured: Measured, rescales: Sequence[Rescale], options: FlinkOptions) -> float:
    if not options.observed_scalability_enabled:
        return 1.0
    return scalability_coefficient(
        recent(rescales, at_seconds=measured.at_seconds, max_age=options.history_max_age),
        min_observations=options.observed_scalability_min_observations,
        floor=options.observed_scalability_coefficient_min,
    )


def _n(rate: float) -> str:
    return "∞" if math.isinf(rate) else f"{rate:,.0f}"
