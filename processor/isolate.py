"""Finding the event that a handler fails on: halve the slice until it stands alone, then try it a few times.

Its one rule: every event is handed over until the handler took it or it has failed `attempts` times on its own, so one
poisonous event costs its neighbours a few repeated calls (log2 of the slice) and nothing else.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from contract.event import PoisonError

RETRY_SECONDS_FIRST, RETRY_SECONDS_MAX = 0.01, 1.0

Call = Callable[[Sequence[Any]], Awaitable[None]]
Sleep = Callable[[float], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """An event that the handler does not take: its place in the slice, the last error, how often it was tried alone."""

    index: int
    error: Exception
    attempts: int


async def handle_all(
    call: Call, events: Sequence[Any], *, attempts: int, sleep: Sleep = asyncio.sleep
) -> list[Failure]:
    """Hand over all of `events`, in order; returns those that fail even alone and after `attempts` tries."""
    failures: list[Failure] = []
    stretches = [(0, len(events))]
    while stretches:
        first, end = stretches.pop()
        if end - first == 1:
            failure = await _handle_one(call, events, first, attempts=attempts, sleep=sleep)
            failures += [failure] if failure else []
        elif await _fails(call, events[first:end]):
            middle = (first + end) // 2
            stretches += [(middle, end), (first, middle)]  # taken from the end: the earlier half first
    return failures


async def _fails(call: Call, events: Sequence[Any]) -> bool:
    try:
        await call(events)
    except Exception:  # noqa: BLE001  # a user's handler may raise anything; the single events' errors are reported
        return True
    return False


async def _handle_one(call: Call, events: Sequence[Any], index: int, *, attempts: int, sleep: Sleep) -> Failure | None:
    attempt = 1
    while True:
        try:
            await call(events[index : index + 1])
        except Exception as error:  # noqa: BLE001  # a user's handler may raise anything; it goes into the dead letter
            if attempt >= attempts or isinstance(error, PoisonError):
                return Failure(index=index, error=error, attempts=attempt)
        else:
            return None
        await sleep(min(RETRY_SECONDS_MAX, RETRY_SECONDS_FIRST * 2 ** (attempt - 1)))
        attempt += 1
