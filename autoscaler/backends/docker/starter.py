"""Which process started something on the engine, written as labels, and whether that process is gone for certain.

A process is known by its number, when it was started, the kernel that runs it and the namespace that the number counts
in.  Its one rule: whatever cannot be told counts as alive, for what belongs to a living run must never be removed.
"""

import platform
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

MACHINE, BOOT, NAMESPACE = "weir.machine", "weir.boot", "weir.pid-namespace"
PID, STARTED = "weir.pid", "weir.started"
STARTED_FIELD = 19
"""Of /proc/PID/stat behind the name, counted from 0: clock ticks since the boot, which nobody sets anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Here:
    """The machine as this process sees it.  `booted_at` is in seconds since the epoch."""

    machine: str
    boot: str
    namespace: str
    booted_at: float

    @classmethod
    def now(cls) -> Self:
        """Read from /proc."""
        stat = Path("/proc/stat").read_text(encoding="ascii")
        booted = next(line.split()[1] for line in stat.splitlines() if line.startswith("btime "))
        return cls(
            machine=f"{_read('/etc/machine-id')}/{platform.node()}",
            boot=_read("/proc/sys/kernel/random/boot_id"),
            namespace=str(Path("/proc/self/ns/pid").readlink()),
            booted_at=float(booted),
        )


def labels_of(pid: int, here: Here) -> Mapping[str, str]:
    """What marks things as started by that process of this machine."""
    return {
        MACHINE: here.machine,
        BOOT: here.boot,
        NAMESPACE: here.namespace,
        PID: str(pid),
        STARTED: started(pid) or "",
    }


def is_gone(labels: Mapping[str, str], made_at: float, here: Here) -> bool:
    """Whether the process that these labels tell of is gone for certain.

    Under this kernel and in our namespace we can look for it.  From before the last boot of this machine nothing is
    alive.  Of other machines and namespaces nobody here can tell.
    """
    if labels.get(MACHINE) != here.machine or not labels.get(STARTED):
        return False
    if labels.get(BOOT) != here.boot:
        return made_at < here.booted_at
    if labels.get(NAMESPACE) != here.namespace or not labels.get(PID, "").isdecimal():
        return False
    return started(int(labels[PID])) != labels[STARTED]


def started(pid: int) -> str | None:
    """When that process was started; None when there is none, or only a zombie."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] in {"Z", "X"} else fields[STARTED_FIELD]


def _read(path: str) -> str:
    with suppress(OSError):
        return Path(path).read_text(encoding="ascii").strip()
    return ""
