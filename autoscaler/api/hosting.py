"""A controller with its board and its API, for whoever ticks it: `weir autoscale` and a load test."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from autoscaler.api.server import ApiAddress, serve_api
from autoscaler.board.board import Board
from autoscaler.board.facts import Facts
from autoscaler.control import Control
from autoscaler.controller import Controller, Report
from autoscaler.handover import leader_of
from autoscaler.panel import Seat

Show = Callable[[Report], Report]
"""Is given each tick's report; gives it back with what was noticed besides."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hosting:
    """How an API is served, and what it has to know."""

    address: ApiAddress
    facts: Facts
    folder: Path
    """Where a token is kept that nobody gave."""
    read_seat: Callable[[str], Seat]
    say: Callable[[str], None]


@asynccontextmanager
async def hosted(
    controller: Controller, hosting: Hosting | None, producer_port: Callable[[], int | None] = lambda: None
) -> AsyncIterator[Show]:
    """Serve while the context lasts.  Without `hosting` nothing is watched.  Raises SettingsError.

    `producer_port` is that of a `Desk`.
    """
    if hosting is None:
        yield lambda report: report
        return
    control = Control(controller=controller, read_seat=hosting.read_seat, leader=lambda: leader_of(controller))
    board = Board(facts=hosting.facts, control=control)
    served = serve_api(board, hosting.address, folder=hosting.folder, say=hosting.say, producer_port=producer_port)
    async with served:
        yield lambda report: _shown(board, report)


def _shown(board: Board, report: Report) -> Report:
    """The controller's rule holds here too: no part takes the loop down, and one that fails is counted."""
    try:
        return replace(report, happenings=(*report.happenings, *board.add(report)))
    except Exception as error:  # noqa: BLE001  # what is only shown must not end what acts
        board.control.controller.holds.failures["board"] += 1
        failed = f"board: {str(error) or type(error).__name__}"
        return replace(report, held="; ".join(filter(None, (report.held, failed))))
