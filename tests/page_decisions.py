"""How the made-up policy of the live page's tests explains itself, in the words of Weir's HPA."""

import math
from collections.abc import Sequence
from typing import Any

Document = dict[str, Any]
TARGET_RATIO = 0.7
STABILISE_SECONDS = 45


def trail(utilisation: float, alive: int, numbers: tuple[int, ...], bounds: tuple[int, int]) -> list[Document]:
    raw, steady, limited, final = numbers
    least, most = bounds
    cpu = f"cpu {utilisation * 100:.0f} % of the request / {TARGET_RATIO * 100:.0f} %, {alive} workers → {raw}"
    why = "ReadyForNewScale" if steady == raw else f"ScaleDownStabilized, {STABILISE_SECONDS} s"
    limit = "DesiredWithinRange" if final == steady else "ScaleUpLimit" if final == limited else f"{least} to {most}"
    return [
        {"rule": "cpu", "replicas": raw, "why": cpu, "numbers": {"usage": utilisation * 100, "target": 70.0}},
        {"rule": "stabilise", "replicas": steady, "why": f"stabilised {steady}: {why}", "numbers": {}},
        {"rule": "limits", "replicas": final, "why": f"{final}: {limit}", "numbers": {}},
    ]


def reason(trail: Sequence[Document], before: int) -> str:
    replicas, found = before, trail[-1]
    for step in trail:
        if step["replicas"] != replicas:
            replicas, found = step["replicas"], step
    return f"{found['rule']}: {found['why']}"


def conditions(limited: int, final: int, before: int) -> list[Document]:
    moved, limiting = final != before, limited != final
    told = [
        ("AbleToScale", True, "SucceededRescale", f"the number of replicas was set to {final}")
        if moved
        else ("AbleToScale", True, "ReadyForNewScale", "the recommended number is the present one"),
        ("ScalingActive", True, "ValidMetricFound", "a number of replicas follows from cpu utilisation"),
        ("ScalingLimited", True, "TooManyReplicas", "the policy's maximum")
        if limiting
        else ("ScalingLimited", False, "DesiredWithinRange", "the number is within all limits"),
    ]
    return [dict(zip(("type", "status", "reason", "message"), condition, strict=True)) for condition in told]


def shadows(arriving: float, lag: float, worker_rate: float, bounds: tuple[int, int]) -> list[Document]:
    """One policy that aims at time lag, and one at events of lag."""
    least, most = bounds
    needed = math.ceil(arriving / worker_rate * 0.98)
    weir = max(least, needed + (1 if lag > worker_rate * 2 else 0))
    keda = max(least, min(most, math.ceil(lag / (worker_rate * 2))))
    demand = f"demand: {arriving:,.0f} events/s at {worker_rate:,.0f} per worker → {needed}, headroom 10 %"
    per_lag = f"lag: {lag:,.0f} events / 2,000 per worker → {keda}"
    return [
        {"name": "weir", "replicas": weir, "recommendation": weir, "why": demand},
        {"name": "keda-lag", "replicas": keda, "recommendation": keda, "why": per_lag},
    ]
