"""The clocks by which workers are kept: neither jumps when somebody sets the machine's time."""

import time


def awake_seconds() -> float:
    """Of no zero that matters; goes on while the process is stopped or the machine sleeps."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def steady_seconds() -> float:
    """Seconds since the epoch, by the machine's time when this process began and by what has passed since.

    What is compared over minutes (probes, back-off, grace, deadlines, windows) is told in these: a clock that is set
    back by an hour would otherwise silence every probe for that long.
    """
    return _BEGAN_AT + awake_seconds()


_BEGAN_AT = time.time() - awake_seconds()
