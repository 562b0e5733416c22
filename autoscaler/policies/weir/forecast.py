"""The arrival rate at the time at which workers asked for now would be of use."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from autoscaler.model import WeirLook

JUMP_MIN = 1.5
"""The last looks' own rate counts from this many times the observer's on: less is noise, more is a step just begun."""
FRESH = 2
"""How many looks back that rate goes: over one of them a late look would be a step."""
PARTS, PART_SECONDS = 4, 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """Events/s now and then, and what is between."""

    now: float
    then: float
    slope: float
    seconds: float

    @property
    def told(self) -> str:
        """For people."""
        if self.slope <= 0:
            return f"arrival {self.now:,.0f}/s"
        return f"arrival {self.now:,.0f}/s growing {self.slope:,.0f}/s² → {self.then:,.0f}/s in {self.seconds:,.0f} s"


def forecast(rate: float, looks: Sequence[WeirLook], *, seconds: float, growth_max: float) -> Forecast:
    """The trend carried on for that long, up to `growth_max` of the rate.  A fall is not believed in advance."""
    slope = steady_slope(looks)
    then = min(rate + slope * seconds, rate * (1 + growth_max))
    return Forecast(now=rate, then=then, slope=slope if then > rate else 0.0, seconds=seconds)


def jumped(rate: float, looks: Sequence[WeirLook]) -> float:
    """The observer's rate, or that of the last two seconds where it is much more: a window shows a step only slowly."""
    if len(looks) <= FRESH:
        return rate
    old, new = looks[-1 - FRESH], looks[-1]
    if old.end_offsets is None or new.end_offsets is None or new.at_seconds <= old.at_seconds:
        return rate
    fresh = (new.end_offsets - old.end_offsets) / (new.at_seconds - old.at_seconds)
    return fresh if fresh >= rate * JUMP_MIN else rate


def steady_slope(looks: Sequence[WeirLook]) -> float:
    """Growth in events/s² that all parts of the last seconds share; 0.0 if one does not grow, or is not measured.

    The smallest difference between neighbouring parts counts, so a step from one level to another is no trend: it
    falls between two parts, and the rest stands still.
    """
    if not looks:
        return 0.0
    now = looks[-1].at_seconds
    parts = [_mean(looks, now - PART_SECONDS * (number + 1), now - PART_SECONDS * number) for number in range(PARTS)]
    means = [mean for mean in reversed(parts) if mean is not None]
    if len(means) < PARTS:
        return 0.0
    return max(0.0, min((after - before) / PART_SECONDS for before, after in pairwise(means)))


def _mean(looks: Sequence[WeirLook], after: float, until: float) -> float | None:
    rates = [look.arrival_rate for look in looks if after < look.at_seconds <= until and look.arrival_rate is not None]
    return sum(rates) / len(rates) if rates else None
