"""Probes that are due, as orders for whoever asks."""

from dataclasses import replace

from autoscaler.reconciler.due import due, probe_of, state_of
from autoscaler.reconciler.model import Pod, ProbeKind, ProbeOrder
from autoscaler.reconciler.world import Change, World


def order(pod: Pod, world: World) -> Change:
    """Order each probe that is due, and remember that its answer is awaited."""
    kinds = [kind for kind in ProbeKind if pod.url is not None and due(pod, kind, world)]
    if not kinds:
        return Change(pod=pod)
    asked = {kind: replace(state_of(pod, kind), asked_at=world.now, outstanding=True) for kind in kinds}
    orders = tuple(_order(pod, kind) for kind in kinds)
    return Change(pod=replace(pod, probes={**pod.probes, **asked}), probes=orders)


def _order(pod: Pod, kind: ProbeKind) -> ProbeOrder:
    probe = probe_of(pod.spec.probes, kind)
    assert probe is not None
    assert pod.url is not None
    return ProbeOrder(
        name=pod.name, generation=pod.generation, kind=kind, url=pod.url, timeout_seconds=probe.timeout_seconds
    )
