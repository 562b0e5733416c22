"""The Deployment or StatefulSet that a policy scales, if it stands in the same file."""

from collections.abc import Iterator, Mapping
from typing import Any

from autoscaler.lint.document import Manifest, child
from autoscaler.lint.model import ProbeBudget, Workload
from autoscaler.lint.setting import Setting
from autoscaler.lint.views import number, target_of

WORKLOADS = ("Deployment", "StatefulSet", "ReplicaSet")
PERIOD_SECONDS, FAILURES = 10, 3
"""Kubernetes' defaults for a probe."""


def workload(manifest: Manifest, setting: Setting) -> Workload | None:
    """What is known of the workers: of the manifest beside the policy, or else of the scenario."""
    target = target_document(manifest)
    return setting.workload if target is None else read_workload(target)


def target_document(manifest: Manifest) -> Manifest | None:
    """The document that `scaleTargetRef` names."""
    wanted = target_of(manifest)
    found = (other for other in manifest.others if other.kind in WORKLOADS and (other.kind, other.name) == wanted)
    return next((other for other in found if other.may_share_namespace(manifest)), None)


def read_workload(document: Manifest) -> Workload:
    """Requests and probes of its containers.  Side-cars among the init containers count in the requests as well."""
    pod = ("spec", "template", "spec")
    containers = document.items(*pod, "containers")
    side_cars = [each for each in document.items(*pod, "initContainers") if child(each, "restartPolicy") == "Always"]
    probed = any(child(each, probe) for each in containers for probe in ("readinessProbe", "startupProbe"))
    return Workload(
        source=document.title,
        unrequested={name: tuple(_without([*side_cars, *containers], name)) for name in ("cpu", "memory")},
        unprobed=() if probed else tuple(map(_name, containers)),
        budgets=tuple(budget for each in containers for budget in _budgets(each)),
    )


def _without(containers: list[Any], resource: str) -> Iterator[str]:
    """The API server takes a limit for the request where there is none."""
    for container in containers:
        resources = child(container, "resources")
        if not any(child(child(resources, kind), resource) for kind in ("requests", "limits")):
            yield _name(container)


def _budgets(container: Any) -> Iterator[ProbeBudget]:
    for field, name in (("startupProbe", "startup probe"), ("livenessProbe", "liveness probe")):
        probe = child(container, field)
        if isinstance(probe, Mapping):
            delay = number(probe.get("initialDelaySeconds")) or 0
            period = number(probe.get("periodSeconds")) or PERIOD_SECONDS
            failures = number(probe.get("failureThreshold")) or FAILURES
            yield ProbeBudget(name=f"{name} of {_name(container)}", seconds=float(delay + period * failures))
            return


def _name(container: Any) -> str:
    return str(child(container, "name") or "a container")
