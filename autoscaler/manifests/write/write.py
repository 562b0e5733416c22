"""Writes a policy as a manifest of a cluster, or says why it cannot be one."""

from dataclasses import dataclass

import yaml

from autoscaler.cluster import HpaClusterSettings
from autoscaler.errors import PolicyError
from autoscaler.manifests.read import ReadPolicy
from autoscaler.manifests.write.forms import FORMS, KIND_OF
from autoscaler.manifests.write.given import renamed, unplaced
from autoscaler.manifests.write.names import check_names, check_object_name
from autoscaler.manifests.write.sketch import Form, Names
from autoscaler.manifests.write.sources import sketch_of
from autoscaler.policies.hpa import HpaPolicy
from autoscaler.policies.keda import KedaPolicy

WIDTH = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """The manifest's text, and what of the policy it does not hold."""

    text: str
    lost: tuple[str, ...] = ()


def write_manifest(
    policy: ReadPolicy,
    form: Form,
    names: Names | None = None,
    *,
    cluster: HpaClusterSettings | None = None,
    lossy: bool = False,
) -> Written:
    """The policy in that form.  What gets lost is an error, or with `lossy` a list of comments at the top.

    `cluster` is how the cluster is set up that it is for; other settings beside the policy count as lost.
    Raises PolicyError for what the form cannot express, and for names that are missing or that a cluster refuses.
    """
    names, lost, notes = names or Names(), list(_settings(policy, cluster or HpaClusterSettings())), []
    check_names(names, form)
    if policy.kind == KIND_OF[form]:
        document = renamed(policy, names)
    else:
        sketch = sketch_of(policy, names)
        document = FORMS[form](sketch, names)
        lost, notes = [*lost, *sketch.lost], sketch.notes
        _check(policy, form, document, lost)
    check_object_name(document)
    notes = [*notes, *unplaced(document, names), *_unused_rate(policy, names)]
    if lost and not lossy:
        listed = "\n".join(f"  {each}" for each in lost)
        raise PolicyError(
            f"{policy.kind} {policy.name} as {form} would lose (--lossy writes it all the same):\n{listed}"
        )
    comments = [f"# {policy.kind} {policy.name} as {KIND_OF[form]}, written by weir manifest."]
    comments += [f"# Lost: {each}." for each in lost] + [f"# Note: {each}." for each in notes]
    text = yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=WIDTH)
    return Written(text="\n".join(comments) + "\n" + text, lost=tuple(lost))


def _check(policy: ReadPolicy, form: Form, document: dict[str, object], lost: list[str]) -> None:
    """Something must be left to scale on."""
    spec = document["spec"]
    assert isinstance(spec, dict)
    if not spec.get("metrics", spec.get("triggers")):
        why = "; ".join(lost)
        raise PolicyError(f"{policy.kind} {policy.name} cannot be written as {form}: nothing is left of it: {why}")


def _unused_rate(policy: ReadPolicy, names: Names) -> list[str]:
    if names.events_per_second is None or policy.kind == "WeirPolicy":
        return []
    return [f"--events-per-second {names.events_per_second:g} has no place here: it is for a WeirPolicy"]


def _settings(policy: ReadPolicy, usual: HpaClusterSettings) -> list[str]:
    """Settings that stand beside the policy: flags of the cluster's controller, which no manifest holds."""
    made = policy.plan.policy
    if not isinstance(made, HpaPolicy | KedaPolicy):
        return []
    given = made.spec.cluster
    changed = [name for name in HpaClusterSettings.model_fields if getattr(given, name) != getattr(usual, name)]
    return [f"the cluster's setting {name} {getattr(given, name):g}, a flag of its controller" for name in changed]
