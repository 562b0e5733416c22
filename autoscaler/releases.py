"""The versions of a group's workers while an autoscaler runs: what people change, and what workers are made from.

Apart from the controller because the API, faults and whoever keeps the rollout over a restart use it too.  What is
changed here is carried out from the next tick on.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from autoscaler.backends.base import Template
from autoscaler.errors import RolloutError
from autoscaler.reconciler.model import Happening
from autoscaler.rollout.changes import begin, resumed, start, undo
from autoscaler.rollout.document import from_document
from autoscaler.rollout.model import Revision, Rollout
from autoscaler.rollout.sizes import fence
from contract.pods import PodSpec
from contract.rollout import RolloutStrategy
from contract.scenario import WorkerSpec

Templates = Callable[[Revision], Template]
"""What the workers of a revision are made from."""


def templates_of(environment: Callable[[WorkerSpec, str], Mapping[str, str]]) -> Templates:
    """Templates of workers that are told everything by environment, which depends on their settings and their id."""

    def templates(revision: Revision) -> Template:
        worker = revision.worker
        assert isinstance(worker, WorkerSpec), "revisions that can be rolled out are made from whole worker sections"
        told = partial(environment, worker)
        return Template(revision=revision.name, spec=worker, environment=told, image=revision.image)

    return templates


def _keep_nothing(rollout: Rollout) -> None:
    del rollout


@dataclass(slots=True, kw_only=True)
class Releases:
    """`keep` is called whenever there is something new that a restart should know."""

    rollout: Rollout
    templates: Templates
    keep: Callable[[Rollout], None] = _keep_nothing
    _made: dict[str, Template] = field(default_factory=dict)
    _happenings: list[Happening] = field(default_factory=list)

    @classmethod
    def only(cls, template: Template) -> "Releases":
        """One version that cannot be changed: there is no way to make workers of other settings."""

        def templates(revision: Revision) -> Template:
            if revision.worker is not template.spec:
                raise RolloutError("these workers are always made the same way: their settings cannot be changed")
            return template

        return cls(rollout=begin(template.spec, template.image), templates=templates)

    def template(self, name: str) -> Template:
        """What workers of this revision are made from; of one that is not known, those that are wanted now."""
        revision = self.rollout.revision(name) or self.rollout.current
        if revision.name not in self._made:
            self._made[revision.name] = self.templates(revision)
        return self._made[revision.name]

    def start(
        self, worker: PodSpec, image: str | None, strategy: RolloutStrategy | None = None, *, now: float
    ) -> Rollout:
        """Roll this version out.  Raises RolloutError when it is wanted already, or cannot be made."""
        after = start(self.rollout, worker, image, strategy, now=now)
        self.templates(after.current)
        return self._change(after, "begins", now)

    def undo(self, to: int | None = None, *, now: float) -> Rollout:
        """Go back to revision `to`, or to the one before.  Raises RolloutError when there is none such."""
        return self._change(undo(self.rollout, to, now=now), "goes back", now)

    def resume(self, document: object, *, now: float) -> None:
        """Go on where an autoscaler before this one was, by what it kept (`to_document`).  Raises StateError."""
        given, strategy = self.rollout.given, self.rollout.strategy
        asked = None if strategy == RolloutStrategy() else strategy
        self.rollout = resumed(from_document(document), given.worker, given.image, asked, now=now)
        self._made.clear()

    def settle(self, rollout: Rollout) -> None:
        """Take over what a tick has made of it."""
        before, self.rollout = self.rollout, rollout
        if replace(before, counts=rollout.counts) != rollout:
            self.keep(rollout)

    def told(self) -> Sequence[Happening]:
        """What happened since the last tick."""
        happenings, self._happenings = self._happenings, []
        return happenings

    def _change(self, after: Rollout, word: str, now: float) -> Rollout:
        self._happenings.append(_told(self.rollout, after, word, now))
        self.settle(after)
        return after


def _told(before: Rollout, after: Rollout, word: str, now: float) -> Happening:
    bounds = fence(after.strategy, before.counts.desired)
    way = f"from revision {before.current.number}, up to {bounds.surge} more and {bounds.unavailable} fewer at a time"
    subject = f"revision {after.current.number}"
    return Happening(at_seconds=now, kind="rollout", subject=subject, detail=f"{word}: {way}")
