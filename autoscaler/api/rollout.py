"""Rolling updates of the workers: how one stands, starting another version, and going back."""

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Depends
from pydantic import Field, model_validator

from autoscaler.api.changes import WithToken, json_only
from autoscaler.api.desk import Desk, DeskHere
from autoscaler.api.problems import ProblemError, ProblemType
from autoscaler.board.board import IDLE
from autoscaler.board.documents import AT, ROLLOUT, Document, RolloutDocument, example
from autoscaler.control import RefusedError
from autoscaler.errors import RolloutError
from autoscaler.rollout.model import Rollout
from autoscaler.rollout.view import whole
from contract.rollout import RolloutStrategy
from contract.scenario import WorkerSpec
from contract.settings import Strict

WORKER = {"handler": {"name": "orders:handle"}, "commit_interval_seconds": 0.5, "grace_seconds": 20}
REVISION = {"revision": 3, "image": "weir:0.2.0", "made_at": AT - 700, "current": True, "worker": WORKER}


class RolloutOrder(Strict):
    """Another version: other settings, another image, or both.  What is null stays as it is."""

    model_config = (
        example(worker=WORKER, image="weir:0.2.0", strategy={"max_surge": 1, "max_unavailable": 0})
        | Strict.model_config
    )

    worker: WorkerSpec | None = Field(None, description="the whole section `worker`, as in a scenario")
    image: str | None = Field(None, min_length=1, max_length=500, description="of containers")
    strategy: RolloutStrategy | None = None

    @model_validator(mode="after")
    def _something(self) -> "RolloutOrder":
        if self.worker is None and self.image is None:
            raise ValueError("expected worker, image, or both: there is nothing to roll out")
        return self


class UndoOrder(Strict):
    """Which version to go back to."""

    model_config = example(to=2) | Strict.model_config

    to: int | None = Field(None, ge=1, description="a revision that is kept; null = the one that was wanted before")


class RevisionDocument(Document):
    """A version that can be gone back to, or the present one."""

    model_config = example(**REVISION)

    revision: int
    image: str | None
    made_at: float | None = Field(description="null = when the autoscaler began")
    current: bool
    worker: dict[str, Any] = Field(description="the section `worker` as it was given")


class WholeRolloutDocument(RolloutDocument):
    """How far the wanted version has come, by which strategy, and which versions there are."""

    model_config = example(
        **ROLLOUT, undoing=False, strategy=RolloutStrategy().model_dump(mode="json"), revisions=[REVISION]
    )

    undoing: bool = Field(description="it is a way back")
    strategy: RolloutStrategy
    revisions: list[RevisionDocument]


router = APIRouter(prefix="/api/v1/rollout", tags=["orders"], dependencies=[WithToken, Depends(json_only)])
reading = APIRouter(prefix="/api/v1/rollout", tags=["reads"])


@reading.get("", summary="The version of the workers, and those before it")
async def show(desk: DeskHere) -> WholeRolloutDocument:
    """How far the wanted version has come, and every version that can be gone back to.

    404 where no workers are made: in a dry run, and on standby.
    """
    if desk.board.mode in IDLE:
        detail = f"this autoscaler makes no workers ({desk.board.mode}), so it has no version of them"
        raise ProblemError(404, ProblemType.NO_ROLLOUT, "No rollout", detail)
    return _document(desk.control.controller.releases.rollout)


@router.put("", summary="Replace the workers by those of another version")
async def start(desk: DeskHere, order: RolloutOrder) -> WholeRolloutDocument:
    """Step by step, by the rules of a Deployment, from the next tick on; it takes the place of one that goes on.

    Settings that a version before had make that one wanted again.  409 if they are those of the present one.
    """
    return _ordered(desk, lambda: desk.control.roll_out(order.worker, order.image, order.strategy))


@router.post("/undo", summary="Go back to a version before")
async def undo(desk: DeskHere, order: UndoOrder | None = None) -> WholeRolloutDocument:
    """Also in the middle: workers that are left of that version stay as they are.  409 if there is none such."""
    return _ordered(desk, lambda: desk.control.roll_back(order.to if order else None))


def _ordered(desk: Desk, order: Callable[[], Rollout]) -> WholeRolloutDocument:
    try:
        rollout = order()
    except RefusedError as error:
        raise ProblemError(409, ProblemType.NOT_ACTING, "Not acting", str(error)) from error
    except RolloutError as error:
        raise ProblemError(409, ProblemType.NO_ROLLOUT, "No rollout", str(error)) from error
    desk.board.tell_state()
    return _document(rollout)


def _document(rollout: Rollout) -> WholeRolloutDocument:
    return WholeRolloutDocument.model_validate(whole(rollout))
