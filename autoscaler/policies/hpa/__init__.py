"""Kubernetes' HPA v2, each of its rules as a function that can be called by itself."""

from autoscaler.policies.hpa.faults import MetricFault
from autoscaler.policies.hpa.limits import (
    Limited,
    limit_with_behavior,
    limit_without_behavior,
    scale_down_limit,
    scale_up_limit,
)
from autoscaler.policies.hpa.pods import Group, Groups, cpu_unready, group_of, group_workers, running_and_ready
from autoscaler.policies.hpa.policy import HpaPolicy, ask_metrics, hpa_plan, normalize
from autoscaler.policies.hpa.replicas import (
    Answer,
    average_per_worker,
    resource_utilization,
    total_average_value,
    total_value,
)
from autoscaler.policies.hpa.spec import (
    DEFAULT_DOWN,
    DEFAULT_UP,
    Behavior,
    ChangeUnit,
    HpaSpec,
    Metric,
    MetricType,
    ScalingPolicy,
    ScalingRules,
    SelectPolicy,
    Target,
    TargetType,
    Tolerances,
)
from autoscaler.policies.hpa.stabilise import highest_recent, within_recent

__all__ = [
    "DEFAULT_DOWN",
    "DEFAULT_UP",
    "Answer",
    "Behavior",
    "ChangeUnit",
    "Group",
    "Groups",
    "HpaPolicy",
    "HpaSpec",
    "Limited",
    "Metric",
    "MetricFault",
    "MetricType",
    "ScalingPolicy",
    "ScalingRules",
    "SelectPolicy",
    "Target",
    "TargetType",
    "Tolerances",
    "ask_metrics",
    "average_per_worker",
    "cpu_unready",
    "group_of",
    "group_workers",
    "highest_recent",
    "hpa_plan",
    "limit_with_behavior",
    "limit_without_behavior",
    "normalize",
    "resource_utilization",
    "running_and_ready",
    "scale_down_limit",
    "scale_up_limit",
    "total_average_value",
    "total_value",
    "within_recent",
]
