"""Asks workers whether they are alive and ready, as the reconciler orders, and keeps the answers until they are wanted.

The reconciler's shell: it knows no thresholds and no pods.  Its one rule: every order gives exactly one result, and no
worker, however slow, keeps another one waiting.
"""

import asyncio
from collections.abc import Callable, Iterable

from autoscaler.fetch import get
from autoscaler.reconciler.model import ProbeKind, ProbeOrder, ProbeResult
from contract.clock import steady_seconds

_PATHS = {ProbeKind.STARTUP: "/startupz", ProbeKind.LIVENESS: "/livez", ProbeKind.READINESS: "/readyz"}
_OK = range(200, 400)
"""Source: `DoHTTPProbe` in Kubernetes' pkg/probe/http."""
_WORDS_LENGTH = 200


class Prober:
    """Answers probe orders in the background.  Belongs to the event loop in which it is used."""

    def __init__(self, clock: Callable[[], float] = steady_seconds) -> None:
        self._clock = clock
        self._asking: set[asyncio.Task[None]] = set()
        self._results: list[ProbeResult] = []

    def ask(self, orders: Iterable[ProbeOrder]) -> None:
        """Start asking; returns at once."""
        for order in orders:
            task = asyncio.create_task(self._answer(order), name=f"{order.kind} probe of {order.name}")
            self._asking.add(task)
            task.add_done_callback(self._asking.discard)

    def collect(self) -> list[ProbeResult]:
        """What has been answered since the last call, in the order of the answers."""
        results, self._results = self._results, []
        return results

    async def close(self) -> None:
        """Stop asking.  Orders that are not answered yet never will be.  May be called twice."""
        asking = tuple(self._asking)
        for task in asking:
            task.cancel()
        await asyncio.gather(*asking, return_exceptions=True)

    async def _answer(self, order: ProbeOrder) -> None:
        """Ask, and keep what came of it.  The time limit starts here, not when the order was given."""
        failure = await _failure(order)
        self._results.append(
            ProbeResult(
                name=order.name,
                generation=order.generation,
                kind=order.kind,
                at_seconds=self._clock(),
                ok=failure is None,
                detail=failure or "",
            )
        )


async def _failure(order: ProbeOrder) -> str | None:
    """Why the probe failed, in words; None = it succeeded."""
    try:
        async with asyncio.timeout(order.timeout_seconds):
            code, body = await get(order.url.rstrip("/") + _PATHS[order.kind])
    except TimeoutError:
        return f"no answer within {order.timeout_seconds:g} s"
    except ConnectionRefusedError:
        return "connection refused"
    except ConnectionResetError:
        return "connection reset"
    except Exception as error:  # noqa: BLE001  # whatever keeps a worker from answering is a failed probe
        return str(error) or type(error).__name__
    words = body.decode("utf-8", "replace").strip()[:_WORDS_LENGTH]
    return None if code in _OK else f"{code}: {words}" if words else str(code)
