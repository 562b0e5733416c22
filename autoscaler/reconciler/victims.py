"""Who goes when there are too many."""

from collections.abc import Container, Mapping, Sequence

from autoscaler.reconciler.model import Pod


def victims(
    pods: Sequence[Pod], count: int, partitions: Mapping[str, int], available: Container[str] = frozenset()
) -> Sequence[Pod]:
    """The `count` pods that are missed least: not ready first, then fewest partitions, then youngest.

    In a rollout those that are ready, but not yet `available` (for long enough), go right after those that are not.

    Of those created in the same tick the one named last is the youngest.
    Source: `ActivePods` in Kubernetes' controller_utils.go ranks not ready before ready and young before old; the
    partitions, which only a consumer has, stand where Kubernetes has its deletion cost.
    """
    youngest_first = pods[::-1]

    def missed(pod: Pod) -> tuple[bool, bool, int, float]:
        return pod.ready, pod.name in available, partitions.get(pod.name, 0), -pod.created_at

    return sorted(youngest_first, key=missed)[:count]
