"""What the API's calls work on, and how they get at it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, cast

from fastapi import Depends, Request

from autoscaler.api.auth import Token
from autoscaler.board.board import Board
from autoscaler.control import Control


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """One autoscaler, as the API reaches it."""

    board: Board
    token: Token | None
    """None = no orders are taken."""
    loopback: bool = True
    """Served on this machine only: then names of other hosts in a request are the work of somebody's web page."""
    say: Callable[[str], None] = lambda _: None
    """Where audit lines go."""
    producer_port: Callable[[], int | None] = lambda: None
    """Where a load test's producer has its metrics, on the API's host; None while there is none."""

    @property
    def control(self) -> Control:
        """Takes the orders."""
        return self.board.control


def _desk(request: Request) -> Desk:
    return cast("Desk", request.app.state.desk)


DeskHere = Annotated[Desk, Depends(_desk)]
"""A parameter of a call."""
