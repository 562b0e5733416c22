"""Rules about how fast the number may change, and in which direction never."""

from collections.abc import Iterator
from typing import Any

from autoscaler.lint.document import Manifest, child
from autoscaler.lint.model import Finding, Path, Put, Severity, Unchecked
from autoscaler.lint.rules.keda import COOLDOWN, seconds_of
from autoscaler.lint.setting import Setting
from autoscaler.lint.views import HPA, SCALED, behavior_path, bounds_of, number
from autoscaler.policies.hpa import (
    DEFAULT_DOWN,
    DEFAULT_UP,
    ChangeUnit,
    ScalingPolicy,
    ScalingRules,
    SelectPolicy,
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
        at = "" if len(held) == len(counts) else f" from {held[0]} replicas"
        yield _frozen(rules, path, "down", f"It never scales down{at}: what a peak asked for is paid for ever.")


def never_up(manifest: Manifest, setting: Setting) -> Iterator[Finding]:
    """The policies of scaleUp allow no change."""
    del setting
    rules, path = _rules(manifest, "scaleUp", DEFAULT_UP)
    bounds = bounds_of(manifest)
    if rules is None or path is None or bounds is None:
        return
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


def _policies(policies: list[Any]) -> Iterator[ScalingPolicy]:
    for policy in policies:
        unit, value = str(child(policy, "type")), number(child(policy, "value"))
        if unit in set(ChangeUnit) and value is not None:
            yield ScalingPolicy(unit=ChangeUnit(unit), value=value, period_seconds=15)
