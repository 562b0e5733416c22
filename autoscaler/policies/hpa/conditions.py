"""The conditions of an HPA's status: types and reasons in Kubernetes' spelling, sentences in our own words."""

from collections.abc import Mapping

from autoscaler.model import Condition, ConditionType

_ABLE = ConditionType.ABLE_TO_SCALE
_LIMITED = ConditionType.SCALING_LIMITED


def _condition(kind: ConditionType, reason: str, message: str, *, status: bool = True) -> Condition:
    return Condition(type=kind, status=status, reason=reason, message=message)


GOT_SCALE = _condition(_ABLE, "SucceededGetScale", "the present number of replicas could be read")
READY = _condition(_ABLE, "ReadyForNewScale", "nothing of late holds the recommended number back")
UP_STABILIZED = _condition(
    _ABLE, "ScaleUpStabilized", "a lower number was recommended within the window: the lowest counts"
)
DOWN_STABILIZED = _condition(
    _ABLE, "ScaleDownStabilized", "a higher number was recommended within the window: the highest counts"
)
DISABLED = _condition(
    ConditionType.SCALING_ACTIVE, "ScalingDisabled", "there are 0 replicas, which switches scaling off", status=False
)
TO_ZERO = _condition(ConditionType.SCALED_TO_ZERO, "ScaledToZero", "the autoscaler itself went to 0 replicas")
NOT_TO_ZERO = _condition(
    ConditionType.SCALED_TO_ZERO, "NotScaledToZero", "the autoscaler did not go to 0 replicas", status=False
)
LIMITED: Mapping[str, Condition] = {
    "DesiredWithinRange": _condition(_LIMITED, "DesiredWithinRange", "the number is within all limits", status=False),
    "ScaleUpLimit": _condition(_LIMITED, "ScaleUpLimit", "the number may not grow faster"),
    "ScaleDownLimit": _condition(_LIMITED, "ScaleDownLimit", "the number may not shrink faster"),
    "TooFewReplicas": _condition(_LIMITED, "TooFewReplicas", "fewer than the minimum were wanted"),
    "TooManyReplicas": _condition(_LIMITED, "TooManyReplicas", "more than the maximum were wanted"),
}


def limited(reason: str) -> Condition:
    """ScalingLimited for a limit's reason."""
    return LIMITED[reason]


def rescaled(replicas: int) -> Condition:
    """The number was changed."""
    return _condition(_ABLE, "SucceededRescale", f"the number of replicas was set to {replicas}")


def failed_scale(message: str) -> Condition:
    """The present number is not known, so nothing can be asked for."""
    return _condition(_ABLE, "FailedGetScale", message, status=False)


def active(metric: str) -> Condition:
    """A metric could be read."""
    return _condition(ConditionType.SCALING_ACTIVE, "ValidMetricFound", f"a number of replicas follows from {metric}")


def inactive(reason: str, message: str) -> Condition:
    """No number follows from the metrics."""
    return _condition(ConditionType.SCALING_ACTIVE, reason, message, status=False)
