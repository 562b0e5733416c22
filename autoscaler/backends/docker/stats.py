"""What a container uses, from the engine's answer to `stats`.  Pure.

CPU is cumulative, so a rate needs two answers and no rate of the engine's.  Memory is the working set that
`docker stats` shows: what is charged to the container less the page cache that could be dropped, which cgroup v1
calls `total_inactive_file` and v2 `inactive_file`.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from autoscaler.backends.base import Usage

NANOSECONDS = 1e9
NEVER = 0.0
INACTIVE = ("total_inactive_file", "inactive_file")
"""In this order: v1 has both names, and there the second leaves out children."""


def read_usage(stats: Mapping[str, Any], generation: int) -> Usage | None:
    """None for a container that does not run, and on machines that do not account for memory."""
    at, memory = read_time(stats.get("read", "")), working_set_bytes(stats.get("memory_stats") or {})
    if at == NEVER or memory is None:
        return None
    cpu = stats["cpu_stats"]["cpu_usage"]["total_usage"] / NANOSECONDS
    return Usage(generation=generation, at_seconds=at, cpu_seconds=cpu, memory_bytes=memory)


def working_set_bytes(memory: Mapping[str, Any]) -> float | None:
    """Bytes; None where there are no figures."""
    usage = memory.get("usage")
    if usage is None:
        return None
    details = memory.get("stats") or {}
    inactive = next((details[name] for name in INACTIVE if name in details), 0)
    return float(usage - inactive if inactive < usage else usage)


def read_time(text: str) -> float:
    """Seconds since the epoch of the engine's `2026-01-31T12:00:00.123456789Z`; NEVER for its year 1, and for none."""
    try:
        at = datetime.fromisoformat(text)
        return at.timestamp() if at.year > 1 else NEVER
    except ValueError:
        return NEVER
