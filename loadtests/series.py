"""Sums over the seconds of a run: what a level cost over time, how far a total grew.  Pure.

A sample stands for the time since the one before it, so a second that was sampled late weighs as long as it took.  What
could not be measured is bridged by the next value that could: a run that answers nothing while it suffers does not look
better for it.
"""

from collections.abc import Sequence
from itertools import pairwise

from contract.record import Sample

Known = list[tuple[float, float]]


def integral(samples: Sequence[Sample], name: str, begin: float) -> float | None:
    """Level times seconds from `begin` on; None when it was never measured."""
    points = known(samples, name)
    lengths = spans([at for at, _ in points], begin)
    return sum(length * value for length, (_, value) in zip(lengths, points, strict=True)) if points else None


def spans(times: Sequence[float], begin: float) -> list[float]:
    """How many seconds each moment stands for: those since the one before it, or since `begin`."""
    return [max(0.0, after - before) for before, after in pairwise([begin, *times])]


def growth(samples: Sequence[Sample], name: str) -> float | None:
    """How far a total rose between its first and its last value; a fall is a total that began anew, not negative."""
    points = known(samples, name)
    return sum(max(0.0, after - before) for (_, before), (_, after) in pairwise(points)) if points else None


def rate(samples: Sequence[Sample], name: str) -> float | None:
    """Growth of a total per second between the first and the last sample that know it."""
    points = known(samples, name)
    if len(points) < 2 or points[-1][0] <= points[0][0]:  # noqa: PLR2004  # a slope needs two points
        return None
    return (points[-1][1] - points[0][1]) / (points[-1][0] - points[0][0])


def peak(samples: Sequence[Sample], name: str) -> float | None:
    """The highest value measured; None when there is none."""
    return max((value for _, value in known(samples, name)), default=None)


def known(samples: Sequence[Sample], name: str) -> Known:
    """Pairs of (second, value) of the samples that could measure it."""
    return [(s.at_seconds, float(value)) for s in samples if (value := getattr(s, name)) is not None]


def count(value: float | None) -> int | None:
    """A whole number again, for totals of things; None stays None."""
    return None if value is None else round(value)


def ratio(part: float | None, whole: float | None) -> float | None:
    """`part` of `whole`; None when one is unknown or the whole is nothing."""
    return None if part is None or not whole else part / whole
