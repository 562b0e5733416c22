"""Rules about CPU and memory as targets, and about workers that are busy with starting."""

from collections.abc import Iterator

from autoscaler.lint.document import Manifest
from autoscaler.lint.model import Finding, Severity, Unchecked
from autoscaler.lint.setting import ONLY, Setting
from autoscaler.lint.views import cpu_of, resources_of
from autoscaler.lint.words import have
from autoscaler.lint.workload import workload
from autoscaler.manifests.table import KINDS

EXAMPLES = {"cpu": "500m", "memory": "512Mi"}
WORKLOAD = "(--scenario, or the Deployment in the same file)"


def without_request(manifest: Manifest, setting: Setting) -> Iterator[Finding | Unchecked]:
    """A share of nothing is not known."""
    known = workload(manifest, setting)
    for resource in resources_of(manifest):
        if not resource.share:
            continue
        if known is None:
            yield Unchecked("resource-without-request", f"the workers' {resource.name} requests {WORKLOAD}")
            continue
        missing = known.unrequested.get(resource.name, ())
        if resource.container:
            missing = tuple(name for name in missing if name in (resource.container, ONLY))
        if missing:
            yield Finding(
                code="resource-without-request",
                severity=Severity.ERROR,
                path=resource.path,
                what=f"The controller never scales on {resource.name}: {have(missing, known.source)} no request for "
                "it.  ScalingActive is False, FailedGetResourceMetric.",
                why="Utilisation is a share of the request; one container without it spoils the metric of all workers.",
                corrected=f"resources:\n  requests:\n    {resource.name}: {EXAMPLES.get(resource.name, '1')}",
            )


def without_readiness(manifest: Manifest, setting: Setting) -> Iterator[Finding | Unchecked]:
    """Without a probe that waits a worker is ready as soon as it runs, and its start is taken for load."""
    cpu, known = cpu_of(manifest), workload(manifest, setting)
    if cpu is None:
        return
    if known is None:
        yield Unchecked("cpu-without-readiness", f"the workers' probes {WORKLOAD}")
    elif known.unprobed and setting.init_seconds != 0:
        lasts = "" if setting.init_seconds is None else f"  Here it lasts {setting.init_seconds:g} s at least."
        yield Finding(
            code="cpu-without-readiness",
            severity=Severity.WARNING,
            path=cpu.path,
            what=f"Starting workers start more workers: {have(known.unprobed, known.source)} neither a readiness nor a "
            f"startup probe, so CPU burnt by initialisation counts as load.{lasts}",
            why="A worker without these probes is ready at once; its samples are left out only until one sample window "
            "lies after that, tens of seconds.  With 4 workers at 60 % and 4 initialising at 400 %, a target of 50 % "
            "asks for 37.",
            corrected="readinessProbe:\n  httpGet: {path: /readyz, port: 8080}\n  periodSeconds: 1",
        )


def init_longer_than_protection(manifest: Manifest, setting: Setting) -> Iterator[Finding | Unchecked]:
    """After the initialisation period a sample that still holds the start counts."""
    cpu, protected = cpu_of(manifest), setting.cluster.cpu_initialization_period_seconds
    if cpu is None:
        return
    if setting.init_seconds is None:
        yield Unchecked("init-longer-than-protection", "how long a worker initialises (--scenario)")
    elif setting.init_seconds > protected:
        yield Finding(
            code="init-longer-than-protection",
            severity=Severity.WARNING,
            path=cpu.path,
            what=f"A worker's start is taken for load: it initialises {setting.init_seconds:g} s, and is protected for "
            f"{protected:g} s after its start.",
            why="Only within the initialisation period are samples left out that began before the worker was ready.  A "
            "worker that becomes ready later is counted at once, with a sample full of its initialisation.",
            corrected=f"# kube-controller-manager, for the whole cluster:\n"
            f"--horizontal-pod-autoscaler-cpu-initialization-period={int(setting.init_seconds) + 60}s",
        )


def init_longer_than_probes(manifest: Manifest, setting: Setting) -> Iterator[Finding | Unchecked]:
    """A worker that is killed before it is up never gets up."""
    if manifest.kind not in KINDS:
        return
    known = workload(manifest, setting)
    if setting.init_seconds is None:
        if known is not None and known.budgets:
            yield Unchecked("init-longer-than-probe", "how long a worker initialises (--scenario)")
        return
    for budget in known.budgets if known else ():
        if setting.init_seconds > budget.seconds:
            yield Finding(
                code="init-longer-than-probe",
                severity=Severity.WARNING,
                path=("spec",),
                what=f"Workers may be killed while they start: they initialise {setting.init_seconds:g} s, and the "
                f"{budget.name} in {known.source if known else ''} gives up after {budget.seconds:g} s.",
                why="A worker that does not answer its probe while it initialises, or that is starved by others that "
                "start beside it, is killed and begins again.  The time is initialDelaySeconds + failureThreshold "
                "times periodSeconds.",
                corrected="startupProbe:\n  periodSeconds: 10\n"
                f"  failureThreshold: {-(-int(2 * setting.init_seconds) // 10)}   # twice the initialisation",
            )
