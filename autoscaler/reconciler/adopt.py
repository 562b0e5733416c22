"""Workers that no pod knows: those of an autoscaler that was restarted, and what is left of pods that are gone.

Kubernetes does the same by labels: a controller adopts the pods that match its selector, the kubelet ends containers
whose pod is gone.  Its one rule: a process whose name we do not give is never touched.
"""

import re
from dataclasses import replace

from autoscaler.reconciler.model import Fleet, Found, Happening, Pod, Reconciled, Remove
from autoscaler.reconciler.world import Change, World, settled
from autoscaler.rollout.changes import met

_NAME = re.compile(r"worker-([1-9]\d{0,8})")


def adopt(state: Reconciled, world: World) -> Reconciled:
    """Make pods of the strangers that bear one of our names.

    A name that was given out has had its pod: its process is told to go, what has ended is removed.  Any other becomes
    a pod of the same name, which is deleted already if its process was told to stop.
    """
    given, rollout = state.fleet.names_given, met(state.rollout, (one.revision for one in world.processes.values()))
    strangers = [process for name, process in world.processes.items() if _number(name) and name not in state.fleet.pods]
    changes = [_taken_in(process, given, world) for process in sorted(strangers, key=lambda one: _number(one.name))]
    pods = {change.pod.name: change.pod for change in changes if change.pod is not None}
    given = max([given, *map(_number, pods)])
    fleet = Fleet(pods={**state.fleet.pods, **pods}, names_given=given)
    return settled(replace(state, rollout=rollout), fleet, *changes)


def name_of(number: int) -> str:
    """The name of the pod with this number, from 1."""
    return f"worker-{number}"


def _number(name: str) -> int:
    """The number in one of our names; 0 for a name that is not ours."""
    match = _NAME.fullmatch(name)
    return int(match[1]) if match else 0


def _taken_in(process: Found, given: int, world: World) -> Change:
    """Restarts before our time are told by the generation: each launch but the first was one.

    A process that does not say which version it is counts as one of the wanted version.
    """
    leftover = _number(process.name) <= given
    if leftover and process.exit is not None:
        return Change(pod=None, actions=(Remove(name=process.name),))
    now, revision = world.now, process.revision or world.rollout.current.name
    pod = Pod(
        name=process.name,
        created_at=process.launched_at,
        revision=revision,
        spec=world.rollout.spec(revision),
        generation=process.generation,
        launched_at=process.launched_at,
        ready_changed_at=now,
        restarts=process.generation,
    )
    if leftover or process.stopping:
        pod = replace(pod, deleted_at=now)
    detail = "it runs, its pod is gone" if leftover else f"found running, launch {process.generation + 1}"
    return Change(pod=pod, happenings=(Happening(at_seconds=now, kind="adopt", subject=process.name, detail=detail),))
