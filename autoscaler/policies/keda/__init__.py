"""KEDA's ScaledObject with a Kafka trigger, each of its rules as a function that can be called by itself."""

from autoscaler.policies.keda.activation import Activation, activation, cooldown_over
from autoscaler.policies.keda.behind import hpa_behind
from autoscaler.policies.keda.fallback import can_fall_back, fallback_metric, fallback_replicas, falls_back
from autoscaler.policies.keda.formula import Formula, read_formula
from autoscaler.policies.keda.formula_words import FormulaFault
from autoscaler.policies.keda.lag import (
    KafkaLag,
    PartitionLag,
    TriggerFault,
    even_factor,
    factors,
    kafka_lag,
    lag_to_metric,
    metric_name,
    partition_lag,
)
from autoscaler.policies.keda.policy import KedaPolicy, keda_plan, poll_due
from autoscaler.policies.keda.spec import (
    COMPOSITE,
    Fallback,
    FallbackBehavior,
    KafkaTrigger,
    KedaSpec,
    Modifiers,
    OffsetReset,
    Pause,
    ResourceTrigger,
    Trigger,
)

__all__ = [
    "COMPOSITE",
    "Activation",
    "Fallback",
    "FallbackBehavior",
    "Formula",
    "FormulaFault",
    "KafkaLag",
    "KafkaTrigger",
    "KedaPolicy",
    "KedaSpec",
    "Modifiers",
    "OffsetReset",
    "PartitionLag",
    "Pause",
    "ResourceTrigger",
    "Trigger",
    "TriggerFault",
    "activation",
    "can_fall_back",
    "cooldown_over",
    "even_factor",
    "factors",
    "fallback_metric",
    "fallback_replicas",
    "falls_back",
    "hpa_behind",
    "kafka_lag",
    "keda_plan",
    "lag_to_metric",
    "metric_name",
    "partition_lag",
    "poll_due",
    "read_formula",
]
