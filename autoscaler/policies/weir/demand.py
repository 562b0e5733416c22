"""How many workers are needed: the fewest of which the busiest keeps up and its backlog is gone in time."""

from collections.abc import Callable
from dataclasses import dataclass

from autoscaler.policies.weir.forecast import Forecast
from autoscaler.policies.weir.spec import WeirSpec
from autoscaler.policies.weir.traffic import Dealt, Traffic


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """What there is to do, and what one worker can do of it."""

    spec: WeirSpec
    worker_rate: float
    traffic: Traffic
    forecast: Forecast
    grown_events: float
    """What the backlog will have grown by until a move made now helps."""
    recovery_ratio: float
    """What a rebalance leaves behind, drained as slowly as is allowed, as a share of the arrivals."""
    steady: Dealt
    """The arrivals alone, events/s."""
    catching_up: Dealt
    """The same with what it takes to be rid of the backlog in time."""

    def needed(self, most: int) -> int | None:
        """The smallest number up to `most` that keeps up and catches up; None if none does."""
        return _first(most, lambda workers: self._keeps_up(workers) and self._catches_up(workers))

    def lasting(self, most: int) -> int:
        """What the arrivals alone need, and what a rebalance leaves behind, as far as more workers are of use."""
        useful = self.steady.useful(most)
        return _first(useful, lambda workers: self._keeps_up(workers) and self._recovers(workers)) or useful

    def wanted(self, most: int) -> int:
        """What is needed, as far as more workers are of use; if nothing is enough, as many as are."""
        needed = self.needed(most)
        if needed is None:
            return max(self.catching_up.useful(most), self.lasting(most))
        return min(needed, max(self.catching_up.useful(most), self.steady.useful(most)))

    def will_do(self, workers: int, *, drain_seconds: float, grown_events: float) -> bool:
        """Whether so many are enough for now: up to the higher utilisation, and a backlog gone within that time."""
        if self.steady.busiest(workers) > self.worker_rate * self.spec.utilisation_max:
            return False
        loads = _loads(self.traffic, self.forecast, self.spec, grown_events=grown_events, seconds=drain_seconds)
        return loads.busiest(workers) <= self.worker_rate

    @property
    def backlog_events(self) -> float:
        """Lag beyond the seconds of arrivals that are aimed at."""
        aimed = self.forecast.now * self.spec.time_lag_seconds
        flows = (flow for topic in self.traffic.topics for flow in topic)
        return sum(max(0.0, flow.lag_events - flow.share * aimed) for flow in flows)

    def drain_seconds(self, workers: int) -> float:
        """Until the backlog is gone, over all partitions together; inf when the workers do not keep up."""
        spare = workers * self.worker_rate - self.forecast.now
        return self.backlog_events / spare if spare > 0 else float("inf")

    def _keeps_up(self, workers: int) -> bool:
        return self.steady.busiest(workers) <= self.worker_rate * self.spec.utilisation

    def _recovers(self, workers: int) -> bool:
        return self.steady.busiest(workers) * (1 + self.recovery_ratio) <= self.worker_rate

    def _catches_up(self, workers: int) -> bool:
        return self.catching_up.busiest(workers) <= self.worker_rate


def demand_of(
    traffic: Traffic,
    forecast: Forecast,
    spec: WeirSpec,
    *,
    worker_rate: float,
    grown_events: float,
    recovery_ratio: float,
) -> Demand:
    """What there is to do, ready to be asked for numbers of workers."""
    return Demand(
        spec=spec,
        worker_rate=worker_rate,
        traffic=traffic,
        forecast=forecast,
        grown_events=grown_events,
        recovery_ratio=recovery_ratio,
        steady=Dealt([[flow.share * forecast.then for flow in topic] for topic in traffic.topics]),
        catching_up=_loads(traffic, forecast, spec, grown_events=grown_events, seconds=spec.catch_up_seconds),
    )


def _loads(traffic: Traffic, forecast: Forecast, spec: WeirSpec, *, grown_events: float, seconds: float) -> Dealt:
    """The arrivals, and the backlog by the seconds in which it is to be gone."""
    rate, beyond = forecast.then, grown_events - forecast.now * spec.time_lag_seconds
    return Dealt(
        [
            [flow.share * rate + max(0.0, flow.lag_events + flow.share * beyond) / seconds for flow in topic]
            for topic in traffic.topics
        ]
    )


def _first(most: int, good: Callable[[int], bool]) -> int | None:
    return next((workers for workers in range(1, most + 1) if good(workers)), None)
