"""What the rules look at, taken from documents that may be wrong anywhere: what cannot be understood is left out."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from autoscaler.lint.document import Manifest, child
from autoscaler.lint.model import Path
from autoscaler.manifests.flink import PREFIXES
from autoscaler.manifests.hpa import CAMEL, SOURCES
from autoscaler.manifests.keda_trigger import KAFKA, RESOURCES, partition_limits
from contract.quantities import parse_exact

HPA, SCALED = "HorizontalPodAutoscaler", "ScaledObject"
KEDA_MAX, KEDA_THRESHOLD = 100, 10
USUAL_BOUNDS: Mapping[str, int | None] = {"minReplicas": 0, "maxReplicas": None}
BOUNDS: Mapping[str, Mapping[str, int | None]] = {
    HPA: {"minReplicas": 1, "maxReplicas": None},
    SCALED: {"minReplicaCount": 0, "maxReplicaCount": KEDA_MAX},
    "FixedPolicy": {"replicas": None},
    "FlinkPolicy": {"vertex_min_parallelism": 1, "vertex_max_parallelism": 200},
    "WeirPolicy": {"minReplicas": 1, "maxReplicas": 100},
}
"""The fields of each kind with their defaults; one field alone is both bounds."""
WHOLE = re.compile(r"-?[0-9]{1,18}")
NUMBER_MAX = 10**18
DS2_BOUNDS = {"min_replicas": 1, "max_replicas": 200}


@dataclass(frozen=True, slots=True)
class Bound:
    """A number of replicas and where it stands, or would stand; `given` = it is written there."""

    path: Path
    replicas: int
    given: bool = True

    @property
    def name(self) -> str:
        """The field's own name."""
        return str(self.path[-1])


@dataclass(frozen=True, slots=True)
class Metric:
    """One entry of an HPA's metrics.  `path` leads to its source, `target` is the source's."""

    type: str
    name: str
    path: Path
    target: Mapping[str, Any]
    container: str = ""

    @property
    def target_path(self) -> Path:
        """The way to the target."""
        return (*self.path, "target")


@dataclass(frozen=True, slots=True)
class Trigger:
    """One trigger of a ScaledObject."""

    type: str
    path: Path
    metadata: Mapping[str, Any]
    metric_type: str

    @property
    def threshold(self) -> float:
        """Lag per worker, with KEDA's default."""
        return number(self.metadata.get("lagThreshold")) or KEDA_THRESHOLD

    @property
    def limits(self) -> tuple[range, ...] | None:
        """The partitions that it may count; None = all."""
        try:
            return partition_limits(str(self.metadata.get("partitionLimitation") or ""))
        except ValueError:
            return None

    def flag(self, name: str) -> bool:
        """Whether a flag of the metadata is on."""
        return str(self.metadata.get(name, "")).lower() in ("true", "t", "1")


@dataclass(frozen=True, slots=True)
class Resource:
    """CPU or memory as a target; `share` = in per cent of the request."""

    name: str
    path: Path
    share: bool
    container: str = ""


def bounds_of(manifest: Manifest) -> tuple[Bound, Bound] | None:
    """The least and the most replicas, with the defaults of the kind; None where it has none."""
    if manifest.kind == "SchedulePolicy":
        return _schedule(manifest)
    if manifest.kind == "FlinkPolicy" and manifest.get("spec", "model") == "ds2":
        return _pair(manifest, DS2_BOUNDS)
    return _pair(manifest, BOUNDS.get(manifest.kind, USUAL_BOUNDS))


def metrics_of(manifest: Manifest) -> Iterator[Metric]:
    """The metrics of an HPA that have a source and a target."""
    for index, metric in enumerate(manifest.items("spec", "metrics") if manifest.kind == HPA else []):
        kind = child(metric, "type")
        field = CAMEL.get(SOURCES.get(str(kind), ""), "")
        source = child(metric, field)
        target, name = child(source, "target"), child(source, "name") or child(child(source, "metric"), "name")
        if isinstance(target, Mapping):
            path = ("spec", "metrics", index, field)
            yield Metric(str(kind), str(name), path, target, str(child(source, "container") or ""))


def triggers_of(manifest: Manifest) -> Iterator[Trigger]:
    """The triggers of a ScaledObject."""
    for index, trigger in enumerate(manifest.items("spec", "triggers") if manifest.kind == SCALED else []):
        metadata = child(trigger, "metadata")
        if isinstance(metadata, Mapping):
            kind, path = str(child(trigger, "type")), ("spec", "triggers", index)
            yield Trigger(kind, path, metadata, str(child(trigger, "metricType") or ""))


