"""All rules, in the order in which their findings are told.

A new one costs a function, a line here, a section in docs/lint.md and a row in its test.
"""

from collections.abc import Callable, Iterable

from autoscaler.lint.document import Manifest
from autoscaler.lint.model import Finding, Unchecked
from autoscaler.lint.rules import behavior, bounds, cpu, keda, lag, reading, targets, together
from autoscaler.lint.setting import Setting

Rule = Callable[[Manifest, Setting], Iterable[Finding | Unchecked]]

RULES: tuple[Rule, ...] = (
    bounds.min_above_max,
    reading.refused,
    targets.object_target,
    targets.ignored_type,
    lag.lag_on_value,
    lag.time_lag_on_average,
    lag.unknown_metric,
    lag.default_threshold,
    lag.threshold_meaning,
    lag.target_above_slo,
    lag.target_below_commit,
    bounds.above_partitions,
    bounds.max_below_need,
    bounds.min_is_max,
    bounds.hpa_to_zero,
    cpu.without_request,
    cpu.without_readiness,
    cpu.init_longer_than_protection,
    cpu.init_longer_than_probes,
    keda.sticks_below_cap,
    keda.fallback_too_small,
    keda.idle_not_zero,
    keda.polls_slower_than_slo,
    keda.activation_above_threshold,
    keda.zero_in_one_step,
    behavior.never_down,
    behavior.never_down_by_tolerance,
    behavior.never_up,
    behavior.pods_policy_wraps,
    behavior.down_window_zero,
    behavior.shorter_than_rebalance,
    together.two_policies,
    together.replicas_beside,
)
