"""CPU time really burnt, measured by the clock of the burning thread and not by the wall.

A worker that is throttled or shares its core burns the same CPU seconds as one that is not; it only takes longer, and
that is what the experiments study.  The work is Python's own, under the interpreter's lock, as a Python handler's is,
in chunks so short that other threads get their turn.
"""

import time
from collections.abc import Callable

CHUNK_SECONDS = 20e-6


def never() -> bool:
    """Nobody asks to stop."""
    return False


def burn_cpu(seconds: float, *, chunk_rounds: int, stop: Callable[[], bool] = never) -> float:
    """Use up `seconds` of this thread's CPU time, or less when `stop` says so; returns what was used really."""
    started = time.thread_time()
    used = 0.0
    while used < seconds and not stop():
        sum(range(chunk_rounds))
        used = time.thread_time() - started
    return used


def calibrate(tries: int = 50) -> int:
    """How many rounds make a chunk of about `CHUNK_SECONDS` here and now.  Takes some milliseconds."""
    rounds = 1_000
    best = min(_chunk_seconds(rounds) for _ in range(tries))
    return max(1, round(rounds * CHUNK_SECONDS / best))


def _chunk_seconds(rounds: int) -> float:
    started = time.thread_time()
    sum(range(rounds))
    return max(time.thread_time() - started, 1e-7)
