"""From how many workers there should be, and those that there are, to what has to be done, probed and told.

Each step is one rule of Kubernetes' kubelet, scheduler, or ReplicaSet and Deployment controllers, in a file of its own.
Level-triggered: a step asks again for whatever the world does not show yet, so a lost action, a restarted autoscaler
and a worker that nobody expected are all healed the same way.  Its one rule: pure, so that the simulator keeps workers
alive by these lines too.
"""

from collections.abc import Mapping, Sequence

from autoscaler.reconciler.adopt import adopt
from autoscaler.reconciler.deaths import bury
from autoscaler.reconciler.endings import end
from autoscaler.reconciler.launches import launch
from autoscaler.reconciler.model import Fleet, Found, Node, ProbeResult, Reconciled
from autoscaler.reconciler.orders import order
from autoscaler.reconciler.probes import judge
from autoscaler.reconciler.progress import follow
from autoscaler.reconciler.readiness import mark_ready
from autoscaler.reconciler.scale import scale
from autoscaler.reconciler.sight import see
from autoscaler.reconciler.world import Step, World, by_name, each_pod, newest
from autoscaler.rollout.model import Rollout

STEPS: Sequence[Step] = (
    adopt,
    each_pod(see),
    each_pod(bury),
    each_pod(judge),
    each_pod(mark_ready),
    scale,
    each_pod(end),
    each_pod(launch),
    each_pod(order),
    follow,
)


def reconcile(
    fleet: Fleet,
    *,
    desired: int,
    found: Sequence[Found],
    results: Sequence[ProbeResult],
    partitions: Mapping[str, int],
    now: float,
    rollout: Rollout,
    nodes: Sequence[Node] | None = None,
) -> Reconciled:
    """What follows from one look at the world.

    `found` is everything that the backend has of this owner, `results` what probes have answered since the last call,
    `partitions` how many each pod owns by its last status; one that is missing owns none.  `nodes` are those that
    workers can run on, None = not known: who asks for no labels is started all the same.  Called twice for the same
    world at the same time, it asks for nothing the second time.
    """
    world = World(
        now=now,
        desired=desired,
        processes=newest(found),
        results=by_name(results),
        partitions=partitions,
        rollout=rollout,
        nodes=nodes,
    )
    state = Reconciled(fleet=fleet, rollout=rollout)
    for step in STEPS:
        state = step(state, world)
    return state
