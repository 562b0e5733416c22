"""Stabilisation windows: what was recommended of late holds the number back.

With and without `behavior` these are different rules: without, only going down is held back and a recommendation as old
as the window still counts; with it, both directions have a window and only younger ones count.
"""

from collections.abc import Iterable

from autoscaler.model import Recommendation


def highest_recent(
    recommendations: Iterable[Recommendation], proposal: int, *, now: float, window_seconds: float
) -> int:
    """Without `behavior`: the largest recommendation of the window, the new one included."""
    cutoff, highest = now - window_seconds, proposal
    for at_seconds, replicas in recommendations:
        if replicas > highest and at_seconds >= cutoff:
            highest = replicas
    return highest


def within_recent(
    recommendations: Iterable[Recommendation],
    proposal: int,
    *,
    current: int,
    now: float,
    up_window_seconds: float,
    down_window_seconds: float,
) -> int:
    """With `behavior`: the current number, raised to the least of the up window, lowered to the most of the down."""
    up_cutoff, down_cutoff = now - up_window_seconds, now - down_window_seconds
    lower = upper = proposal
    for at_seconds, replicas in recommendations:
        if at_seconds > up_cutoff and replicas < lower:
            lower = replicas
        if at_seconds > down_cutoff and replicas > upper:
            upper = replicas
    return min(max(current, lower), upper)
