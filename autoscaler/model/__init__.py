"""What a tick knows, what was decided, and what is remembered: the values that every policy speaks in.

Apart from the policies because all of them, the controller, the simulator, the journal and the JSON format share it.
Its one rule: values only.  No clock (`Observation.at_seconds` is the only time), no chance, no I/O, no logging.
"""

from autoscaler.model.condition import Condition, ConditionType
from autoscaler.model.decision import Decision, Guard, Plan, Policy, Proposal, Step
from autoscaler.model.memory import (
    DelayedDown,
    FlinkMemory,
    FlinkSample,
    KedaMemory,
    Memory,
    Recommendation,
    Rescale,
    ScaleEvent,
    WeirLook,
    WeirMemory,
)
from autoscaler.model.observation import Observation, Partition, PodPhase, Reading, Sample, ScaleFault, Worker

__all__ = [
    "Condition",
    "ConditionType",
    "Decision",
    "DelayedDown",
    "FlinkMemory",
    "FlinkSample",
    "Guard",
    "KedaMemory",
    "Memory",
    "Observation",
    "Partition",
    "Plan",
    "PodPhase",
    "Policy",
    "Proposal",
    "Reading",
    "Recommendation",
    "Rescale",
    "Sample",
    "ScaleEvent",
    "ScaleFault",
    "Step",
    "WeirLook",
    "WeirMemory",
    "Worker",
]
