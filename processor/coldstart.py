"""What a cold start costs: CPU really burnt, waiting, memory really held.

It stands apart because this is the cost that an autoscaler can mistake for load.  It runs in the handler thread, so
that the status page answers meanwhile, and can be given up between two chunks when the worker is told to stop.
"""

import threading
from dataclasses import dataclass

from contract.worker import InitCost
from processor.cpu import burn_cpu, calibrate

PAGE_BYTES = 4096
MIB = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class ColdStart:
    """What was paid.  `held` keeps the memory alive as long as the worker has it."""

    cpu_seconds: float
    held: bytearray


def pay(cost: InitCost, stop: threading.Event) -> ColdStart:
    """Take the memory, burn, wait, in this order; returns early when `stop` is set."""
    held = hold_memory(cost.memory_mib)
    burnt = burn_cpu(cost.cpu_seconds, chunk_rounds=calibrate(), stop=stop.is_set) if cost.cpu_seconds else 0.0
    if cost.wait_seconds:
        stop.wait(cost.wait_seconds)
    return ColdStart(cpu_seconds=burnt, held=held)


def hold_memory(mib: int) -> bytearray:
    """Memory of which every page was written to: untouched pages would cost nothing."""
    held = bytearray(mib * MIB)
    pages = len(held) // PAGE_BYTES
    held[::PAGE_BYTES] = b"\x01" * pages
    return held
