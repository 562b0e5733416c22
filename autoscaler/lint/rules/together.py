"""Rules about several documents of one file that get into each other's way."""

from collections.abc import Iterator

from autoscaler.lint.document import Manifest
from autoscaler.lint.model import Finding, Severity
from autoscaler.lint.setting import Setting
from autoscaler.lint.views import SCALED, made_by_keda, number, target_of
from autoscaler.lint.words import counted
from autoscaler.lint.workload import target_document


def two_policies(manifest: Manifest, setting: Setting) -> Iterator[Finding]:
    """Two autoscalers on one worker undo each other's work."""
    del setting
    target = target_of(manifest)
    near = [each for each in manifest.others if each.may_share_namespace(manifest)]
    rivals = [each for each in near if target_of(each) == target and not made_by_keda(each)]
    if not rivals or target is None:
        return
    keda = any(each.kind == SCALED for each in (manifest, *rivals))
    why = "KEDA makes an HPA of its own for the ScaledObject, and its webhook refuses a second." if keda else ""
    yield Finding(
        code="two-policies",
        severity=Severity.ERROR,
        path=("spec", "scaleTargetRef"),
        what=f"{target[0]} {target[1]} is scaled by {' and '.join(other.title for other in rivals)} as well: each sets "
        "its own number, again and again.",
        why=why
        or "Kubernetes finds workers that two HPAs select ambiguous and then scales neither (AmbiguousSelector).",
        corrected="# one policy with all metrics: the largest answer wins",
    )


def replicas_beside(manifest: Manifest, setting: Setting) -> Iterator[Finding]:
    """A workload that names its own number takes it back at every apply."""
    del setting
    workload = target_document(manifest)
    replicas = None if workload is None else number(workload.get("spec", "replicas"))
    if workload is not None and replicas is not None:
        yield Finding(
            code="replicas-beside-policy",
            severity=Severity.WARNING,
            path=("spec", "scaleTargetRef"),
            what=f"Every apply of this file sets {workload.title} back to {counted(replicas, 'replica')}, also during "
            "a peak.",
            why="spec.replicas belongs to the autoscaler; who applies the workload must not name it.",
            corrected=f"# line {workload.line(('spec', 'replicas'))}: leave replicas out",
        )
