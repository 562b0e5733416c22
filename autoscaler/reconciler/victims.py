"""Who goes when there are too many."""

from collections.abc import Mapping, Sequence

from autoscaler.reconciler.model import Pod


def victims(pods: Sequence[Pod], count: int, partitions: Mapping[str, int]) -> Sequence[Pod]:
    """The `count` pods that are missed least: not ready first, then fewest partitions, then youngest.

    Of those created in the same tick the one named last is the youngest.
    Source: `ActivePods` in Kubernetes' controller_utils.go ranks not ready before ready and young before old; the
    partitions, which only a consumer has, stand where Kubernetes has its deletion cost.
    """
    youngest_first = pods[::-1]
    return sorted(youngest_first, key=lambda pod: (pod.ready, partitions.get(pod.name, 0), -pod.created_at))[:count]
