"""What flows and what waits, partition by partition, and what the busiest worker gets of it.

Partitions are dealt out by number and not by load, so the busiest worker decides whether a number of workers keeps up.
The rule of Kafka's range assignor is assumed: of each topic the members get partitions in a row, the first ones get
one more if they do not divide evenly.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from autoscaler.model import Observation, Partition

SKEW_MIN = 1.25
"""Partitions count as equally loaded while none gets more than this many times the mean: less is noise."""
SAME = 1.05
"""A worker more that takes less than this factor off the busiest one's load is not worth its rebalance."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """One partition: its share of the arrival rate, 0 to 1, and its lag."""

    share: float
    lag_events: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """All partitions, topic by topic, in their order."""

    arrival_rate: float
    lag_events: int
    topics: tuple[tuple[Flow, ...], ...]
    skewed: bool

    @property
    def partitions(self) -> int:
        """How many there are: more workers would have nothing to read."""
        return sum(map(len, self.topics))

    @property
    def share_max(self) -> float:
        """The busiest partition's share of the arrival rate."""
        return max(flow.share for topic in self.topics for flow in topic)


def read_traffic(seen: Observation) -> Traffic | str:
    """The traffic, or what is not known of it."""
    partitions = sorted(seen.partitions, key=lambda each: (each.topic, each.partition))
    lags = [partition.lag_events for partition in partitions]
    if not partitions:
        return "no partitions were observed"
    if seen.arrival_rate is None:
        return "the arrival rate is unknown"
    if None in lags:
        return f"the lag of {lags.count(None)} of {len(lags)} partitions is unknown"
    shares, skewed = _shares(partitions)
    flows: dict[str, list[Flow]] = {}
    for partition, share, lag in zip(partitions, shares, lags, strict=True):
        flows.setdefault(partition.topic, []).append(Flow(share=share, lag_events=lag or 0))
    return Traffic(
        arrival_rate=seen.arrival_rate,
        lag_events=sum(lag or 0 for lag in lags),
        topics=tuple(map(tuple, flows.values())),
        skewed=skewed,
    )


class Dealt:
    """Loads by partition, to be asked how much of them the busiest of so many workers gets."""

    def __init__(self, topics: Sequence[Sequence[float]]) -> None:
        self._sums = [(0.0, *accumulate(loads)) for loads in topics]
        self._known: dict[int, float] = {}

    def busiest(self, workers: int) -> float:
        """The largest sum that one of the workers gets."""
        if workers not in self._known:
            self._known[workers] = self._largest(workers)
        return self._known[workers]

    def useful(self, most: int) -> int:
        """The smallest number up to `most` beyond which the busiest worker's load hardly falls."""
        loads = [self.busiest(workers) for workers in range(1, most + 1)]
        least = min(loads) * SAME
        return next(workers for workers, load in enumerate(loads, start=1) if load <= least)

    def _largest(self, workers: int) -> float:
        totals = [0.0] * workers
        for sums in self._sums:
            least, more = divmod(len(sums) - 1, workers)
            first = 0
            for number in range(workers if least else more):
                after = first + least + (number < more)
                totals[number] += sums[after] - sums[first]
                first = after
        return max(totals)


def _shares(partitions: Sequence[Partition]) -> tuple[list[float], bool]:
    """Each partition's share of the arrivals, and whether they differ enough to matter."""
    rates = [partition.arrival_rate for partition in partitions]
    known = [rate for rate in rates if rate is not None]
    even = [1 / len(rates)] * len(rates)
    total = sum(known)
    if len(known) < len(rates) or total <= 0 or max(known) * len(known) <= SKEW_MIN * total:
        return even, False
    return [rate / total for rate in known], True
