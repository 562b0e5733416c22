"""Which faults happen when, and whom they hit.  Pure: the same scenario and seed give the same faults."""

import hashlib
import heapq
from collections.abc import Iterator, Sequence
from itertools import count

from contract.scenario import Fault, KillFault


def planned(faults: Sequence[Fault], seconds: float) -> Iterator[tuple[float, Fault]]:
    """Every fault with its moment, in order, as long as the load lasts; endless repetition costs nothing in advance."""
    return heapq.merge(*(_moments(fault, seconds) for fault in faults), key=lambda due: due[0])


def choose(ready: Sequence[str], wanted: int, seed: int, number: int) -> list[str]:
    """Whom fault `number` of a run hits: `wanted` of those that are ready, or all when there are fewer.

    Each name has a rank of its own in each fault, so the choice depends neither on the order of `ready` nor on who
    else is: a worker that comes or goes changes the choice only when it is itself concerned.
    """
    return sorted(set(ready), key=lambda name: _rank(name, seed, number))[:wanted]


def _moments(fault: Fault, seconds: float) -> Iterator[tuple[float, Fault]]:
    every = fault.every_seconds if isinstance(fault, KillFault) else None
    for turn in count():
        at_seconds = fault.at_seconds + turn * (every or 0.0)
        if at_seconds >= seconds:
            return
        yield at_seconds, fault
        if every is None:
            return


def _rank(name: str, seed: int, number: int) -> bytes:
    return hashlib.sha256(f"{seed}/{number}/{name}".encode()).digest()
