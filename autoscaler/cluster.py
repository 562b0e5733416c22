"""What a Kubernetes cluster's operator sets for all autoscalers at once, with Kubernetes' defaults.

Apart from policies because a manifest does not hold it; the names are those of kube-controller-manager's flags without
the prefix `horizontal-pod-autoscaler-`.
"""

from pydantic import Field

from contract.settings import Strict


class HpaClusterSettings(Strict):
    """Flags of the horizontal pod autoscaler's controller."""

    sync_period_seconds: float = Field(15.0, gt=0, le=3600, description="time between two looks at each autoscaler")
    tolerance: float = Field(0.1, ge=0, lt=1, description="no change while usage/target is within 1 ± this")
    cpu_initialization_period_seconds: float = Field(
        300.0, ge=0, description="after a start: CPU samples count only once the worker is ready for a whole window"
    )
    initial_readiness_delay_seconds: float = Field(
        30.0, ge=0, description="a worker not ready since before start + this was never ready"
    )
    downscale_stabilization_seconds: float = Field(300.0, ge=0, description="remembered before going down")
    scale_to_zero: bool = Field(
        True, description="the feature gate HPAScaleToZero, on from Kubernetes 1.37: minReplicas may be 0"
    )
