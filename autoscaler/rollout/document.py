"""A rollout as JSON, to be kept beside the lease so that the next autoscaler goes on where this one was.

What is counted anew in every tick is left out.  A worker's settings are written as they were given: what they leave out
stays left out, and so takes the default, or the environment, of whoever reads them.
"""

from typing import Any, Literal

from pydantic import Field, ValidationError

from autoscaler.errors import StateError
from autoscaler.rollout.model import Marks, Phase, Revision, Rollout
from contract.rollout import RolloutStrategy
from contract.scenario import WorkerSpec
from contract.settings import Strict, explain


class _Revision(Strict):
    number: int = Field(ge=1)
    worker: WorkerSpec
    image: str | None
    made_at: float | None

    @classmethod
    def of(cls, revision: Revision) -> "_Revision":
        worker = WorkerSpec.model_validate(revision.worker.model_dump(exclude_unset=True))
        return cls(number=revision.number, worker=worker, image=revision.image, made_at=revision.made_at)

    def value(self) -> Revision:
        return Revision(number=self.number, worker=self.worker, image=self.image, made_at=self.made_at)


class _Rollout(Strict):
    version: Literal[1] = 1
    revisions: tuple[_Revision, ...] = Field(min_length=1)
    last_number: int = Field(ge=1)
    given: _Revision
    strategy: RolloutStrategy
    phase: Phase
    undoing: bool
    reason: str | None
    started_at: float | None
    progressed_at: float | None
    ended_at: float | None
    sizes: dict[str, int]
    sized_for: int | None
    marks: Marks | None


_COPIED = set(_Rollout.model_fields) - {"version", "revisions", "given"}


def to_document(rollout: Rollout) -> dict[str, Any]:
    """What JSON can hold."""
    written = _Rollout(
        revisions=tuple(map(_Revision.of, rollout.revisions)),
        given=_Revision.of(rollout.given),
        **{name: getattr(rollout, name) for name in _COPIED},
    )
    document = written.model_dump(mode="json", exclude={"revisions", "given"})
    return document | {
        "revisions": [_plain(revision) for revision in written.revisions],
        "given": _plain(written.given),
    }


def from_document(document: Any) -> Rollout:
    """The rollout that was written.  Raises StateError with the path to every fault."""
    try:
        read = _Rollout.model_validate(document)
    except ValidationError as error:
        raise StateError(explain(error, "the rollout that was kept", document, _Rollout)) from error
    return Rollout(
        revisions=tuple(revision.value() for revision in read.revisions),
        given=read.given.value(),
        **{name: getattr(read, name) for name in _COPIED},
    )


def _plain(revision: _Revision) -> dict[str, Any]:
    outside = revision.model_dump(mode="json", exclude={"worker"})
    return outside | {"worker": revision.worker.model_dump(mode="json", exclude_unset=True)}
