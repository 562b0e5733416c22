"""Our own policy, each of its rules as a function of its own."""

from autoscaler.policies.weir.breaker import judge
from autoscaler.policies.weir.crew import Crew, crew_of
from autoscaler.policies.weir.demand import Demand, demand_of
from autoscaler.policies.weir.forecast import Forecast, forecast, jumped, steady_slope
from autoscaler.policies.weir.learn import learn
from autoscaler.policies.weir.moves import grow, grow_blindly, shrink
from autoscaler.policies.weir.policy import WeirPolicy, weir_plan
from autoscaler.policies.weir.spec import WeirSpec
from autoscaler.policies.weir.starts import start_slots
from autoscaler.policies.weir.tick import Tick
from autoscaler.policies.weir.traffic import Dealt, Flow, Traffic, read_traffic

__all__ = [
    "Crew",
    "Dealt",
    "Demand",
    "Flow",
    "Forecast",
    "Tick",
    "Traffic",
    "WeirPolicy",
    "WeirSpec",
    "crew_of",
    "demand_of",
    "forecast",
    "grow",
    "grow_blindly",
    "judge",
    "jumped",
    "learn",
    "read_traffic",
    "shrink",
    "start_slots",
    "steady_slope",
    "weir_plan",
]
