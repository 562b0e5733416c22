"""Who did how well on the same load: from the runs of each policy to medians, spreads, an outcome and a rank.  Pure.

A policy is judged by its worst: a storm or a lost event in one repeat is told, however calm the others were.  Figures
are medians with the least and the most beside them, for five runs on one machine allow no finer statistics.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import median
from typing import Literal

from loadtests.blindness import Blindness
from loadtests.report.figures import FIGURES, Figure, flatten
from loadtests.report.records import RunRecords
from loadtests.score import Summary

OutcomeKind = Literal["failed", "lost", "storm", "missed", "violated", "held"]

GROUPS: Mapping[str, tuple[str, ...]] = {
    "Service": (
        "violation_seconds",
        "violation_unknown_seconds",
        "time_lag_seconds_max",
        "end_to_end_p99_seconds",
        "peak_lag_events",
        "lag_event_seconds",
        "drained_after_seconds",
    ),
    "Cost": ("worker_seconds", "cost"),
    "Provisioning": (
        "needed_replicas_max",
        "desired_replicas_max",
        "amplification",
        "saturated_at_seconds",
        "theta_under",
        "theta_over",
        "tau_under",
        "tau_over",
    ),
    "Disturbance": (
        "scale_actions",
        "reversals",
        "rebalances",
        "stopped_partition_seconds",
        "init_cpu_share",
        "probe_kills",
        "worker_restarts",
    ),
    "Events": ("lost_events", "repeated_events"),
}
"""Names of figures by what they tell, in the order of the table."""
PEAK_LAG = Figure(
    name="peak_lag_events", path="elasticity.lag_events_max", label="highest lag", unit="events", better="lower"
)
TABLE: Mapping[str, Figure] = {figure.name: figure for figure in (*FIGURES, PEAK_LAG)}
VIOLATED_AT_WORST = "violation_at_worst_seconds"
"""Violated seconds and those whose time lag nobody knows: what was not measured was not held."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """One finished run of one policy.  `blindness` None = nobody knows."""

    policy: str
    kind: str
    repeat: int
    records: RunRecords
    blindness: Blindness | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """One figure over the runs that could measure it."""

    median: float
    least: float
    most: float
    runs: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of a policy in one word; `times` of its `runs` it was so."""

    kind: OutcomeKind
    times: int
    runs: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One policy among the others.  `figures` by name, without those that no run could measure."""

    policy: str
    kind: str
    rank: int
    outcome: Outcome
    failed_runs: int
    figures: Mapping[str, Spread]
    runs: tuple[Played, ...]


def standings(
    policies: Sequence[tuple[str, str]], played: Sequence[Played], failed: Mapping[str, int]
) -> list[Standing]:
    """The policies, best first; `policies` are pairs of name and kind, `failed` counts runs that did not come about.

    In order of: runs at all, nothing lost, fewest storms, SLO met most often, fewest violated seconds, fewest
    worker-seconds; then as given.
    """
    unranked = [
        _standing(name, kind, [run for run in played if run.policy == name], failed.get(name, 0))
        for name, kind in policies
    ]
    ordered = sorted(unranked, key=_order)
    return [replace(standing, rank=number) for number, standing in enumerate(ordered, start=1)]


def spread(values: Iterable[float | None]) -> Spread | None:
    """Median, least and most of the values that are known; None when there are none."""
    known = [value for value in values if value is not None]
    if not known:
        return None
    return Spread(median=median(known), least=min(known), most=max(known), runs=len(known))


def best(figure: Figure, entered: Sequence[Standing]) -> set[str]:
    """Names of the policies with the best median of a figure; nobody when all are equal or no direction is good.

    An amplification below 1 counts as 1: to ask for less than is needed is no virtue.
    """
    floor = 1.0 if figure.name == "amplification" else float("-inf")
    medians = {s.policy: max(floor, s.figures[figure.name].median) for s in entered if figure.name in s.figures}
    if figure.better is None or len(set(medians.values())) < 2:  # noqa: PLR2004  # with one value nobody is better
        return set()
    top = min(medians.values()) if figure.better == "lower" else max(medians.values())
    return {name for name, value in medians.items() if value == top}


def numbers(summary: Summary) -> dict[str, float]:
    """The figures of one run by name, with the violated seconds at their worst; unmeasured ones are left out."""
    flat = flatten(summary)
    found = {name: flat[figure.path] for name, figure in TABLE.items() if figure.path in flat}
    if summary.elasticity and summary.elasticity.violation_seconds is not None:
        unknown = summary.elasticity.violation_unknown_seconds or 0.0
        found[VIOLATED_AT_WORST] = summary.elasticity.violation_seconds + unknown
    return found


def stormed(run: Played) -> bool:
    """Whether the run itself named an init storm."""
    storm = run.records.summary.storm
    return storm is not None and storm.detected


def _standing(name: str, kind: str, runs: Sequence[Played], failed: int) -> Standing:
    by_run = [numbers(run.records.summary) for run in runs]
    names = dict.fromkeys(name for found in by_run for name in found)
    figures = {name: told for name in names if (told := spread(found.get(name) for found in by_run))}
    return Standing(
        policy=name,
        kind=kind,
        rank=0,
        outcome=_outcome(runs),
        failed_runs=failed,
        figures=figures,
        runs=tuple(runs),
    )


def _outcome(runs: Sequence[Played]) -> Outcome:
    """The worst that can be said.  Violated seconds count on their own only where the SLO sets no limit to them."""
    verdicts = [run.records.summary.verdict for run in runs]
    violated = [run for run in runs if numbers(run.records.summary).get(VIOLATED_AT_WORST)]
    limited = any(slo.name == "violation_seconds_max" for run in runs for slo in run.records.summary.slos)
    told: tuple[tuple[OutcomeKind, int], ...] = (
        ("lost", verdicts.count("ledger failed")),
        ("storm", sum(stormed(run) for run in runs)),
        ("missed", verdicts.count("SLO missed")),
        ("violated", 0 if limited else len(violated)),
    )
    kind, times = next(((k, n) for k, n in told if n), ("held", len(runs)) if runs else ("failed", 0))
    return Outcome(kind=kind, times=times, runs=len(runs))


def _order(standing: Standing) -> tuple[float, ...]:
    runs = max(1, len(standing.runs))
    verdicts = [run.records.summary.verdict for run in standing.runs]
    return (
        not standing.runs,
        verdicts.count("ledger failed") > 0,
        sum(stormed(run) for run in standing.runs) / runs,
        verdicts.count("SLO missed") / runs,
        _median(standing, VIOLATED_AT_WORST),
        _median(standing, "worker_seconds"),
    )


def _median(standing: Standing, name: str) -> float:
    found = standing.figures.get(name)
    return found.median if found else float("inf")
