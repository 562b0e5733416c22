"""Which nodes a worker may run on: those that have every label that it asks for.

Source: Kubernetes' nodeSelector (`GetRequiredNodeAffinity` in component-helpers' nodeaffinity.go): all of them, equal
by key and value.
"""

from collections.abc import Mapping, Sequence

from autoscaler.reconciler.model import Node


def misfit(selector: Mapping[str, str], nodes: Sequence[Node] | None) -> str | None:
    """Why none of the nodes will do, such as `0/1 nodes match gpu=true`; None when one does.

    A worker that asks for nothing runs anywhere, also where the nodes are not known.
    """
    if not selector:
        return None
    asked = ",".join(f"{key}={value}" for key, value in sorted(selector.items()))
    if nodes is None:
        return f"which nodes there are is not known yet; it needs one with {asked}"
    if any(selector.items() <= node.labels.items() for node in nodes):
        return None
    return f"0/{len(nodes)} nodes match {asked}"
