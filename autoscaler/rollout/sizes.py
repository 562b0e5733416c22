"""How many workers of each version there should be: the arithmetic of Kubernetes' Deployment controller.

Source: pkg/controller/deployment in kubernetes/kubernetes.  `fence` is `ResolveFenceposts` with `MaxUnavailable`,
`grown` is `reconcileNewReplicaSet` with `NewRSNewReplicas`, `cut` is `reconcileOldReplicaSets` with
`cleanupUnhealthyReplicas` and `scaleDownOldReplicaSetsForRollingUpdate`, `spread` is `scale` in sync.go.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from contract.rollout import RolloutStrategy


@dataclass(frozen=True, slots=True, kw_only=True)
class Fence:
    """So many workers more than wanted there may be, so many fewer available."""

    surge: int
    unavailable: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Set:
    """The workers of one version: how many are wanted, and how many of them are available."""

    revision: str
    size: int
    available: int


def fence(strategy: RolloutStrategy, desired: int) -> Fence:
    """The bounds for this number of workers.  Where rounding leaves no room at all, one may be unavailable.

    Examples with the defaults of 25 %: 4 workers give 1 and 1, 5 give 2 and 1, 1 gives 1 and 0.
    """
    surge = _amount(strategy.max_surge, desired, math.ceil)
    unavailable = _amount(strategy.max_unavailable, desired, math.floor)
    return Fence(surge=surge, unavailable=min(desired, unavailable if surge or unavailable else 1))


def resized(
    sets: Sequence[Set], wanted: str, desired: int, bounds: Fence, *, most_before: int | None, frozen: bool
) -> Mapping[str, int]:
    """The next sizes by revision, zeros left out.  `sets` are in the order in which their versions came up.

    `most_before` is how many there might be before the number wanted changed; None = it has not changed.  A `frozen`
    rollout creates nothing of the new version and takes nothing away from the old ones; it only follows that number.
    """
    old = [one for one in sets if one.revision != wanted]
    new = next((one for one in sets if one.revision == wanted), Set(revision=wanted, size=0, available=0))
    total = new.size + sum(one.size for one in old)
    if most_before is not None or (frozen and total < desired):
        *old, new = followed([*old, new], desired, bounds, most_before=most_before or total, frozen=frozen)
    if not frozen:
        old, new = _rolled(old, new, desired, bounds)
    return {one.revision: one.size for one in (*old, new) if one.size}


def grown(new: int, total: int, desired: int, bounds: Fence) -> int:
    """The new version's size: as many as there is room for, and never more than wanted."""
    if new >= desired:
        return desired
    return new + max(0, min(desired + bounds.surge - total, desired - new))


def cut(old: Sequence[Set], new: Set, desired: int, bounds: Fence) -> list[Set]:
    """The old versions' sizes: first without those that are not available, then as many as can be spared.

    New workers that are not available yet are no reason to take old ones away.
    """
    least = desired - bounds.unavailable
    total = sum(one.size for one in old) + new.size
    budget = total - least - (new.size - new.available)
    if budget <= 0:
        return [*old]
    cleaned = _each(old, budget, lambda one: one.size - one.available)
    spare = sum(one.available for one in cleaned) + new.available - least
    return _each(cleaned, spare, lambda one: one.size)


def followed(sets: Sequence[Set], desired: int, bounds: Fence, *, most_before: int, frozen: bool) -> list[Set]:
    """The sizes after the number wanted has changed in the middle of it; the last set is the new version's.

    A single version with workers, or the new one if none has any, takes it all.  Two or more share it in proportion, so
    that a change does not hasten an update.  Other than in Kubernetes a frozen one grows by a version that works.
    """
    active = [one for one in sets if one.size] or [sets[-1]]
    if len(active) == 1:
        return [_sized(one, desired) if one is active[0] else one for one in sets]
    change = (desired + bounds.surge if desired else 0) - sum(one.size for one in active)
    serving = [one for one in sets[:-1] if one.available]
    if frozen and change > 0 and serving:
        return [_sized(one, one.size + change) if one is serving[-1] else one for one in sets]
    sizes = spread([one.size for one in sets], change, desired=desired, most=desired + bounds.surge, before=most_before)
    return [_sized(one, size) for one, size in zip(sets, sizes, strict=True)]


def spread(sizes: Sequence[int], change: int, *, desired: int, most: int, before: int) -> list[int]:
    """`change` shared out in proportion to the sizes, the largest first; it also takes what rounding leaves.

    Of the same size, growing begins with the newest and shrinking with the oldest.  `before` is what all of them might
    have been together before, `most` what they may be now.
    """
    after, left = [*sizes], change
    before = max(1, before)
    order = sorted(range(len(sizes)), key=lambda i: (-sizes[i], -i if change > 0 else i))
    for i in (i for i in order if sizes[i] and left):
        share = _half_up(sizes[i] * most / before) - sizes[i] if desired else -sizes[i]
        share = max(0, min(share, left)) if change > 0 else min(0, max(share, left))
        after[i] += share
        left -= share
    if order:
        after[order[0]] = max(0, after[order[0]] + left)
    return after


def _rolled(old: list[Set], new: Set, desired: int, bounds: Fence) -> tuple[list[Set], Set]:
    """One step after the other until none is possible, as the controller does within milliseconds."""
    while True:
        total = new.size + sum(one.size for one in old)
        bigger = _sized(new, grown(new.size, total, desired, bounds))
        fewer = cut(old, bigger, desired, bounds)
        if (fewer, bigger) == (old, new):
            return old, new
        old, new = fewer, bigger


def _each(sets: Sequence[Set], budget: int, spare: Callable[[Set], int]) -> list[Set]:
    """Take up to `budget` away, of each set what it can spare, those of the oldest version first."""
    left, after = max(0, budget), []
    for one in sets:
        taken = min(left, spare(one))
        left -= taken
        after.append(_sized(one, one.size - taken))
    return after


def _sized(one: Set, size: int) -> Set:
    """Those that are not available go first."""
    return replace(one, size=size, available=min(one.available, size))


def _amount(amount: int | str, desired: int, rounded: Callable[[float], int]) -> int:
    return amount if isinstance(amount, int) else rounded(int(amount[:-1]) * desired / 100)


def _half_up(value: float) -> int:
    return math.floor(value + 0.5)