def kafka_triggers(manifest: Manifest) -> Iterator[Trigger]:
    """Those that look at lag."""
    return (trigger for trigger in triggers_of(manifest) if trigger.type in KAFKA)


def resources_of(manifest: Manifest) -> Iterator[Resource]:
    """CPU and memory among an HPA's metrics (80 % of CPU where there are none) or a ScaledObject's triggers."""
    if manifest.kind == HPA and not manifest.get("spec", "metrics"):
        yield Resource("cpu", ("spec",), share=True)
    for metric in metrics_of(manifest):
        if metric.type in ("Resource", "ContainerResource"):
            share = metric.target.get("averageValue") is None
            yield Resource(metric.name, metric.path, share, metric.container)
    for trigger in triggers_of(manifest):
        if trigger.type in RESOURCES:
            share = (trigger.metric_type or trigger.metadata.get("type")) != "AverageValue"
            container = str(trigger.metadata.get("containerName") or "")
            yield Resource(trigger.type, trigger.path, share, container)


def cpu_of(manifest: Manifest) -> Resource | None:
    """The first look at CPU."""
    return next((each for each in resources_of(manifest) if each.name == "cpu"), None)


def behavior_path(manifest: Manifest) -> Path | None:
    """Where `behavior` stands, or would stand; None for a kind that has none."""
    if manifest.kind == HPA:
        return ("spec", "behavior")
    if manifest.kind == SCALED:
        return ("spec", "advanced", "horizontalPodAutoscalerConfig", "behavior")
    return None


def target_of(manifest: Manifest) -> tuple[str, str] | None:
    """Kind and name of what is scaled."""
    name = manifest.get("spec", "scaleTargetRef", "name")
    if manifest.kind not in (HPA, SCALED) or not name:
        return None
    kind = manifest.get("spec", "scaleTargetRef", "kind", default="Deployment")
    return str(kind), str(name)


def made_by_keda(manifest: Manifest) -> bool:
    """Whether it is the HPA that KEDA keeps for a ScaledObject, as a dump of a cluster has both."""
    owned = any(child(owner, "kind") == SCALED for owner in manifest.items("metadata", "ownerReferences"))
    return manifest.kind == HPA and (owned or manifest.name.startswith("keda-hpa-"))


def number(value: Any) -> int | None:
    """A whole number, also one written as text."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        return None
    text = str(value).strip() if isinstance(value, str) or abs(value) < NUMBER_MAX else ""
    return int(text) if WHOLE.fullmatch(text) else None


def quantity(value: Any) -> float | None:
    """A Kubernetes quantity in base units."""
    try:
        return float(parse_exact(value))
    except ValueError:
        return None


def _pair(manifest: Manifest, defaults: Mapping[str, int | None]) -> tuple[Bound, Bound] | None:
    """Both bounds by their names; one name alone is both."""
    found = [_bound(manifest, name, default) for name, default in defaults.items()]
    least, most = found[0], found[-1]
    return None if least is None or most is None else (least, most)


def _bound(manifest: Manifest, name: str, default: int | None) -> Bound | None:
    spec = manifest.get("spec", default={})
    for key in spec if isinstance(spec, Mapping) else ():
        if _plain(str(key)) == name and spec[key] is not None:
            replicas = number(spec[key])
            return None if replicas is None else Bound(("spec", key), replicas)
    return None if default is None else Bound(("spec", name), default, given=False)


def _plain(name: str) -> str:
    """Flink's names as Weir has them; others have neither prefix nor dots nor dashes."""
    for prefix in PREFIXES:
        name = name.removeprefix(prefix)
    return name.replace(".", "_").replace("-", "_")


def _schedule(manifest: Manifest) -> tuple[Bound, Bound] | None:
    usual = number(manifest.get("spec", "replicas"))
    found = [] if usual is None else [Bound(("spec", "replicas"), usual)]
    for index, entry in enumerate(manifest.items("spec", "entries")):
        replicas = number(child(entry, "desiredReplicas"))
        if replicas is not None:
            found.append(Bound(("spec", "entries", index, "desiredReplicas"), replicas))
    order = sorted(found, key=lambda bound: bound.replicas)
    return (order[0], order[-1]) if order else None
