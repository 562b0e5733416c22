"""What the steps of a reconciliation share: the tick that they look at, and how a rule for one pod becomes a step.

A *step* takes everything that is settled so far and settles a little more; a *rule* does that for a single pod.
Their one rule: both see the same tick, and neither changes what it was given.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from autoscaler.reconciler.model import (
    Action,
    Fleet,
    Found,
    Happening,
    Node,
    Pod,
    ProbeOrder,
    ProbeResult,
    Reconciled,
)
from autoscaler.rollout.model import Rollout


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """One tick: what was found, answered and asked for.  `processes` and `results` are by name.

    `rollout` is the one before this tick: the versions that there are, and which of them is wanted.
    """

    now: float
    desired: int
    processes: Mapping[str, Found]
    results: Mapping[str, Sequence[ProbeResult]]
    partitions: Mapping[str, int]
    rollout: Rollout
    nodes: Sequence[Node] | None
    """None = not known yet."""

    def process(self, pod: Pod) -> Found | None:
        """The pod's present process as the backend has it; None if it shows none, or only one of another launch."""
        found = self.processes.get(pod.name)
        return found if found is not None and pod.running and found.generation == pod.generation else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What a rule makes of one pod, and what follows from that.  No pod = it is gone."""

    pod: Pod | None
    actions: tuple[Action, ...] = ()
    probes: tuple[ProbeOrder, ...] = ()
    happenings: tuple[Happening, ...] = ()


Step = Callable[[Reconciled, World], Reconciled]
Rule = Callable[[Pod, World], Change]


def each_pod(rule: Rule) -> Step:
    """The step that asks `rule` for every pod, in the order in which they joined the fleet."""

    def step(state: Reconciled, world: World) -> Reconciled:
        changes = [rule(pod, world) for pod in state.fleet.pods.values()]
        pods = {change.pod.name: change.pod for change in changes if change.pod is not None}
        return settled(state, replace(state.fleet, pods=pods), *changes)

    return step


def settled(state: Reconciled, fleet: Fleet, *changes: Change) -> Reconciled:
    """The state with this fleet, and with what the changes ask for after what was asked for before."""
    return replace(
        state,
        fleet=fleet,
        actions=(*state.actions, *(action for change in changes for action in change.actions)),
        probes=(*state.probes, *(order for change in changes for order in change.probes)),
        happenings=(*state.happenings, *(happening for change in changes for happening in change.happenings)),
    )


def newest(found: Sequence[Found]) -> Mapping[str, Found]:
    """One process for each name: one that runs before one that ended, then the one launched last."""
    ranked = sorted(found, key=lambda process: (process.exit is None, process.generation))
    return {process.name: process for process in ranked}


def by_name(results: Sequence[ProbeResult]) -> Mapping[str, Sequence[ProbeResult]]:
    """The results of each pod, in the order in which they came."""
    grouped: dict[str, list[ProbeResult]] = {}
    for result in results:
        grouped.setdefault(result.name, []).append(result)
    return grouped
