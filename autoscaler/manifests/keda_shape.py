"""The shape of a ScaledObject of keda.sh/v1alpha1, as its custom resource definition knows it."""

from typing import Annotated, Any, Literal

from pydantic import Field

from autoscaler.manifests.fields import Shape
from autoscaler.manifests.hpa_shape import BehaviorShape, Name

Count = Annotated[int, Field(ge=0, le=2**31 - 1)]


class ScaleTargetShape(Shape):
    """What is scaled."""

    name: Name
    api_version: str = ""
    kind: str = ""
    env_source_container_name: str = ""


class AuthenticationShape(Shape):
    """Where credentials come from; Weir has its own connection, so they are not looked at."""

    name: Name
    kind: str = ""


class TriggerShape(Shape):
    """One entry of `spec.triggers`; its metadata are text, as in the definition."""

    type: Name
    name: str = ""
    use_cached_metrics: bool = False
    metadata: dict[str, str]
    authentication_ref: AuthenticationShape | None = None
    metric_type: Literal["", "AverageValue", "Value", "Utilization"] = ""


class HpaConfigShape(Shape):
    """`advanced.horizontalPodAutoscalerConfig`."""

    name: str = ""
    behavior: BehaviorShape | None = None


class ModifiersShape(Shape):
    """`advanced.scalingModifiers`."""

    formula: str = ""
    target: str = ""
    activation_target: str = ""
    metric_type: Literal["", "AverageValue", "Value", "Utilization"] = ""


class AdvancedShape(Shape):
    """`spec.advanced`."""

    horizontal_pod_autoscaler_config: HpaConfigShape | None = None
    restore_to_original_replica_count: bool = False
    scaling_modifiers: ModifiersShape | None = None


class FallbackShape(Shape):
    """`spec.fallback`."""

    failure_threshold: Count
    replicas: Count
    behavior: Literal[
        "static", "currentReplicas", "currentReplicasIfHigher", "currentReplicasIfLower", "scalingModifiers"
    ] = "static"


class ScaledSpecShape(Shape):
    """`spec`; numbers must not be negative."""

    scale_target_ref: ScaleTargetShape
    polling_interval: Count = 30
    cooldown_period: Count = 300
    initial_cooldown_period: Count = 0
    idle_replica_count: Count | None = None
    min_replica_count: Count | None = None
    max_replica_count: int = Field(100, ge=1, le=2**31 - 1)
    advanced: AdvancedShape | None = None
    triggers: list[TriggerShape] = Field(min_length=1)
    fallback: FallbackShape | None = None


class ScaledObjectShape(Shape):
    """The whole document; of the metadata only annotations matter."""

    api_version: str
    kind: str
    metadata: dict[str, Any] = Field(default_factory=dict)
    spec: ScaledSpecShape
    status: Any = None
