"""What a cold start costs: CPU really burnt, waiting, memory really held.

It stands apart because this is the cost that an autoscaler can mistake for load.  It runs in the handler thread, so
that the status page answers meanwhile, and can be given up between two chunks when the worker is told to stop.
"""

import hashlib
import threading
import time

from contract.worker import InitCost
from processor.cpu import burn_cpu, calibrate

PAGE_BYTES = 4096
MIB = 1 << 20
HASHED = bytes(1 << 16)
"""Hashing so much at once takes some 100 µs without the interpreter's lock."""


def pay(cost: InitCost, stop: threading.Event) -> bytearray:
    """Take the memory, burn, wait, in this order; returns the memory, and early when `stop` is set."""
    held = hold_memory(cost.memory_mib)
    if cost.cpu_seconds:
        burn_in_threads(cost.cpu_seconds, threads=cost.threads, stop=stop)
    if cost.wait_seconds:
        stop.wait(cost.wait_seconds)
    return held


def hold_memory(mib: int) -> bytearray:
    """Memory of which every page was written to: untouched pages would cost nothing."""
    held = bytearray(mib * MIB)
    pages = len(held) // PAGE_BYTES
    held[::PAGE_BYTES] = b"\x01" * pages
    return held


def burn_in_threads(cpu_seconds: float, *, threads: int, stop: threading.Event) -> None:
    """Burn `cpu_seconds` in all: one share in Python here, the others in threads that run beside it without its lock.

    So a start keeps its own event loop waiting, as imports do, and takes more than one core, as a compiler does.
    """
    share = cpu_seconds / threads
    others = [threading.Thread(target=_hash_for, args=(share, stop), daemon=True) for _ in range(threads - 1)]
    for thread in others:
        thread.start()
    burn_cpu(share, chunk_rounds=calibrate(), stop=stop.is_set)
    for thread in others:
        thread.join()


def _hash_for(cpu_seconds: float, stop: threading.Event) -> None:
    limit = time.thread_time() + cpu_seconds
    while time.thread_time() < limit and not stop.is_set():
        hashlib.sha256(HASHED).digest()
