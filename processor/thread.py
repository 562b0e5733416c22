"""The one thread beside the event loop: the cold start and handlers that compute or block run in it.

The pool of the standard library would do but for one thing: at exit it waits for its threads.  A user's handler that
hangs must not keep the worker from ending, so this thread is a daemon.
"""

import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future
from queue import SimpleQueue
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class HandlerThread(Executor):
    """Runs one call after the other."""

    def __init__(self) -> None:
        self._calls: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="handler", daemon=True)
        self._thread.start()

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Call `fn` in the thread when its turn comes."""
        answer: Future[T] = Future()

        def call() -> None:
            if not answer.set_running_or_notify_cancel():
                return
            try:
                answer.set_result(fn(*args, **kwargs))
            except BaseException as error:  # noqa: BLE001  # handed to whoever waits, like any executor does
                answer.set_exception(error)

        self._calls.put(call)
        return answer

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: FBT002  # Executor's own
        """End the thread once its calls are done; waits for that only if asked to."""
        del cancel_futures  # one call at a time is queued here
        self._calls.put(None)
        if wait:
            self._thread.join()

    def _work(self) -> None:
        while call := self._calls.get():
            call()
