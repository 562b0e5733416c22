"""Named states of an autoscaler, as Kubernetes reports them.  They are decided, and remembered until they change."""

from enum import StrEnum

from autoscaler.model.value import value


@value(frozen=True, slots=True, kw_only=True)
class Condition:
    """A named state with its reason in one word and in a sentence.  `changed_at` is written by `decide`."""

    type: str
    status: bool
    reason: str
    message: str
    changed_at: float | None = None


class ConditionType(StrEnum):
    """The conditions of an HPA's status, in Kubernetes' spelling; policies of other families use those that fit."""

    ABLE_TO_SCALE = "AbleToScale"
    SCALING_ACTIVE = "ScalingActive"
    SCALING_LIMITED = "ScalingLimited"
    SCALED_TO_ZERO = "ScaledToZero"
