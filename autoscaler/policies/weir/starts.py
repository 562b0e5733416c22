"""How many workers may initialise at once: a start costs CPU, and the host has only so many cores."""

from autoscaler.model import Observation
from autoscaler.policies.weir.crew import Crew


def start_slots(seen: Observation, crew: Crew, *, burning: int, starts_per_core: float, wanted: int) -> tuple[int, str]:
    """How many of the `wanted` starts may begin now, and why.  One may, if none is starting.

    `burning` is how many initialised while the host's load was measured: the cores that they took will be free again.
    What does not fit waits for those that start, as each join costs a rebalance: unless more would start than do.
    Where the host's cores are not known, as in a cluster of many hosts, nothing is held back.
    """
    if seen.host_cores is None:
        return wanted, "the host's cores are unknown: no limit on starts"
    if seen.host_cpu_ratio is None:
        free, told = 0.0, f"the load of the {seen.host_cores:g} cores is unknown"
    else:
        free = min(seen.host_cores, seen.host_cores * (1 - seen.host_cpu_ratio) + burning)
        told = f"{free:.1f} of {seen.host_cores:g} cores are free for starts"
    room = max(1, int(free * starts_per_core)) - crew.initialising
    if wanted <= room:
        return wanted, f"{told}: all {wanted} may start at once"
    if crew.starting and room <= crew.starting:
        return 0, f"{told}: {wanted} more wait for the {crew.starting} that start"
    slots = max(1, room)
    return slots, f"{told}: {slots} of {wanted} may start at once"
