"""Rules that hold whatever the policy: each takes the step before it and answers with its own.

Apart from the policies because any of them can be put behind any guard.  Its one rule: a guard never invents a number,
it only limits one.
"""

from autoscaler.model import Guard, Memory, Observation, Step


def bounds(*, replicas_min: int, replicas_max: int) -> Guard:
    """Never fewer than the least, never more than the most.  Where the two contradict each other, the most wins."""

    def keep_within(before: Step, seen: Observation, memory: Memory) -> Step:
        del seen, memory
        replicas = min(max(before.replicas, replicas_min), replicas_max)
        why = f"{before.replicas} is within {replicas_min} to {replicas_max}"
        if replicas != before.replicas:
            why = f"{before.replicas} is outside {replicas_min} to {replicas_max}: {replicas}"
        return Step(rule="bounds", replicas=replicas, why=why)

    return keep_within


def partitions_cap() -> Guard:
    """No more workers than partitions: those beyond have nothing to read.  Holds back nothing if none are known."""

    def keep_useful(before: Step, seen: Observation, memory: Memory) -> Step:
        del memory
        most = len(seen.partitions)
        if not most or before.replicas <= most:
            return Step(rule="partitions", replicas=before.replicas, why=f"{before.replicas} workers can be of use")
        return Step(rule="partitions", replicas=most, why=f"{most} partitions: more workers would have nothing to read")

    return keep_useful
