"""Who decides: the acting policy and its shadows, read before anything is started, and what they change of a cluster.

A policy that cannot be honoured is refused here, with all its faults, and not when Kafka has been waited for.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from autoscaler.cluster import HpaClusterSettings
from autoscaler.manifests import ReadPolicy, read_policy, read_policy_text
from autoscaler.manifests.kinds import Context
from autoscaler.model import Plan
from autoscaler.panel import Panel, Seat
from autoscaler.policies.fixed import fixed_plan
from autoscaler.signals import USUAL_NAMES, Signal
from contract.errors import SettingsError
from contract.scenario import FixedScaler, PolicyScaler
from contract.settings import explain


@dataclass(frozen=True, slots=True, kw_only=True)
class ScalerPlan:
    """The acting policy with its name, the shadows, and how many workers there are at the start."""

    name: str
    kind: str
    plan: Plan
    replicas: int
    shadows: tuple[ReadPolicy, ...] = ()
    document: dict[str, Any] | None = None
    manifest: str = ""
    """The text of the acting policy's file."""
    context: Context = field(default_factory=Context)
    """What a policy depends on here, also one that comes later."""
    notes: tuple[str, ...] = ()
    """What a reader of the run has to know about it: documents passed over, settings that are not Kubernetes' own."""

    def panel(self) -> Panel:
        """The policies at the start of a run, without memories."""
        acting = Seat(name=self.name, plan=self.plan, kind=self.kind, manifest=self.manifest)
        return Panel(acting=acting, desired=self.replicas, shadows=tuple(map(_seat, self.shadows)))

    def read_seat(self, manifest: str) -> Seat:
        """A policy that comes while the autoscaler runs, read as the one of the start was.  Raises PolicyError."""
        return _seat(read_policy_text(manifest, "the manifest", replace(self.context, user_code=False)))

    def describe(self) -> dict[str, Any]:
        """For run.json."""
        return {
            "name": self.name,
            "kind": self.kind,
            "replicas_min": self.plan.replicas_min,
            "replicas_max": self.plan.replicas_max,
            "shadows": [shadow.name for shadow in self.shadows],
            "notes": list(self.notes),
            "document": self.document,
        }


def _seat(policy: ReadPolicy) -> Seat:
    return Seat(name=policy.name, plan=policy.plan, kind=policy.kind, manifest=policy.text)


def read_scaler(scaler: FixedScaler | PolicyScaler, topic: str | None = None) -> ScalerPlan:
    """The plan of a scenario's scaler.  Raises PolicyError or SettingsError with everything that is wrong.

    `topic` is what observations call the one topic that there is; None = as the manifests have it.
    """
    if isinstance(scaler, FixedScaler):
        return _fixed(scaler.replicas, Context(topic=topic, known_only=True))
    context = _context(scaler, topic)
    policy = read_policy(scaler.policy, context)
    return ScalerPlan(
        name=policy.name,
        kind=policy.kind,
        plan=policy.plan,
        replicas=_start(scaler.replicas, policy.plan),
        shadows=_distinct(policy.name, [read_policy(path, context) for path in scaler.shadows]),
        document=dict(policy.document),
        manifest=policy.text,
        context=context,
        notes=(*_notes(scaler.policy, policy, topic), *_shortened(policy.cluster)),
    )


def _fixed(replicas: int, context: Context) -> ScalerPlan:
    name = f"fixed-{replicas}"
    document = {
        "apiVersion": "weir/v1",
        "kind": "FixedPolicy",
        "metadata": {"name": name},
        "spec": {"replicas": replicas},
    }
    return ScalerPlan(
        name=name,
        kind="FixedPolicy",
        plan=fixed_plan(replicas),
        replicas=replicas,
        manifest=yaml.safe_dump(document, sort_keys=False),
        context=context,
    )


def _context(scaler: PolicyScaler, topic: str | None) -> Context:
    unknown = {name: signal for name, signal in scaler.metrics.items() if signal not in set(Signal)}
    if unknown:
        raise SettingsError(f"scaler.metrics: {unknown}: a signal is one of {', '.join(Signal)}")
    try:
        cluster = HpaClusterSettings.model_validate(scaler.cluster)
    except ValidationError as error:
        raise SettingsError(explain(error, "scaler.cluster", scaler.cluster, HpaClusterSettings)) from error
    own = {name: Signal(signal) for name, signal in scaler.metrics.items()}
    return Context(cluster=cluster, signals={**USUAL_NAMES, **own}, topic=topic, known_only=True)


def _start(replicas: int, plan: Plan) -> int:
    """Within the policy's own bounds, as a Deployment would be by the time that the load begins."""
    least, most = plan.replicas_min or 0, plan.replicas_max
    return max(least, replicas if most is None else min(replicas, most))


def _distinct(acting: str, shadows: Sequence[ReadPolicy]) -> tuple[ReadPolicy, ...]:
    names = [acting, *(shadow.name for shadow in shadows)]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise SettingsError(f"scaler.shadows: two policies are called {', '.join(twice)}: give each a metadata.name")
    return tuple(shadows)


def _notes(path: Path, policy: ReadPolicy, topic: str | None) -> Iterator[str]:
    for document in policy.passed_over:
        yield f"{path.name}: passed over {document}: not a policy"
    triggers = policy.document["spec"]["triggers"] if policy.kind == "ScaledObject" else ()
    named = {trigger["metadata"].get("topic") for trigger in triggers} - {None, "", topic}
    if topic and named:
        yield f"{path.name}: its triggers' topic {', '.join(sorted(named))} is {topic} here"


def _shortened(cluster: HpaClusterSettings) -> Iterator[str]:
    usual = HpaClusterSettings()
    for name in HpaClusterSettings.model_fields:
        now, before = getattr(cluster, name), getattr(usual, name)
        if now != before:
            yield f"cluster setting {name} is {now:g} (Kubernetes: {before:g})"
