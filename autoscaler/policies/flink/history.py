"""What earlier rescales teach: whether growing helped, how well the job scales, how long a restart takes.

They are forgotten with age at every look.  Only the last one stays for ever, and of it only how long it took.
"""

import math
from collections.abc import Sequence
from fractions import Fraction

from autoscaler.model import Rescale


def remembered(
    rescales: Sequence[Rescale], *, at_seconds: float, max_count: int, max_age: float
) -> tuple[Rescale, ...]:
    """The latest `max_count` that are no older than `max_age` seconds, and the last one however old it is."""
    return recent(rescales[-max_count:], at_seconds=at_seconds, max_age=max_age) or tuple(rescales[-1:])


def recent(rescales: Sequence[Rescale], *, at_seconds: float, max_age: float) -> tuple[Rescale, ...]:
    """Those that are no older than `max_age` seconds: all that is learned from but the restart time."""
    return tuple(one for one in rescales if at_seconds - one.at_seconds <= max_age)


def ineffective(rescales: Sequence[Rescale], *, current: int, true_rate: float, threshold: float = 0.1) -> bool:
    """Whether the last rescale was a scale-up to the present number that kept less than `threshold` of its promise."""
    if not rescales or rescales[-1].after != current or rescales[-1].after <= rescales[-1].before:
        return False
    before, expected = rescales[-1].true_rate, rescales[-1].expected_rate
    if before is None or expected is None or expected == before:
        return False
    return (true_rate - before) / (expected - before) < threshold


def scalability_coefficient(rescales: Sequence[Rescale], *, min_observations: int = 3, floor: float = 0.5) -> float:
    """How much of linear scaling the job reaches, by least squares over its past rates; 1.0 if there are too few.

    The measure is one worker's rate at the smallest number of workers, the latest if there are several.  Never above
    1.0 nor below `floor`; rounded up to a hundredth.
    """
    points = [(rescale.before, rescale.true_rate) for rescale in rescales if rescale.true_rate is not None]
    if len(rescales) < max(1, min_observations) or len(points) < len(rescales):
        return 1.0
    smallest = min(replicas for replicas, _ in points)
    baseline = next(rate for replicas, rate in reversed(points) if replicas == smallest) / smallest
    if baseline <= 0:
        return 1.0
    fitted = sum(replicas * rate for replicas, rate in points) / (sum(n * n for n, _ in points) * baseline)
    held = max(floor, min(1.0, fitted))
    return math.ceil(Fraction(repr(held)) * 100) / 100


def restart_seconds(
    rescales: Sequence[Rescale], *, assumed: float, tracking: bool = False, limit: float = 900.0
) -> float:
    """How long a rescale takes: what is assumed, or the longest of those measured in whole seconds, up to the limit."""
    measured = [rescale.restart_seconds for rescale in rescales if rescale.restart_seconds is not None]
    return min(limit, math.floor(max(measured))) if tracking and measured else assumed
