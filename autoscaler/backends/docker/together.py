"""Many calls at the same time, none of which must keep another from being made."""

import asyncio
from collections.abc import Awaitable, Iterable


async def together(calls: Iterable[Awaitable[object]]) -> None:
    """Make all of them; the first failure is raised when all are through."""
    results = await asyncio.gather(*calls, return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException):
            raise result
