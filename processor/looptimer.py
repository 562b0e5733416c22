"""How late the event loop comes to its timers: the first sign that something starves it, heartbeats included."""

import asyncio
from collections.abc import Callable

INTERVAL_SECONDS = 0.05


async def watch_timers(report: Callable[[float], None], interval_seconds: float = INTERVAL_SECONDS) -> None:
    """Report for ever by how many seconds each of a row of timers was late."""
    loop = asyncio.get_running_loop()
    while True:
        due = loop.time() + interval_seconds
        await asyncio.sleep(interval_seconds)
        report(max(0.0, loop.time() - due))
