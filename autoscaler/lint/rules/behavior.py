"""Rules about how fast the number may change, and in which direction never."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from autoscaler.lint.document import Manifest, child
from autoscaler.lint.model import Finding, Path, Put, Severity, Unchecked
from autoscaler.lint.rules.keda import COOLDOWN, seconds_of
from autoscaler.lint.setting import Setting
from autoscaler.lint.views import HPA, SCALED, behavior_path, bounds_of, number, quantity
from autoscaler.lint.words import counted
from autoscaler.manifests.hpa_shape import INT32_MAX
from autoscaler.policies.hpa import (
    DEFAULT_DOWN,
    DEFAULT_UP,
    ChangeUnit,
    ScalingPolicy,
    ScalingRules,
    SelectPolicy,
    Tolerances,
    scale_down_limit,
    scale_up_limit,
)

LOOKED_AT_MAX = 1_000
"""Numbers of replicas that a limit is tried with."""


def never_down(manifest: Manifest, setting: Setting) -> Iterator[Finding]:
    """The policies of scaleDown allow no change."""
    del setting
    rules, path = _rules(manifest, "scaleDown", DEFAULT_DOWN)
    bounds = bounds_of(manifest)
    if rules is None or path is None or bounds is None:
        return
    counts = range(bounds[0].replicas + 1, min(bounds[1].replicas, LOOKED_AT_MAX) + 1)
    held = [count for count in counts if scale_down_limit(rules, current=count, events=(), now=0) >= count]
    if held:
        at = "" if len(held) == len(counts) else f" from {counted(held[0], 'replica')}"
        yield _frozen(rules, path, "down", f"It never scales down{at}: what a peak asked for is paid for ever.")


def never_down_by_tolerance(manifest: Manifest, setting: Setting) -> Iterator[Finding]:
    """Not even a metric of 0 is far enough from its target."""
    del setting
    path, bounds = behavior_path(manifest), bounds_of(manifest)
    if path is None or bounds is None or bounds[0].replicas >= bounds[1].replicas:
        return
    path = (*path, "scaleDown", "tolerance")
    tolerance = quantity(manifest.get(*path))
    if tolerance is not None and Tolerances(down=tolerance).hold(0.0):
        yield Finding(
            code="never-scales-down",
            severity=Severity.WARNING,
            path=path,
            what=f"It never scales down: a tolerance of {tolerance:g} holds the number even at no load.",
            why="Nothing changes while usage / target is at least 1 - tolerance, and no usage is less than 0.",
            corrected='tolerance: "0.1"   # or leave it out: then the cluster\'s own counts',
        )


def pods_policy_wraps(manifest: Manifest, setting: Setting) -> Iterator[Finding]:
    """A number that is meant as no limit is added to the workers that there are, and the sum does not fit."""
    del setting
    path, bounds = behavior_path(manifest), bounds_of(manifest)
    if path is None or bounds is None:
        return
    fits = INT32_MAX - bounds[1].replicas
    for index, policy in enumerate(manifest.items(*path, "scaleUp", "policies")):
        value = number(child(policy, "value"))
        if child(policy, "type") == "Pods" and value is not None and fits < value <= INT32_MAX:
            place = (*path, "scaleUp", "policies", index, "value")
            yield Finding(
                code="pods-policy-wraps",
                severity=Severity.WARNING,
                path=place,
                what=f"From {counted(INT32_MAX + 1 - value, 'replica')} on this policy allows nothing, though it looks "
                "as if it allowed everything; if no other allows more, it never scales up.",
                why=f"The controller adds {value} to the workers that there are in a 32-bit integer, which ends at "
                f"{INT32_MAX}: the sum becomes negative.",
                edits=(Put(place, str(fits)),) if fits > 0 else (),
            )


def never_up(manifest: Manifest, setting: Setting) -> Iterator[Finding]:
    """The policies of scaleUp allow no change."""
    del setting
    rules, path = _rules(manifest, "scaleUp", DEFAULT_UP)
    bounds = bounds_of(manifest)
    if rules is None or path is None or bounds is None:
        return
    rules = _unwrapped(rules, INT32_MAX - bounds[1].replicas)
    counts = range(max(1, bounds[0].replicas), min(bounds[1].replicas, LOOKED_AT_MAX))
    if counts and all(scale_up_limit(rules, current=count, events=(), now=0) <= count for count in counts):
        yield _frozen(rules, path, "up", "It never scales up: the lag of a peak grows without end.")


def down_window_zero(manifest: Manifest, setting: Setting) -> Iterator[Finding]:
    """One low reading is enough to stop workers."""
    path = behavior_path(manifest)
    if path is None:
        return
    path = (*path, "scaleDown", "stabilizationWindowSeconds")
    own = number(manifest.get(*path))
    seconds = setting.cluster.downscale_stabilization_seconds if own is None else own
    if seconds == 0:
        yield Finding(
            code="down-window-zero",
            severity=Severity.WARNING,
            path=path,
            what="One low reading stops workers at the next look, and the next high one starts them again.",
            why="The scale-down stabilisation window is 0; lag swings with every commit, and each change rebalances.",
            edits=(Put(path, "300"),),
        )


def shorter_than_rebalance(manifest: Manifest, setting: Setting) -> Iterator[Finding | Unchecked]:
    """A change that comes before the last one has settled is judged by its disturbance."""
    path = behavior_path(manifest)
    if path is None:
        return
    if setting.rebalance_seconds is None:
        yield Unchecked("shorter-than-rebalance", "how long a rebalance takes (--rebalance-seconds)")
        return
    for place, seconds, name in _waits(manifest, setting, path):
        if seconds < setting.rebalance_seconds:
            yield Finding(
                code="shorter-than-rebalance",
                severity=Severity.WARNING,
                path=place,
                what=f"Workers are stopped because of the rebalance that their start caused: {name} is {seconds:g} s, "
                f"a rebalance takes {setting.rebalance_seconds:g} s.",
                why="While partitions move, what is seen is the rebalance and not the load.",
                edits=(Put(place, str(-int(-setting.rebalance_seconds // 1))),),
            )


def _waits(manifest: Manifest, setting: Setting, behavior: Path) -> Iterator[tuple[Path, float, str]]:
    """The times that pass before workers are stopped."""
    if manifest.kind == SCALED and (number(manifest.get("spec", "minReplicaCount")) or 0) == 0:
        yield ("spec", "cooldownPeriod"), seconds_of(manifest, "cooldownPeriod", COOLDOWN), "the cooldown"
    window = (*behavior, "scaleDown", "stabilizationWindowSeconds")
    own = number(manifest.get(*window))
    usual = setting.cluster.downscale_stabilization_seconds
    seconds = usual if own is None else own
    if seconds:  # 0 is a finding of its own
        yield window, seconds, "the scale-down stabilisation window"


def _frozen(rules: ScalingRules, path: Path, direction: str, what: str) -> Finding:
    disabled = rules.select is SelectPolicy.DISABLED
    values = ", ".join(f"{policy.unit} {policy.value}" for policy in rules.policies)
    return Finding(
        code=f"never-scales-{direction}",
        severity=Severity.WARNING,
        path=(*path, "selectPolicy") if disabled else path,
        what=what,
        why="selectPolicy Disabled freezes the direction." if disabled else f"The policies ({values}) change nothing.",
        corrected="" if disabled else "policies:\n- {type: Percent, value: 100, periodSeconds: 15}",
        edits=(Put((*path, "selectPolicy"), "Max"),) if disabled else (),
    )


def _rules(manifest: Manifest, direction: str, default: ScalingRules) -> tuple[ScalingRules | None, Path | None]:
    """What stands there as far as it can be understood; None where nothing is said or the kind has no behaviour."""
    path = behavior_path(manifest)
    given = None if path is None else manifest.get(*path, direction)
    if path is None or not isinstance(given, dict) or manifest.kind not in (HPA, SCALED):
        return None, None
    select = str(given.get("selectPolicy") or "Max")
    policies = given.get("policies")
    found = tuple(_policies(policies)) if isinstance(policies, list) else default.policies
    known = found and select in set(SelectPolicy)
    rules = ScalingRules(window_seconds=None, policies=found, select=SelectPolicy(select)) if known else None
    return rules, (*path, direction)


def _unwrapped(rules: ScalingRules, most: int) -> ScalingRules:
    """With numbers that fit, as `pods_policy_wraps` has told of those that do not."""
    return replace(rules, policies=tuple(replace(each, value=min(each.value, most)) for each in rules.policies))


def _policies(policies: list[Any]) -> Iterator[ScalingPolicy]:
    for policy in policies:
        unit, value = str(child(policy, "type")), number(child(policy, "value"))
        if unit in set(ChangeUnit) and value is not None:
            yield ScalingPolicy(unit=ChangeUnit(unit), value=value, period_seconds=15)
