"""The user's own handler: a callable over the list of decoded events, sync or async.

    def handle(events: list) -> None: ...          # in the handler thread
    async def handle(events: list) -> None: ...    # in the event loop: await, do not compute

It gets events of one partition in order, at most `batch_events_max` of them.  When it raises, the list is given again
in halves until the event that fails stands alone; so it should do all or nothing, or not mind to see an event twice.
A `contract.event.PoisonError` says "this event is hopeless": it is not tried again.
"""

import importlib
import inspect
import sys
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any, Literal

from contract.worker import HandlerSpec
from processor.errors import HandlerError
from processor.handlers.base import Handler


class Custom(Handler):
    """Calls `module:callable`, found from the current folder or anywhere Python finds modules."""

    def __init__(self, spec: HandlerSpec) -> None:
        self._callable = load(spec.name)
        self.runs_in: Literal["loop", "thread"] = "loop" if is_async(self._callable) else "thread"

    def handle(self, partition: int, events: Sequence[Any]) -> Awaitable[None] | None:
        """Hand the events over; what the callable returns is awaited or ignored."""
        del partition
        answer = self._callable(events)
        return answer if inspect.isawaitable(answer) else None


def is_async(function: Callable[..., Any]) -> bool:
    """Whether calling it gives something to await; also for objects with an async `__call__`."""
    return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(type(function).__call__)


def load(name: str) -> Callable[[Sequence[Any]], Any]:
    """The callable that `module:callable` names.  Raises HandlerError that says what is wrong with it."""
    module_name, _, attribute = name.partition(":")
    if (here := str(Path.cwd())) not in sys.path:
        sys.path.insert(0, here)
    try:
        module = importlib.import_module(module_name)
    except Exception as error:
        raise HandlerError(f"handler {name}: module {module_name} cannot be imported from {here}: {error!r}") from error
    function = getattr(module, attribute, None)
    if function is None:
        raise HandlerError(f"handler {name}: module {module_name} ({module.__file__}) has no {attribute}")
    if not callable(function):
        raise HandlerError(f"handler {name}: {attribute} is a {type(function).__name__}, not something to call")
    return function  # type: ignore[no-any-return]  # the user's code promises nothing; calling it shows
