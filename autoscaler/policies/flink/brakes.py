"""What keeps a decision from being carried out: switched off, a period of quiet, a quota."""

from collections.abc import Callable, Sequence

from autoscaler.model import Observation, Worker
from autoscaler.moments import local_moment
from autoscaler.policies.flink.options import FlinkOptions


def brake(seen: Observation, wanted: int, options: FlinkOptions) -> str | None:
    """Why not to move to `wanted`, or None.  Quotas hold back growth only."""
    if not options.scaling_enabled:
        return f"scaling is not enabled: would be {wanted}"
    moment = local_moment(seen.at_seconds, options.timezone) if options.excluded_periods else None
    period = next((one for one in options.excluded_periods if moment is not None and one.has(moment)), None)
    if period is not None:
        return f"within the excluded period {period.text} ({options.timezone})"
    if wanted <= seen.spec_replicas:
        return None
    cpu = _over(seen.workers, wanted, options.quota_cpu, lambda worker: worker.cpu_request_cores, "cores")
    return cpu or _over(seen.workers, wanted, options.quota_memory, lambda worker: worker.memory_request_bytes, "bytes")


def _over(
    workers: Sequence[Worker], wanted: int, quota: float | None, request: Callable[[Worker], float | None], unit: str
) -> str | None:
    """Why the quota holds; a quota over requests that nobody knows holds, too."""
    if quota is None:
        return None
    requests = [asked for worker in workers if (asked := request(worker)) is not None]
    if not requests:
        return f"a quota of {quota:,g} {unit}, but no worker's request is known"
    total = wanted * max(requests)
    return f"{wanted} workers would request {total:,g} {unit} of a quota of {quota:,g}" if total > quota else None
