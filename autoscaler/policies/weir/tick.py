"""What the rules of one tick share: what is seen, what is remembered, and what follows from both at once."""

from dataclasses import dataclass

from autoscaler.model import Condition, Memory, Observation, Step, WeirMemory
from autoscaler.policies.weir.crew import Crew
from autoscaler.policies.weir.demand import Demand, demand_of
from autoscaler.policies.weir.forecast import Forecast, forecast, jumped
from autoscaler.policies.weir.spec import WeirSpec
from autoscaler.policies.weir.traffic import Traffic

DOWN_FACTOR = 2.0
"""The window for going down is at least this many times as long as it takes until a new worker is of use."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """One look.  Learned values stand in `weir`; those that were not learned yet are assumed here."""

    spec: WeirSpec
    seen: Observation
    memory: Memory
    weir: WeirMemory
    crew: Crew
    start_seconds: float
    storm: Condition

    @property
    def current(self) -> int:
        """The number asked for before this tick."""
        return self.seen.spec_replicas

    @property
    def rebalance_seconds(self) -> float:
        """How long a rebalance stops the group."""
        known = self.weir.rebalance_seconds
        return self.spec.rebalance_seconds if known is None else known

    @property
    def horizon_seconds(self) -> float:
        """Until a move made now helps."""
        return self.start_seconds + self.rebalance_seconds

    @property
    def burning(self) -> int:
        """How many initialised while the host's load was measured: since the look before this one."""
        before = self.weir.looks[-2:-1]
        return max([self.crew.initialising, *(look.replicas - look.ready for look in before)])

    @property
    def drain_seconds(self) -> float:
        """A backlog that is gone by then needs no move: one made now would hardly be faster."""
        return self.spec.catch_up_seconds + self.horizon_seconds

    @property
    def down_window_seconds(self) -> float:
        """For how long less must be needed before a worker goes: longer where it takes long to get one back."""
        window = max(self.spec.down_window_seconds, DOWN_FACTOR * self.horizon_seconds)
        return min(window, self.spec.memory_seconds)

    def demand(self, traffic: Traffic, worker_rate: float) -> Demand:
        """What is to be done, with what will have gathered until those that start take part."""
        ahead = self._forecast(traffic.arrival_rate)
        wait = self.crew.wait_seconds if self.crew.starting else self.start_seconds
        unserved = max(0.0, ahead.then - (self.crew.ready + self.crew.joining) * worker_rate)
        grown = unserved * wait + ahead.then * self.rebalance_seconds
        left = max(0.0, self.rebalance_seconds - self.spec.time_lag_seconds) / self.drain_seconds
        return demand_of(traffic, ahead, self.spec, worker_rate=worker_rate, grown_events=grown, recovery_ratio=left)

    def hold(self, why: str) -> Step:
        """Stay, and say why."""
        return Step(rule="hold", replicas=self.current, why=f"held: {why}")

    def _forecast(self, rate: float) -> Forecast:
        looks = self.weir.looks if self.spec.look_ahead else ()
        return forecast(jumped(rate, looks), looks, seconds=self.horizon_seconds, growth_max=self.spec.growth_max)
