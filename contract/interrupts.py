"""Ctrl-C on a long command: the first one asks it to end in order, a second one ends it at once."""

import asyncio
import signal
from collections.abc import Awaitable, Callable
from typing import TypeVar

import uvloop

Value = TypeVar("Value")


def run_interruptible(
    doing: Callable[[asyncio.Event], Awaitable[Value]], asked: Callable[[], None]
) -> tuple[Value, bool]:
    """Run `doing` on uvloop; returns what it gives, and whether it was asked to end early (its event is set then).

    SIGTERM counts as Ctrl-C.  `asked` tells the user that the wish was heard.  Raises CancelledError at the second.
    """
    stop = asyncio.Event()

    async def main() -> Value:
        task = asyncio.current_task()
        assert task is not None

        def interrupt() -> None:
            if stop.is_set():
                task.cancel()
            stop.set()
            asked()

        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, interrupt)
        return await doing(stop)

    return uvloop.run(main()), stop.is_set()
