"""The shape of a HorizontalPodAutoscaler of autoscaling/v2, as the API knows it."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from autoscaler.manifests.fields import ApproximateQuantity, MilliQuantity, Shape

INT32_MAX = 2**31 - 1
Int32 = Annotated[int, Field(ge=-INT32_MAX - 1, le=INT32_MAX)]
DNS_LABEL = r"^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$"


def _path_segment(name: str) -> str:
    """As the API server: a name that is to stand in the path of an address."""
    if name in (".", "..") or "/" in name or "%" in name:
        raise ValueError("must not be '.' or '..' nor contain '/' or '%': it becomes a part of an address")
    return name


Name = Annotated[str, Field(min_length=1)]
PathSegment = Annotated[Name, AfterValidator(_path_segment)]


class Reference(Shape):
    """What is scaled, or what a metric describes."""

    api_version: str = ""
    kind: PathSegment
    name: PathSegment


class MetricIdentifier(Shape):
    """A metric's name; its selector picks the series that the name stands for here."""

    name: PathSegment
    selector: dict[str, Any] | None = None


class MetricTarget(Shape):
    """What a metric is compared with."""

    type: Literal["Utilization", "Value", "AverageValue"]
    value: MilliQuantity | None = None
    average_value: MilliQuantity | None = None
    average_utilization: Int32 | None = None


class ObjectSource(Shape):
    """A metric of one object."""

    described_object: Reference
    metric: MetricIdentifier
    target: MetricTarget


class TotalSource(Shape):
    """A metric by its name alone: external, or of every pod."""

    metric: MetricIdentifier
    target: MetricTarget


class ResourceSource(Shape):
    """CPU or memory of every pod."""

    name: Name
    target: MetricTarget


class ContainerResourceSource(ResourceSource):
    """CPU or memory of one container of every pod; a worker is one container."""

    container: Annotated[str, Field(pattern=DNS_LABEL)]


class MetricShape(Shape):
    """One entry of `spec.metrics`."""

    type: Literal["Object", "Pods", "Resource", "ContainerResource", "External"]
    object: ObjectSource | None = None
    pods: TotalSource | None = None
    resource: ResourceSource | None = None
    container_resource: ContainerResourceSource | None = None
    external: TotalSource | None = None


class PolicyShape(Shape):
    """One scaling policy."""

    type: Literal["Pods", "Percent"]
    value: int = Field(gt=0, le=INT32_MAX)
    period_seconds: int = Field(gt=0, le=1800)


class RulesShape(Shape):
    """`scaleUp` or `scaleDown`; what is not set gets the API server's default."""

    stabilization_window_seconds: int | None = Field(None, ge=0, le=3600)
    select_policy: Literal["Max", "Min", "Disabled"] | None = None
    policies: list[PolicyShape] | None = Field(None, min_length=1)
    tolerance: Annotated[ApproximateQuantity, Field(ge=0)] | None = None


class BehaviorShape(Shape):
    """`spec.behavior`."""

    scale_up: RulesShape | None = None
    scale_down: RulesShape | None = None


class SpecShape(Shape):
    """`spec`."""

    scale_target_ref: Reference
    min_replicas: Int32 | None = None
    max_replicas: int = Field(ge=1, le=INT32_MAX)
    metrics: list[MetricShape] | None = None
    behavior: BehaviorShape | None = None
    selection_strategy: Literal["LabelSelector", "OwnerReferences"] | None = None


class HpaShape(Shape):
    """The whole document; metadata and status are the cluster's own affair."""

    api_version: str
    kind: str
    metadata: dict[str, Any] = Field(default_factory=dict)
    spec: SpecShape
    status: Any = None
