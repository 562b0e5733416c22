"""Whether a process has ended.  It may do so between any two questions."""

import time

import psutil

PATIENCE_SECONDS = 60.0


def gone(pid: int) -> bool:
    """Wait until it has ended; False if that takes too long."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not ended(pid):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def ended(pid: int) -> bool:
    """A zombie has: it only waits to be asked how."""
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True
