"""How many workers may initialise at once: a start costs CPU, and the host has only so many cores."""

from autoscaler.model import Observation
from autoscaler.policies.weir.crew import Crew


def start_slots(seen: Observation, crew: Crew, *, starts_per_core: float, wanted: int) -> tuple[int, str]:
    """How many of the `wanted` starts may begin now, and why.  One may, if none is starting.

    What does not fit beside those that start waits for all of them: each join costs a rebalance, so they join together.
    Where the host's cores are not known, as in a cluster of many hosts, nothing is held back.
    """
    if seen.host_cores is None:
        return wanted, "the host's cores are unknown: no limit on starts"
    if seen.host_cpu_ratio is None:
        free, told = 0.0, f"the load of the {seen.host_cores:g} cores is unknown"
    else:
        others = max(0.0, seen.host_cores * seen.host_cpu_ratio - crew.initialising)
        free = max(0.0, seen.host_cores - others)
        told = f"{free:.1f} of {seen.host_cores:g} cores are free for starts"
    room = max(1, int(free * starts_per_core)) - crew.initialising
    if wanted <= room:
        return wanted, f"{told}: all {wanted} may start at once"
    if crew.starting:
        return 0, f"{told}: {wanted} more wait for the {crew.starting} that start"
    room = max(1, room)
    return room, f"{told}: {room} of {wanted} may start at once"
