"""The handler that does nothing: what a worker itself costs."""

from collections.abc import Sequence
from typing import Any

from contract.worker import HandlerSpec
from processor.handlers.base import CACHED_EVENTS, Handler


class Count(Handler):
    """Events are decoded, checked and counted by the worker anyway; nothing is left to do."""

    slice_events = CACHED_EVENTS

    def __init__(self, spec: HandlerSpec) -> None:
        del spec

    def handle(self, partition: int, events: Sequence[Any]) -> None:
        """Nothing."""
