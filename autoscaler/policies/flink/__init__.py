"""Flink's autoscaler and DS2 for a group of Kafka consumers, each of their rules as a function of its own."""

from autoscaler.policies.flink.brakes import brake
from autoscaler.policies.flink.down import Delayed, clear_down, delay_down
from autoscaler.policies.flink.ds2 import Ds2Options, Ds2Policy, ds2_corrected, ds2_replicas, ds2_significant, ds2_step
from autoscaler.policies.flink.evaluate import Evaluated, evaluate, propose_parallelism
from autoscaler.policies.flink.history import ineffective, restart_seconds, scalability_coefficient
from autoscaler.policies.flink.options import Aggregator, Alignment, FlinkOptions
from autoscaler.policies.flink.parallelism import align, scaled_parallelism
from autoscaler.policies.flink.periods import Period, parse_period
from autoscaler.policies.flink.policy import FlinkPolicy, flink_plan
from autoscaler.policies.flink.rates import (
    Edges,
    busy_time_rate,
    processing_backlog,
    processing_capacity,
    rate_thresholds,
    round_metric,
    scale_factor,
    target_rate,
    true_processing_rate,
)
from autoscaler.policies.flink.window import Measured, aggregate_load, measure

__all__ = [
    "Aggregator",
    "Alignment",
    "Delayed",
    "Ds2Options",
    "Ds2Policy",
    "Edges",
    "Evaluated",
    "FlinkOptions",
    "FlinkPolicy",
    "Measured",
    "Period",
    "aggregate_load",
    "align",
    "brake",
    "busy_time_rate",
    "clear_down",
    "delay_down",
    "ds2_corrected",
    "ds2_replicas",
    "ds2_significant",
    "ds2_step",
    "evaluate",
    "flink_plan",
    "ineffective",
    "measure",
    "parse_period",
    "processing_backlog",
    "processing_capacity",
    "propose_parallelism",
    "rate_thresholds",
    "restart_seconds",
    "round_metric",
    "scalability_coefficient",
    "scale_factor",
    "scaled_parallelism",
    "target_rate",
    "true_processing_rate",
]
