"""How many workers each kind of metric asks for: HPA's replica calculations, one function each.

Quantities are integers of a thousandth and averages are whole, as in the controller: the truncations are part of the
rules.  `current` is the number asked for before, `status` the number that exist.
"""

import math
from collections.abc import Callable

from autoscaler.model import Worker
from autoscaler.model.value import value
from autoscaler.policies.hpa.faults import MetricFault
from autoscaler.policies.hpa.pods import Groups, running_and_ready
from autoscaler.policies.hpa.spec import Tolerances
from contract.quantities import INT64_MAX

INT32_MAX = 2**31 - 1
ALL = 100
"""Per cent of the request that a worker without a sample is taken to use when the others ask for fewer workers."""


@value(frozen=True, slots=True, kw_only=True)
class Answer:
    """A metric's proposal.  `usage` is what is reported: per cent, or thousandths; `ratio` is usage to target."""

    replicas: int
    usage: int
    ratio: float


def resource_utilization(
    groups: Groups, requests: dict[str, int], *, current: int, target_percent: int, tolerances: Tolerances
) -> Answer:
    """Mean share of the request against a target in per cent, which is truncated before it is compared."""
    percent = _percent(groups.usage, requests)
    ratio = percent / target_percent

    def filled(usage: dict[str, int]) -> float:
        return _percent(usage, requests) / target_percent

    full = max(ALL, target_percent)
    fill = {name: requests[name] * full // ALL for name in groups.missing}
    replicas = _settle(groups, ratio, fill, filled, current=current, tolerances=tolerances)
    return Answer(replicas=replicas, usage=percent, ratio=ratio)


def average_per_worker(groups: Groups, *, current: int, target_milli: int, tolerances: Tolerances) -> Answer:
    """Whole mean over workers against a target: pods metrics, and resources with an average value."""
    mean = _mean(groups.usage)

    def filled(usage: dict[str, int]) -> float:
        return float(_mean(usage)) / float(target_milli)

    ratio = float(mean) / float(target_milli)
    fill = dict.fromkeys(groups.missing, target_milli)
    replicas = _settle(groups, ratio, fill, filled, current=current, tolerances=tolerances)
    return Answer(replicas=replicas, usage=mean, ratio=ratio)


def total_value(
    total_milli: int, workers: tuple[Worker, ...], *, current: int, target_milli: int, tolerances: Tolerances
) -> Answer:
    """A total against a target of type Value: scales with the workers that are running and ready."""
    ratio = float(total_milli) / float(target_milli)
    if current == 0:
        return Answer(replicas=saturated(ratio), usage=total_milli, ratio=ratio)
    if tolerances.hold(ratio):
        return Answer(replicas=current, usage=total_milli, ratio=ratio)
    if not workers:
        raise MetricFault("no workers were found, so there is no number of ready ones to start from")
    return Answer(replicas=saturated(ratio * running_and_ready(workers)), usage=total_milli, ratio=ratio)


def total_average_value(total_milli: int, *, status: int, target_milli: int, tolerances: Tolerances) -> Answer:
    """A total against a target per worker: the answer does not depend on how many workers there are now."""
    allowed = float(target_milli) * float(status)
    ratio = float(total_milli) / allowed if allowed else (math.inf if total_milli else math.nan)
    replicas = status if tolerances.hold(ratio) else saturated(float(total_milli) / float(target_milli))
    return Answer(replicas=replicas, usage=per_worker(total_milli, status), ratio=ratio)


def per_worker(total_milli: int, status: int) -> int:
    """The reported usage of each worker: rounded up, 0 when there is none."""
    if total_milli >= INT64_MAX:
        return INT64_MAX
    return math.ceil(total_milli / status) if status else 0


def saturated(replicas: float) -> int:
    """Rounded up, held at the largest 32-bit integer."""
    return INT32_MAX if replicas > INT32_MAX else math.ceil(replicas)


def _settle(
    groups: Groups,
    ratio: float,
    fill_down: dict[str, int],
    filled: Callable[[dict[str, int]], float],
    *,
    current: int,
    tolerances: Tolerances,
) -> int:
    """From a ratio to a number, doubting workers that were not measured or not ready: they never help the direction."""
    doubt_unready = bool(groups.unready) and ratio > 1.0
    if not doubt_unready and not groups.missing:
        return current if tolerances.hold(ratio) else saturated(ratio * groups.ready)
    usage = dict(groups.usage)
    if ratio < 1.0:
        usage |= fill_down
    elif ratio > 1.0:
        usage |= dict.fromkeys(groups.missing, 0)
    if doubt_unready:
        usage |= dict.fromkeys(groups.unready, 0)
    again = filled(usage)
    if tolerances.hold(again) or (ratio < 1.0 < again) or (again < 1.0 < ratio):
        return current
    replicas = saturated(again * len(usage))
    turned = (again < 1.0 and replicas > current) or (again > 1.0 and replicas < current)
    return current if turned else replicas


def _percent(usage: dict[str, int], requests: dict[str, int]) -> int:
    requested = sum(requests[name] for name in usage)
    if requested == 0:
        raise MetricFault("the workers that were measured request nothing, so there is no share of it")
    return min(INT32_MAX, sum(usage.values()) * 100 // requested)


def _mean(usage: dict[str, int]) -> int:
    """Truncated towards zero, as integers are divided in the controller."""
    total = sum(usage.values())
    return total // len(usage) if total >= 0 else -(-total // len(usage))
