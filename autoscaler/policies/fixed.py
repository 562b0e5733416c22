"""Always the same number of workers: what every other policy has to beat."""

from collections.abc import Callable

from autoscaler.model import Memory, Observation, Plan, Step


def fixed_plan(replicas: int) -> Plan:
    """The plan that asks for `replicas` workers whatever happens."""
    return Plan(policy=fixed(replicas), replicas_min=replicas, replicas_max=replicas)


def fixed(replicas: int) -> Callable[[Observation, Memory], Step]:
    """The policy.  It looks at nothing, so there is nothing that it could fail to know."""
    step = Step(rule="fixed", replicas=replicas, why=f"always {replicas}")

    def stay(seen: Observation, memory: Memory) -> Step:
        del seen, memory
        return step

    return stay
