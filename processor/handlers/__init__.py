"""What a worker does with events.  A new handler = one file here, one line in `HANDLERS`, one test file.

What runs where, and why:

| handler | runs in | because |
|---|---|---|
| `count`, `window` | the event loop | they cost less per event than decoding it; a thread's hand-over would cost more |
| `wait`, an async callable | the event loop | they wait, and while they wait the loop is free |
| `burn`, `work`, a sync callable | one thread | they may compute or block: heartbeats and probes go on beside them |

One thread, not several: the order within a partition is kept, and Python code would not go faster in more.  The
thread shares the interpreter's lock with the loop; `app.py` shortens the switch interval, so that the loop gets its
turn within a millisecond, unless the callable is in C code that does not release the lock.  Then heartbeats really
starve, as they would in any Python worker, and `event_loop_delay_seconds` in the status shows it.
"""

from collections.abc import Callable

from contract.worker import HandlerSpec
from processor.errors import HandlerError
from processor.handlers.base import Handler, Result
from processor.handlers.burn import Burn
from processor.handlers.count import Count
from processor.handlers.custom import Custom
from processor.handlers.wait import Wait
from processor.handlers.window import Window
from processor.handlers.work import Work

HANDLERS: dict[str, Callable[[HandlerSpec], Handler]] = {
    "burn": Burn,
    "count": Count,
    "wait": Wait,
    "window": Window,
    "work": Work,
}

__all__ = ["HANDLERS", "Handler", "Result", "make_handler"]


def make_handler(spec: HandlerSpec) -> Handler:
    """The handler of that name, or the user's callable.  Raises HandlerError when it cannot be had."""
    if ":" in spec.name:
        return Custom(spec)
    if spec.name not in HANDLERS:
        raise HandlerError(
            f"handler {spec.name}: no such handler; known: {', '.join(sorted(HANDLERS))}, "
            "or module:callable for one of your own"
        )
    return HANDLERS[spec.name](spec)
