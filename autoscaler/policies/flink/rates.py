"""What the workers could do and what they should be able to do, in events a second: the formulas of Flink's autoscaler.

Each can be called by itself.  Infinity means "as much as you like": nothing flows in, so nothing limits.
"""

import math
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

THOUSANDTH = Decimal("0.001")
WHOLE = 2**53
"""From here on a float has no decimals."""


def round_metric(value: float) -> float:
    """To three decimals, half up, as Flink keeps what it measures and evaluates; but never down to 0."""
    if not abs(value) < WHOLE:
        return value
    return float(Decimal(repr(float(value))).quantize(THOUSANDTH, ROUND_HALF_UP)) or value


def true_processing_rate(
    *, input_rate: float, load: float | None, observed_rate: float | None, switch_threshold: float = 0.15
) -> float | None:
    """Events/s that all workers would do if they were always busy; None = unknown.

    `load` is their busy share.  A rate that was observed under a backlog replaces the one from busy time where that
    one is unknown, infinite or more than `switch_threshold` larger.
    """
    by_load = busy_time_rate(input_rate=input_rate, load=load)
    if observed_rate is None:
        return by_load
    if by_load is None or math.isinf(by_load) or by_load > observed_rate * (1 + switch_threshold):
        return observed_rate
    return by_load


def busy_time_rate(*, input_rate: float, load: float | None) -> float | None:
    """Input rate divided by busy share; infinite while nothing comes in or nothing is busy."""
    if input_rate == 0:
        return math.inf
    if load is None:
        return None
    return input_rate / load if load > 0 else math.inf


def target_rate(*, input_rate: float, lag_change_rate: float) -> float:
    """Events/s that arrive: those consumed and those by which the lag grows."""
    return max(0.0, input_rate + lag_change_rate)


def processing_capacity(
    *, rate: float, lag_events: float, utilization: float, catch_up_seconds: float, restart_seconds: float = 0.0
) -> float:
    """Events/s that the workers need at this utilisation, to the nearest whole one.

    The rate itself, the lag within `catch_up_seconds`, and likewise what piles up in `restart_seconds`.  A catch-up of
    0 leaves the latter two out; a utilisation of 0 needs infinite capacity.
    """
    share = min(1.0, max(0.0, utilization))
    if share == 0:
        return math.inf
    if catch_up_seconds <= 0:
        return math.floor(rate / share + 0.5)
    catch_up = round_metric(lag_events / catch_up_seconds) + rate * restart_seconds / catch_up_seconds
    return math.floor(catch_up + rate / share + 0.5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Edges:
    """True processing rates below which the job should grow and above which it should shrink."""

    up_below: float
    down_above: float

    def outside(self, true_rate: float) -> bool:
        """Whether the rate calls for a change.  On an edge it does not."""
        return true_rate < self.up_below or true_rate > self.down_above


def rate_thresholds(
    *,
    rate: float,
    lag_events: float,
    utilization_max: float,
    utilization_min: float,
    catch_up_seconds: float,
    restart_seconds: float,
    backlog: bool = False,
) -> Edges:
    """The edges.  While a backlog is worked off, full utilisation is fine and nothing is scaled down."""
    upper, lower = (1.0, 0.0) if backlog else (utilization_max, utilization_min)
    up = processing_capacity(rate=rate, lag_events=lag_events, utilization=upper, catch_up_seconds=catch_up_seconds)
    down = processing_capacity(
        rate=rate,
        lag_events=lag_events,
        utilization=lower,
        catch_up_seconds=catch_up_seconds,
        restart_seconds=restart_seconds,
    )
    return Edges(up_below=up, down_above=down)


def processing_backlog(*, lag_events: float, input_rate: float, threshold_seconds: float) -> bool:
    """Whether the lag is more than the workers consume in that time."""
    if input_rate == 0:
        return lag_events > 0
    return lag_events / input_rate > threshold_seconds


def scale_factor(
    *,
    capacity: float,
    true_rate: float,
    down_max_factor: float = 0.6,
    up_max_factor: float = 100_000.0,
    scalability: float = 1.0,
) -> float:
    """By how much to multiply the workers, held within the largest steps allowed.

    `scalability` is what one more worker brings, as a share of what the first one did.
    """
    wanted = capacity / true_rate if true_rate > 0 else (math.inf if capacity > 0 else 1.0)
    return min(1 + up_max_factor, max(1 - down_max_factor, wanted / scalability))
