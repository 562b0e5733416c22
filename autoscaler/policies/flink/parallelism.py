"""From a scale factor to a number of workers: rounding, limits, and the fit to the partitions."""

import math

from autoscaler.policies.flink.options import Alignment


def scaled_parallelism(*, current: int, factor: float, least: int, most: int) -> int:
    """The factor applied, rounded up, within the limits.

    A job that is outside its limits already is not forced back: it just does not move further away.
    """
    lower, upper = min(current, least), max(current, most)
    wanted = math.ceil(min(factor * current, float(2**31 - 1)))
    return min(max(wanted, lower), upper)


def align(*, wanted: int, current: int, partitions: int, most: int, mode: Alignment) -> int:
    """The first number from `wanted` upwards that suits the partitions (0 = not known); `wanted` itself if none does.

    On the way up the search ends at the limit, on the way down at the present number; no more workers than partitions.
    EVENLY_SPREAD takes divisors of the partitions only, BALANCED also what lowers the busiest worker's share.  A job
    that need not move is not aligned, and OFF leaves every number as it is.
    """
    if mode is Alignment.OFF or partitions <= 0 or wanted in (0, current):
        return wanted
    if wanted > partitions:
        return partitions
    end = min(partitions, max(current, most))
    if wanted <= current:
        end = min(end, current)
    for number in range(wanted, end + 1):
        lighter = partitions // number < partitions // wanted
        if partitions % number == 0 or (mode is Alignment.BALANCED and lighter):
            return number
    return wanted
